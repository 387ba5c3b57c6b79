// How a backlog grows, and when the store is full: from what this page has seen itself, so it needs a moment. Pure functions.
import { MINUTE } from "../../store/calendar";

export interface Look { ms: number; bytes: number }

const WATCHED_MS = 15 * MINUTE;
const LEAST_MS = 20_000;

export function addLook(looks: readonly Look[], look: Look): Look[] {
  const last = looks[looks.length - 1];
  if (last !== undefined && look.ms <= last.ms) return [...looks];
  return [...looks.filter(({ ms }) => look.ms - ms <= WATCHED_MS), look];
}

/** Bytes a second over what was watched; null while that is too short to say. */
export function growth(looks: readonly Look[]): number | null {
  const first = looks[0];
  const last = looks[looks.length - 1];
  if (first === undefined || last === undefined || last.ms - first.ms < LEAST_MS) return null;
  return (last.bytes - first.bytes) / ((last.ms - first.ms) / 1000);
}

/** Milliseconds until the backlog meets the cap at this growth (`full`) or is delivered (`empty`); null: neither in sight. */
export function forecast(bytes: number, maxBytes: number | null, bytesPerS: number | null): { end: "full" | "empty"; ms: number } | null {
  if (bytesPerS === null || bytes <= 0) return null;
  if (bytesPerS > 0) return maxBytes === null || maxBytes <= 0 ? null : { end: "full", ms: Math.max(0, ((maxBytes - bytes) / bytesPerS) * 1000) };
  return bytesPerS < 0 ? { end: "empty", ms: (bytes / -bytesPerS) * 1000 } : null;
}
