// The stand-in's compound: invented buildings, meters and sensors whose figures move with the hour and the day of the week.
export const BUILDINGS = [
  { id: "b1", name: "一号办公楼", name_en: "Office building 1", weight: 1.0 },
  { id: "b2", name: "二号政务服务大厅", name_en: "Service hall 2", weight: 1.45 },
  { id: "b3", name: "三号综合楼", name_en: "Annex 3", weight: 0.55 },
];
export const AREA_M2 = { b1: 14_000, b2: 16_500, b3: null };
export const HEADS = { b1: 260, b2: 240, b3: 90 };
const USES = [
  { id: "light", code: "01A10", name: "照明插座", name_en: "lighting and sockets", share: 0.3 },
  { id: "corridor", code: "01A20", name: "走廊应急照明", name_en: "corridor lighting", share: 0.05 },
  { id: "chiller", code: "01B10", name: "冷热站", name_en: "chiller plant", share: 0.28 },
  { id: "fan", code: "01B20", name: "空调末端", name_en: "air handling", share: 0.12 },
  { id: "lift", code: "01C10", name: "电梯", name_en: "lifts", share: 0.06 },
  { id: "pump", code: "01C20", name: "水泵", name_en: "pumps", share: 0.05 },
  { id: "server", code: "01D10", name: "信息中心", name_en: "server room", share: 0.1 },
  { id: "kitchen", code: "01D20", name: "食堂厨房", name_en: "canteen kitchen", share: 0.04 },
];
export const SUBITEMS = [
  { code: "01A00", name: "照明插座用电", name_en: "Lighting and sockets" },
  { code: "01B00", name: "空调用电", name_en: "Air conditioning" },
  { code: "01C00", name: "动力用电", name_en: "Lifts and pumps" },
  { code: "01D00", name: "特殊用电", name_en: "Special uses" },
  ...USES.map(({ code, name, name_en }) => ({ code, name, name_en: name_en[0].toUpperCase() + name_en.slice(1) })),
];
const DOORS = [["east", "东门", "east door"], ["west", "西门", "west door"], ["roof", "屋面门", "roof door"], ["plant", "配电间门", "switch room door"]];
const LEAKS = [["pump", "水泵房", "pump room"], ["server", "机房地板", "server room floor"]];

/** Fields that only snapshots carry. */
const TEXT_KEYS = ["name", "name_en", "area", "parent", "subitem", "url", "utility"];
const NODE_TEXT_KEYS = [...TEXT_KEYS, "kind"];
export const nodeWithoutTexts = (item) => Object.fromEntries(Object.entries(item).filter(([key]) => !NODE_TEXT_KEYS.includes(key)));
export const withoutTexts = (item) => Object.fromEntries(Object.entries(item).filter(([key]) => !TEXT_KEYS.includes(key)));

export class Compound {
  constructor() {
    this.started = Date.now();
    this.meters = [];
    for (const building of BUILDINGS) {
      for (const use of USES) {
        this.meters.push({
          id: `${building.id}-${use.id}`, name: `${building.name}${use.name}`, name_en: `${building.name_en} ${use.name_en}`,
          area: building.id, subitem: use.code, kind: "electricity", online: true, base: 48_000 * building.weight * use.share,
          phase: this.meters.length * 1.7, energy_wh: 120_000_000 + this.meters.length * 7_654_321, today_wh: 380_000 * building.weight * use.share,
        });
      }
      for (const [id, name, name_en] of [["cold", "总水表", "main water"], ["canteen", "食堂水表", "canteen water"]]) {
        this.meters.push({
          id: `${building.id}-${id}`, name: `${building.name}${name}`, name_en: `${building.name_en} ${name_en}`, area: building.id, subitem: "",
          kind: "water", online: true, base: 420 * building.weight, phase: this.meters.length, volume_l: 4_000_000 + this.meters.length * 12_345, today_l: 5_400 * building.weight,
        });
      }
    }
    this.countToday();
    this.sensors = [];
    for (const building of BUILDINGS) {
      for (const [id, name, name_en] of DOORS) this.sensors.push(this.sensor(building, "door", id, name, name_en));
      for (const [id, name, name_en] of LEAKS) this.sensors.push(this.sensor(building, "leak", id, name, name_en));
    }
    for (const [building, id, name, name_en] of [[0, "gate", "大门摄像机", "gate camera"], [1, "hall", "大厅摄像机", "hall camera"],
      [1, "yard", "后院摄像机", "yard camera"], [2, "dock", "装卸区摄像机", "dock camera"]]) {
      this.sensors.push(this.sensor(BUILDINGS[building], "camera", id, name, name_en));
    }
    this.alarms = new Map();
    this.pending = [];
    this.nextAlarm = 17;
    this.clockKnown = true;
    this.letters = [];
    this.proposed = [];
    this.demandLimitW = 250_000;
    this.priced = true;
    this.lossPct = 2.4;
    /** Lines of the backlog that were given up. */
    this.droppedLines = 0;
  }

  /** What a meter counted since midnight is what its curve holds since midnight. */
  countToday() {
    const quarter = 900_000;
    const midnight = Math.floor((this.started + 8 * 3.6e6) / 8.64e7) * 8.64e7 - 8 * 3.6e6;
    for (const meter of this.meters) {
      let sum = 0;
      for (let at = midnight; at < this.started; at += quarter) sum += this.wave(meter, at + quarter / 2) * Math.min(quarter, this.started - at) / 3.6e6;
      if (meter.kind === "water") meter.today_l = sum;
      else meter.today_wh = sum;
    }
  }

  sensor(building, kind, id, name, name_en) {
    return {
      vehicle: null, motion: null, tamper: kind === "door" ? false : null, battery_low: null, temperature_c: null, humidity_pct: null,
      id: `${building.id}-${kind}-${id}`, name: `${building.name}${name}`, name_en: `${building.name_en} ${name_en}`, area: building.id, kind, online: true,
      changed: Date.now() - 61_000 - Math.random() * 3e6, open: kind === "door" ? false : null, wet: kind === "leak" ? false : null,
      person: kind === "camera" ? false : null, battery_pct: kind === "camera" ? null : 97, link_quality: kind === "camera" ? null : 115,
    };
  }

  wave(meter, ms) {
    const s = ms / 1000;
    return meter.base * this.rhythm(ms, meter.kind) * (1 + 0.16 * Math.sin(s / 700 + meter.phase) + 0.05 * Math.sin(s / 61 + meter.phase * 2) + 0.02 * Math.sin(s / 3.1 + meter.phase * 5) + 0.012 * Math.sin(s / 4.3));
  }

  figures(meters, ms) {
    const online = meters.filter((meter) => meter.online);
    const sum = (kind, value) => {
      const of = meters.filter((meter) => meter.kind === kind);
      return of.length === 0 ? null : of.reduce((total, meter) => total + value(meter), 0);
    };
    const hours = (ms - this.started) / 3.6e6;
    return {
      power_w: sum("electricity", (meter) => (meter.online ? this.wave(meter, ms) : 0)),
      energy_today_wh: sum("electricity", (meter) => meter.today_wh + meter.base * hours),
      flow_l_per_h: sum("water", (meter) => (meter.online ? this.wave(meter, ms) : 0)),
      volume_today_l: sum("water", (meter) => meter.today_l + meter.base * hours),
      age_ms: online.length === 0 ? null : 640 + 300 * Math.sin(ms / 900), meters: meters.length, meters_online: online.length,
    };
  }

  /** As docs/api.md has them; what is not known is left out. `demandLimitW` is what site.toml would say. */
  totals(node, ms) {
    if (!this.clockKnown) return {};
    const of = (kind) => this.metersOf(node, kind);
    const figures = this.figures(of("electricity"), ms);
    const out = {};
    if (of("electricity").length > 0) {
      const start = Math.floor(ms / 900_000) * 900_000;
      const power = figures.power_w;
      out.electricity = { energy_month_wh: figures.energy_today_wh * 11.4, ...(power > 0 ? { demand_start_ms: start, demand_w: power * 0.97, demand_forecast_w: power * 0.985 } : {}),
        ...(node === "compound" && this.demandLimitW !== null ? { demand_limit_w: this.demandLimitW } : {}),
        max_demand_w: power * 1.24 + 9_000, max_demand_at_ms: start - 2 * 8.64e7, max_sliding_demand_w: power * 1.26 + 9_000, max_sliding_demand_at_ms: start - 2 * 8.64e7 + 300_000,
        ...(this.priced ? { cost_today_yuan: figures.energy_today_wh / 1000 * 0.72 } : {}), carbon_today_kgco2: figures.energy_today_wh / 1000 * 0.4092 };
    }
    if (of("water").length > 0) {
      const litres = this.figures(of("water"), ms).volume_today_l;
      out.water = { volume_month_l: litres * 11.4, max_demand_l_per_h: 1_400, max_demand_at_ms: ms - 8.64e7, ...(this.priced ? { cost_today_yuan: litres / 1000 * 3.5 } : {}) };
    }
    return out;
  }

  nodes(ms) {
    const all = this.figures(this.metersOf("compound", "electricity"), ms);
    const lost = all.energy_today_wh * 0.021;
    return [{ id: "losses", name: "未计量", name_en: "Not metered", kind: "difference", utility: "electricity", stale_after_ms: 15_000, ...all, power_w: all.power_w * 0.02, energy_today_wh: lost,
      totals: { electricity: { energy_month_wh: lost * 11.4 }, balance: { unaccounted_today: lost, supplied_today: all.energy_today_wh, unaccounted_today_pct: 2.1,
        last_day_ms: Math.floor((ms + 8 * 3.6e6) / 8.64e7) * 8.64e7 - 8 * 3.6e6 - 8.64e7, unaccounted_last_day_pct: this.lossPct, unaccounted_limit_pct: 3 } } }];
  }

  /** Fujian's way of dividing a day, and so every day: what a page shows of today must not depend on when the tests run. */
  tariff(kind, from, to) {
    const prices = { critical_peak: 1.1034, peak: 0.9721, flat: 0.6203, valley: 0.3105 };
    const pieces = [];
    const step = 1_800_000;
    for (let at = from; at < to;) {
      const next = Math.min(to, Math.floor(at / step) * step + step);
      const local = new Date(at + 8 * 3.6e6);
      const hour = local.getUTCHours() + local.getUTCMinutes() / 60;
      const band = hour < 8 ? "valley" : hour >= 10.5 && hour < 12 ? "critical_peak" : (hour >= 10 && hour < 12) || (hour >= 15 && hour < 20) ? "peak" : "flat";
      const last = pieces.at(-1);
      if (last !== undefined && last.band === band) last.to_ms = next;
      else pieces.push(kind === "water" ? { from_ms: at, to_ms: next, band: "flat", price_yuan: 3.5 } : { from_ms: at, to_ms: next, band, price_yuan: prices[band] });
      at = next;
    }
    return { node: "compound", kind, unit: kind === "water" ? "m3" : "kwh", pieces: this.priced ? pieces : [{ from_ms: from, to_ms: to, band: null, price_yuan: null }], versions: [] };
  }

  live(ms = Date.now()) {
    const hours = (ms - this.started) / 3.6e6;
    const alarms = [...this.alarms.values()];
    return {
      time_ms: ms, clock_known: this.clockKnown,
      site: { id: "cangshan", name: "仓山区政务中心", name_en: "Cangshan Government Affairs Centre", timezone: "Asia/Shanghai", floor_area_m2: 42_000, heads: 650 },
      compound: { stale_after_ms: 15_000, ...this.figures(this.meters, ms), totals: this.totals("compound", ms) },
      areas: BUILDINGS.map(({ id, name, name_en }) => ({ id, name, name_en, parent: null, floor_area_m2: AREA_M2[id], heads: HEADS[id], stale_after_ms: 15_000, ...this.figures(this.meters.filter((meter) => meter.area === id), ms), totals: this.totals(id, ms) })),
      subitems: SUBITEMS.map((item) => ({ ...item, ...this.figures(this.meters.filter((meter) => meter.subitem.startsWith(item.code.replace(/0+$/, ""))), ms) })),
      nodes: this.nodes(ms),
      meters: this.meters.map((meter) => {
        const electric = meter.kind === "electricity";
        const rate = meter.online ? this.wave(meter, ms) : null;
        return {
          id: meter.id, name: meter.name, name_en: meter.name_en, area: meter.area, subitem: meter.subitem, kind: meter.kind, online: meter.online,
          age_ms: meter.online ? 640 : ms - meter.lost, power_w: electric ? rate : null,
          energy_wh: electric ? meter.energy_wh + meter.base * hours : null, energy_today_wh: electric ? meter.today_wh + meter.base * hours : null,
          flow_l_per_h: electric ? null : rate, volume_l: electric ? null : meter.volume_l + meter.base * hours, volume_today_l: electric ? null : meter.today_l + meter.base * hours,
        };
      }),
      sensors: this.sensors.map(({ changed, ...sensor }) => ({ ...sensor, age_ms: ms - changed })),
      buses: [
        { id: "plant-room", url: "tcp://10.20.0.11:502", online: true, ...this.onBus("tcp") },
        { id: "riser-east", url: "rtu:///dev/ttyS1?baud=9600", online: this.onBus("rtu").meters_online > 0, ...this.onBus("rtu") },
      ],
      alarms: {
        standing: alarms.filter(({ state }) => state === 1 || state === 2).length,
        unacknowledged: alarms.filter(({ state }) => state === 1 || state === 3).length,
      },
    };
  }

  onBus(which) {
    const of = this.meters.filter((meter) => (meter.area === "b3") === (which === "rtu"));
    return { meters: of.length, meters_online: of.filter((meter) => meter.online).length };
  }

  metersOf(node, kind) {
    const code = SUBITEMS.find((item) => item.code === node)?.code.replace(/0+$/, "");
    return this.meters.filter((meter) => meter.kind === kind && (node === "compound" || meter.area === node || meter.id === node
      || (code !== undefined && meter.subitem.startsWith(code))));
  }

  /** More by day than by night, more on working days: so that a curve of days and weeks looks like one. */
  rhythm(ms, kind) {
    const local = new Date(ms + 8 * 3.6e6);
    const hour = local.getUTCHours() + local.getUTCMinutes() / 60;
    const working = local.getUTCDay() % 6 !== 0;
    const day = Math.exp(-(((hour - 13.5) / 4.6) ** 2));
    return (kind === "water" ? 0.08 : 0.42) + day * (working ? 0.85 : 0.2) + 0.05 * Math.sin(ms / 8.64e7 * 1.7);
  }

  history(node, kind, window, from, to) {
    const step = { "1m": 60_000, "15m": 900_000, "1h": 3_600_000, "1d": 86_400_000 }[window];
    const rows = [];
    const end = Math.min(to, Math.floor(Date.now() / step) * step + step);
    const meters = this.metersOf(node, kind).filter((meter) => meter.online);
    const zone = window === "1d" ? 8 * 3.6e6 : 0; // days begin at the site's midnight
    for (let start = Math.ceil((from + zone) / step) * step - zone; start < end && rows.length < 10_000; start += step) {
      if (start + step > Date.now() && window === "1m") break;
      const at = [0.05, 0.2, 0.4, 0.6, 0.8, 0.95].map((part) => start + part * step);
      const values = at.map((ms) => meters.reduce((sum, meter) => sum + this.wave(meter, ms), 0));
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const hours = Math.max(0, Math.min(step, Date.now() - start)) / 3.6e6;
      rows.push([start, mean * hours, mean, Math.min(...values) * 0.985, Math.max(...values) * 1.015, Math.round(hours * 3600), 0, kind === "electricity" ? mean * hours / 1000 * 0.72 : null, Math.round(hours * 3600)]);
    }
    return { node, kind, window, unit: kind === "water" ? "l" : "wh", truncated: false,
      columns: ["start_ms", "amount", "mean", "min", "max", "samples", "estimated", "cost", "covered_s"], rows };
  }

  devices() {
    const now = Date.now();
    const polls = Math.round((now - this.started) / 1000) + 86_400;
    return {
      meters: this.meters.map((meter, index) => ({
        id: meter.id, bus: meter.area === "b3" ? "riser-east" : "plant-room", unit: index + 1, model: meter.kind === "water" ? "arad-octave" : "eastron-sdm630",
        model_verified: meter.kind !== "water", online: meter.online, last_seen_ms: meter.online ? now - 640 : meter.lost, polls,
        errors: { timeout: meter.online ? index % 5 === 0 ? 3 : 0 : 5_711, crc: meter.area === "b3" ? 12 + index : 0, exception: index === 1 ? 5 : 0, short_frame: 0, foreign_unit: 0, stale: 0, connection: 0 },
        exceptions: index === 1 ? { 2: 1, 6: 4 } : {}, unusable_values: index === 2 ? 17 : 0, absent_values: index === 1 ? 1 : 0, missed_polls: meter.area === "b3" ? 240 : 0,
        timeout_ms: meter.area === "b3" ? 340 : 115,
        response_time_ms: meter.area === "b3" ? 34.5 + index : 4.2 + index / 10,
      })),
      sensors: this.sensors.map((sensor) => ({
        id: sensor.id, family: sensor.kind === "camera" ? "frigate" : "zigbee2mqtt", topic: `${sensor.kind === "camera" ? "frigate" : "zigbee2mqtt"}/${sensor.id}`,
        online: sensor.online, last_seen_ms: sensor.changed, messages: 217, undecodable: sensor.id === "b3-door-roof" ? 4 : 0,
        last_error: sensor.id === "b3-door-roof" ? "'battery' is not a number" : "", kind: sensor.kind, parent: sensor.kind === "camera" ? "broker" : "zigbee2mqtt-bridge",
        undecodable_by_kind: sensor.id === "b3-door-roof" ? { wrong_value: 3, not_json: 1 } : {}, last_bad_payload: sensor.id === "b3-door-roof" ? '{"contact":true,"battery":"full"}' : "",
        last_bad_ms: sensor.id === "b3-door-roof" ? now - 200_000 : null,
      })),
      proposed: this.proposed,
      buses: [
        { id: "plant-room", url: "tcp://10.20.0.11:502", online: true, requests: polls * 20, missed_polls: 0, discarded_answers: 0, faults: 0, utilisation: 0.23, last_error: "",
          last_error_kind: null, last_error_meter: null, last_error_exception: 0, last_error_ms: null },
        { id: "riser-east", url: "rtu:///dev/ttyS1?baud=9600", online: true, requests: polls * 10, missed_polls: 2_400, discarded_answers: 7, faults: 2, utilisation: 0.86, last_error: "b1-lift: no answer",
          last_error_kind: "timeout", last_error_meter: "b1-lift", last_error_exception: 0, last_error_ms: Date.now() - 190_000 },
      ],
      broker: { url: "mqtt://10.20.0.5:1883", connected: true, state: "ok", messages: 81_234, unrouted: 3, reconnects: 1, last_error: "" },
    };
  }

  sync() {
    const seconds = (Date.now() - this.started) / 1000;
    const failing = this.sinkFails === true;
    const waits = failing && this.droppedLines === 0;
    const queued = waits ? Math.round(92_000_000 + seconds * 17_000) : 0;
    return {
      sinks: [{
        name: "central", kind: "influx1", url: "http://10.20.0.9:8086", state: failing ? "retrying" : "ok", last_error: failing ? "connect 10.20.0.9:8086: Connection refused" : "",
        last_error_kind: failing ? "unreachable" : null, last_error_status: 0,
        last_success_ms: Date.now() - (failing ? 5_400_000 : 900), delivered_lines: 3_600_000, delivered_values: 21_400_000, rewritten_values: 412,
        queued_batches: waits ? 5_400 : 0, queued_lines: waits ? 162_000 : 0, queued_bytes: queued,
        oldest_queued_ms: waits ? Date.now() - 5_400_000 : null, dead_letters: this.letters.length, retries: failing ? 361 : 0,
        dropped_lines: this.droppedLines, next_try_ms: failing ? Date.now() + 17_000 : null, most_bytes: null, catching_up: false, delivered_lines_per_s: failing ? 0 : 41.5, caught_up_in_s: null,
      }],
      gateway: { version: "0.1.0", started_ms: this.started - 3 * 86_400_000, refused_configuration: "", plain_secrets: [],
        clock: { known: this.clockKnown, source: this.clockKnown ? "synchronised" : "", doubt: this.clockKnown ? "" : "no time server has answered", doubt_zh: this.clockKnown ? "" : "时间服务器没有应答",
          held_readings: this.clockKnown ? 0 : 1_234, steps: 0, last_step_s: 0 } },
      store: { max_bytes: 4_000_000_000, path: "/var/lib/compound-gateway/gateway.db", bytes: 412_000_000, commits: 86_400, kept_lines: 3_762_000, kept_values: 21_900_000, dropped_lines: 0, last_error: "",
        queued_bytes: queued, queued_lines: waits ? 162_000 : 0, oldest_queued_ms: waits ? Date.now() - 5_400_000 : null, full_in_s: waits ? 229_000 : null, free_bytes: 20_000_000_000, on_disk: true, repairs: 0, last_repair: "" },
      notifiers: [{ name: "duty", kind: "wecom", state: failing ? "retrying" : "ok", last_error: failing ? "HTTP 502" : "", last_success_ms: Date.now() - 620_000, failing_since_ms: failing ? Date.now() - 300_000 : null,
        sent: 17, failed: failing ? 6 : 1, quieted: 3, given_up: 0, pending: failing ? 2 : 0, event: 4711 }],
    };
  }
}
