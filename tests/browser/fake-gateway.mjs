// A stand-in for the gateway, for faults of the FRONT END only: it speaks docs/api.md and can be told to go silent, to hang up,
// to refuse, to be slow. It measures nothing and proves nothing about the gateway; those tests run against the real one.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { NAMES, acted, metricsOf, narrowed } from "./fake-alarms.mjs";
import { audit, auditCsv } from "./fake-audit.mjs";
import { AREA_M2, BUILDINGS, Compound, HEADS, SUBITEMS, nodeWithoutTexts, withoutTexts } from "./fake-compound.mjs";
import { FakeModes } from "./fake-modes.mjs";

const DIST = fileURLToPath(new URL("../../build/dashboard/dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };

export class FakeGateway {
  #server;
  #sockets = new Set();
  #timer;
  /** What goes wrong, by will of a test. */
  faults = { silent: false, refuse: false, historyFails: false, ackFails: 0, ackDelayMs: 0, emptySite: false, devicesFail: false, auditFails: false, noTariff: false };
  /** name -> { password, role }; empty: nobody has to log in. */
  users = {};
  #sessions = new Map();
  /** Seconds that every log-in is refused for. */
  lockedS = 0;
  requests = [];
  /** Bodies of acknowledgements, streams that were opened, streams that were refused. */
  acks = [];
  /** Every other action on an alarm: { id, action, ...body }. */
  actions = [];
  exchanges = [];
  corrections = [];
  journal = [];
  #event = 0;
  connections = 0;
  refused = 0;

  constructor() {
    this.compound = new Compound();
    this.modes = new FakeModes(BUILDINGS.map(({ id }) => id));
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
        this.#send(client, "snapshot", { ...this.#live(), open_alarms: this.#open(), pending: this.compound.pending });
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
    const data = { time_ms: live.time_ms, clock_known: live.clock_known, compound: live.compound, alarms: live.alarms };
    for (const list of ["areas", "subitems", "meters", "sensors", "buses"]) data[list] = live[list].map(withoutTexts);
    if (live.nodes !== undefined) data.nodes = live.nodes.map(nodeWithoutTexts);
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
      priority: "high", state: 1, annunciated: true, raised_ms: at, changed_ms: at, by: "", comment: "", value: 1, message: "", message_en: "",
      change: "raised", active: true, announced: true, limit: null, finding: "none", cause: null, shelved_until_ms: null, held_by: "", held_reason: "", ...fields,
    };
    delete alarm.ago_ms;
    return this.change(alarm, alarm.state);
  }

  change(alarm, state, fields = {}) {
    const event = Date.now() * 1000 + this.#event++;
    const changed = { ...alarm, occurrence: alarm.occurrence ?? event, event, ...(state === 0 ? { active: false, change: "returned" } : {}), ...fields, state, state_name: NAMES[state] };
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
    if (this.faults.noTariff) {
      live.nodes = [];
      for (const each of [live.compound, ...live.areas]) each.totals = {};
    }
    if (!this.faults.emptySite) return live;
    const none = { power_w: null, energy_today_wh: null, flow_l_per_h: null, volume_today_l: null, age_ms: null, meters: 0, meters_online: 0 };
    return { ...live, compound: none, areas: [], subitems: [], nodes: [], meters: [], sensors: [], buses: [], alarms: { standing: 0, unacknowledged: 0 } };
  }

  #send(client, type, data) {
    if (client.readyState === client.OPEN) client.send(JSON.stringify({ type, data }));
  }

  /** Everything that somebody may do besides acknowledging and logging in. */
  #command(path, sent, role, json, refuse) {
    const [, what, id, action] = /^\/api\/v1\/(\w+)(?:\/([^/]+))?(?:\/([\w-]+))?$/.exec(path) ?? [];
    if (role === "viewer" || (what === "outbox" && role !== "admin")) return refuse(403, "role_too_low", "this needs another role");
    const entry = (found) => (found === null ? refuse(404, "not_found", "there is no such thing") : json(200, found));
    if (what === "alarms" && action !== undefined) {
      this.actions.push({ id: Number(id), action, ...sent });
      const alarm = this.compound.alarms.get(Number(id));
      if (alarm === undefined) return refuse(404, "not_found", `no alarm ${id}`);
      if ((action === "shelve" || action === "out-of-service") && !sent.comment) return refuse(400, "bad_request", "comment, the reason, is required");
      const after = acted(alarm, action, sent);
      return after === null ? refuse(409, "conflict", "its state does not allow that") : json(200, this.change(alarm, after.state, after));
    }
    if (what === "mode") return entry(this.modes.switch(sent.mode, sent.by, sent.comment));
    if (what === "areas") return entry(this.modes.arm(id, action === "arm", sent.by, sent.comment));
    if (what === "patrol") return entry(this.modes.check(id, action === "check", sent.by));
    if (what === "meters" && action === "exchange") {
      const record = { meter: id, event: "announced_exchange", at: new Date(Date.now() + 8 * 3.6e6).toISOString().slice(0, 16).replace("T", " "), at_ms: Date.now(), from_ms: Date.now(), before: sent.old_reading, after: sent.new_reading, amount: 0, by: sent.by, comment: sent.reason };
      this.exchanges.push(record);
      return json(200, record);
    }
    if (what === "meters" && action === "correct") {
      if (role !== "admin") return refuse(403, "role_too_low", "this needs another role");
      const record = { meter: id, event: "correction", at: new Date(sent.from_ms + 8 * 3.6e6).toISOString().slice(0, 16).replace("T", " "), at_ms: sent.from_ms, from_ms: sent.from_ms, before: 0, after: 0, amount: sent.amount, by: sent.by, comment: sent.reason };
      this.corrections.push({ meter: id, ...sent });
      this.exchanges.push(record);
      return json(200, record);
    }
    if (what === "outbox" && id === "drop_waiting") {
      this.compound.droppedLines += 162_000;
      return json(200, { done: "162000 lines that waited for central dropped" });
    }
    if (what === "outbox" && (id === "requeue" || id === "drop")) {
      const before = this.compound.letters.length;
      this.compound.letters = this.compound.letters.filter(({ letter, sink }) => letter !== sent.letter && sink !== sent.sink && sent.all !== true);
      return json(200, { done: `${before - this.compound.letters.length} dead letters ${id === "drop" ? "dropped" : "queued again"}` });
    }
    return refuse(404, "not_found", "no such address");
  }

  #report(url, response, json, refuse) {
    if (this.faults.auditFails) return refuse(503, "not_ready", "there is no report here");
    const nodes = ["electricity", "water"].flatMap((utility) => [
      { id: "compound", name: "仓山区政务中心", name_en: "Cangshan Government Affairs Centre", kind: "compound", utility, m2: 42_000, heads: 650 },
      ...BUILDINGS.map(({ id, name, name_en }) => ({ id, name, name_en, kind: "area", utility, m2: AREA_M2[id], heads: HEADS[id] })),
      ...(utility === "water" ? [] : SUBITEMS.map(({ code, name, name_en }) => ({ id: code, name, name_en, kind: "sub_item", utility }))),
      ...this.compound.meters.filter(({ kind }) => kind === utility).map(({ id, name, name_en }) => ({ id, name, name_en, kind: "meter", utility }))]);
    const of = (name) => url.searchParams.get(name) ?? "";
    const report = audit(this.compound, nodes, of("from"), of("to"), of("trace"), this.exchanges);
    if (this.faults.emptySite || report.rows.length === 0) return refuse(404, "no_data", "nothing was counted in the period");
    if (of("format") === "csv") return response.writeHead(200, { "Content-Type": "text/csv; charset=utf-8" }).end(auditCsv(report));
    if (of("format") === "html") return response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end("<!doctype html><title>report</title>");
    return json(200, report);
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
    if (url.pathname === "/api/v1/alarms") {
      if (url.searchParams.get("state") === "all") return json(200, { alarms: narrowed(this.journal, url.searchParams) });
      return json(200, { alarms: this.#open(), pending: this.compound.pending, metrics: metricsOf(this.#open(), this.compound.pending, this.journal) });
    }
    if (url.pathname === "/api/v1/audit") return this.#report(url, response, json, refuse);
    if (url.pathname === "/api/v1/modes") return json(200, this.modes.answer(this.compound.sensors));
    if (url.pathname === "/api/v1/modes/journal") return json(200, { entries: this.modes.entries });
    if (url.pathname === "/api/v1/outbox/letters") return json(200, { letters: this.compound.letters });
    if (url.pathname === "/api/v1/tariff") {
      if (this.faults.noTariff) return json(200, { pieces: [] });
      return json(200, this.compound.tariff(url.searchParams.get("kind"), Number(url.searchParams.get("from")), Number(url.searchParams.get("to"))));
    }
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
      const pending = this.compound.pending.findIndex(({ id }) => id === Number(ack[1]));
      if (pending >= 0) {
        const [{ since_ms, due_ms, ...found }] = this.compound.pending.splice(pending, 1);
        return json(200, this.raise({ ...found, state: 2, change: "acknowledged", announced: false, raised_ms: since_ms, by, message: `${found.source_name} 已开启`, message_en: `${found.source_name_en} is open` }));
      }
      const alarm = this.compound.alarms.get(Number(ack[1]));
      if (alarm === undefined) return refuse(404, "not_found", `no alarm ${ack[1]}`);
      const after = acted(alarm, "ack", { by });
      return after === null ? refuse(409, "conflict", "nothing to acknowledge") : json(200, this.change(alarm, after.state, after));
    }
    if (request.method === "POST") return this.#command(url.pathname, { ...await body(), ...(this.#who(request) === null ? {} : { by: this.#who(request) }) }, this.users[this.#who(request)]?.role ?? "admin", json, refuse);
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
