// How old a number is, and what that means. The gateway says how old a value was when the frame was made (`age_ms`);
// the time since the frame arrived is added here, from this computer's own clocks, so the two clocks need not agree.

/** The gateway sends a frame a second; later than this, live numbers are shown as old. */
export const FRAME_STALE_MS = 4_000;
/** Where the gateway does not say when a value is old: no meter that is watched is polled less often. */
export const METER_STALE_MS = 60_000;

export type Freshness = "fresh" | "stale" | "offline" | "never";

export interface Age {
  freshness: Freshness;
  /** Milliseconds, null when the value was never seen. */
  ms: number | null;
}

/**
 * Time since an earlier reading of both clocks. The monotonic clock may stand still while a computer sleeps and the wall
 * clock may be set back; the larger of the two is taken, because a number must never look younger than it is.
 */
export interface ClockReading { monotonic: number; wall: number }

export function readClocks(): ClockReading {
  return { monotonic: performance.now(), wall: Date.now() };
}

export function elapsedSince(then: ClockReading, now: ClockReading): number {
  return Math.max(0, now.monotonic - then.monotonic, now.wall - then.wall);
}

/** For what the gateway says as a whole, such as the list of alarms: as old as its last frame. */
export function ageOfFrame(sinceFrame: number): Age {
  return { freshness: sinceFrame > FRAME_STALE_MS ? "stale" : "fresh", ms: sinceFrame };
}

/**
 * `sinceFrame`: milliseconds since the frame that carried the value arrived. `staleAfterMs`: the gateway's word for this value,
 * which knows how often its meter is asked.
 */
export function ageOf(
  ageAtFrame: number | null, sinceFrame: number, online: boolean | null = true, staleAfterMs: number = METER_STALE_MS,
): Age {
  if (ageAtFrame === null) return { freshness: online === false ? "offline" : "never", ms: null };
  const ms = ageAtFrame + sinceFrame;
  if (online === false) return { freshness: "offline", ms };
  if (sinceFrame > FRAME_STALE_MS || ms > staleAfterMs) return { freshness: "stale", ms };
  return { freshness: "fresh", ms };
}

/**
 * A sensor speaks only when something happens, so its silence is not age: only the gateway's word (`online`) and
 * the silence of the gateway itself count.
 */
export function ageOfSensor(ageAtFrame: number | null, sinceFrame: number, online: boolean | null): Age {
  const ms = ageAtFrame === null ? null : ageAtFrame + sinceFrame;
  if (online === false) return { freshness: "offline", ms };
  if (ms === null) return { freshness: "never", ms };
  return { freshness: sinceFrame > FRAME_STALE_MS ? "stale" : "fresh", ms };
}
