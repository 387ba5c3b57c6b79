// A stretch of time in words, as coarse as it is long.
import type { Formats } from "../../format/formats";
import { DAY } from "../../store/calendar";

export function rangeText({ from, to }: { from: number; to: number }, f: Formats): string {
  const width = to - from;
  const span = (write: (ms: number) => string): string => (write(from) === write(to - 1) ? write(from) : `${write(from)} – ${write(to - 1)}`);
  if (width > 300 * DAY) return span(f.month);
  // 23 hours: the day on which the clocks go forward.
  if (width >= DAY * 23 / 24) return span(f.day);
  return `${f.dayTime(from)} – ${f.clock(to)}`;
}
