// The tariff bands of the days that the curve shows, what they cost, and the highest demand: from the report.
import type { JSX } from "preact";
import type { Live } from "../../api/wire";
import type { AuditRow } from "../../api/wire_audit";
import { UNKNOWN, joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { MINUTE, startOfDay } from "../../store/calendar";
import { reportOf } from "../../store/report";
import { useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import { Empty, Panel } from "../../ui/parts";
import { sumRows } from "../audit/audit_sum";
import { rangeText } from "../history/range_text";

export interface BandPart { key: "critical_peak" | "peak" | "flat" | "valley"; title: TextKey; kwh: number; yuan: number | null; part: number }

const BANDS = [["critical_peak", "cost_critical_peak_yuan", "band.critical_peak"], ["peak", "cost_peak_yuan", "band.peak"], ["flat", "cost_flat_yuan", "band.flat"], ["valley", "cost_valley_yuan", "band.valley"]] as const;

/** Bands in which something was used; empty without a tariff. */
export function bandParts(row: AuditRow): BandPart[] {
  const whole = BANDS.reduce((sum, [amount]) => sum + (row[amount] ?? 0), 0);
  if (whole <= 0) return [];
  return BANDS.map(([key, cost, title]) => ({ key, title, kwh: row[key] ?? 0, yuan: row[cost], part: (row[key] ?? 0) / whole })).filter(({ kwh }) => kwh > 0);
}

interface Props { live: Live; node: string; from: number; to: number; nowMs: number }

export function BandsPanel({ live, node, from, to, nowMs }: Props): JSX.Element {
  const { t, f } = useTexts();
  const [first, last] = [f.isoDay(from), f.isoDay(Math.max(from, Math.min(to - 1, nowMs)))];
  const ready = live.clock_known !== false && live.compound.energy_today_wh !== null && from <= nowMs;
  const answer = useResource<AuditRow | null>(ready ? `bands ${node} ${first} ${last}` : "", async () => {
    if (!ready) return null;
    const report = await reportOf(live, startOfDay(from, live.site.timezone), to, { from: first, to: last });
    return sumRows((report?.rows ?? []).filter((row) => row.node === node && row.utility === "electricity"))[0] ?? null;
  }, to > nowMs ? 5 * MINUTE : null);
  const row = answer.value;
  const parts = row === null ? [] : bandParts(row);
  const left = row === null ? 0 : row.consumption - parts.reduce((sum, { kwh }) => sum + kwh, 0);
  const over = row?.max_demand != null && row.demand_limit !== null && row.max_demand > row.demand_limit;
  return (
    <Panel id="bands" title={t("bands.title")} note={<span class="num">{rangeText({ from, to }, f)}</span>} class="bands">
      {row === null ? <Empty icon="clock" title={t(answer.status === "loading" && ready ? "curve.loading" : "history.empty")} /> : <>
        {parts.length === 0 && row.unpriced > 0 ? <p class="modes-none"><b>{t("bands.none")}</b> {t("bands.none.text")}</p> : <>
          {parts.length > 0 && <div class="split band-split" role="img" aria-label={t("bands.aria", { parts: parts.map((part) => `${t(part.title)} ${f.percent(part.part)}`).join(", ") })}>
            {parts.map((part) => <span key={part.key} class={`tariff-${part.key}`} style={{ flexGrow: part.part }} />)}</div>}
          <ul class="band-list">{parts.map((part) => (
            <li key={part.key} data-band={part.key}><span class={`swatch tariff-${part.key}`} /><span>{t(part.title)}</span><span class="num dim">{f.percent(part.part)}</span>
              <span class="num">{joined(f.energy(part.kwh * 1000))}</span><span class="num strong">{part.yuan === null ? UNKNOWN : `¥${f.decimal(part.yuan, 2)}`}</span></li>))}
          </ul>
          {to > nowMs && <p class="audit-note">{left > row.consumption * 0.01 ? t("bands.lag.amount", { value: joined(f.energy(left * 1000)) }) : t("bands.lag")}</p>}
        </>}
        <dl class="facts facts-tight">
          {row.cost_yuan !== null && <div><dt>{t("bands.cost")}</dt><dd class="num"><b>¥{f.decimal(row.cost_yuan, 2)}</b></dd></div>}
          <div class={over ? "warn" : ""}><dt>{t("audit.max_demand")}</dt><dd class="num">{over && <Icon name="high" size={14} />}{row.max_demand === null ? UNKNOWN : `${joined(f.power(row.max_demand * 1000))} · ${(row.max_demand_at ?? "").slice(5)}`}</dd></div>
          {row.demand_limit !== null && <div><dt>{t("audit.demand_limit")}</dt><dd class="num">{joined(f.power(row.demand_limit * 1000))}</dd></div>}
          <div><dt>{t("audit.off_hours")}</dt><dd class="num">{joined(f.energy(row.off_hours * 1000))} · {f.percent(row.consumption > 0 ? row.off_hours / row.consumption : null)}</dd></div>
        </dl>
      </>}
    </Panel>
  );
}
