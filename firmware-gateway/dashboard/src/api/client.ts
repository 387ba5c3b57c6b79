// Requests to the gateway. Every failure leaves here as an ApiError with a code that the page can put into words.
import type { Alarm, Devices, History, HistoryWindow, Live, MeterKind, Session, Tariff } from "./wire";
import type { AlarmAction, JournalQuery, ModeEntry, Modes, OpenAlarms } from "./wire_alarms";
import type { Audit, Correction, Exchange, QualityEvent } from "./wire_audit";
import type { DeadLetter, LetterChoice, Sync } from "./wire_system";

const TIMEOUT_MS = 10_000;
/** A report over a year reads every day of every node. */
const REPORT_TIMEOUT_MS = 60_000;

export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The contract's error code, or `unreachable`, `timeout`, `bad_answer`. */
  readonly code: string;
  /** Seconds after which it is worth trying again, where the gateway said so. */
  readonly retryAfterS: number | null;

  constructor(status: number, code: string, message: string, retryAfterS: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** Called for every answer that says that the session is over. */
let onLoggedOut = (): void => {};
export function whenLoggedOut(action: () => void): void {
  onLoggedOut = action;
}

/** Relative to the page, so that a reverse proxy's sub-path is kept. */
export function apiUrl(path: string): URL {
  return new URL(`api/v1/${path}`, document.baseURI);
}

async function request<T>(path: string, init: RequestInit = {}, timeoutMs = TIMEOUT_MS, read: (answer: Response) => Promise<unknown> = (answer) => answer.json()): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(apiUrl(path), { ...init, signal: abort.signal, cache: "no-store" });
    const body: unknown = await (response.ok ? read(response) : response.json()).catch(() => null);
    if (!response.ok) {
      const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
      if (error?.code === "login_required") onLoggedOut();
      const wait = Number(response.headers.get("Retry-After") ?? NaN);
      throw new ApiError(response.status, error?.code ?? `http_${response.status}`, error?.message ?? response.statusText,
        Number.isFinite(wait) ? wait : null);
    }
    if (body === null) throw new ApiError(response.status, "bad_answer", "the answer cannot be read");
    return body as T;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (abort.signal.aborted) throw new ApiError(0, "timeout", "no answer in time");
    throw new ApiError(0, "unreachable", String(error));
  } finally {
    clearTimeout(timer);
  }
}

export const fetchLive = (): Promise<Live> => request<Live>("live");

export const fetchOpen = (): Promise<OpenAlarms> => request<OpenAlarms>("alarms?state=open&limit=1000");
export const fetchOpenAlarms = async (): Promise<Alarm[]> => (await fetchOpen()).alarms;

/** The journal, newest change first. */
export async function fetchJournal(query: JournalQuery): Promise<Alarm[]> {
  const parameters = new URLSearchParams({ state: "all" });
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value));
  return (await request<{ alarms: Alarm[] }>(`alarms?${parameters.toString()}`)).alarms;
}

export const fetchModes = (): Promise<Modes> => request<Modes>("modes");
export const fetchModeJournal = async (): Promise<ModeEntry[]> => (await request<{ entries: ModeEntry[] }>("modes/journal")).entries;

export const fetchDevices = (): Promise<Devices> => request<Devices>("devices");
export const fetchSync = (): Promise<Sync> => request<Sync>("sync");

export interface HistoryQuery {
  node: string;
  kind: MeterKind;
  window: HistoryWindow;
  from: number;
  to: number;
}

export function fetchHistory(query: HistoryQuery): Promise<History> {
  const parameters = new URLSearchParams({
    node: query.node, kind: query.kind, window: query.window,
    from: String(Math.floor(query.from)), to: String(Math.floor(query.to)),
  });
  return request<History>(`history?${parameters.toString()}`);
}

/** Bands and prices of a time. */
export function fetchTariff(node: string, kind: MeterKind, from: number, to: number): Promise<Tariff> {
  return request<Tariff>(`tariff?${new URLSearchParams({ node, kind, from: String(Math.floor(from)), to: String(Math.floor(to)) }).toString()}`);
}

function post<T>(path: string, body: unknown): Promise<T> {
  return request<T>(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export function alarmAction(id: number, action: AlarmAction, body: { by: string; comment: string; minutes?: number }): Promise<Alarm> {
  return post<Alarm>(`alarms/${id}/${action}`, body);
}

export const switchMode = (mode: string, by: string, comment: string): Promise<unknown> => post("mode", { mode, by, comment });
export const armArea = (area: string, arm: boolean, by: string, comment: string): Promise<unknown> =>
  post(`areas/${encodeURIComponent(area)}/${arm ? "arm" : "disarm"}`, { by, comment });
export const checkPlace = (place: string, check: boolean, by: string): Promise<unknown> =>
  post(`patrol/${encodeURIComponent(place)}/${check ? "check" : "uncheck"}`, { by, comment: "" });

/** `from`, `to`: days of site time (2026-09-01), both count. */
export function auditPath(from: string, to: string, more: Record<string, string> = {}): string {
  return `audit?${new URLSearchParams({ from, to, ...more }).toString()}`;
}
export const fetchAudit = (from: string, to: string, more: Record<string, string> = {}): Promise<Audit> => request<Audit>(auditPath(from, to, more), {}, REPORT_TIMEOUT_MS);
/** A file that the gateway writes. */
export const fetchText = (path: string): Promise<string> => request<string>(path, {}, REPORT_TIMEOUT_MS, (answer) => answer.text());
export const announceExchange = (meter: string, exchange: Exchange): Promise<QualityEvent> => post(`meters/${encodeURIComponent(meter)}/exchange`, exchange);

export const correctMeter = (meter: string, correction: Correction): Promise<QualityEvent> => post(`meters/${encodeURIComponent(meter)}/correct`, correction);

export const fetchLetters = async (): Promise<DeadLetter[]> => (await request<{ letters: DeadLetter[] }>("outbox/letters?limit=200")).letters;
export const settleLetters = (what: "requeue" | "drop", which: LetterChoice): Promise<{ done: string }> => post(`outbox/${what}`, which);

/** Gives up everything that waits for one sink. */
export const dropWaiting = (sink: string): Promise<{ done: string }> => post("outbox/drop_waiting", { sink });

export const fetchSession = (): Promise<Session> => request<Session>("session");
export const login = (user: string, password: string): Promise<Session> => post<Session>("login", { user, password });
export const logout = (): Promise<Session> => post<Session>("logout", {});
