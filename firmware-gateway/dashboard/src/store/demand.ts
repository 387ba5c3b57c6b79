// What the live picture says of demand: the quarter of an hour that runs, its limit, the month's highest. Pure functions.
import type { ElectricityTotals, Live, Totals } from "../api/wire";

/** Of any node that can be looked at; undefined: there is no such node. */
export function totalsOf(live: Live, node: string): Totals | undefined {
  if (node === "compound") return live.compound.totals;
  return [...live.areas, ...(live.nodes ?? []), ...live.meters].find(({ id }) => id === node)?.totals ?? live.subitems.find(({ code }) => code === node)?.totals;
}

export interface Demand { nowW: number | null; endW: number | null; limitW: number | null; maxW: number | null; over: boolean; wasOver: boolean; /** Of what the bar is full: the limit, or the month's highest. */ fullW: number | null }

export function demandOf(totals: ElectricityTotals): Demand {
  const [endW, limitW, maxW] = [totals.demand_forecast_w ?? null, totals.demand_limit_w ?? null, totals.max_demand_w ?? null];
  return { nowW: totals.demand_w ?? null, endW, limitW, maxW, over: endW !== null && limitW !== null && endW > limitW, wasOver: maxW !== null && limitW !== null && maxW > limitW, fullW: limitW ?? maxW };
}
