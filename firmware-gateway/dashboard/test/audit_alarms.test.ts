// What the report's, the alarms' and the security page decide before they draw.
import { describe, expect, it, vi } from "vitest";
import { AlarmState } from "../src/api/wire";
import type { HistoryRow } from "../src/api/wire";
import type { AuditRow } from "../src/api/wire_audit";
import { HOUR } from "../src/store/calendar";
import { costOf, yesterdayByNow } from "../src/store/history_math";

vi.mock("../src/store/gateway", () => ({}));
vi.mock("uplot", () => ({ default: class {} }));

const { estimatedPart, joinEvents, sumRows, sumTotals } = await import("../src/pages/audit/audit_sum");
const { depthOf } = await import("../src/pages/audit/audit_table");
const { bandParts } = await import("../src/pages/energy/bands_panel");
const { actionsFor } = await import("../src/pages/overview/alarm_row");
const { climateText, sensorFace } = await import("../src/pages/overview/sensors_panel");
const { loadOf, stillPending } = await import("../src/pages/alarms/load_panel");
const { entryText } = await import("../src/pages/security/mode_history");
const { eventText } = await import("../src/pages/audit/quality_panel");
const { isNumber } = await import("../src/ui/action_dialog");
const { fromSnapshot, mergeAlarm } = await import("../src/store/site_state");
const { wordsFor } = await import("../src/i18n/texts");

const ZONE = "Asia/Shanghai";
const row = (fields: Partial<AuditRow>): AuditRow => ({
  month: "2026-10", first_day: "2026-10-01", last_day: "2026-10-31", under_way: "no", node: "b1", name: "一", name_en: "One", node_kind: "area", utility: "electricity", unit: "kWh",
  consumption: 100, estimated: 1, corrected: 0, completeness_pct: 100, cost_yuan: 60, unpriced: 0, critical_peak: 10, peak: 20, flat: 30, valley: 40, cost_critical_peak_yuan: 11,
  cost_peak_yuan: 20, cost_flat_yuan: 19, cost_valley_yuan: 10, off_hours: 40, standard_coal_kgce: 12.29, carbon_kgco2: 53, per_m2: 1, per_head: 2, max_demand: 50, max_demand_at: "2026-10-08 10:15",
  max_demand_sliding: 51, max_demand_sliding_at: "2026-10-08 10:12", demand_limit: 60, night_base: 5, unaccounted_pct: 3, quality_events: null, ...fields });

describe("a quarter from its months", () => {
  const november = row({ month: "2026-11", first_day: "2026-11-01", last_day: "2026-11-30", consumption: 50, estimated: 4, completeness_pct: 90, max_demand: 70, max_demand_at: "2026-11-02 14:00", cost_yuan: null, quality_events: "gap 2, exchange 1" });
  it("adds up what adds up, in whichever order the months come", () => {
    for (const rows of [[row({ quality_events: "gap 1" }), november], [november, row({ quality_events: "gap 1" })]]) {
      const [sum, ...others] = sumRows(rows);
      expect(others).toEqual([]);
      expect(sum).toMatchObject({ consumption: 150, estimated: 5, off_hours: 80, standard_coal_kgce: 24.58, first_day: "2026-10-01", last_day: "2026-11-30", quality_events: "gap 3, exchange 1" });
    }
  });
  it("takes the highest demand with its own time, and no mean of what has none", () => {
    expect(sumRows([row({}), november])[0]).toMatchObject({ max_demand: 70, max_demand_at: "2026-11-02 14:00", night_base: null, unaccounted_pct: null });
  });
  it("weighs completeness by days", () => {
    expect(sumRows([row({}), november])[0]?.completeness_pct).toBeCloseTo((100 * 31 + 90 * 30) / 61, 9);
  });
  it("a month without a tariff is not in the cost; a month without a factor leaves the carbon unknown", () => {
    expect(sumRows([row({}), november])[0]?.cost_yuan).toBe(60);
    expect(sumRows([row({}), row({ ...november, carbon_kgco2: null })])[0]?.carbon_kgco2).toBeNull();
  });
  it("keeps nodes and utilities apart, and a single month as it is", () => {
    expect(sumRows([row({}), row({ node: "b2" }), row({ utility: "water" })])).toHaveLength(3);
    expect(sumRows([row({})])[0]).toEqual(row({}));
  });
  it("a total with an unknown month is unknown", () => {
    const total = { month: "2026-10", node: "b1", name: "", name_en: "", standard_coal_kgce: 1, carbon_kgco2: 2, water_m3: 3, standard_coal_per_m2: 1, standard_coal_per_head: 1, carbon_per_m2: 1, water_per_head: 1 };
    expect(sumTotals([total, { ...total, month: "2026-11", carbon_kgco2: null }])[0]).toMatchObject({ standard_coal_kgce: 2, carbon_kgco2: null });
  });
  it("parts of nothing are no parts", () => {
    expect(estimatedPart(row({ consumption: 0 }))).toBeNull();
    expect(joinEvents([null, null])).toBeNull();
  });
  it("sub-items and areas are set in below what they are part of", () => {
    const live = { areas: [{ id: "a", parent: null }, { id: "b", parent: "a" }] } as never;
    expect([depthOf({ node: "b", node_kind: "area" }, live), depthOf({ node: "a", node_kind: "area" }, live)]).toEqual([1, 0]);
    expect(["01000", "01A00", "01A10"].map((node) => depthOf({ node, node_kind: "sub_item" }, live))).toEqual([0, 1, 2]);
  });
});

describe("tariff bands and cost", () => {
  it("bands are parts of what was used, and none without a tariff", () => {
    const parts = bandParts(row({ critical_peak: 0 }));
    expect(parts.map(({ key }) => key)).toEqual(["peak", "flat", "valley"]);
    expect(parts.reduce((sum, { part }) => sum + part, 0)).toBeCloseTo(1, 9);
    expect(bandParts(row({ critical_peak: null, peak: null, flat: null, valley: null }))).toEqual([]);
  });
  it("yesterday's cost by this hour is the sum of its windows'", () => {
    const today = Date.UTC(2026, 10, 22, 16);
    const hour = (start: number, cost?: number): HistoryRow => (cost === undefined ? [start, 1, 1, 1, 1, 60, 0] : [start, 1, 1, 1, 1, 60, 0, cost, 3600]);
    const rows = [...Array.from({ length: 24 }, (_, i) => hour(today - (24 - i) * HOUR, 2)), hour(today, 3), hour(today + HOUR, 4)];
    expect(yesterdayByNow(rows, HOUR, today + 1.5 * HOUR, ZONE, costOf)).toBe(3);
  });
});

describe("alarms", () => {
  it("only what the gateway would take is offered", () => {
    expect(actionsFor({ state: AlarmState.Unacknowledged })).toEqual(["shelve", "out-of-service"]);
    expect(actionsFor({ state: AlarmState.Shelved })).toEqual(["unshelve"]);
    expect(actionsFor({ state: AlarmState.OutOfService })).toEqual(["return-to-service"]);
    expect(actionsFor({ state: AlarmState.Suppressed })).toEqual([]);
    expect(actionsFor({ state: AlarmState.LatchedAcknowledged, active: false })).toContain("reset");
    expect(actionsFor({ state: AlarmState.LatchedAcknowledged, active: true })).not.toContain("reset");
  });
  it("more than six an hour for one operator are many, more than twelve a flood", () => {
    expect([0, 6, 6.1, 12, 12.1].map((per_operator_hour) => loadOf({ per_operator_hour, flooded: false }))).toEqual(["calm", "calm", "many", "many", "flood"]);
    expect(loadOf({ per_operator_hour: 1, flooded: true })).toBe("flood");
  });
  it("what has risen is not about to rise", () => {
    const open = [{ id: 1, state: AlarmState.Unacknowledged }, { id: 2, state: AlarmState.ReturnedUnacknowledged }] as never;
    expect(stillPending([{ id: 1 }, { id: 2 }, { id: 3 }] as never, open)?.map(({ id }) => id)).toEqual([2, 3]);
    expect(stillPending(undefined, open)).toBeUndefined();
  });
  it("the newer of two changes is the one with the higher event, also where the clock was set back", () => {
    const alarm = { id: 1, state: AlarmState.Unacknowledged, priority: "high", raised_ms: 5, changed_ms: 500, event: 10 } as never;
    const state = fromSnapshot({ open_alarms: [alarm] } as never);
    const later = { ...(alarm as object), state: AlarmState.Acknowledged, changed_ms: 400, event: 11 } as never;
    expect(mergeAlarm(state, later).alarms[0]?.state).toBe(AlarmState.Acknowledged);
    expect(mergeAlarm(mergeAlarm(state, later), alarm).alarms[0]?.state).toBe(AlarmState.Acknowledged);
  });
});

describe("modes and sensors in words", () => {
  const words = wordsFor("en", undefined);
  const known = { areaName: (id: string) => id.toUpperCase(), modes: [{ id: "typhoon", name: "台风", name_en: "Typhoon", off_hours: true, patrol: [{ id: "roof", name: "屋顶", name_en: "Roof", area: null, sensor: null, open: null, checked_ms: null, by: "" }] }] };
  const entry = (kind: "mode" | "armed" | "patrol", subject: string, value: string) => ({ event: 1, kind, subject, value, changed_ms: 0, by: "", comment: "" });
  it("says what was switched, armed and ticked off", () => {
    expect(entryText(entry("mode", "", "typhoon"), known, words)).toContain("Typhoon");
    expect(entryText(entry("mode", "", ""), known, words)).toContain("Usual");
    expect(entryText(entry("armed", "b1", "1"), known, words)).toBe("B1: Arm");
    expect(entryText(entry("patrol", "roof", ""), known, words)).toBe("patrol Roof: taken back");
  });
  it("climate sensors show what they measure, motion sensors whether something moves", () => {
    expect(climateText({ kind: "climate", temperature_c: 21.5, humidity_pct: 48 }, words.f)).toBe("21.5 °C · 48%");
    expect(climateText({ kind: "door", temperature_c: 21.5 }, words.f)).toBe("");
    expect(sensorFace({ kind: "motion", online: true, motion: true, open: null, wet: null, person: null } as never).look).toBe("active");
  });
  it("an event that this page does not know is shown by the gateway's name", () => {
    expect([eventText("wrap", words), eventText("novel", words)]).toEqual(["counter wrapped", "novel"]);
  });
  it("a reading is a plain number", () => {
    expect(["12345.6", "0", " 7 "].every(isNumber)).toBe(true);
    expect(["", "-1", "1,5", "1e3", "12."].some(isNumber)).toBe(false);
  });
});
