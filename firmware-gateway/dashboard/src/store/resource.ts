// What a page asks the gateway for besides the stream: asked for now, and again every so often while the page is shown.
// After a failure the last answer stays, with its age; it is asked for again sooner.
import { useEffect, useRef, useState } from "preact/hooks";
import { readClocks } from "./age";
import type { ClockReading } from "./age";

const RETRY_MS = 5_000;

export interface Resource<T> {
  status: "loading" | "ready" | "failed";
  value: T | null;
  /** This computer's clocks when the value came. */
  at: ClockReading | null;
}

/**
 * `key` says what is asked for: with another key everything begins anew, and an answer to the former question is dropped.
 * `everyMs` null: asked once. A hidden page does not ask. Another `version` asks at once and keeps the last answer meanwhile.
 */
export function useResource<T>(key: string, load: () => Promise<T>, everyMs: number | null, version = 0): Resource<T> {
  const [state, setState] = useState<{ key: string; resource: Resource<T> }>(
    { key, resource: { status: "loading", value: null, at: null } });
  const asked = useRef(load);
  asked.current = load;
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      let again = everyMs;
      if (document.visibilityState === "visible") {
        try {
          const value = await asked.current();
          if (!over) setState({ key, resource: { status: "ready", value, at: readClocks() } });
        } catch {
          if (!over) {
            setState((before) => ({ key, resource: before.key === key
              ? { ...before.resource, status: "failed" } : { status: "failed", value: null, at: null } }));
          }
          again = RETRY_MS;
        }
      } else {
        again = Math.min(everyMs ?? RETRY_MS, RETRY_MS);
      }
      if (!over && again !== null) timer = setTimeout(() => void ask(), again);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key, everyMs, version]);
  return state.key === key ? state.resource : { status: "loading", value: null, at: null };
}

/** Runs the tasks a few at a time, answers in their order. The first failure fails all. */
export async function inTurns<T, R>(items: readonly T[], atOnce: number, task: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await task(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
