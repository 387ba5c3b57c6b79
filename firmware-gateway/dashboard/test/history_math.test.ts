import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../src/api/wire";
import { DAY, HOUR, addDays, dayBegin, localTime, periodAround, startOfDay } from "../src/store/calendar";
import { heatCells, median, nightMinima, normalDay, summarise, windowFor, yesterdayByNow } from "../src/store/history_math";

const ZONE = "Asia/Shanghai";
const noon = Date.UTC(2026, 10, 23, 4); // 12:00 in Shanghai, a Monday
const row = (start: number, amount: number, mean: number | null = amount, samples = 60): HistoryRow => [start, amount, mean, mean, mean, samples, 0];

describe("the site's calendar", () => {
  it("a day begins at the site's midnight, not at UTC's", () => {
    expect(startOfDay(noon, ZONE)).toBe(Date.UTC(2026, 10, 22, 16));
    expect(localTime(noon, ZONE)).toMatchObject({ hour: 12, day: 23, weekday: 1 });
  });
  it("a day with a clock change is 23 or 25 hours long", () => {
    const spring = dayBegin(2026, 3, 29, "Europe/Berlin");
    expect(addDays(spring, 1, "Europe/Berlin") - spring).toBe(23 * HOUR);
    const autumn = dayBegin(2026, 10, 25, "Europe/Berlin");
    expect(addDays(autumn, 1, "Europe/Berlin") - autumn).toBe(25 * HOUR);
  });
  it("periods join without a gap, over the turn of the year too", () => {
    for (const period of ["month", "quarter", "year"] as const) {
      for (let step = -14; step < 3; step++) {
        expect(periodAround(noon, period, step, ZONE).to).toBe(periodAround(noon, period, step + 1, ZONE).from);
      }
      const { from, to } = periodAround(noon, period, 0, ZONE);
      expect(from <= noon && noon < to).toBe(true);
    }
    expect(periodAround(noon, "quarter", 0, ZONE).from).toBe(dayBegin(2026, 10, 1, ZONE));
  });
});

describe("sums and extremes", () => {
  it("no rows are nothing known, not nothing used", () => expect(summarise([])).toBeNull());
  it("a window without samples counts for the amount and not for the mean", () => {
    const summary = summarise([row(0, 10, 100, 60), row(1, 30, null, 0)]);
    expect(summary).toMatchObject({ amount: 40, mean: 100, max: { ms: 0, value: 100 } });
  });
  it("the mean is weighed by samples", () => expect(summarise([row(0, 1, 10, 30), row(1, 1, 40, 10)])?.mean).toBe(17.5));
  it("the finer the shorter, and never more than 10,000 rows", () => {
    const length = { "1m": 60_000, "15m": 900_000, "1h": HOUR, "1d": DAY };
    for (const days of [0.04, 1, 7, 31, 366, 3660]) expect(days * DAY / length[windowFor(days * DAY)]).toBeLessThan(10_000);
  });
});

describe("a normal day", () => {
  const weeks = [1, 2, 3].map((week) => row(noon - week * 7 * DAY, 1, week * 100));
  it("is the median of the same weekday's hours", () => {
    const others = [1, 2, 3, 4].map((days) => row(noon - days * DAY, 1, 9999));
    const hours = normalDay([...weeks, ...others], noon, ZONE);
    expect(hours[12]).toBe(200);
    expect(hours[11]).toBeNull();
  });
  it("one day is no habit, and today is not yet one", () => {
    expect(normalDay([weeks[0] as HistoryRow, row(noon, 1, 5)], noon, ZONE)[12]).toBeNull();
  });
  it("a median of an even number lies between the two", () => expect(median([4, 1, 3, 2])).toBe(2.5));
});

describe("yesterday by now", () => {
  const midnight = startOfDay(noon, ZONE) - DAY;
  const yesterday = Array.from({ length: 24 }, (_, hour) => row(midnight + hour * HOUR, 10));
  it("takes the hour that is under way by the part that has passed", () => {
    expect(yesterdayByNow(yesterday, HOUR, noon + HOUR / 2, ZONE)).toBe(125);
  });
  it("is not known when yesterday's beginning is missing", () => {
    expect(yesterdayByNow(yesterday.slice(3), HOUR, noon, ZONE)).toBeNull();
    expect(yesterdayByNow([], HOUR, noon, ZONE)).toBeNull();
  });
});

describe("nights and heat", () => {
  const midnight = startOfDay(noon, ZONE);
  it("the night's minimum is the lowest window from two to five", () => {
    const rows = [row(midnight, 1, 1), row(midnight + 2 * HOUR, 1, 40), row(midnight + 3 * HOUR, 1, 30), row(midnight + 5 * HOUR, 1, 2)];
    expect(nightMinima(rows, ZONE)).toEqual([{ day: midnight, rate: 30 }]);
  });
  it("a night without samples is unknown", () => {
    expect(nightMinima([row(midnight + 3 * HOUR, 1, null, 0)], ZONE)).toEqual([{ day: midnight, rate: null }]);
  });
  it("every hour has its cell", () => {
    const { days, cells } = heatCells([row(midnight, 1, 7), row(midnight + DAY, 1, 9)], ZONE);
    expect(days).toEqual([midnight, midnight + DAY]);
    expect(cells.get(`${midnight} 0`)).toBe(7);
  });
});
