// The stretch of time that a history page shows, and how it moves. Pure functions.
import { DAY, HOUR, MINUTE, addDays, periodAround, startOfDay } from "../../store/calendar";

export type Span = "hour" | "day" | "week" | "month" | "year";
export const SPANS: readonly Span[] = ["hour", "day", "week", "month", "year"];

export interface Range {
  from: number;
  to: number;
  /** null: chosen by hand on the curve. */
  span: Span | null;
}

const NARROWEST_MS = 10 * MINUTE;
const WIDEST_MS = 5 * 366 * DAY;

/** The stretch of that kind that holds the moment; `steps` before (negative) or after it. */
export function rangeOf(span: Span, ms: number, steps: number, zone: string | undefined): Range {
  if (span === "hour") {
    const end = Math.ceil(ms / MINUTE) * MINUTE + steps * HOUR;
    return { from: end - HOUR, to: end, span };
  }
  const today = startOfDay(ms, zone);
  if (span === "day") return { from: addDays(today, steps, zone), to: addDays(today, steps + 1, zone), span };
  if (span === "week") return { from: addDays(today, steps * 7 - 6, zone), to: addDays(today, steps * 7 + 1, zone), span };
  return { ...periodAround(ms, span, steps, zone), span };
}

export function moved(range: Range, steps: number, zone: string | undefined): Range {
  if (range.span === null || range.span === "hour") {
    const width = range.to - range.from;
    return { ...range, from: range.from + steps * width, to: range.to + steps * width };
  }
  // The last moment of the stretch is in it, also when the stretch is a week that ends on that day.
  return rangeOf(range.span, range.to - 1, steps, zone);
}

export function zoomed(range: Range, factor: number): Range {
  const width = Math.min(WIDEST_MS, Math.max(NARROWEST_MS, (range.to - range.from) * factor));
  const middle = (range.from + range.to) / 2;
  return { from: Math.round(middle - width / 2), to: Math.round(middle + width / 2), span: null };
}

export function chosen(from: number, to: number): Range {
  const [low, high] = from < to ? [from, to] : [to, from];
  if (high - low >= NARROWEST_MS) return { from: low, to: high, span: null };
  return zoomed({ from: low, to: high, span: null }, 1);
}

/**
 * How far back the former period lies: whole days for what is shorter than a day, else such that weekdays fall on weekdays.
 * A year is 52 weeks.
 */
export function comparisonDays(range: Range): number {
  const width = range.to - range.from;
  if (width <= 1.2 * DAY) return 1;
  if (width <= 8 * DAY) return 7;
  if (width <= 32 * DAY) return 28;
  return 364;
}
