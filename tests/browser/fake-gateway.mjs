// A stand-in for the gateway, for faults of the FRONT END only: it speaks docs/api.md and can be told to go silent, to hang up,
// to refuse, to be slow. It measures nothing and proves nothing about the gateway; those tests run against the real one.
//
//   node fake-gateway.mjs [port]      serves the built dashboard with invented, moving figures
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const DIST = fileURLToPath(new URL("../../firmware-gateway/dashboard/dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };

const BUILDINGS = [
  { id: "b1", name: "一号办公楼", name_en: "Office building 1", weight: 1.0 },
  { id: "b2", name: "二号政务服务大厅", name_en: "Service hall 2", weight: 1.45 },
  { id: "b3", name: "三号综合楼", name_en: "Annex 3", weight: 0.55 },
];
const AREA_M2 = { b1: 14_000, b2: 16_500, b3: null };
const HEADS = { b1: 260, b2: 240, b3: 90 };
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
const SUBITEMS = [
  { code: "01A00", name: "照明插座用电", name_en: "Lighting and sockets" },
  { code: "01B00", name: "空调用电", name_en: "Air conditioning" },
  { code: "01C00", name: "动力用电", name_en: "Lifts and pumps" },
  { code: "01D00", name: "特殊用电", name_en: "Special uses" },
  ...USES.map(({ code, name, name_en }) => ({ code, name, name_en: name_en[0].toUpperCase() + name_en.slice(1) })),
];
const DOORS = [["east", "东门", "east door"], ["west", "西门", "west door"], ["roof", "屋面门", "roof door"], ["plant", "配电间门", "switch room door"]];
const LEAKS = [["pump", "水泵房", "pump room"], ["server", "机房地板", "server room floor"]];

/** Fields that only snapshots carry. */
const TEXT_KEYS = ["name", "name_en", "area", "parent", "subitem", "url"];
const withoutTexts = (item) => Object.fromEntries(Object.entries(item).filter(([key]) => !TEXT_KEYS.includes(key)));

class Compound {
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
    this.nextAlarm = 17;
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

  live(ms = Date.now()) {
    const hours = (ms - this.started) / 3.6e6;
    const alarms = [...this.alarms.values()];
    return {
      time_ms: ms,
      site: { id: "cangshan", name: "仓山区政务中心", name_en: "Cangshan Government Affairs Centre", timezone: "Asia/Shanghai", floor_area_m2: 42_000, heads: 650 },
      compound: this.figures(this.meters, ms),
      areas: BUILDINGS.map(({ id, name, name_en }) => ({ id, name, name_en, parent: null, floor_area_m2: AREA_M2[id], heads: HEADS[id], stale_after_ms: 15_000, ...this.figures(this.meters.filter((meter) => meter.area === id), ms) })),
      subitems: SUBITEMS.map((item) => ({ ...item, ...this.figures(this.meters.filter((meter) => meter.subitem.startsWith(item.code.replace(/0+$/, ""))), ms) })),
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
      rows.push([start, mean * hours, mean, Math.min(...values) * 0.985, Math.max(...values) * 1.015, Math.round(hours * 3600), 0]);
    }
    return { node, kind, window, unit: kind === "water" ? "l" : "wh", truncated: false,
      columns: ["start_ms", "amount", "mean", "min", "max", "samples", "estimated"], rows };
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
        last_error: sensor.id === "b3-door-roof" ? "payload is not JSON" : "",
      })),
      buses: [
        { id: "plant-room", url: "tcp://10.20.0.11:502", online: true, requests: polls * 20, missed_polls: 0, discarded_answers: 0, faults: 0, utilisation: 0.23, last_error: "" },
        { id: "riser-east", url: "rtu:///dev/ttyS1?baud=9600", online: true, requests: polls * 10, missed_polls: 2_400, discarded_answers: 7, faults: 2, utilisation: 0.86, last_error: "unit 27: timeout" },
      ],
      broker: { url: "mqtt://10.20.0.5:1883", connected: true, messages: 81_234, unrouted: 3, reconnects: 1, last_error: "" },
    };
  }

  sync() {
    const seconds = (Date.now() - this.started) / 1000;
    const failing = this.sinkFails === true;
    return {
      sinks: [{
        name: "central", kind: "influx1", url: "http://10.20.0.9:8086", state: failing ? "retrying" : "ok", last_error: failing ? "connect 10.20.0.9:8086: connection refused" : "",
        last_success_ms: Date.now() - (failing ? 5_400_000 : 900), delivered_lines: 3_600_000, delivered_values: 21_400_000, rewritten_values: 412,
        queued_batches: failing ? 5_400 : 0, queued_lines: failing ? 162_000 : 0, queued_bytes: failing ? Math.round(92_000_000 + seconds * 17_000) : 0,
        oldest_queued_ms: failing ? Date.now() - 5_400_000 : null, dead_letters: failing ? 2 : 0, retries: failing ? 361 : 0,
      }],
      gateway: { version: "0.1.0", started_ms: this.started - 3 * 86_400_000 },
      store: { max_bytes: 4_000_000_000, path: "/var/lib/compound-gateway/gateway.db", bytes: 412_000_000, commits: 86_400, kept_lines: 3_762_000, kept_values: 21_900_000, dropped_lines: 0, last_error: "" },
    };
  }
}

const NAMES = { 0: "normal", 1: "unacknowledged", 2: "acknowledged", 3: "returned_unacknowledged", 4: "shelved", 5: "out_of_service" };

export class FakeGateway {
  #server;
  #sockets = new Set();
  #timer;
  /** What goes wrong, by will of a test. */
  faults = { silent: false, refuse: false, historyFails: false, ackFails: 0, ackDelayMs: 0, emptySite: false, devicesFail: false };
  /** name -> { password, role }; empty: nobody has to log in. */
  users = {};
  #sessions = new Map();
  /** Seconds that every log-in is refused for. */
  lockedS = 0;
  requests = [];
  /** Bodies of acknowledgements, streams that were opened, streams that were refused. */
  acks = [];
  journal = [];
  connections = 0;
  refused = 0;

  constructor() {
    this.compound = new Compound();
  }

  async start(port = 0) {
    this.#server = createServer((request, response) => void this.#answer(request, response).catch(() => response.writeHead(500).end()));
    const sockets = new WebSocketServer({ noServer: true });
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.faults.refuse || !this.#mayLook(request) || new URL(request.url, "http://x").pathname !== "/api/v1/stream") {
        this.refused += 1;
        return void socket.destroy();
      }
      sockets.handleUpgrade(request, socket, head, (client) => {
        this.#sockets.add(client);
        this.connections += 1;
        client.on("close", () => this.#sockets.delete(client));
        this.#send(client, "snapshot", { ...this.#live(), open_alarms: this.#open() });
      });
    });
    await new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}/`;
    this.#timer = setInterval(() => this.tick(), 1000);
    return this;
  }

  async stop() {
    clearInterval(this.#timer);
    this.hangUp();
    this.#server.closeAllConnections?.();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends every open connection without a word, as a pulled cable does after its time-out. */
  hangUp() {
    for (const client of this.#sockets) client.terminate();
  }

  /** What a restart of the gateway does: nobody is logged in any more. */
  endSessions() {
    this.#sessions.clear();
    for (const client of this.#sockets) client.close(1008);
  }

  #who(request) {
    const token = /gateway_session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
    return this.#sessions.get(token) ?? null;
  }
  #mayLook(request) {
    return Object.keys(this.users).length === 0 || this.#who(request) !== null;
  }
  #session(user) {
    return { login_required: Object.keys(this.users).length > 0, user, role: user === null ? null : this.users[user].role };
  }

  tick() {
    if (this.faults.silent) return;
    const live = this.#live();
    const data = { time_ms: live.time_ms, compound: live.compound, alarms: live.alarms };
    for (const list of ["areas", "subitems", "meters", "sensors", "buses"]) data[list] = live[list].map(withoutTexts);
    this.broadcast("live", data);
  }

  broadcast(type, data) {
    for (const client of this.#sockets) this.#send(client, type, data);
  }

  broadcastText(text) {
    for (const client of this.#sockets) client.send(text);
  }

  raise(fields) {
    const at = Date.now() - (fields.ago_ms ?? 0);
    const alarm = {
      id: this.compound.nextAlarm++, rule: "door-open", rule_kind: "door_open", source: "", source_name: "", source_name_en: "", area: "b1",
      priority: "high", state: 1, annunciated: true, raised_ms: at, changed_ms: at, by: "", comment: "", value: 1, message: "", message_en: "", ...fields,
    };
    delete alarm.ago_ms;
    return this.change(alarm, alarm.state);
  }

  change(alarm, state, fields = {}) {
    const changed = { ...alarm, ...fields, state, state_name: NAMES[state] };
    this.journal.unshift(changed);
    if (state === 0) this.compound.alarms.delete(changed.id);
    else this.compound.alarms.set(changed.id, changed);
    this.broadcast("alarm", changed);
    return changed;
  }

  setSensor(id, fields) {
    const sensor = this.compound.sensors.find((other) => other.id === id);
    Object.assign(sensor, fields, { changed: fields.changed ?? Date.now() });
    const { changed, ...wire } = sensor;
    this.broadcast("sensor", withoutTexts({ ...wire, age_ms: Date.now() - changed }));
  }

  loseMeters(accepts, agoMs = 0) {
    for (const meter of this.compound.meters) if (accepts(meter)) Object.assign(meter, { online: false, lost: Date.now() - agoMs });
  }

  #open() {
    return [...this.compound.alarms.values()];
  }

  #live() {
    const live = this.compound.live();
    if (!this.faults.emptySite) return live;
    const none = { power_w: null, energy_today_wh: null, flow_l_per_h: null, volume_today_l: null, age_ms: null, meters: 0, meters_online: 0 };
    return { ...live, compound: none, areas: [], subitems: [], meters: [], sensors: [], buses: [], alarms: { standing: 0, unacknowledged: 0 } };
  }

  #send(client, type, data) {
    if (client.readyState === client.OPEN) client.send(JSON.stringify({ type, data }));
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.url);
    const json = (status, body) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    const refuse = (status, code, message) => json(status, { error: { code, message } });
    this.requests.push(`${request.method} ${url.pathname}`);
    const body = async () => {
      let text = "";
      for await (const chunk of request) text += chunk;
      return JSON.parse(text);
    };
    if (url.pathname === "/api/v1/session") return this.faults.refuse ? void request.socket.destroy() : json(200, this.#session(this.#who(request)));
    if (url.pathname === "/api/v1/login") {
      const { user, password } = await body();
      if (this.lockedS > 0) {
        response.setHeader("Retry-After", String(this.lockedS));
        return refuse(429, "locked", "too many wrong passwords");
      }
      if (this.users[user]?.password !== password) return refuse(401, "wrong_password", "user or password is wrong");
      const token = `t${this.#sessions.size}${Date.now()}`;
      this.#sessions.set(token, user);
      response.setHeader("Set-Cookie", `gateway_session=${token}; Path=/; HttpOnly; SameSite=Strict`);
      return json(200, this.#session(user));
    }
    if (url.pathname === "/api/v1/logout") {
      this.#sessions.clear();
      return json(200, this.#session(null));
    }
    if (url.pathname.startsWith("/api/") && !this.#mayLook(request)) return refuse(401, "login_required", "log in first");
    if (url.pathname === "/api/v1/devices") return this.faults.devicesFail ? refuse(503, "not_ready", "not yet") : json(200, this.compound.devices());
    if (url.pathname === "/api/v1/sync") return json(200, this.compound.sync());
    if (url.pathname === "/api/v1/live") return json(200, this.#live());
    if (url.pathname === "/api/v1/alarms") return json(200, { alarms: url.searchParams.get("state") === "all" ? this.journal : this.#open() });
    if (url.pathname === "/api/v1/history") {
      if (this.faults.historyFails) return refuse(503, "not_ready", "the store is not open yet");
      const of = (name) => url.searchParams.get(name);
      const answer = this.compound.history(of("node"), of("kind"), of("window"), Number(of("from")), Number(of("to")));
      return json(200, this.faults.emptySite ? { ...answer, rows: [] } : answer);
    }
    const ack = /^\/api\/v1\/alarms\/(\d+)\/ack$/.exec(url.pathname);
    if (ack !== null && request.method === "POST") {
      const sent = await body();
      const by = this.#who(request) ?? sent.by;
      this.acks.push(sent);
      if (this.users[this.#who(request)]?.role === "viewer") return refuse(403, "role_too_low", "this needs the role operator");
      if (this.faults.ackDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.faults.ackDelayMs));
      if (this.faults.ackFails !== 0) return refuse(this.faults.ackFails, "refused", "refused for the test");
      const alarm = this.compound.alarms.get(Number(ack[1]));
      if (alarm === undefined) return refuse(404, "not_found", `no alarm ${ack[1]}`);
      if (alarm.state !== 1 && alarm.state !== 3) return refuse(409, "conflict", "nothing to acknowledge");
      return json(200, this.change(alarm, alarm.state === 1 ? 2 : 0, { by, changed_ms: Date.now() }));
    }
    if (url.pathname.startsWith("/api/")) return refuse(404, "not_found", "no such address");
    const path = normalize(url.pathname === "/" ? "/index.html" : url.pathname);
    try {
      const body = await readFile(join(DIST, path));
      response.writeHead(200, {
        "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
        "Content-Security-Policy": "default-src 'self'",
      }).end(body);
    } catch {
      refuse(404, "not_found", "no such file");
    }
  }
}

/** A bad day: every state an alarm and a sensor can be in, at once. */
export function badDay(gateway) {
  gateway.raise({ priority: "critical", rule: "leak", rule_kind: "leak", source: "b2-leak-server", area: "b2", ago_ms: 95_000,
    message: "二号政务服务大厅机房地板 检测到漏水", message_en: "Service hall 2 server room floor is wet" });
  gateway.raise({ priority: "high", source: "b1-door-east", ago_ms: 370_000,
    message: "一号办公楼东门 已开启超过 60 秒", message_en: "Office building 1 east door has been open for more than 60 s" });
  gateway.raise({ priority: "high", state: 3, source: "b2-door-west", area: "b2", ago_ms: 1_500_000, changed_ms: Date.now() - 1_200_000,
    message: "二号政务服务大厅西门 已开启超过 60 秒", message_en: "Service hall 2 west door has been open for more than 60 s" });
  gateway.raise({ priority: "medium", state: 2, by: "陈志明", rule: "silent", rule_kind: "device_silent", source: "b3-fan", area: "b3", ago_ms: 5_400_000,
    changed_ms: Date.now() - 4_000_000, message: "三号综合楼空调末端 电表 300 秒没有应答", message_en: "Annex 3 air handling meter has not answered for 300 s" });
  gateway.raise({ priority: "low", state: 4, by: "林晓", rule: "battery", rule_kind: "battery_low", source: "b3-door-roof", area: "b3", ago_ms: 90_000_000,
    changed_ms: Date.now() - 80_000_000, message: "三号综合楼屋面门 传感器电量低", message_en: "Annex 3 roof door sensor battery is low" });
  gateway.setSensor("b1-door-east", { open: true, changed: Date.now() - 430_000 });
  gateway.setSensor("b2-leak-server", { wet: true, changed: Date.now() - 95_000 });
  gateway.setSensor("b2-camera-hall", { person: true });
  gateway.setSensor("b3-camera-dock", { online: false, changed: Date.now() - 720_000 });
  gateway.setSensor("b3-door-roof", { battery_pct: 12 });
  gateway.loseMeters((meter) => meter.id === "b3-fan", 5_700_000);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const gateway = await new FakeGateway().start(Number(process.argv[2] ?? 8090));
  badDay(gateway);
  console.log(`invented figures at ${gateway.url}`);
}
