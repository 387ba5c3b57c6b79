// What the compound and each of its areas used in a stretch of time, summed from the history's windows.
import { fetchHistory } from "../../api/client";
import type { Area, Live, MeterKind } from "../../api/wire";
import { sumWindowFor, summarise } from "../../store/history_math";
import { inTurns, useResource } from "../../store/resource";
import type { Resource } from "../../store/resource";

/** The gateway reads its history on one thread; more at once would only wait there. */
const AT_ONCE = 3;

export function areasWith(live: Live, kind: MeterKind): Area[] {
  return live.areas.filter((area) => (kind === "water" ? area.volume_today_l : area.energy_today_wh) !== null);
}

/** By area id, and `compound`. What has no window in that time is left out. */
export function useAreaAmounts(live: Live, kind: MeterKind, from: number, to: number, everyMs: number | null): Resource<Map<string, number>> {
  const ids = ["compound", ...areasWith(live, kind).map(({ id }) => id)];
  return useResource(`${kind} ${from} ${to} ${ids.join()}`, async () => {
    const sums = await inTurns(ids, AT_ONCE, async (node) => {
      const { rows } = await fetchHistory({ node, kind, window: sumWindowFor(to - from), from, to });
      return [node, summarise(rows)?.amount ?? null] as const;
    });
    return new Map(sums.filter((pair): pair is [string, number] => pair[1] !== null));
  }, everyMs);
}
