// Numbers, times and durations as text. Units are fixed a quantity (power always kW, energy kWh, water m³), so that a
// column can be compared at a glance and a value does not jump between units while it is watched.
import type { Language } from "../store/preferences";
import type { Age } from "../store/age";
import type { Fill } from "../i18n/texts";
import type { TextKey } from "../i18n/zh";

export interface Quantity { value: string; unit: string }

/** Younger than this needs no number: it would only flicker. */
const JUST_NOW_MS = 3_000;

export const UNKNOWN = "–";

export interface Formats {
  power(watts: number | null): Quantity;
  energy(wattHours: number | null): Quantity;
  /** A meter's own counter: every digit counts, so always two decimals. */
  counterEnergy(wattHours: number | null): Quantity;
  volume(litres: number | null): Quantity;
  counterVolume(litres: number | null): Quantity;
  flow(litresPerHour: number | null): Quantity;
  percent(part: number | null): string;
  count(n: number): string;
  decimal(n: number, digits: 0 | 1 | 2): string;
  /** One number and one unit, coarse: 42 s, 3 min, 2 h 05 min, 4 d. */
  duration(ms: number): string;
  age(age: Age): string;
  clock(ms: number): string;
  clockSeconds(ms: number): string;
  date(ms: number): string;
  /** A day without its year: 7月3日, 3 Jul. */
  day(ms: number): string;
  dayTime(ms: number): string;
  month(ms: number): string;
  /** Year, month, day: for tables that leave the page. */
  isoDay(ms: number): string;
  bytes(n: number | null): Quantity;
  /** Part by which a value differs from a former one, with its sign: +12 %. */
  difference(value: number | null, former: number | null): string;
  /** Clock time on the same day as `nowMs`, else with the date. */
  moment(ms: number, nowMs: number): string;
  /** The same to the second, for journals: what came first has to be told. */
  instant(ms: number, nowMs: number): string;
}

export function joined(quantity: Quantity): string {
  return quantity.value === UNKNOWN ? UNKNOWN : `${quantity.value} ${quantity.unit}`;
}

/** Decimals so that about three digits are significant and small values do not vanish. */
function decimalsFor(magnitude: number): number {
  if (magnitude >= 1000) return 0;
  if (magnitude >= 10) return 1;
  return 2;
}

/** A formatter is slow to make (the first one of dates: longer than drawing a page), so each is made when it is first wanted. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export function formatsFor(
  language: Language, timezone: string | undefined, t: (key: TextKey, values?: Fill) => string,
): Formats {
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  const plain = [0, 1, 2].map((digits) => lazily(() => new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  })));
  const percents = [0, 1].map((digits) => lazily(() => new Intl.NumberFormat(locale, {
    style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits,
  })));
  const signed = lazily(() => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }));
  const dates = (options: Intl.DateTimeFormatOptions, as = locale): () => Intl.DateTimeFormat => lazily(() => {
    try {
      return new Intl.DateTimeFormat(as, timezone === undefined ? options : { ...options, timeZone: timezone });
    } catch {
      return new Intl.DateTimeFormat(as, options); // A zone that this browser does not know: its own is better than none.
    }
  });
  const clock = dates({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const clockSeconds = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const date = dates({ month: language === "zh" ? "long" : "short", day: "numeric", weekday: "short" });
  const shortDate = dates({ month: language === "zh" ? "numeric" : "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const secondsDate = dates({ month: language === "zh" ? "numeric" : "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const plainDay = dates({ month: "short", day: "numeric" });
  const month = dates({ year: "numeric", month: "short" });
  const day = dates({ year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA");

  const number = (value: number, digits: number): string => {
    // Minus zero would read as a flow backwards.
    const shown = Math.abs(value) < 0.5 / 10 ** digits ? 0 : value;
    return (plain[digits] as () => Intl.NumberFormat)().format(shown);
  };
  const quantity = (value: number | null, divisor: number, unit: string, digits?: number): Quantity => {
    if (value === null || !Number.isFinite(value)) return { value: UNKNOWN, unit };
    const scaled = value / divisor;
    return { value: number(scaled, digits ?? decimalsFor(Math.abs(scaled))), unit };
  };

  const duration = (ms: number): string => {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds < 60) return t("duration.s", { n: seconds });
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return t("duration.min", { n: minutes });
    const hours = Math.floor(minutes / 60);
    if (hours < 10) return t("duration.h_min", { h: hours, min: String(minutes % 60).padStart(2, "0") });
    if (hours < 48) return t("duration.h", { n: hours });
    return t("duration.d", { n: Math.floor(hours / 24) });
  };

  return {
    power: (watts) => quantity(watts, 1000, "kW"),
    energy: (wattHours) => quantity(wattHours, 1000, "kWh"),
    counterEnergy: (wattHours) => quantity(wattHours, 1000, "kWh", 2),
    volume: (litres) => quantity(litres, 1000, "m³"),
    counterVolume: (litres) => quantity(litres, 1000, "m³", 2),
    flow: (litresPerHour) => quantity(litresPerHour, 1000, "m³/h"),
    percent: (part) => {
      if (part === null || !Number.isFinite(part)) return UNKNOWN;
      return (percents[Math.abs(part) < 0.0995 ? 1 : 0] as () => Intl.NumberFormat)().format(part);
    },
    count: (n) => number(n, 0),
    decimal: number,
    duration,
    age: ({ ms }) => {
      if (ms === null) return t("age.never");
      return ms < JUST_NOW_MS ? t("age.now") : t("age.ago", { duration: duration(ms) });
    },
    clock: (ms) => clock().format(ms),
    clockSeconds: (ms) => clockSeconds().format(ms),
    date: (ms) => date().format(ms),
    day: (ms) => plainDay().format(ms),
    dayTime: (ms) => shortDate().format(ms),
    month: (ms) => month().format(ms),
    isoDay: (ms) => day().format(ms),
    bytes: (n) => {
      if (n === null || !Number.isFinite(n)) return { value: UNKNOWN, unit: "MB" };
      return n >= 1e9 ? quantity(n, 1e9, "GB") : n >= 1e6 ? quantity(n, 1e6, "MB") : quantity(n, 1e3, "kB");
    },
    difference: (value, former) => (value === null || former === null || former <= 0 ? UNKNOWN : signed().format((value - former) / former)),
    moment: (ms, nowMs) => (day().format(ms) === day().format(nowMs) ? clock() : shortDate()).format(ms),
    instant: (ms, nowMs) => (day().format(ms) === day().format(nowMs) ? clockSeconds() : secondsDate()).format(ms),
  };
}
