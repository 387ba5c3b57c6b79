// The one WebSocket. Promises: it is opened again for ever, with growing pauses; a connection that is open but silent
// is treated as broken; the pause shrinks again only after a snapshot came, so that a server which accepts and drops is not hammered.
// It knows nothing of what the frames mean.
import { takeFirstSocket } from "./first_socket";
import type { Frame } from "./wire";

/** The gateway speaks once a second; this much silence means that nobody is there. */
export const SILENCE_MS = 8_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export type Link =
  | { state: "connecting"; attempt: number }
  | { state: "open" }
  | { state: "waiting"; attempt: number; retryAt: number };

/** Pause before attempt n (1, 2, ...); `spread` in [0, 1) keeps many screens from returning in the same instant. */
export function retryPause(attempt: number, spread: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.round(pause * (0.75 + 0.5 * spread));
}

/** The gateway closes so when the session has ended (docs/api.md). */
export const CLOSED_BY_POLICY = 1008;

export interface StreamEvents {
  onFrame(frame: Frame): void;
  onLink(link: Link): void;
  /** The connection ended, or could not be made. It is tried again all the same, unless stop() is called. */
  onLost(code: number | null): void;
}

export class Stream {
  private socket: WebSocket | null = null;
  private stopped = true;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly url: string, private readonly events: StreamEvents) {
    window.addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retryNow();
    });
  }

  start(): void {
    this.stopped = false;
    this.retryNow();
  }

  /** Until start() nothing is opened any more. */
  stop(): void {
    this.stopped = true;
    this.attempt = 0;
    clearTimeout(this.silence);
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.events.onLink({ state: "connecting", attempt: 1 });
  }

  /** Cuts a pause short; does nothing while a connection is open or being made. */
  retryNow(): void {
    if (this.socket === null && !this.stopped) this.open();
  }

  private open(): void {
    clearTimeout(this.timer);
    this.attempt += 1;
    this.events.onLink({ state: "connecting", attempt: this.attempt });
    const first = takeFirstSocket();
    let socket: WebSocket;
    try {
      socket = first?.socket ?? new WebSocket(this.url);
    } catch {
      this.lost(null);
      return;
    }
    this.socket = socket;
    this.watchSilence();
    const take = (data: unknown): void => {
      if (this.socket !== socket) return;
      this.watchSilence();
      let frame: Frame;
      try {
        frame = JSON.parse(String(data)) as Frame;
      } catch {
        return; // One broken frame is not a broken connection; silence would be.
      }
      if (frame.type === "snapshot") {
        this.attempt = 0;
        this.events.onLink({ state: "open" });
      }
      this.events.onFrame(frame);
    };
    socket.onmessage = (event) => take(event.data);
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.code);
    };
    first?.frames.forEach(take);
  }

  private watchSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const socket = this.socket;
      this.lost(null);
      socket?.close();
    }, SILENCE_MS);
  }

  private lost(code: number | null): void {
    clearTimeout(this.silence);
    clearTimeout(this.timer);
    this.socket = null;
    const pause = retryPause(Math.max(1, this.attempt), Math.random());
    this.events.onLink({ state: "waiting", attempt: this.attempt, retryAt: Date.now() + pause });
    this.timer = setTimeout(() => this.open(), pause);
    this.events.onLost(code);
  }
}
