// Cost, carbon and demand of today, out of the live picture. Pure functions.
import type { Live } from "../../api/wire";

/** Yuan and kilograms since midnight, and kilograms for a watt-hour. */
export interface DayCost { yuan: number | null; kilograms: number | null; kgPerWh: number | null }

export function dayCost(live: Live): DayCost {
  const totals = live.compound.totals?.electricity;
  const today = live.compound.energy_today_wh;
  const kilograms = totals?.carbon_today_kgco2 ?? null;
  return { yuan: totals?.cost_today_yuan ?? null, kilograms, kgPerWh: kilograms === null || today === null || today <= 0 ? null : kilograms / today };
}

/** Watts; when the month's highest was. */
export interface DemandFigures { block: number | null; limit: number | null; highest: number | null; highestAt: string }

export function demandFigures(live: Live, dayTime: (ms: number) => string): DemandFigures {
  const of = live.compound.totals?.electricity ?? {};
  return { block: of.demand_forecast_w ?? null, limit: of.demand_limit_w ?? null, highest: of.max_demand_w ?? null, highestAt: of.max_demand_at_ms === undefined ? "" : dayTime(of.max_demand_at_ms) };
}
