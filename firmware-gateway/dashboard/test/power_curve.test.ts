import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../src/api/wire";
import { CURVE_SPAN_MS, addLivePoint, curveColumns, curveExtremes, partialSpans } from "../src/store/power_curve";

const MINUTE = 60_000;
const T = 1_700_000_040_000; // a whole minute
const row = (start: number, mean: number, samples = 60): HistoryRow => [start, mean / 60, mean, mean - 10, mean + 10, samples, 0];

describe("the power curve", () => {
  it("puts a minute's mean at its middle and live values after the last minute", () => {
    const [x, mean] = curveColumns([row(T, 100), row(T + MINUTE, 110)], [
      { time_ms: T + 90_000, power_w: 1 }, { time_ms: T + 121_000, power_w: 120 },
    ], T + 125_000);
    expect(x).toEqual([T + 30_000, T + 90_000, T + 121_000].map((ms) => ms / 1000));
    expect(mean).toEqual([100, 110, 120]);
  });
  it("shows a missing minute, and one without samples, as a hole", () => {
    expect(curveColumns([row(T, 100), row(T + 2 * MINUTE, 110)], [], T + 4 * MINUTE)[1]).toEqual([100, null, 110]);
    expect(curveColumns([row(T, 100), row(T + MINUTE, 0, 0)], [], T + 4 * MINUTE)[1]).toEqual([100, null]);
  });
  it("bridges the minute that is still running, but not a longer hole", () => {
    const rows = [row(T, 100)];
    expect(curveColumns(rows, [{ time_ms: T + 110_000, power_w: 9 }], T + 111_000)[1]).toEqual([100, 9]);
    expect(curveColumns(rows, [{ time_ms: T + 300_000, power_w: 9 }], T + 301_000)[1]).toEqual([100, null, 9]);
  });
  it("breaks where the connection was lost", () => {
    const live = [T, T + 1000, T + 60_000].map((time_ms) => ({ time_ms, power_w: 5 }));
    expect(curveColumns([], live, T + 61_000)[1]).toEqual([5, 5, null, 5]);
  });
  it("ignores the window that is not finished", () => {
    expect(curveColumns([row(T, 100), row(T + MINUTE, 50)], [], T + MINUTE + 20_000)[1]).toEqual([100]);
  });
  it("keeps an hour of live points, in order", () => {
    let points = addLivePoint([], { time_ms: T, power_w: 1 });
    points = addLivePoint(points, { time_ms: T, power_w: 2 });
    points = addLivePoint(points, { time_ms: T - 5, power_w: 3 });
    expect(points).toEqual([{ time_ms: T, power_w: 1 }]);
    expect(addLivePoint(points, { time_ms: T + CURVE_SPAN_MS + 1, power_w: 4 })).toHaveLength(1);
  });
  it("weighs the mean by time, and counts peaks inside a minute", () => {
    const extremes = curveExtremes([[0, 60, 61], [100, 100, 400], [90, 90, null], [150, 110, null]]);
    expect(extremes?.max).toEqual({ ms: 61_000, value: 400 });
    expect(extremes?.min).toEqual({ ms: 0, value: 90 });
    expect(extremes?.mean).toBeCloseTo((60 * 100 + 250) / 61);
    expect(curveExtremes([[0], [null], [null], [null]])).toBeNull();
  });
  it("a total that is low only because meters were offline is no minimum, and is shown as what it is", () => {
    const covered = (start: number, mean: number, seconds: number): HistoryRow => [...row(start, mean).slice(0, 7), null, seconds] as unknown as HistoryRow;
    const rows = [covered(T, 300, 60), covered(T + MINUTE, 180, 40), covered(T + 2 * MINUTE, 310, 60)];
    const live = [{ time_ms: T + 185_000, power_w: 170, whole: false }, { time_ms: T + 186_000, power_w: 170, whole: false }, { time_ms: T + 187_000, power_w: 305, whole: true }];
    const partial = partialSpans(rows, live);
    expect(partial).toEqual([{ from: T + MINUTE, to: T + 2 * MINUTE }, { from: T + 184_000, to: T + 186_000 }]);
    const extremes = curveExtremes(curveColumns(rows, live, T + 188_000), partial);
    expect(extremes?.min).toEqual({ ms: T + 30_000, value: 290 });
    expect(extremes?.max.value).toBe(320);
    expect(curveExtremes(curveColumns([covered(T, 180, 30)], [], T + 2 * MINUTE), partialSpans([covered(T, 180, 30)], []))?.min).toBeNull();
    expect(partialSpans([row(T, 100)], [{ time_ms: T + 70_000, power_w: 1 }]), "a gateway that does not tell").toEqual([]);
  });
});
