// The JSON of what the gateway does with its data: sinks, store, clock, people who are told, dead letters (docs/api.md).
// What only newer gateways say is optional.

export interface Sink {
  name: string;
  kind: string;
  url: string;
  state: "ok" | "waiting" | "retrying" | "refused";
  last_error: string;
  /** What last_error is about; null: nothing is wrong. */
  last_error_kind: string | null;
  /** Of the HTTP answer; 0: there was none. */
  last_error_status: number;
  last_success_ms: number | null;
  delivered_lines: number;
  delivered_values: number;
  rewritten_values: number;
  queued_batches: number;
  queued_lines: number;
  queued_bytes: number;
  oldest_queued_ms: number | null;
  dead_letters: number;
  retries: number;
  dropped_lines?: number;
  next_try_ms?: number | null;
  /** The longest request that the far end takes, learnt from its refusal. */
  most_bytes?: number | null;
  catching_up?: boolean;
  delivered_lines_per_s?: number | null;
  caught_up_in_s?: number | null;
}

export interface GatewayClock { known: boolean; source: string; doubt: string; doubt_zh: string; held_readings: number; steps: number; last_step_s: number }

export interface Notifier {
  name: string;
  kind: string;
  state: string;
  last_error: string;
  last_success_ms: number | null;
  failing_since_ms: number | null;
  sent: number;
  failed: number;
  quieted: number;
  given_up: number;
  pending: number;
}

export interface Store {
  path: string;
  bytes: number;
  commits: number;
  kept_lines: number;
  kept_values: number;
  dropped_lines: number;
  max_bytes?: number;
  last_error?: string;
  queued_bytes?: number;
  queued_lines?: number;
  oldest_queued_ms?: number | null;
  /** Seconds until the oldest goes unsent, at the rate of the last hour. */
  full_in_s?: number | null;
  free_bytes?: number | null;
  /** false: the disk refuses, what is measured is held in memory. */
  on_disk?: boolean;
  repairs?: number;
  last_repair?: string;
}

/** GET /api/v1/sync */
export interface Sync {
  gateway?: { version: string; started_ms: number; refused_configuration?: string; plain_secrets?: string[]; clock?: GatewayClock };
  sinks: Sink[];
  store: Store;
  notifiers?: Notifier[];
}

/** Lines that a sink refused for good. */
export interface DeadLetter { letter: number; sink: string; at_ms: number; reason: string; lines: number; text: string }
/** Which dead letters are meant. */
export type LetterChoice = { letter: number } | { sink: string } | { all: true };
