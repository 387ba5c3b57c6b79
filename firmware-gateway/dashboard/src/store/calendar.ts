// Days, months and years of the site's own time zone, also where it has daylight saving. All times in milliseconds UTC.
// Pure functions; the formatter of each zone is made once, because making one is slow.

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface LocalTime { year: number; month: number; day: number; hour: number; minute: number; /** 0 is Sunday. */ weekday: number }

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string | undefined): Intl.DateTimeFormat {
  const key = zone ?? "";
  let found = formatters.get(key);
  if (found === undefined) {
    const options = { hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
    try {
      found = new Intl.DateTimeFormat("en-US", zone === undefined ? options : { ...options, timeZone: zone });
    } catch {
      found = new Intl.DateTimeFormat("en-US", options); // A zone that this browser does not know: its own is better than none.
    }
    formatters.set(key, found);
  }
  return found;
}

export function localTime(ms: number, zone: string | undefined): LocalTime {
  const part: Record<string, number> = {};
  for (const { type, value } of formatter(zone).formatToParts(ms)) part[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0 } = part;
  return { year, month, day, hour, minute, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() };
}

/** What the zone's clocks are ahead of UTC at that moment. */
export function offsetMs(ms: number, zone: string | undefined): number {
  const { year, month, day, hour, minute } = localTime(ms, zone);
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(ms / MINUTE) * MINUTE;
}

/** The moment at which the zone's calendar shows this day's 00:00. Month 1 to 12; days and months beyond the end run on. */
export function dayBegin(year: number, month: number, day: number, zone: string | undefined): number {
  const wall = Date.UTC(year, month - 1, day);
  // Once more with the offset found: the first guess may lie on the other side of a clock change.
  const first = wall - offsetMs(wall, zone);
  return wall - offsetMs(first, zone);
}

export function startOfDay(ms: number, zone: string | undefined): number {
  const { year, month, day } = localTime(ms, zone);
  return dayBegin(year, month, day, zone);
}

/** The same day's begin `days` later; a day with a clock change is 23 or 25 hours long. */
export function addDays(ms: number, days: number, zone: string | undefined): number {
  const { year, month, day } = localTime(ms, zone);
  return dayBegin(year, month, day + days, zone);
}

export type Period = "month" | "quarter" | "year";

/** The period that holds the moment, moved by `steps` periods: from its first day to the first day after it. */
export function periodAround(ms: number, period: Period, steps: number, zone: string | undefined): { from: number; to: number } {
  const { year, month } = localTime(ms, zone);
  const months = period === "month" ? 1 : period === "quarter" ? 3 : 12;
  const first = Math.floor((month - 1) / months) * months + 1 + steps * months;
  return { from: dayBegin(year, first, 1, zone), to: dayBegin(year, first + months, 1, zone) };
}

/** The moment that the zone's clocks show so: "2026-09-01T08:30", as a date-and-time field has it. Null: no such text. */
export function timeOfField(text: string, zone: string | undefined): number | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::00(?:\.0+)?)?$/.exec(text);
  if (parts === null) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = parts.slice(1).map(Number);
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  const first = wall - offsetMs(wall, zone);
  return wall - offsetMs(first, zone);
}

export function fieldTime(ms: number, zone: string | undefined): string {
  const { year, month, day, hour, minute } = localTime(ms, zone);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}
