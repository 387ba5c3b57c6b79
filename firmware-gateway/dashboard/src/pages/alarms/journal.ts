// The alarm journal as the page filters it. Pure functions.
import { AlarmState } from "../../api/wire";
import type { Alarm, Priority } from "../../api/wire";
import type { Cell } from "../../format/csv";

export interface JournalFilter {
  text: string;
  priority: Priority | "all";
  change: "all" | "raised" | "acknowledged" | "returned";
  /** Only changes at or after this moment; null: all. */
  since: number | null;
}

export const EVERYTHING: JournalFilter = { text: "", priority: "all", change: "all", since: null };

export function matches(alarm: Alarm, filter: JournalFilter): boolean {
  if (filter.since !== null && alarm.changed_ms < filter.since) return false;
  if (filter.priority !== "all" && alarm.priority !== filter.priority) return false;
  if (filter.change === "raised" && alarm.state !== AlarmState.Unacknowledged) return false;
  if (filter.change === "acknowledged" && alarm.by === "") return false;
  if (filter.change === "returned" && alarm.state !== AlarmState.ReturnedUnacknowledged && alarm.state !== AlarmState.Normal) return false;
  const wanted = filter.text.trim().toLowerCase();
  return wanted === "" || [alarm.message, alarm.message_en, alarm.source, alarm.source_name, alarm.source_name_en, alarm.by, alarm.comment, alarm.rule]
    .some((text) => text.toLowerCase().includes(wanted));
}

export const JOURNAL_HEADER = ["time_utc", "alarm", "priority", "state", "rule", "source", "source_name", "area", "message", "by", "comment", "raised_utc", "value"];

export function journalRows(alarms: readonly Alarm[], english: boolean): Cell[][] {
  return [JOURNAL_HEADER, ...alarms.map((alarm) => [
    new Date(alarm.changed_ms).toISOString(), alarm.id, alarm.priority, alarm.state_name, alarm.rule, alarm.source,
    english && alarm.source_name_en !== "" ? alarm.source_name_en : alarm.source_name, alarm.area,
    english && alarm.message_en !== "" ? alarm.message_en : alarm.message, alarm.by, alarm.comment,
    new Date(alarm.raised_ms).toISOString(), alarm.value])];
}
