// What was used in a month, a quarter or a year, by area and by use, from the store's day windows: to print and to hand on.
// Every figure is what the meters counted; what had to be spread over a gap is shown apart, as estimated.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fetchHistory } from "../../api/client";
import type { Live, MeterKind } from "../../api/wire";
import { csv, download } from "../../format/csv";
import { UNKNOWN, joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { DAY, MINUTE, addDays, periodAround, startOfDay } from "../../store/calendar";
import type { Period } from "../../store/calendar";
import { gatewayTime, now, received } from "../../store/gateway";
import { summarise } from "../../store/history_math";
import { useObservable } from "../../store/observable";
import { inTurns, useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import { Choice, Empty, Panel } from "../../ui/parts";
import { areasWith } from "../history/area_amounts";

interface Line {
  node: string;
  kind: MeterKind;
  amount: number | null;
  estimated: number;
  /** Days that have a window. */
  days: number;
  former: number | null;
}

const PERIODS: readonly Period[] = ["month", "quarter", "year"];

function questions(live: Live): { node: string; kind: MeterKind }[] {
  const out: { node: string; kind: MeterKind }[] = [];
  for (const kind of ["electricity", "water"] as const) {
    const has = kind === "water" ? live.compound.volume_today_l !== null : live.compound.energy_today_wh !== null;
    if (!has) continue;
    out.push({ node: "compound", kind }, ...areasWith(live, kind).map(({ id }) => ({ node: id, kind })));
    if (kind === "electricity") {
      const codes = live.subitems.filter((item) => item.energy_today_wh !== null).map(({ code }) => code);
      out.push(...codes.sort().map((node) => ({ node, kind })));
    }
  }
  return out;
}

export function AuditPage(): JSX.Element | null {
  const data = useObservable(received);
  const { t, f, name } = useTexts();
  const [period, setPeriod] = useState<Period>("month");
  const [steps, setSteps] = useState(0);
  const live = data?.state.live;
  const zone = live?.site.timezone;
  const nowMs = data === null ? 0 : gatewayTime(data, now.get());
  const { from, to } = periodAround(nowMs, period, steps, zone);
  const former = periodAround(nowMs, period, steps - 1, zone);
  const running = to > nowMs;
  // A period that still runs is set against as many days of the one before, or all of them where that one is shorter.
  const formerTo = running ? Math.min(former.to, former.from + (addDays(startOfDay(nowMs, zone), 1, zone) - from)) : former.to;
  const asked = live === undefined ? [] : questions(live);
  const answer = useResource(`audit ${from} ${to} ${asked.map(({ node, kind }) => node + kind).join()}`, () => inTurns(asked, 3, async ({ node, kind }): Promise<Line> => {
    const rows = (await fetchHistory({ node, kind, window: "1d", from: former.from, to })).rows;
    const own = rows.filter(([start]) => start >= from);
    const summary = summarise(own);
    return { node, kind, amount: summary?.amount ?? null, estimated: summary?.estimated ?? 0, days: own.length,
      former: summarise(rows.filter(([start]) => start < formerTo && start < from))?.amount ?? null };
  }), running ? 5 * MINUTE : null);
  if (live === undefined) return null;
  const lines = answer.value ?? [];
  const length = Math.round(((running ? addDays(startOfDay(nowMs, zone), 1, zone) : to) - from) / DAY);
  const title = (node: string): string => {
    if (node === "compound") return t("history.compound");
    const thing = live.areas.find(({ id }) => id === node) ?? live.subitems.find(({ code }) => code === node);
    return thing === undefined ? node : name(thing);
  };
  const write = (line: Line, amount: number | null): string => joined(line.kind === "water" ? f.volume(amount) : f.energy(amount));
  const size = (node: string) => (node === "compound" ? live.site : live.areas.find(({ id }) => id === node)) ?? { floor_area_m2: null, heads: null };
  const per = (line: Line, by: number | null): string => (line.amount === null || by === null || by <= 0 ? UNKNOWN : write(line, line.amount / by));
  const rangeText = `${f.isoDay(from)} – ${f.isoDay(to - 1)}`;
  const exportRows = (): void => download(`audit-${f.isoDay(from)}-${f.isoDay(to - 1)}.csv`, csv([
    ["node", "name", "kind", "from", "to", "days_with_data", "amount", "unit", "estimated", "former_period", "floor_area_m2", "heads"],
    ...lines.map((line) => [line.node, title(line.node), line.kind, f.isoDay(from), f.isoDay(to - 1), line.days,
      line.amount === null ? null : line.amount / 1000, line.kind === "water" ? "m3" : "kWh", line.estimated / 1000,
      line.former === null ? null : line.former / 1000, size(line.node).floor_area_m2, size(line.node).heads])]));
  const group = (kind: MeterKind, which: "areas" | "subitems"): Line[] => lines.filter((line) => line.kind === kind
    && (which === "areas" ? line.node === "compound" || live.areas.some(({ id }) => id === line.node) : live.subitems.some(({ code }) => code === line.node)));
  const incomplete = lines.find((line) => line.node === "compound" && line.days < length);

  const anySize = live.site.floor_area_m2 !== null || live.site.heads !== null || live.areas.some((area) => area.floor_area_m2 !== null || area.heads !== null);

  const table = (id: string, heading: string, rows: Line[], ofAreas: boolean): JSX.Element | false => {
    const sized = ofAreas && anySize;
    return rows.length > 0 && (
    <table class="table audit-table" key={id}>
      <caption>{heading}</caption>
      <thead><tr>
        <th scope="col">{t("meters.name")}</th><th scope="col" class="right">{t("audit.amount")}</th><th scope="col" class="right wide">{t("audit.share")}</th>
        {sized && <><th scope="col" class="right wide">{t("ranking.per_m2")}</th><th scope="col" class="right wide">{t("ranking.per_head")}</th></>}
        <th scope="col" class="right wide">{t("audit.former")}</th><th scope="col" class="right">{t("audit.change")}</th><th scope="col" class="right wide">{t("audit.estimated")}</th>
      </tr></thead>
      <tbody>{rows.map((line) => {
        const whole = lines.find((other) => other.node === "compound" && other.kind === line.kind)?.amount ?? null;
        return (
          <tr key={line.node} data-audit={`${line.kind} ${line.node}`} class={line.node === "compound" ? "audit-total" : ""}>
            <th scope="row"><span class={live.areas.some(({ id, parent }) => id === line.node && parent !== null) || (!ofAreas && !line.node.endsWith("00")) ? "depth-1" : ""}>{title(line.node)}</span></th>
            <td class="right num strong">{write(line, line.amount)}</td>
            <td class="right wide num dim">{f.percent(line.amount === null || whole === null || whole <= 0 ? null : line.amount / whole)}</td>
            {sized && <><td class="right wide num">{per(line, size(line.node).floor_area_m2)}</td><td class="right wide num">{per(line, size(line.node).heads)}</td></>}
            <td class="right wide num">{write(line, line.former)}</td>
            <td class="right num">{f.difference(line.amount, line.former)}</td>
            <td class="right wide num dim">{line.estimated > 0 ? write(line, line.estimated) : UNKNOWN}</td>
          </tr>
        );
      })}</tbody>
    </table>
    );
  };

  return (
    <div class="page audit">
      <Panel id="audit" title={t("audit.title")} note={<span class="num">{rangeText}</span>}
        actions={<Choice label={t("audit.period")} value={period} onChange={(value) => { setPeriod(value); setSteps(0); }}
          options={PERIODS.map((value) => ({ value, text: t(`audit.period.${value}`) }))} />}>
        <div class="history-tools no-print">
          <div class="steps" role="group" aria-label={t("history.move")}>
            <button type="button" class="step" aria-label={t("history.earlier")} onClick={() => setSteps(steps - 1)}><Icon name="left" /></button>
            <button type="button" class="step" aria-label={t("history.later")} disabled={steps >= 0} onClick={() => setSteps(steps + 1)}><Icon name="right" /></button>
          </div>
          <button type="button" class="button" disabled={lines.length === 0} onClick={exportRows}><Icon name="download" size={16} />{t("export.csv")}</button>
          <button type="button" class="button" disabled={lines.length === 0} onClick={() => window.print()}><Icon name="print" size={16} />{t("audit.print")}</button>
        </div>
        <p class="print-only">{name(live.site)} · {t("audit.title")} · {rangeText} · {t("audit.printed", { time: f.dayTime(nowMs) })}</p>
        {answer.status === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("history.failed")}</p>}
        {answer.value === null && answer.status === "loading" && <Empty icon="clock" title={t("curve.loading")} />}
        {answer.value !== null && lines.every(({ amount }) => amount === null) && <Empty icon="clock" title={t("history.empty")} />}
        {incomplete !== undefined && incomplete.days > 0 && <p class="failure"><Icon name="medium" size={15} />{t("audit.incomplete", { days: incomplete.days, length })}</p>}
        {running && lines.length > 0 && <p class="audit-note">{t("audit.running", { until: f.day(nowMs) })}</p>}
        {lines.some(({ amount }) => amount !== null) && <>
          {table("e-areas", t("audit.electricity.areas"), group("electricity", "areas"), true)}
          {table("e-items", t("audit.electricity.subitems"), group("electricity", "subitems"), false)}
          {table("w-areas", t("audit.water.areas"), group("water", "areas"), true)}
          <p class="audit-note">{t("audit.note")}</p>
        </>}
      </Panel>
    </div>
  );
}
