import { describe, expect, it } from "vitest";
import { UNKNOWN, joined } from "../src/format/formats";
import { wordsFor } from "../src/i18n/texts";

const zh = wordsFor("zh", "Asia/Shanghai").f;
const en = wordsFor("en", "Asia/Shanghai").f;

describe("quantities", () => {
  it("power is always in kW, with about three significant digits", () => {
    expect(joined(zh.power(1_234_567))).toBe("1,235 kW");
    expect(joined(zh.power(81_234.5))).toBe("81.2 kW");
    expect(joined(zh.power(1_234.5))).toBe("1.23 kW");
    expect(joined(zh.power(0))).toBe("0.00 kW");
  });
  it("an unknown value is a dash, never 0", () => {
    expect(joined(zh.power(null))).toBe(UNKNOWN);
    expect(joined(en.volume(null))).toBe(UNKNOWN);
    expect(joined(en.flow(Number.NaN))).toBe(UNKNOWN);
    expect(zh.percent(null)).toBe(UNKNOWN);
  });
  it("feeding in is negative; a negative that rounds to nothing is plain zero", () => {
    expect(joined(zh.power(-5_400))).toBe("-5.40 kW");
    expect(joined(zh.power(-1))).toBe("0.00 kW");
  });
  it("water is in cubic metres, counters keep two decimals", () => {
    expect(joined(zh.volume(8_100))).toBe("8.10 m³");
    expect(joined(zh.flow(900))).toBe("0.90 m³/h");
    expect(joined(zh.counterEnergy(123_456_789))).toBe("123,456.79 kWh");
    expect(joined(zh.counterVolume(4_000_120))).toBe("4,000.12 m³");
  });
  it("shares below a tenth show a decimal", () => {
    expect(zh.percent(0.384)).toBe("38%");
    expect(zh.percent(0.0312)).toBe("3.1%");
    expect(zh.percent(0.0999)).toBe("10%");
  });
});

describe("times", () => {
  const at = Date.UTC(2025, 10, 23, 7, 20, 5); // 15:20:05 in Fuzhou
  it("are the site's, whatever zone the browser is in", () => {
    expect(zh.clock(at)).toBe("15:20");
    expect(en.clockSeconds(at)).toBe("15:20:05");
    expect(wordsFor("en", "Europe/Berlin").f.clock(at)).toBe("08:20");
  });
  it("midnight is 00, not 24", () => {
    expect(zh.clock(Date.UTC(2025, 10, 22, 16, 0, 0))).toBe("00:00");
  });
  it("a moment of another day of the site carries its date", () => {
    expect(zh.moment(at - 3_600_000, at)).toBe("14:20");
    expect(zh.moment(at - 86_400_000, at)).toContain("11/22");
    expect(en.moment(at - 86_400_000, at)).toContain("22 Nov");
  });
  it("an instant of a journal has its seconds", () => {
    expect(zh.instant(at, at)).toBe("15:20:05");
    expect(zh.instant(at - 86_400_000, at)).toMatch(/11\/22.*15:20:05/);
  });
  it("durations are coarse and never negative", () => {
    expect(zh.duration(42_900)).toBe("42 秒");
    expect(zh.duration(60_000)).toBe("1 分钟");
    expect(en.duration(3_600_000 * 2 + 300_000)).toBe("2 h 05 min");
    expect(en.duration(3_600_000 * 30)).toBe("30 h");
    expect(en.duration(86_400_000 * 4)).toBe("4 d");
    expect(en.duration(-5)).toBe("0 s");
  });
  it("an age is said in words", () => {
    expect(zh.age({ freshness: "fresh", ms: 400 })).toBe("刚刚");
    expect(en.age({ freshness: "stale", ms: 61_000 })).toBe("1 min ago");
    expect(zh.age({ freshness: "never", ms: null })).toBe("从未收到");
  });
});
