// A tone when an alarm calls that did not call before. Made by the browser itself, so that nothing has to be fetched.
// Browsers let a page be heard only after someone has touched it: switching it on is that touch, and plays the tone once.
import type { Alarm, Priority } from "../api/wire";
import { Observable } from "./observable";
import { remembered } from "./preferences";
import { needsAcknowledgement } from "./site_state";

export const alarmSound = remembered<"on" | "off">("alarm-sound", "off", (text) => text === "on" || text === "off");

/** Hertz and number of beeps: the more urgent, the higher and the more. */
const TONES: Record<Priority, { hertz: number; beeps: number }> = {
  critical: { hertz: 988, beeps: 4 }, high: { hertz: 880, beeps: 3 }, medium: { hertz: 659, beeps: 2 }, low: { hertz: 523, beeps: 1 },
};
const ORDER: readonly Priority[] = ["critical", "high", "medium", "low"];

/** The most urgent priority among the alarms that call now and are not in `known`; null: nothing new. */
export function newCall(alarms: readonly Alarm[], known: ReadonlySet<string>): Priority | null {
  const fresh = alarms.filter((alarm) => needsAcknowledgement(alarm) && !known.has(callOf(alarm)));
  return ORDER.find((priority) => fresh.some((alarm) => alarm.priority === priority)) ?? null;
}

/** One rise of one alarm; that it went away by itself is the same call. */
export function callOf(alarm: Alarm): string {
  return `${alarm.id} ${alarm.raised_ms}`;
}

let context: AudioContext | undefined;

/** Switched on, but the browser keeps this page silent until somebody touches it: after a restart of the screen, say. */
export const soundBlocked = new Observable(false);
const ALLOWED_WITHIN_MS = 400;

function release(): void {
  void context?.resume().then(() => soundBlocked.set(false), () => undefined);
}

/** Finds out whether an alarm would be heard. Never throws. */
export function watchSound(): void {
  if (alarmSound.get() !== "on") return;
  try {
    context ??= new AudioContext();
    void context.resume().catch(() => undefined);
    setTimeout(() => {
      if (context?.state === "running") return;
      soundBlocked.set(true);
      for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, release, { once: true });
    }, ALLOWED_WITHIN_MS);
  } catch {
    // A computer without sound.
  }
}

/** Never throws: a computer without sound stays silent. */
export function play(priority: Priority): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    const { hertz, beeps } = TONES[priority];
    for (let i = 0; i < beeps; i++) {
      const at = context.currentTime + i * 0.28;
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
      volume.gain.linearRampToValueAtTime(0, at + 0.2);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.22);
    }
  } catch {
    // See above.
  }
}

/** Switching it on plays the tone once: it is heard what will be heard, and the browser takes it for the touch that it wants. */
export function toggleSound(): void {
  const on = alarmSound.get() === "on";
  alarmSound.set(on ? "off" : "on");
  soundBlocked.set(false);
  if (!on) play("medium");
}

let known: ReadonlySet<string> | null = null;

/** Called with every picture of the alarms. What stood when the page was opened is no news. */
export function hear(alarms: readonly Alarm[]): void {
  if (known !== null && alarmSound.get() === "on") {
    const call = newCall(alarms, known);
    if (call !== null) play(call);
  }
  known = new Set(alarms.map(callOf));
}
