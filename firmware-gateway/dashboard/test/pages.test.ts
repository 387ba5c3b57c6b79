// What the pages decide before they draw.
import { describe, expect, it, vi } from "vitest";
import { AlarmState } from "../src/api/wire";
import type { Alarm, Area, HistoryRow, MeterDevice } from "../src/api/wire";
import { DAY, HOUR, startOfDay } from "../src/store/calendar";

// The modules reach for the page when they load; these tests need none of it.
vi.mock("../src/store/gateway", () => ({}));
vi.mock("uplot", () => ({ default: class {} }));

const { csv } = await import("../src/format/csv");
const { EVERYTHING, JOURNAL_HEADER, journalQuery, journalRows, matches, nextPage, quietEvents } = await import("../src/pages/alarms/journal");
const { chosen, comparisonDays, moved, rangeOf, zoomed } = await import("../src/pages/history/range");
const { ranked } = await import("../src/pages/history/ranking");
const { flowNodes } = await import("../src/pages/history/sankey");
const { heatStep } = await import("../src/pages/history/heat_map");
const { alone } = await import("../src/ui/history_chart");
const { historyColumns } = await import("../src/pages/history/explorer");
const { sinkFailureText } = await import("../src/pages/system/system_page");
const { addLook, forecast, growth } = await import("../src/pages/system/forecast");
const { answerText, busErrorText, byTrouble, concernsOf, errorSum, errorText, exceptionText } = await import("../src/pages/devices/devices_page");
const { alongHours } = await import("../src/pages/overview/habits");
const { callOf, newCall } = await import("../src/store/sound");
const { mayAcknowledge, needsLogin, signedName } = await import("../src/store/session");
const { wordsFor } = await import("../src/i18n/texts");

const ZONE = "Asia/Shanghai";
const noon = Date.UTC(2026, 10, 23, 4);
const alarm = (fields: Partial<Alarm>): Alarm => ({ id: 1, rule: "r", rule_kind: "door_open", source: "s", source_name: "门", source_name_en: "Door", area: null,
  priority: "high", state: AlarmState.Unacknowledged, state_name: "unacknowledged", annunciated: true, raised_ms: 1, changed_ms: 1, by: "", comment: "", value: 1,
  message: "门开", message_en: "open", ...fields });
const area = (id: string, parent: string | null, size: Partial<Area> = {}): Area => ({ id, parent, floor_area_m2: null, heads: null, ...size } as Area);

describe("a stretch of time", () => {
  it("going back and forth comes to the same place, for every kind", () => {
    for (const span of ["hour", "day", "week", "month", "year"] as const) {
      const now = rangeOf(span, noon, 0, ZONE);
      expect(now.from < noon && noon <= now.to, span).toBe(true);
      const back = moved(now, -1, ZONE);
      expect(back.to, span).toBe(now.from);
      expect(moved(back, 1, ZONE)).toEqual(now);
    }
  });
  it("zooms about its middle, never to nothing", () => {
    const day = rangeOf("day", noon, 0, ZONE);
    expect(zoomed(day, 0.5)).toMatchObject({ from: day.from + DAY / 4, to: day.to - DAY / 4, span: null });
    let range = day;
    for (let i = 0; i < 40; i++) range = zoomed(range, 0.5);
    expect(range.to - range.from).toBeGreaterThanOrEqual(10 * 60_000);
    expect(chosen(noon, noon - HOUR)).toMatchObject({ from: noon - HOUR, to: noon });
  });
  it("is compared with what had the same weekdays", () => {
    expect(comparisonDays(rangeOf("day", noon, 0, ZONE))).toBe(1);
    for (const span of ["week", "month", "year"] as const) expect(comparisonDays(rangeOf(span, noon, 0, ZONE)) % 7).toBe(0);
  });
});

describe("two curves on one axis", () => {
  const row = (start: number, mean: number): HistoryRow => [start, mean, mean, mean - 1, mean + 1, 60, 0];
  it("the former period lies over the present one, and a hole stays one", () => {
    const columns = historyColumns([row(0, 10), row(HOUR, 11), row(5 * HOUR, 15)], [row(-DAY, 7), row(-DAY + HOUR, 8)], DAY, "1h");
    expect(columns[1]).toEqual([10, 11, null, 15]);
    expect(columns[4]).toEqual([7, 8, null, null]);
  });
  it("a window without samples is drawn as nothing", () => {
    expect(historyColumns([[0, 0, 0, 0, 0, 0, 0]], [], DAY, "1h")[1]).toEqual([null]);
  });
});

describe("areas ranked", () => {
  const areas = [area("a", null, { floor_area_m2: 100 }), area("b", null, { floor_area_m2: 10, heads: 4 }), area("c", null)];
  const amounts: Record<string, number> = { a: 1000, b: 500, c: 50 };
  it("by size where it is known; what is not known is last and not divided", () => {
    expect(ranked(areas, ({ id }) => amounts[id] ?? null, "total").map((row) => row.area.id)).toEqual(["a", "b", "c"]);
    expect(ranked(areas, ({ id }) => amounts[id] ?? null, "per_m2")).toMatchObject([{ area: { id: "b" }, value: 50 }, { area: { id: "a" }, value: 10 }, { area: { id: "c" }, value: null }]);
    expect(ranked(areas, () => 1, "per_head").filter(({ value }) => value !== null)).toHaveLength(1);
  });
});

describe("where it went", () => {
  it("what the areas leave is shown as its own part, and parts add up to their whole", () => {
    const { nodes, excess } = flowNodes([area("a", null), area("b", null), area("a1", "a")], new Map([["compound", 100], ["a", 60], ["b", 30], ["a1", 45]]));
    const of = (from: string): number => nodes.filter((node) => node.from === from).reduce((sum, node) => sum + node.amount, 0);
    expect(nodes.find(({ id }) => id === "compound/rest")?.amount).toBe(10);
    expect(of("compound")).toBe(100);
    expect(of("a")).toBe(60);
    expect(excess).toBe(0);
  });
  it("parts that are more than their whole are told, not hidden", () => {
    expect(flowNodes([area("a", null)], new Map([["compound", 100], ["a", 120]])).excess).toBe(20);
  });
});

describe("heat", () => {
  it("the lowest and the highest value have the ends of the scale", () => {
    expect([heatStep(10, 10, 80), heatStep(80, 10, 80), heatStep(5, 5, 5)]).toEqual([1, 7, 1]);
  });
});

describe("a normal day's curve", () => {
  it("stands at the middle of its hours and runs over midnight", () => {
    const hours = Array.from({ length: 24 }, (_, hour) => hour * 10);
    expect(alongHours(hours, 12.5)).toBe(120);
    expect(alongHours(hours, 13)).toBe(125);
    expect(alongHours(hours, 0)).toBe(115);
  });
  it("is not made up from nothing", () => expect(alongHours(new Array<null>(24).fill(null), 3)).toBeNull());
});

describe("a backlog", () => {
  const grown = [0, 30_000, 60_000].reduce((looks, ms) => addLook(looks, { ms, bytes: 1000 + ms }), [] as { ms: number; bytes: number }[]);
  it("says when the limit is met", () => {
    expect(growth(grown)).toBe(1000);
    expect(forecast(61_000, 161_000, 1000)).toEqual({ end: "full", ms: 100_000 });
    expect(forecast(61_000, null, 1000)).toBeNull();
  });
  it("says when it is delivered", () => expect(forecast(50_000, 1e9, -500)).toEqual({ end: "empty", ms: 100_000 }));
  it("says nothing before it has been watched for a while", () => expect(growth(grown.slice(0, 1))).toBeNull());
});

describe("the journal", () => {
  it("is filtered by what was looked for", () => {
    const raised = alarm({ message: "东门 开", changed_ms: 100 });
    const acked = alarm({ state: AlarmState.Acknowledged, by: "林晓", priority: "low", changed_ms: 200 });
    expect(matches(raised, EVERYTHING)).toBe(true);
    expect(matches(raised, { ...EVERYTHING, text: " 东门" })).toBe(true);
    expect(matches(acked, { ...EVERYTHING, text: "林晓" })).toBe(true);
    expect(matches(raised, { ...EVERYTHING, change: "acknowledged" })).toBe(false);
    expect(matches(alarm({ change: "returned", state: AlarmState.Acknowledged }), { ...EVERYTHING, change: "raised" })).toBe(false);
  });
  it("is narrowed by the gateway as far as the gateway can", () => {
    const today = startOfDay(noon, ZONE);
    expect(journalQuery(EVERYTHING, today, null, ZONE, 1000)).toEqual({ limit: 1000 });
    expect(journalQuery({ ...EVERYTHING, priority: "high", rule: "r", source: "s", area: "b1", state: "shelved", since: "week" }, today, null, ZONE, 9, 77))
      .toEqual({ limit: 9, priority: "high", rule: "r", source: "s", area: "b1", state_name: "shelved", from: today - 6 * DAY, before: 77 });
    expect(journalQuery({ ...EVERYTHING, since: "day", day: "2026-11-20" }, today, today - 3 * DAY, ZONE, 9)).toEqual({ limit: 9, from: today - 3 * DAY, to: today - 2 * DAY });
  });
  it("is read further back by event, until a page is not full", () => {
    expect(nextPage([alarm({ event: 9 }), alarm({ event: 5 })], 2)).toBe(5);
    expect(nextPage([alarm({ event: 9 })], 2)).toBeNull();
    expect(nextPage([alarm({}), alarm({})], 2)).toBeNull();
  });
  it("what another alarm told for from beginning to end is no news; what somebody was called by is, also when it was suppressed later", () => {
    const { Suppressed, Normal, Unacknowledged, ReturnedUnacknowledged } = AlarmState;
    const story = [
      alarm({ id: 1, occurrence: 10, event: 30, state: Normal, change: "returned" }), alarm({ id: 1, occurrence: 10, event: 10, state: Suppressed, change: "suppressed" }),
      alarm({ id: 2, occurrence: 11, event: 31, state: Normal, change: "returned" }), alarm({ id: 2, occurrence: 11, event: 20, state: Suppressed, change: "suppressed" }),
      alarm({ id: 2, occurrence: 11, event: 11, state: Unacknowledged, change: "raised" }),
      alarm({ id: 3, occurrence: 12, event: 32, state: ReturnedUnacknowledged, change: "returned" }), alarm({ id: 3, occurrence: 12, event: 12, change: "raised" }),
      alarm({ id: 1, occurrence: 5, event: 6, state: Normal, change: "acknowledged" }), alarm({ id: 1, occurrence: 5, event: 5, change: "raised" }),
    ];
    expect([...quietEvents(story)].sort((a, b) => a - b)).toEqual([10, 30]);
    expect(quietEvents([alarm({ state: Suppressed })]).size, "without event numbers nothing is hidden").toBe(0);
  });
  it("goes out with one column for each heading", () => {
    for (const row of journalRows([alarm({})], true)) expect(row).toHaveLength(JOURNAL_HEADER.length);
  });
});

describe("a table that leaves the page", () => {
  it("quotes what would break a line, and runs no formula", () => {
    expect(csv([["a,b", 'say "x"', "two\nlines", null, 1.5]])).toBe('"a,b","say ""x""","two\nlines",,1.5\r\n');
    expect(csv([["=1+1", "@x", "-2", -2]])).toBe("'=1+1,'@x,'-2,-2\r\n");
    expect(csv([["＝1+1", "＋1", "－1", "＠x"]])).toBe("'＝1+1,'＋1,'－1,'＠x\r\n");
    expect(csv([["\t=1", "\r=1", "\n=1"]])).toBe("'\t=1,\"'\r=1\",\"'\n=1\"\r\n");
  });
});

describe("devices", () => {
  const meter = (id: string, online: boolean | null, timeout: number): MeterDevice => ({ id, online, polls: 100, errors: { timeout, crc: 0, novel: 1 } } as unknown as MeterDevice);
  it("what needs a hand comes first", () => {
    expect(byTrouble([meter("good", true, 0), meter("bad", true, 30), meter("off", false, 0), meter("new", null, 0)]).map(({ id }) => id)).toEqual(["off", "new", "bad", "good"]);
  });
  it("errors are told by kind, unknown kinds by the gateway's name", () => {
    expect(errorSum(meter("m", true, 3))).toBe(4);
    expect(errorText(meter("m", true, 3), wordsFor("en", undefined))).toBe("timeout 3 · novel 1");
  });
  it("exceptions are told by what their code says, most first; a code without a name by its number", () => {
    const told = (exceptions: Record<string, number>, language: "en" | "zh" = "en"): string => exceptionText({ exceptions }, wordsFor(language, undefined));
    expect(told({ 2: 1, 6: 4, 9: 1, other: 2 })).toBe("busy 4, code other 2, no such register 1, code 9 1");
    expect(told({ 2: 3 }, "zh")).toBe("无此寄存器 3");
    expect(told({})).toBe("");
  });
  it("a meter that answers can still be in trouble, and each trouble says why", () => {
    const told = (unusable_values: number, absent_values: number, missed_polls: number) => concernsOf({ unusable_values, absent_values, missed_polls }, wordsFor("en", undefined));
    expect(told(0, 0, 0)).toEqual([]);
    expect(told(4, 0, 1200).map(({ key, text }) => [key, text])).toEqual([["unusable", "unusable values: 4"], ["missed", "polls left out: 1,200"]]);
    expect(told(0, 1, 0)[0]?.why).toMatch(/does not have/);
  });
  it("a bus's last error is told in the reader's language: with whom, and why", () => {
    const told = (last_error_kind: string | null, last_error_meter: string | null, last_error_exception = 0, language: "en" | "zh" = "zh"): string =>
      busErrorText({ last_error: "in its own words", last_error_kind, last_error_meter, last_error_exception }, (id) => `表${id}`, wordsFor(language, undefined));
    expect(told("timeout", "7")).toBe("表7：超时");
    expect(told("exception", "7", 2)).toBe("表7：无此寄存器");
    expect(told("exception", "7", 9)).toBe("表7：代码 9");
    expect(told("connection", null)).toBe("线路：连接失败");
    expect(told("connection", null, 0, "en")).toBe("the line: no connection");
    expect(told("novel", "7"), "a kind that this page does not know").toBe("in its own words");
    expect(told(null, null)).toBe("in its own words");
  });
  it("an answer in no time is told as less than can be shown", () => {
    const told = (ms: number | null): string => answerText(ms, wordsFor("en", undefined));
    expect([told(null), told(0.02), told(0.1), told(12.34)]).toEqual(["–", "<0.1 ms", "0.1 ms", "12.3 ms"]);
  });
});

describe("why a sink does not get on", () => {
  const told = (last_error_kind: string | null, last_error_status = 0, language: "en" | "zh" = "zh"): string | null => sinkFailureText({ last_error_kind, last_error_status }, wordsFor(language, undefined));
  it("is told in the reader's language for every kind", () => {
    for (const kind of ["unreachable", "unknown_host", "timeout", "cut_off", "not_allowed", "settings", "refused", "not_the_store", "bad_lines", "too_large", "busy", "server_error", "own_store"]) {
      expect(told(kind), kind).toMatch(/[\u4e00-\u9fff]/);
      expect(told(kind, 0, "en"), kind).toMatch(/^[ -~]+$/);
    }
  });
  it("has the status where there was an answer", () => {
    expect(told("not_allowed", 401, "en")).toBe("The certificate, user, password or token is not accepted (HTTP 401)");
    expect(told(null)).toBeNull();
    expect(told("novel")).toBeNull();
  });
});

describe("the alarm's sound", () => {
  it("is for a rise that was not known, the most urgent first", () => {
    const a = alarm({ id: 1 });
    const b = alarm({ id: 2, priority: "critical" });
    expect(newCall([a, b], new Set([callOf(a)]))).toBe("critical");
    expect(newCall([a], new Set([callOf(a)]))).toBeNull();
    expect(newCall([{ ...a, raised_ms: 2 }], new Set([callOf(a)]))).toBe("high");
  });
  it("is not for what someone has acknowledged, or what came back by itself after it was heard", () => {
    const a = alarm({});
    expect(newCall([{ ...a, state: AlarmState.Acknowledged }], new Set())).toBeNull();
    expect(newCall([{ ...a, state: AlarmState.ReturnedUnacknowledged }], new Set([callOf(a)]))).toBeNull();
  });
});

describe("the history chart", () => {
  it("draws a dot where a value stands between two gaps, and nowhere else", () => {
    const data = [[1, 2, 3, 4, 5, 6], [7, null, 8, null, 9, 9]];
    expect(alone({ data }, 1)).toEqual([0, 2]);
    expect(alone({ data: [[1], [5]] }, 1)).toEqual([0]);
  });
});

describe("who may what", () => {
  it("nothing is offered before the gateway has said who this is", () => {
    expect(mayAcknowledge(null)).toBe(false);
    expect(needsLogin(null)).toBe(false);
  });
  it("by role, and everybody where nobody has to log in", () => {
    const as = (role: "viewer" | "operator" | "admin") => ({ login_required: true, user: "x", role });
    expect([as("viewer"), as("operator"), as("admin")].map(mayAcknowledge)).toEqual([false, true, true]);
    expect(mayAcknowledge({ login_required: false, user: null, role: null })).toBe(true);
    expect(needsLogin({ login_required: true, user: null, role: null })).toBe(true);
    expect(signedName(as("operator"))).toBe("x");
    expect(signedName({ login_required: false, user: null, role: null })).toBeNull();
  });
});
