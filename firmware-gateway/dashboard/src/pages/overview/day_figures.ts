// Cost, carbon and demand of today: the gateway's own where the live picture has them, else made from the month's report. Pure functions.
import type { HistoryRow, Live } from "../../api/wire";
import type { AuditRow } from "../../api/wire_audit";
import { blockForecast } from "../../store/history_math";

/** Kilograms of CO2 for a watt-hour, by the factors of the month's report. */
export function carbonPerWh(month: AuditRow | null): number | null {
  return month === null || month.carbon_kgco2 === null || month.consumption <= 0 ? null : month.carbon_kgco2 / month.consumption / 1000;
}

/** Yuan and kilograms since midnight, and kilograms for a watt-hour. */
export interface DayCost { yuan: number | null; kilograms: number | null; kgPerWh: number | null }

export function dayCost(live: Live, habits: { costToday: number | null }, month: AuditRow | null): DayCost {
  const totals = live.compound.totals?.electricity;
  const today = live.compound.energy_today_wh;
  if (live.compound.totals === undefined) {
    const kgPerWh = carbonPerWh(month);
    return { yuan: habits.costToday, kilograms: kgPerWh === null || today === null ? null : today * kgPerWh, kgPerWh };
  }
  const kilograms = totals?.carbon_today_kgco2 ?? null;
  return { yuan: totals?.cost_today_yuan ?? null, kilograms, kgPerWh: kilograms === null || today === null || today <= 0 ? null : kilograms / today };
}

/** Watts; when the month's highest was. */
export interface DemandFigures { block: number | null; limit: number | null; highest: number | null; highestAt: string }

export function demandFigures(minutes: readonly HistoryRow[], live: Live, month: AuditRow | null, dayTime: (ms: number) => string): DemandFigures {
  const { totals } = live.compound;
  if (totals === undefined) {
    return { block: blockForecast(minutes, live.time_ms, live.compound.power_w), limit: month?.demand_limit == null ? null : month.demand_limit * 1000,
      highest: month?.max_demand == null ? null : month.max_demand * 1000, highestAt: (month?.max_demand_at ?? "").slice(5) };
  }
  const of = totals.electricity ?? {};
  return { block: of.demand_forecast_w ?? null, limit: of.demand_limit_w ?? null, highest: of.max_demand_w ?? null, highestAt: of.max_demand_at_ms === undefined ? "" : dayTime(of.max_demand_at_ms) };
}
