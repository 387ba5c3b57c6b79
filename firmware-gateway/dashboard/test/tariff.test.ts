import { describe, expect, it } from "vitest";
import type { TariffPiece } from "../src/api/wire";
import { HOUR, fieldTime, timeOfField } from "../src/store/calendar";
import { bandPrices, bandStrips, hasBands, pieceAt } from "../src/store/tariff";

const ZONE = "Asia/Shanghai";
const MIDNIGHT = Date.UTC(2026, 8, 1) - 8 * HOUR; // 1 September 2026, 00:00 in Fuzhou
const piece = (from: number, to: number, band: TariffPiece["band"], price: number | null = 1): TariffPiece => ({ from_ms: MIDNIGHT + from * HOUR, to_ms: MIDNIGHT + to * HOUR, band, price_yuan: price });

describe("tariff bands", () => {
  it("one band all day is nothing to tell apart, and neither is none", () => {
    expect(hasBands([piece(0, 24, "flat")])).toBe(false);
    expect(hasBands([piece(0, 8, null), piece(8, 24, "flat")])).toBe(false);
    expect(hasBands([piece(0, 8, "valley"), piece(8, 24, "flat")])).toBe(true);
  });
  it("a band's hours begin at its first minute and end before its last", () => {
    const pieces = [piece(0, 8, "valley"), piece(8, 24, "flat")];
    expect(pieceAt(pieces, MIDNIGHT + 8 * HOUR - 1)?.band).toBe("valley");
    expect(pieceAt(pieces, MIDNIGHT + 8 * HOUR)?.band).toBe("flat");
    expect(pieceAt(pieces, MIDNIGHT + 24 * HOUR)).toBe(null);
  });
  it("prices are told dearest band first, both where the tariff changes on the way", () => {
    expect(bandPrices([piece(0, 8, "valley", 0.3), piece(8, 12, "peak", 1.1), piece(24, 32, "valley", 0.35)])).toEqual([
      { band: "peak", least: 1.1, most: 1.1 }, { band: "valley", least: 0.3, most: 0.35 }]);
  });
  it("a piece over midnight is cut there, half hours stay half hours, and no tariff is no strip", () => {
    expect(bandStrips([piece(10.5, 12, "critical_peak"), piece(22, 32, "valley"), piece(32, 40, null)], ZONE)).toEqual([
      { day: MIDNIGHT, from: 10.5, to: 12, band: "critical_peak" },
      { day: MIDNIGHT, from: 22, to: 24, band: "valley" },
      { day: MIDNIGHT + 24 * HOUR, from: 0, to: 8, band: "valley" }]);
  });
  it("a day with a clock change shows the hours of its clocks", () => {
    const spring = Date.UTC(2026, 2, 29) - HOUR; // 29 March 2026 in Berlin has 23 hours
    const strips = bandStrips([{ from_ms: spring, to_ms: spring + 23 * HOUR, band: "flat", price_yuan: 1 }], "Europe/Berlin");
    expect(strips).toEqual([{ day: spring, from: 0, to: 24, band: "flat" }]);
  });
});

describe("times that are typed", () => {
  it("are the site's, whatever this computer's zone is, and come back as they were", () => {
    expect(timeOfField("2026-09-01T08:30", ZONE)).toBe(MIDNIGHT + 8.5 * HOUR);
    expect(fieldTime(MIDNIGHT + 8.5 * HOUR, ZONE)).toBe("2026-09-01T08:30");
    expect(timeOfField(fieldTime(MIDNIGHT, "Europe/Berlin"), "Europe/Berlin")).toBe(MIDNIGHT);
  });
  it("half a time is none", () => {
    for (const text of ["", "2026-09-01", "2026-09-01T8:30", "yesterday"]) expect(timeOfField(text, ZONE), text).toBe(null);
  });
});
