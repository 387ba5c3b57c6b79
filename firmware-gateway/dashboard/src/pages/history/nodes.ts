// What can be looked at in the history: the compound, areas, sub-items, sums and differences of the site's own, meters of one utility.
import type { Live, MeterKind, Named } from "../../api/wire";

export interface NodeChoice { id: string; thing: Named | null; group: "compound" | "areas" | "subitems" | "nodes" | "meters" }

/** Only what has a meter of that utility: the gateway answers 400 for the rest. */
export function nodeChoices(live: Live, kind: MeterKind): NodeChoice[] {
  const today = kind === "water" ? "volume_today_l" as const : "energy_today_wh" as const;
  const out: NodeChoice[] = [{ id: "compound", thing: null, group: "compound" }];
  for (const area of live.areas) if (area[today] !== null) out.push({ id: area.id, thing: area, group: "areas" });
  for (const item of live.subitems) if (item[today] !== null) out.push({ id: item.code, thing: item, group: "subitems" });
  for (const node of live.nodes ?? []) if (node.utility === kind) out.push({ id: node.id, thing: node, group: "nodes" });
  for (const meter of live.meters) if (meter.kind === kind) out.push({ id: meter.id, thing: meter, group: "meters" });
  return out;
}
