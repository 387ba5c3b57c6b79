import { describe, expect, it } from "vitest";
import type { Live, SiteNode } from "../src/api/wire";
import { dayCost, demandFigures } from "../src/pages/overview/day_figures";
import { balances } from "../src/store/balance";
import { HOUR } from "../src/store/calendar";
import { correctionTimeFault } from "../src/store/correction";
import { demandOf } from "../src/store/demand";
import { fromSnapshot, mergeLive } from "../src/store/site_state";

const figures = { power_w: 1000, energy_today_wh: 5000, flow_l_per_h: null, volume_today_l: null, age_ms: 500, meters: 1, meters_online: 1 };
const losses: SiteNode = { ...figures, id: "losses", name: "未计量", name_en: "Not metered", kind: "difference", utility: "electricity",
  totals: { balance: { unaccounted_today: 100, unaccounted_today_pct: 2, unaccounted_last_day_pct: 3.5, unaccounted_limit_pct: 3 } } };
const live = (more: Partial<Live> = {}): Live => ({
  time_ms: 1e12, site: { id: "s", name: "站", name_en: "", timezone: "Asia/Shanghai", floor_area_m2: null, heads: null },
  compound: { ...figures, totals: { electricity: { cost_today_yuan: 3.6, carbon_today_kgco2: 2, demand_w: 900, demand_forecast_w: 950, demand_limit_w: 940, max_demand_w: 930, max_demand_at_ms: 5 } } },
  areas: [], subitems: [], nodes: [losses], meters: [], sensors: [], buses: [], alarms: { standing: 0, unacknowledged: 0 }, ...more });

describe("what is added up", () => {
  it("totals that a frame leaves out stay as they were, those that come replace all of them", () => {
    const state = fromSnapshot({ ...live(), open_alarms: [] });
    const frame = { time_ms: 1e12 + 1000, compound: { ...figures, power_w: 1100 }, areas: [], subitems: [], nodes: [{ ...figures, id: "losses" }], meters: [], sensors: [], buses: [], alarms: { standing: 0, unacknowledged: 0 } };
    const first = mergeLive(state, frame);
    expect(first.unknownThings).toBe(false);
    expect(first.state.live.compound.totals?.electricity?.cost_today_yuan).toBe(3.6);
    expect(first.state.live.nodes?.[0]?.totals?.balance?.unaccounted_today).toBe(100);
    const second = mergeLive(first.state, { ...frame, compound: { ...figures, totals: { electricity: { energy_month_wh: 7 } } } });
    expect(second.state.live.compound.totals).toEqual({ electricity: { energy_month_wh: 7 } });
  });
  it("a node that the snapshot did not have asks for its name", () => {
    const state = fromSnapshot({ ...live({ nodes: [] }), open_alarms: [] });
    const frame = { time_ms: 1, compound: figures, areas: [], subitems: [], nodes: [{ ...figures, id: "new" }], meters: [], sensors: [], buses: [], alarms: { standing: 0, unacknowledged: 0 } };
    expect(mergeLive(state, frame).unknownThings).toBe(true);
  });
  it("cost and carbon are the gateway's; without a tariff there is no cost", () => {
    expect(dayCost(live())).toEqual({ yuan: 3.6, kilograms: 2, kgPerWh: 2 / 5000 });
    expect(dayCost(live({ compound: { ...figures, totals: {} } })).yuan).toBe(null);
  });
  it("demand is over its limit by what it will end at, and was over by the month's highest", () => {
    const totals = live().compound.totals?.electricity ?? {};
    expect(demandOf(totals)).toMatchObject({ over: true, wasOver: false, fullW: 940 });
    expect(demandOf({ ...totals, demand_limit_w: 925 })).toMatchObject({ over: true, wasOver: true });
    const { demand_limit_w: _, ...unlimited } = totals;
    expect(demandOf(unlimited)).toMatchObject({ over: false, wasOver: false, fullW: 930 });
    expect(demandFigures(live(), String)).toEqual({ block: 950, limit: 940, highest: 930, highestAt: "5" });
  });
  it("what is not accounted for is over its limit by the last whole day, not by the day that runs", () => {
    expect(balances(live(), "electricity").map(({ over }) => over)).toEqual([true]);
    expect(balances(live(), "water")).toEqual([]);
    const calm = { ...losses, totals: { balance: { ...losses.totals?.balance, unaccounted_today_pct: 9, unaccounted_last_day_pct: 1 } } };
    expect(balances(live({ nodes: [calm] }), "electricity").map(({ over }) => over)).toEqual([false]);
  });
});

describe("the time of a correction", () => {
  const zone = "Asia/Shanghai";
  const first = Date.UTC(2026, 8, 1) - 8 * HOUR;
  const now = first + 100 * HOUR;
  it("is past, forward, and within one month of site time", () => {
    expect(correctionTimeFault(first, first + HOUR, now, zone)).toBe(null);
    expect(correctionTimeFault(null, first, now, zone)?.field).toBe("from");
    expect(correctionTimeFault(first, first, now, zone)?.text).toBe("correction.order");
    expect(correctionTimeFault(first, now + 1, now, zone)?.text).toBe("correction.future");
    expect(correctionTimeFault(first - HOUR, first + HOUR, now, zone)?.text).toBe("correction.month");
  });
  it("may end with the month", () => {
    expect(correctionTimeFault(first - HOUR, first, now, zone)).toBe(null);
  });
});
