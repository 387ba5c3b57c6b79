import { describe, expect, it } from "vitest";
import type { Alarm, Live, LiveFigures, SensorFigures } from "../src/api/wire";
import { fromSnapshot, mergeAlarm, mergeLive, mergePending, mergeSensor, sortAlarms } from "../src/store/site_state";

const figures = { power_w: 1, energy_today_wh: 2, flow_l_per_h: null, volume_today_l: null, age_ms: 10, meters: 1, meters_online: 1 };
const meterFigures = {
  id: "m1", kind: "electricity" as const, online: true, age_ms: 10, power_w: 1, energy_wh: 2, energy_today_wh: 3,
  flow_l_per_h: null, volume_l: null, volume_today_l: null,
};
const sensorFigures: SensorFigures = {
  id: "d1", kind: "door", online: true, age_ms: 10, open: false, wet: null, person: null, battery_pct: 97, link_quality: 1,
};
const snapshot: Live = {
  time_ms: 1000,
  site: { id: "s", name: "政务中心", name_en: "Centre", timezone: "Asia/Shanghai", floor_area_m2: null, heads: null },
  compound: figures,
  areas: [{ id: "b1", name: "一号楼", name_en: "Building 1", parent: null, floor_area_m2: null, heads: null, ...figures }],
  subitems: [{ code: "01A00", name: "照明", name_en: "Lighting", ...figures }],
  nodes: [],
  meters: [{ name: "表一", name_en: "Meter 1", area: "b1", subitem: "01A00", ...meterFigures }],
  sensors: [{ name: "东门", name_en: "East door", area: "b1", ...sensorFigures }],
  buses: [{ id: "bus", url: "tcp://a:502", online: true, meters: 1, meters_online: 1 }],
  alarms: { standing: 0, unacknowledged: 0 },
};
const next: LiveFigures = {
  time_ms: 2000, compound: { ...figures, power_w: 5 }, areas: [{ id: "b1", ...figures, power_w: 5 }], subitems: [{ code: "01A00", ...figures, power_w: 5 }],
  meters: [{ ...meterFigures, power_w: 5 }], sensors: [{ ...sensorFigures, open: true }],
  buses: [{ id: "bus", online: false, meters: 1, meters_online: 0 }], alarms: { standing: 1, unacknowledged: 1 },
};
const alarm = (id: number, fields: Partial<Alarm> = {}): Alarm => ({
  id, rule: "r", rule_kind: "door_open", source: "d1", source_name: "", source_name_en: "", area: "b1", priority: "high", state: 1,
  state_name: "unacknowledged", annunciated: true, raised_ms: id, changed_ms: id, by: "", comment: "", value: 1, message: "", message_en: "", ...fields,
});
const start = () => fromSnapshot({ ...snapshot, open_alarms: [] });

describe("alarms whose delay runs", () => {
  const waiting = (id: number, due_ms: number) => ({
    id, rule: "r", rule_kind: "door_open" as const, source: "d1", source_name: "", source_name_en: "", area: "b1", priority: "high" as const, value: 1, since_ms: 0, due_ms, limit: null,
  });
  const from = fromSnapshot({ ...snapshot, open_alarms: [], pending: [waiting(2, 20), waiting(1, 10)] });
  it("come with the snapshot, the next one first, and outlive live frames", () => {
    expect(mergeLive(from, next).state.pending?.map(({ id }) => id)).toEqual([1, 2]);
  });
  it("begin, end, and get another time", () => {
    const { pending } = mergePending(from, { began: [waiting(3, 5), waiting(2, 1)], ended: [1, 99] });
    expect(pending?.map(({ id, due_ms }) => [id, due_ms])).toEqual([[2, 1], [3, 5]]);
  });
  it("are unknown, and not none, of a gateway that does not say", () => {
    expect(start().pending).toBeUndefined();
  });
});

describe("a live frame", () => {
  it("brings new figures and keeps the snapshot's texts", () => {
    const { state, unknownThings } = mergeLive(start(), next);
    expect(unknownThings).toBe(false);
    expect(state.live.time_ms).toBe(2000);
    expect(state.live.site.name).toBe("政务中心");
    expect(state.live.areas[0]).toMatchObject({ name: "一号楼", parent: null, floor_area_m2: null, heads: null, power_w: 5 });
    expect(state.live.meters[0]).toMatchObject({ name: "表一", area: "b1", power_w: 5 });
    expect(state.live.sensors[0]).toMatchObject({ name: "东门", open: true });
    expect(state.live.buses[0]).toMatchObject({ url: "tcp://a:502", online: false });
    expect(state.live.alarms.unacknowledged).toBe(1);
  });
  it("is joined by id, not by place", () => {
    const two = { ...snapshot, areas: [...snapshot.areas, { ...snapshot.areas[0]!, id: "b2", name: "二号楼" }] };
    const { state } = mergeLive(fromSnapshot({ ...two, open_alarms: [] }), {
      ...next, areas: [{ id: "b2", ...figures, power_w: 2 }, { id: "b1", ...figures, power_w: 1 }],
    });
    expect(state.live.areas.map(({ name, power_w }) => [name, power_w])).toEqual([["一号楼", 1], ["二号楼", 2]]);
  });
  it("never changes the state it was given", () => {
    const before = start();
    const copy = JSON.parse(JSON.stringify(before)) as unknown;
    mergeLive(before, next);
    expect(before).toEqual(copy);
  });
  it("with things nobody has named, or without known ones, says that texts are needed", () => {
    expect(mergeLive(start(), { ...next, meters: [...next.meters, { ...meterFigures, id: "m2" }] }).unknownThings).toBe(true);
    expect(mergeLive(start(), { ...next, sensors: [] }).unknownThings).toBe(true);
  });
});

describe("a sensor frame", () => {
  it("changes that sensor alone", () => {
    const { state } = mergeSensor(start(), { ...sensorFigures, open: true });
    expect(state.live.sensors[0]).toMatchObject({ name: "东门", open: true });
  });
  it("of an unknown sensor changes nothing", () => {
    const before = start();
    expect(mergeSensor(before, { ...sensorFigures, id: "new" })).toEqual({ state: before, unknownThings: true });
  });
});

describe("alarms", () => {
  it("come and go with their state", () => {
    let state = mergeAlarm(start(), alarm(1));
    expect(state.alarms).toHaveLength(1);
    state = mergeAlarm(state, alarm(1, { state: 2, changed_ms: 5 }));
    expect(state.alarms[0]?.state).toBe(2);
    state = mergeAlarm(state, alarm(1, { state: 0, changed_ms: 6 }));
    expect(state.alarms).toHaveLength(0);
  });
  it("an older change that arrives late does not undo a newer one", () => {
    const state = mergeAlarm(mergeAlarm(start(), alarm(1, { state: 2, changed_ms: 9 })), alarm(1, { state: 1, changed_ms: 3 }));
    expect(state.alarms[0]?.state).toBe(2);
  });
  it("are listed by what to do first: state, then priority, then newest", () => {
    const sorted = sortAlarms([
      alarm(1, { state: 2, priority: "critical" }), alarm(2, { priority: "low" }), alarm(3, { priority: "critical" }),
      alarm(4, { priority: "critical" }), alarm(5, { state: 3, priority: "critical" }), alarm(6, { state: 4 }),
    ]);
    expect(sorted.map(({ id }) => id)).toEqual([4, 3, 2, 5, 1, 6]);
  });
});
