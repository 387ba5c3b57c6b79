// Requests to the gateway. Every failure leaves here as an ApiError with a code that the page can put into words.
import type { Alarm, Devices, History, HistoryWindow, Live, MeterKind, Session, Sync } from "./wire";

const TIMEOUT_MS = 10_000;

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

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(apiUrl(path), { ...init, signal: abort.signal, cache: "no-store" });
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
      if (error?.code === "login_required") onLoggedOut();
      const wait = Number(response.headers.get("Retry-After") ?? NaN);
      throw new ApiError(response.status, error?.code ?? `http_${response.status}`, error?.message ?? response.statusText,
        Number.isFinite(wait) ? wait : null);
    }
    if (body === null) throw new ApiError(response.status, "bad_answer", "the answer is not JSON");
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

export async function fetchOpenAlarms(): Promise<Alarm[]> {
  return (await request<{ alarms: Alarm[] }>("alarms?state=open&limit=1000")).alarms;
}

/** The journal, newest change first. */
export async function fetchJournal(limit: number): Promise<Alarm[]> {
  return (await request<{ alarms: Alarm[] }>(`alarms?state=all&limit=${limit}`)).alarms;
}

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

function post<T>(path: string, body: unknown): Promise<T> {
  return request<T>(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export function acknowledge(id: number, by: string, comment = ""): Promise<Alarm> {
  return post<Alarm>(`alarms/${id}/ack`, { by, comment });
}

export const fetchSession = (): Promise<Session> => request<Session>("session");
export const login = (user: string, password: string): Promise<Session> => post<Session>("login", { user, password });
export const logout = (): Promise<Session> => post<Session>("logout", {});
