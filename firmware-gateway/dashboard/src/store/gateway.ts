// The page's one connection to the gateway and everything it has learned from it. The only place where frames, requests
// and the state meet; components read the observables and call the actions below.
import { ApiError, alarmAction, apiUrl, fetchHistory, fetchLive, fetchOpenAlarms, whenLoggedOut } from "../api/client";
import { Stream } from "../api/stream";
import type { Link } from "../api/stream";
import type { Frame, HistoryRow, NodeFigures } from "../api/wire";
import type { AlarmAction } from "../api/wire_alarms";
import { elapsedSince, readClocks } from "./age";
import type { ClockReading } from "./age";
import { Observable } from "./observable";
import { whenPainted } from "./painted";
import { CURVE_SPAN_MS, addLivePoint } from "./power_curve";
import type { LivePoint } from "./power_curve";
import { needsLogin, refreshSession, session } from "./session";
import { fromSnapshot, mergeAlarm, mergeLive, mergePending, mergeSensor } from "./site_state";
import type { SiteState } from "./site_state";
import { hear } from "./sound";

/** The state, and when its figures arrived by this computer's clocks. */
export interface Received { state: SiteState; at: ClockReading }

export type HistoryState = { status: "loading" | "ready" | "failed"; rows: HistoryRow[] };

const HISTORY_EVERY_MS = 60_000;
/** A window is in the store a moment after its minute ends. */
const HISTORY_LAG_MS = 3_000;
const HISTORY_RETRY_MS = 10_000;
const TEXTS_RETRY_MS = 10_000;

export const received = new Observable<Received | null>(null);
export const link = new Observable<Link>({ state: "connecting", attempt: 1 });
export const livePoints = new Observable<LivePoint[]>([]);
export const history = new Observable<HistoryState>({ status: "loading", rows: [] });

/** This computer's clocks, read once a second: ages grow by themselves, also when no frame comes. */
export const now = new Observable<ClockReading>(readClocks());

export function sinceFrame(from: Received, at: ClockReading): number {
  return elapsedSince(from.at, at);
}

/** The gateway's wall clock, as far as it is known. Times since an alarm's rise are counted by this one. */
export function gatewayTime(from: Received, at: ClockReading): number {
  return from.state.live.time_ms + sinceFrame(from, at);
}

const streamUrl = apiUrl("stream");
streamUrl.protocol = streamUrl.protocol === "https:" ? "wss:" : "ws:";
const stream = new Stream(streamUrl.href, {
  onFrame: take,
  onLink: (value) => link.set(value),
  // A refused stream and a dead gateway look alike to a browser; the session tells them apart.
  onLost: () => void refreshSession(),
});

let textsAskedAt = -Infinity;
let historyTimer: ReturnType<typeof setTimeout> | undefined;

export function start(): void {
  // At once, without waiting for the session's answer: where nobody has to log in, the first figures come one round trip earlier.
  stream.start();
  // A refused stream asks by itself (onLost).
  whenPainted(() => void refreshSession());
  whenLoggedOut(() => void refreshSession());
  session.subscribe(() => {
    if (needsLogin(session.get())) {
      stream.stop();
      forget();
    } else {
      stream.start();
    }
  });
  // Also while the page is hidden: the tab's title must not promise a figure that is no longer live.
  setInterval(() => now.set(readClocks()), 1000);
}

/** Nothing of what a session showed stays behind for the next one at this screen. */
function forget(): void {
  clearTimeout(historyTimer);
  received.set(null);
  livePoints.set([]);
  history.set({ status: "loading", rows: [] });
}

export function reconnectNow(): void {
  stream.retryNow();
}

function take(frame: Frame): void {
  const at = readClocks();
  const before = received.get();
  if (frame.type === "snapshot") {
    received.set({ state: fromSnapshot(frame.data), at });
    addPoint(frame.data.time_ms, frame.data.compound);
    whenPainted(() => void loadHistory());
  } else if (before !== null && frame.type === "live") {
    const merged = mergeLive(before.state, frame.data);
    received.set({ state: merged.state, at });
    addPoint(frame.data.time_ms, frame.data.compound);
    if (merged.unknownThings) void refreshTexts();
  } else if (before !== null && frame.type === "sensor") {
    // The other figures are as old as they were: only this sensor's is new.
    const elapsed = elapsedSince(before.at, at);
    const data = { ...frame.data, age_ms: frame.data.age_ms === null ? null : frame.data.age_ms - elapsed };
    const merged = mergeSensor(before.state, data);
    received.set({ ...before, state: merged.state });
    if (merged.unknownThings) void refreshTexts();
  } else if (before !== null && frame.type === "alarm") {
    received.set({ ...before, state: mergeAlarm(before.state, frame.data) });
  } else if (before !== null && frame.type === "pending") {
    received.set({ ...before, state: mergePending(before.state, frame.data) });
  }
  now.set(at);
  const after = received.get();
  if (after !== null && after.state.alarms !== before?.state.alarms) hear(after.state.alarms);
}

function addPoint(time_ms: number, { power_w, meters, meters_online }: Pick<NodeFigures, "power_w" | "meters" | "meters_online">): void {
  livePoints.set(addLivePoint(livePoints.get(), { time_ms, power_w, whole: meters_online >= meters }));
}

/** After the site's configuration changed: names for the things that the snapshot did not know. */
async function refreshTexts(): Promise<void> {
  const asked = performance.now();
  if (asked - textsAskedAt < TEXTS_RETRY_MS) return;
  textsAskedAt = asked;
  try {
    const [live, alarms] = await Promise.all([fetchLive(), fetchOpenAlarms()]);
    const { pending } = received.get()?.state ?? {};
    received.set({ state: fromSnapshot({ ...live, open_alarms: alarms, pending }), at: readClocks() });
  } catch {
    // The next frame asks again.
  }
}

async function loadHistory(): Promise<void> {
  clearTimeout(historyTimer);
  const from = received.get();
  if (from === null) return;
  const time = gatewayTime(from, readClocks());
  let again = HISTORY_EVERY_MS - (time % HISTORY_EVERY_MS) + HISTORY_LAG_MS;
  try {
    const answer = await fetchHistory({
      node: "compound", kind: "electricity", window: "1m", from: time - CURVE_SPAN_MS - 60_000, to: time,
    });
    if (received.get() === null) return; // logged out meanwhile
    history.set({ status: "ready", rows: answer.rows });
  } catch {
    history.set({ status: "failed", rows: history.get().rows });
    again = HISTORY_RETRY_MS;
  }
  clearTimeout(historyTimer);
  historyTimer = setTimeout(() => void loadHistory(), again);
}

export interface Said { by: string; comment: string; minutes?: number }

/** Throws ApiError; the list is then as the gateway has it. */
export async function act(id: number, action: AlarmAction, said: Said): Promise<void> {
  try {
    const changed = await alarmAction(id, action, said);
    const before = received.get();
    if (before !== null) received.set({ ...before, state: mergeAlarm(before.state, changed) });
  } catch (error) {
    if (error instanceof ApiError && (error.status === 409 || error.status === 404)) await reloadAlarms();
    throw error;
  }
}

/** Someone else was faster: show the list as the gateway has it. */
async function reloadAlarms(): Promise<void> {
  try {
    const alarms = await fetchOpenAlarms();
    const before = received.get();
    if (before === null) return;
    const { live, pending } = before.state;
    received.set({ ...before, state: fromSnapshot({ ...live, open_alarms: alarms, pending }) });
  } catch {
    // The stream will bring it.
  }
}
