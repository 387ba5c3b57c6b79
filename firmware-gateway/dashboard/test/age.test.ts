import { describe, expect, it } from "vitest";
import { FRAME_STALE_MS, METER_STALE_MS, ageOf, ageOfSensor, elapsedSince } from "../src/store/age";

describe("age of a number", () => {
  it("is its age in the frame plus the time since the frame", () => {
    expect(ageOf(830, 500)).toEqual({ freshness: "fresh", ms: 1330 });
  });
  it("a silent gateway makes every number old, however young it was", () => {
    expect(ageOf(0, FRAME_STALE_MS + 1).freshness).toBe("stale");
    expect(ageOfSensor(0, FRAME_STALE_MS + 1, true).freshness).toBe("stale");
  });
  it("a silent meter is old while the gateway goes on talking", () => {
    expect(ageOf(METER_STALE_MS + 1, 0).freshness).toBe("stale");
  });
  it("a meter that is polled every five minutes is not old after two, one polled every second is", () => {
    expect(ageOf(120_000, 0, true, 900_000).freshness).toBe("fresh");
    expect(ageOf(120_000, 0, true, 15_000).freshness).toBe("stale");
    expect(ageOf(0, FRAME_STALE_MS + 1, true, 900_000).freshness).toBe("stale");
  });
  it("offline and never seen are not the same as old", () => {
    expect(ageOf(5_000, 0, false)).toEqual({ freshness: "offline", ms: 5_000 });
    expect(ageOf(null, 0)).toEqual({ freshness: "never", ms: null });
    expect(ageOf(null, 0, false)).toEqual({ freshness: "offline", ms: null });
  });
  it("a door that was not moved for an hour is not old", () => {
    expect(ageOfSensor(3_600_000, 1_000, true).freshness).toBe("fresh");
    expect(ageOfSensor(3_600_000, 1_000, false).freshness).toBe("offline");
  });
});

describe("time since a frame", () => {
  it("counts a sleep that the monotonic clock slept through", () => {
    expect(elapsedSince({ monotonic: 100, wall: 1_000 }, { monotonic: 200, wall: 61_000 })).toBe(60_000);
  });
  it("is not shortened by a wall clock that was set back", () => {
    expect(elapsedSince({ monotonic: 100, wall: 90_000 }, { monotonic: 5_100, wall: 30_000 })).toBe(5_000);
  });
  it("is never negative", () => {
    expect(elapsedSince({ monotonic: 100, wall: 100 }, { monotonic: 50, wall: 50 })).toBe(0);
  });
});
