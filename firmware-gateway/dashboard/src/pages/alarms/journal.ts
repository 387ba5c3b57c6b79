// The alarm journal as the page filters it: what the gateway narrows, and what the page does. Pure functions.
import { AlarmState } from "../../api/wire";
import type { Alarm, Priority } from "../../api/wire";
import type { JournalQuery } from "../../api/wire_alarms";
import type { Cell } from "../../format/csv";
import { addDays } from "../../store/calendar";

export type Since = "all" | "today" | "week" | "month" | "day";

export interface JournalFilter {
  text: string;
  priority: Priority | "all";
  change: "all" | "raised" | "acknowledged" | "returned";
  since: Since;
  /** The day of `since: "day"`, as 2026-09-01. */
  day: string;
  rule: string;
  source: string;
  area: string;
  state: string;
}

export const EVERYTHING: JournalFilter = { text: "", priority: "all", change: "all", since: "all", day: "", rule: "", source: "", area: "", state: "" };

export const STATE_NAMES: Record<string, AlarmState> = {
  unacknowledged: AlarmState.Unacknowledged, acknowledged: AlarmState.Acknowledged, returned_unacknowledged: AlarmState.ReturnedUnacknowledged,
  shelved: AlarmState.Shelved, out_of_service: AlarmState.OutOfService, suppressed: AlarmState.Suppressed,
  latched_unacknowledged: AlarmState.LatchedUnacknowledged, latched_acknowledged: AlarmState.LatchedAcknowledged, normal: AlarmState.Normal,
};

const EARLIER_DAYS = { today: 0, week: 6, month: 30 } as const;

/** What the gateway is asked; `today`: when today began, `dayBegin`: when the chosen day did. */
export function journalQuery(filter: JournalFilter, today: number, dayBegin: number | null, zone: string | undefined, limit: number, before?: number): JournalQuery {
  const query: JournalQuery = { limit };
  if (filter.priority !== "all") query.priority = filter.priority;
  if (filter.rule !== "") query.rule = filter.rule;
  if (filter.source !== "") query.source = filter.source;
  if (filter.area !== "") query.area = filter.area;
  if (filter.state !== "") query.state_name = filter.state;
  if (filter.since === "day") {
    if (dayBegin !== null) {
      query.from = dayBegin;
      query.to = addDays(dayBegin, 1, zone);
    }
  } else if (filter.since !== "all") {
    query.from = addDays(today, -EARLIER_DAYS[filter.since], zone);
  }
  if (before !== undefined) query.before = before;
  return query;
}

/** What the gateway does not look for: the words, and kinds of change that are several states. */
export function matches(alarm: Alarm, filter: JournalFilter): boolean {
  if (filter.change === "raised" && alarm.change !== "raised" && (alarm.change !== undefined || alarm.state !== AlarmState.Unacknowledged)) return false;
  if (filter.change === "acknowledged" && alarm.by === "") return false;
  if (filter.change === "returned" && alarm.change !== "returned" && alarm.state !== AlarmState.ReturnedUnacknowledged && alarm.state !== AlarmState.Normal) return false;
  const wanted = filter.text.trim().toLowerCase();
  return wanted === "" || [alarm.message, alarm.message_en, alarm.source, alarm.source_name, alarm.source_name_en, alarm.by, alarm.comment, alarm.rule]
    .some((text) => text.toLowerCase().includes(wanted));
}

/**
 * Events of alarms that nobody was called by, because another alarm told for them from beginning to end: a broken bus has one for each
 * of its meters, and then one more for each that comes back.
 */
export function quietEvents(alarms: readonly Alarm[]): ReadonlySet<number> {
  const stories = new Map<string, { events: number[]; suppressed: boolean; called: boolean }>();
  for (const alarm of alarms) {
    if (alarm.event === undefined) continue;
    const key = `${alarm.id} ${alarm.occurrence ?? alarm.raised_ms}`;
    const story = stories.get(key) ?? { events: [], suppressed: false, called: false };
    stories.set(key, { events: [...story.events, alarm.event], suppressed: story.suppressed || alarm.state === AlarmState.Suppressed,
      called: story.called || (alarm.state !== AlarmState.Suppressed && alarm.state !== AlarmState.Normal) });
  }
  return new Set([...stories.values()].flatMap(({ events, suppressed, called }) => (suppressed && !called ? events : [])));
}

/** The event to ask for what lies before; null: there is nothing more, or the gateway has no event numbers. */
export function nextPage(page: readonly Alarm[], limit: number): number | null {
  return page.length < limit ? null : page[page.length - 1]?.event ?? null;
}

export const JOURNAL_HEADER = ["time_utc", "alarm", "priority", "change", "state", "rule", "source", "source_name", "area", "message", "by", "comment", "raised_utc", "value", "limit", "event"];

export function journalRows(alarms: readonly Alarm[], english: boolean): Cell[][] {
  return [JOURNAL_HEADER, ...alarms.map((alarm) => [
    new Date(alarm.changed_ms).toISOString(), alarm.id, alarm.priority, alarm.change ?? null, alarm.state_name, alarm.rule, alarm.source,
    english && alarm.source_name_en !== "" ? alarm.source_name_en : alarm.source_name, alarm.area,
    english && alarm.message_en !== "" ? alarm.message_en : alarm.message, alarm.by, alarm.comment,
    new Date(alarm.raised_ms).toISOString(), alarm.value, alarm.limit ?? null, alarm.event ?? null])];
}
