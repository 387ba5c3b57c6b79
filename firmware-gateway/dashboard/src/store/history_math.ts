// What the history's windows say, taken together. Pure functions. A window without samples is a hole, not a zero.
import type { HistoryRow, HistoryWindow } from "../api/wire";
import { DAY, HOUR, MINUTE, addDays, localTime, startOfDay } from "./calendar";
import { isPartial } from "./power_curve";

export const WINDOW_MS: Record<Exclude<HistoryWindow, "1d">, number> = { "1m": MINUTE, "15m": 15 * MINUTE, "1h": HOUR };

/** The finest window that leaves a curve readable, and its answer below the gateway's bound of rows. */
export function windowFor(spanMs: number): HistoryWindow {
  if (spanMs <= 1.5 * DAY) return "1m";
  if (spanMs <= 15 * DAY) return "15m";
  if (spanMs <= 100 * DAY) return "1h";
  return "1d";
}

/** For sums over a stretch: coarser than for a curve, since nobody looks at the single rows. */
export function sumWindowFor(spanMs: number): HistoryWindow {
  if (spanMs < 6 * HOUR) return "1m";
  if (spanMs < 2 * DAY) return "15m";
  if (spanMs < 40 * DAY) return "1h";
  return "1d";
}

export interface Summary {
  /** Wh or litres. */
  amount: number;
  estimated: number;
  mean: number | null;
  max: { ms: number; value: number } | null;
  min: { ms: number; value: number } | null;
}

/** Null when there is no row at all: nothing is known, which is not nothing used. */
export function summarise(rows: readonly HistoryRow[], windowMs?: number): Summary | null {
  if (rows.length === 0) return null;
  const summary: Summary = { amount: 0, estimated: 0, mean: null, max: null, min: null };
  let weighted = 0;
  let samples = 0;
  for (const row of rows) {
    const [start, amount, mean, min, max, count, estimated] = row;
    summary.amount += amount ?? 0;
    summary.estimated += estimated;
    if (count === 0 || mean === null) continue;
    weighted += mean * count;
    samples += count;
    if (max !== null && (summary.max === null || max > summary.max.value)) summary.max = { ms: start, value: max };
    // What was low only because meters were offline is no minimum.
    if (min !== null && !(windowMs !== undefined && isPartial(row, windowMs)) && (summary.min === null || min < summary.min.value)) summary.min = { ms: start, value: min };
  }
  if (samples > 0) summary.mean = weighted / samples;
  return summary;
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] as number : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Fewer days than this are no habit. */
export const NORMAL_DAYS_MIN = 2;

/**
 * Mean rate of each hour of a normal day like the one that holds `nowMs`: the median over the same weekday's hours before it.
 * Null for an hour that fewer than NORMAL_DAYS_MIN days tell of.
 */
export function normalDay(hours: readonly HistoryRow[], nowMs: number, zone: string | undefined): (number | null)[] {
  const { weekday } = localTime(nowMs, zone);
  const today = startOfDay(nowMs, zone);
  const seen: number[][] = Array.from({ length: 24 }, () => []);
  for (const [start, , mean, , , samples] of hours) {
    if (start >= today || samples === 0 || mean === null) continue;
    const local = localTime(start, zone);
    if (local.weekday === weekday) seen[local.hour]?.push(mean);
  }
  return seen.map((values) => (values.length < NORMAL_DAYS_MIN ? null : median(values)));
}

/** The sum of yesterday's windows up to this time of day; the one that is under way counts by the part that has passed. */
export function yesterdayByNow(rows: readonly HistoryRow[], windowMs: number, nowMs: number, zone: string | undefined,
  read: (row: HistoryRow) => number | null = ([, amount]) => amount): number | null {
  const today = startOfDay(nowMs, zone);
  const yesterday = addDays(today, -1, zone);
  const until = yesterday + (nowMs - today);
  let sum = 0;
  let first = Infinity;
  for (const row of rows) {
    const [start] = row;
    const amount = read(row);
    if (start < yesterday || start >= until || start >= today || amount === null) continue;
    first = Math.min(first, start);
    sum += amount * Math.min(1, (until - start) / windowMs);
  }
  // Half a yesterday (the gateway was put in at noon) is no comparison.
  return first - yesterday < windowMs ? sum : null;
}

/** Yuan of a window; null: there is no tariff, where the hour had none. */
export function costOf(row: HistoryRow): number | null {
  return row[7] ?? null;
}

export const BLOCK_MS = 15 * MINUTE;

export interface Night { day: number; rate: number | null }

const NIGHT_BEGINS = 2;
const NIGHT_ENDS = 5;

/** The lowest mean flow of a window between 02:00 and 05:00, a night a day: what flows then, flows for nobody. */
export function nightMinima(rows: readonly HistoryRow[], zone: string | undefined): Night[] {
  const nights = new Map<number, number | null>();
  for (const [start, , mean, , , samples] of rows) {
    const { hour } = localTime(start, zone);
    if (hour < NIGHT_BEGINS || hour >= NIGHT_ENDS) continue;
    const day = startOfDay(start, zone);
    const known = nights.get(day) ?? null;
    const value = samples > 0 ? mean : null;
    nights.set(day, known === null ? value : value === null ? known : Math.min(known, value));
  }
  return [...nights.entries()].sort(([a], [b]) => a - b).map(([day, rate]) => ({ day, rate }));
}

export interface HeatCell { day: number; hour: number; value: number | null }

/** One cell an hour: the mean rate. Hours that a clock change shows twice are averaged. */
export function heatCells(hours: readonly HistoryRow[], zone: string | undefined): { days: number[]; cells: Map<string, number> } {
  const days: number[] = [];
  const sums = new Map<string, { sum: number; n: number }>();
  for (const [start, , mean, , , samples] of hours) {
    const day = startOfDay(start, zone);
    if (days[days.length - 1] !== day) days.push(day);
    if (samples === 0 || mean === null) continue;
    const key = `${day} ${localTime(start, zone).hour}`;
    const cell = sums.get(key) ?? { sum: 0, n: 0 };
    sums.set(key, { sum: cell.sum + mean, n: cell.n + 1 });
  }
  return { days, cells: new Map([...sums].map(([key, { sum, n }]) => [key, sum / n])) };
}
