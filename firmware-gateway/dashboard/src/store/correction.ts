// What the gateway asks of a correction, said before anything is sent.
import type { TextKey } from "../i18n/zh";
import { localTime } from "./calendar";

/** What is wrong with the time of a correction; null: nothing. Times in milliseconds, null where none was given. */
export function correctionTimeFault(from: number | null, to: number | null, nowMs: number, zone: string | undefined): { field: "from" | "to"; text: TextKey } | null {
  if (from === null) return { field: "from", text: "dialog.required" };
  if (to === null) return { field: "to", text: "dialog.required" };
  if (to <= from) return { field: "to", text: "correction.order" };
  if (to > nowMs) return { field: "to", text: "correction.future" };
  const [first, last] = [localTime(from, zone), localTime(to - 1, zone)];
  return first.year === last.year && first.month === last.month ? null : { field: "to", text: "correction.month" };
}
