// The JSON of alarms, modes and the patrol (docs/api.md). Keys that the contract adds later are ignored.
import type { Alarm, Priority } from "./wire";

/** A condition that is there, but not long enough yet: its on-delay runs. */
export type PendingAlarm = Pick<Alarm, "id" | "rule" | "rule_kind" | "source" | "source_name" | "source_name_en" | "area" | "priority" | "value"> & { since_ms: number; due_ms: number; limit: number | null };

/** A `pending` frame: alarms whose on-delay began (or has another end now), and those that are no longer pending. */
export interface PendingChange { began: PendingAlarm[]; ended: number[] }

export interface AlarmMetrics {
  standing: number;
  unacknowledged: number;
  pending: number;
  shelved: number;
  suppressed: number;
  out_of_service: number;
  chattering: number;
  /** Standing for more than a day. */
  stale: number;
  last_10_min: number;
  last_hour: number;
  last_day: number;
  most_in_10_min: number;
  operators: number;
  per_operator_hour: number;
  raised: number;
  announced: number;
  floods: number;
  flooded: boolean;
}

/** GET /api/v1/alarms?state=open. */
export interface OpenAlarms { alarms: Alarm[]; pending?: PendingAlarm[]; metrics?: AlarmMetrics }

export type AlarmAction = "ack" | "reset" | "shelve" | "unshelve" | "out-of-service" | "return-to-service";

/** What narrows the journal at the gateway; every condition given has to hold. */
export interface JournalQuery {
  from?: number;
  to?: number;
  rule?: string;
  source?: string;
  area?: string;
  priority?: Priority;
  state_name?: string;
  /** Only changes before this event: the next page. */
  before?: number;
  limit: number;
}

export interface PatrolPlace {
  id: string;
  name: string;
  name_en: string;
  area: string | null;
  sensor: string | null;
  open: boolean | null;
  checked_ms: number | null;
  by: string;
}
export interface Mode { id: string; name: string; name_en: string; off_hours: boolean; patrol: PatrolPlace[] }
export interface ArmedArea { id: string; armed: boolean; by_hand: boolean; since_ms: number | null; by: string }

/** How the site is run when nobody has switched it. */
export const USUAL = "usual";

/** GET /api/v1/modes */
export interface Modes { mode: string; since_ms: number | null; by: string; comment: string; modes: Mode[]; areas: ArmedArea[] }

export interface ModeEntry { event: number; kind: "mode" | "armed" | "patrol"; subject: string; value: string; changed_ms: number; by: string; comment: string }
