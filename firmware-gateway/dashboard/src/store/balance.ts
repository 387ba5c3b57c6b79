// What the differences that the site defines leave over. Pure functions.
import type { BalanceTotals, Live, MeterKind, SiteNode } from "../api/wire";

export interface Balance { node: SiteNode; totals: BalanceTotals; over: boolean }

/** A whole day counts against the limit; the day that runs is only told. */
export function balances(live: Live, kind: MeterKind): Balance[] {
  return (live.nodes ?? []).flatMap((node) => {
    const totals = node.totals?.balance;
    if (totals === undefined || node.utility !== kind) return [];
    const [share, limit] = [totals.unaccounted_last_day_pct, totals.unaccounted_limit_pct];
    return [{ node, totals, over: share !== undefined && limit !== undefined && share > limit }];
  });
}
