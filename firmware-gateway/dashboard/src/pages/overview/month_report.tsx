// What only the report of this month knows: what a kilowatt-hour costs the climate, the highest demand, and its limit.
import type { JSX } from "preact";
import { fetchAudit } from "../../api/client";
import type { HistoryRow, Live } from "../../api/wire";
import type { AuditRow } from "../../api/wire_audit";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { MINUTE } from "../../store/calendar";
import { blockForecast } from "../../store/history_math";
import { useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import type { Habits } from "./habits";

const EVERY_MS = 10 * MINUTE;

/** The compound's electricity this month; null while nothing was counted, and where the gateway has no reports. */
export function useMonthReport(live: Live, counted: boolean): AuditRow | null {
  const { f } = useTexts();
  const month = f.isoDay(live.time_ms).slice(0, 7);
  const asked = counted && live.clock_known !== false && live.compound.energy_today_wh !== null;
  const report = useResource<AuditRow | null>(asked ? `month ${month}` : "", async () => {
    if (!asked) return null;
    const { rows } = await fetchAudit(month, month);
    return rows.find((row) => row.node_kind === "compound" && row.utility === "electricity") ?? null;
  }, asked ? EVERY_MS : null);
  return report.value;
}

/** Kilograms of CO2 for a watt-hour, by the factors of the month's report. */
export function carbonPerWh(month: AuditRow | null): number | null {
  return month === null || month.carbon_kgco2 === null || month.consumption <= 0 ? null : month.carbon_kgco2 / month.consumption / 1000;
}

export function CostLines({ live, habits, month }: { live: Live; habits: Habits; month: AuditRow | null }): JSX.Element {
  const { t, f } = useTexts();
  const yuan = (value: number): string => `¥${f.decimal(value, value >= 1000 ? 0 : 2)}`;
  const factor = carbonPerWh(month);
  const today = live.compound.energy_today_wh;
  const kilograms = (wattHours: number): string => { const value = wattHours * (factor ?? 0); return value >= 1000 ? `${f.decimal(value / 1000, 2)} t` : `${f.decimal(value, value >= 10 ? 0 : 1)} kg`; };
  return (
    <>
      {habits.costToday !== null && <p class="figure-note num" data-kpi="cost">{habits.costYesterday === null ? t("kpi.cost", { value: yuan(habits.costToday) })
        : t("kpi.cost.yesterday", { value: yuan(habits.costToday), former: yuan(habits.costYesterday), part: f.difference(habits.costToday, habits.costYesterday) })}</p>}
      {factor !== null && today !== null && <p class="figure-note num" data-kpi="carbon">{habits.yesterdayWh === null ? t("kpi.carbon", { value: kilograms(today) })
        : t("kpi.carbon.yesterday", { value: kilograms(today), former: kilograms(habits.yesterdayWh) })}</p>}
    </>
  );
}

export function DemandLine({ minutes, live, month }: { minutes: readonly HistoryRow[]; live: Live; month: AuditRow | null }): JSX.Element | null {
  const { t, f } = useTexts();
  const block = blockForecast(minutes, live.time_ms, live.compound.power_w);
  const limitW = month?.demand_limit == null ? null : month.demand_limit * 1000;
  if (block === null && month?.max_demand == null) return null;
  const over = block !== null && limitW !== null && block > limitW;
  return (
    <p class={`figure-note figure-demand num ${over ? "warn" : ""}`} data-kpi="demand">
      {over && <Icon name="high" size={14} />}
      <span>{[block === null ? "" : t("demand.block", { value: joined(f.power(block)) }), limitW === null ? "" : t("demand.limit", { value: joined(f.power(limitW)) }), over ? t("demand.over") : "",
        month?.max_demand == null ? "" : t("demand.month", { value: joined(f.power(month.max_demand * 1000)), time: (month.max_demand_at ?? "").slice(5) })].filter((text) => text !== "").join(" · ")}</span>
    </p>
  );
}
