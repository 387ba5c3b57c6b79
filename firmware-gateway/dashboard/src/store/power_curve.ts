// The points of the power curve: the last hour's one-minute windows from the gateway's store, then the live values since.
// Pure functions; times in seconds since 1970 where uPlot wants them, else milliseconds.
import type { HistoryRow } from "../api/wire";

export const CURVE_SPAN_MS = 60 * 60_000;
const WINDOW_MS = 60_000;
/** Live points this close to each other are joined by a line; a wider hole is shown as one. */
const LIVE_GAP_MS = 15_000;
/** The minute that is still running has no window yet: after a page load the curve bridges it, and no more. */
const RUNNING_MINUTE_MS = 2 * WINDOW_MS;

/** `whole`: every meter had a part in it; without it, it had. */
export interface LivePoint { time_ms: number; power_w: number | null; whole?: boolean }

/** Milliseconds in which some meters were offline, so that the total is too low. */
export interface Span { from: number; to: number }

/** Ready for uPlot: x, mean, min, max. A null breaks the line. */
export type CurveColumns = [number[], (number | null)[], (number | null)[], (number | null)[]];

/** Adds a live point and drops what has left the curve. A point that is not newer than the last is ignored. */
export function addLivePoint(points: LivePoint[], point: LivePoint): LivePoint[] {
  const last = points[points.length - 1];
  if (last !== undefined && point.time_ms <= last.time_ms) return points;
  const oldest = point.time_ms - CURVE_SPAN_MS;
  return [...points.filter((other) => other.time_ms >= oldest), point];
}

/**
 * A window's mean stands at the middle of its minute. Live points begin where the last window ends, so no minute is drawn twice.
 * A minute without samples is a hole, never a straight line across it.
 */
export function curveColumns(rows: HistoryRow[], live: LivePoint[], nowMs: number): CurveColumns {
  const x: number[] = [];
  const mean: (number | null)[] = [];
  const min: (number | null)[] = [];
  const max: (number | null)[] = [];
  const push = (ms: number, a: number | null, b: number | null, c: number | null): void => {
    x.push(ms / 1000);
    mean.push(a);
    min.push(b);
    max.push(c);
  };

  const from = nowMs - CURVE_SPAN_MS;
  let end = from;
  for (const [start, , rowMean, rowMin, rowMax, samples] of rows) {
    if (start + WINDOW_MS <= from || start + WINDOW_MS > nowMs) continue;
    if (x.length > 0 && start > end) push(end + WINDOW_MS / 2, null, null, null);
    const known = samples > 0;
    push(start + WINDOW_MS / 2, known ? rowMean : null, known ? rowMin : null, known ? rowMax : null);
    end = start + WINDOW_MS;
  }

  let previous = x.length > 0 ? end : null;
  let bridge = RUNNING_MINUTE_MS;
  for (const point of live) {
    if (point.time_ms < end) continue;
    if (previous !== null && point.time_ms - previous > bridge) push(previous + 1, null, null, null);
    push(point.time_ms, point.power_w, null, null);
    previous = point.time_ms;
    bridge = LIVE_GAP_MS;
  }
  return [x, mean, min, max];
}

/** A minute in which less than this was metered has a total that is too low. */
const WHOLE = 0.97;

/** Of a node covered_s is the mean of its meters. A minute without samples is a hole already. */
export function isPartial(row: HistoryRow, windowMs: number): boolean {
  const covered = row[8];
  return covered !== undefined && row[5] > 0 && covered * 1000 < windowMs * WHOLE;
}

export function partialSpans(rows: readonly HistoryRow[], live: readonly LivePoint[]): Span[] {
  const spans: Span[] = [];
  const add = (from: number, to: number): void => {
    const last = spans[spans.length - 1];
    if (last !== undefined && from <= last.to + LIVE_GAP_MS) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
  };
  let end = -Infinity;
  for (const row of rows) {
    end = row[0] + WINDOW_MS;
    if (isPartial(row, WINDOW_MS)) add(row[0], end);
  }
  for (const point of live) if (point.whole === false && point.time_ms >= end) add(point.time_ms - 1000, point.time_ms);
  return spans;
}

export interface Extremes { max: { ms: number; value: number }; min: { ms: number; value: number } | null; mean: number }

/** Over the drawn values; peaks inside a minute count. What was low only because meters were offline is no minimum. Null when there are none. */
export function curveExtremes([x, mean, min, max]: CurveColumns, partial: readonly Span[] = []): Extremes | null {
  let highest: { ms: number; value: number } | null = null;
  let lowest: { ms: number; value: number } | null = null;
  let area = 0;
  let span = 0;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < x.length; i++) {
    const value = mean[i] ?? null;
    const ms = (x[i] ?? 0) * 1000;
    if (value === null) continue;
    const top = max[i] ?? value;
    const bottom = min[i] ?? value;
    if (highest === null || top > highest.value) highest = { ms, value: top };
    const low = partial.some(({ from, to }) => ms >= from && ms <= to);
    if (!low && (lowest === null || bottom < lowest.value)) lowest = { ms, value: bottom };
    sum += value;
    count += 1;
    const before = i > 0 ? mean[i - 1] ?? null : null;
    if (before !== null) {
      // Points are a minute apart in the past and a second apart now: weigh by time.
      const width = ms - (x[i - 1] ?? 0) * 1000;
      area += width * (value + before) / 2;
      span += width;
    }
  }
  if (highest === null) return null;
  return { max: highest, min: lowest, mean: span > 0 ? area / span : sum / count };
}
