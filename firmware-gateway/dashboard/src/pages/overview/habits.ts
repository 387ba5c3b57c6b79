// What today is held against: a normal day like today, and yesterday by this time of day. From the hours in the gateway's store.
import { fetchHistory } from "../../api/client";
import type { HistoryRow, Live } from "../../api/wire";
import { HOUR, MINUTE, addDays, localTime, startOfDay } from "../../store/calendar";
import { costOf, normalDay, yesterdayByNow } from "../../store/history_math";
import { useResource } from "../../store/resource";

/** Weeks that a normal day is taken from. */
const WEEKS = 5;
/** What today has cost grows by the minute; the rest hardly changes. */
const COST_EVERY_MS = 5 * MINUTE;

export interface Habits {
  /** Power of a normal day like today at that moment of today; null: too few such days are known. */
  normalPower(ms: number): number | null;
  /** What had been used yesterday by this time of day; null: yesterday is not known from its beginning. */
  yesterdayWh: number | null;
  yesterdayL: number | null;
  /** Yuan for electricity; null: no tariff. */
  costYesterday: number | null;
}

/** Hours are means: each stands at its middle, and between two middles the line is straight. */
export function alongHours(hours: readonly (number | null)[], hourOfDay: number): number | null {
  const at = hourOfDay - 0.5;
  const before = Math.floor(at);
  const low = hours[(before + 24) % 24] ?? null;
  const high = hours[(before + 25) % 24] ?? null;
  if (low === null || high === null) return low ?? high;
  return low + (high - low) * (at - before);
}

const UNKNOWN: Habits = { normalPower: () => null, yesterdayWh: null, yesterdayL: null, costYesterday: null };

/** `wanted` false: nothing is asked yet, and nothing known. */
export function useHabits(live: Live, nowMs: number, wanted: boolean): Habits {
  const zone = live.site.timezone;
  const today = wanted ? startOfDay(nowMs, zone) : 0;
  const ask = async (kind: "electricity" | "water", days: number, known: boolean): Promise<HistoryRow[]> =>
    (known ? (await fetchHistory({ node: "compound", kind, window: "1h", from: addDays(today, -days, zone), to: addDays(today, 1, zone) })).rows : []);
  const electric = live.compound.energy_today_wh !== null;
  const water = live.compound.volume_today_l !== null;
  const hours = useResource(wanted ? `habits ${today} ${electric} ${water}` : "", () => Promise.all([ask("electricity", WEEKS * 7, wanted && electric), ask("water", 1, wanted && water)]), wanted ? COST_EVERY_MS : null);
  if (!wanted) return UNKNOWN;
  const [power, flow] = hours.value ?? [[], []];
  const normal = normalDay(power, nowMs, zone);
  const minute = Math.floor(nowMs / MINUTE) * MINUTE;
  return {
    normalPower: (ms) => {
      const { hour, minute: minutes } = localTime(ms, zone);
      return startOfDay(ms, zone) === today ? alongHours(normal, hour + minutes / 60) : null;
    },
    yesterdayWh: yesterdayByNow(power, HOUR, minute, zone),
    yesterdayL: yesterdayByNow(flow, HOUR, minute, zone),
    costYesterday: yesterdayByNow(power, HOUR, minute, zone, costOf),
  };
}
