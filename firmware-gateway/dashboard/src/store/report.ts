// The consumption report, asked for only where the store holds something of that time: nothing there is no failure.
import { fetchAudit, fetchHistory } from "../api/client";
import type { Live } from "../api/wire";
import type { Audit } from "../api/wire_audit";

export interface Days { from: string; to: string }

/** Whether anything was counted in [from, to). */
export async function counted(live: Live, from: number, to: number): Promise<boolean> {
  const kind = live.compound.energy_today_wh === null && live.compound.volume_today_l !== null ? "water" : "electricity";
  return (await fetchHistory({ node: "compound", kind, window: "1d", from, to })).rows.length > 0;
}

export async function reportOf(live: Live, from: number, to: number, days: Days, trace = ""): Promise<Audit | null> {
  return (await counted(live, from, to)) ? fetchAudit(days.from, days.to, trace === "" ? {} : { trace }) : null;
}
