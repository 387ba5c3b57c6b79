// What this browser remembers: language, colours, and whose name stands under an acknowledgement.
// A browser that refuses storage (private mode, policy) only forgets; nothing else changes.
import { Observable } from "./observable";

export type Language = "zh" | "en";
export type Theme = "auto" | "light" | "dark";

function read(key: string): string | null {
  try {
    return localStorage.getItem(`gateway.${key}`);
  } catch {
    return null;
  }
}

export function remembered<T extends string>(key: string, initial: T, accepts: (text: string) => boolean): Observable<T> {
  const stored = read(key);
  const value = new Observable<T>(stored !== null && accepts(stored) ? (stored as T) : initial);
  value.subscribe(() => {
    try {
      localStorage.setItem(`gateway.${key}`, value.get());
    } catch {
      // See above.
    }
  });
  return value;
}

/** Chinese first, whatever the browser's language: these screens are shared, and their operators are not asked. */
export const language = remembered<Language>("language", "zh", (text) => text === "zh" || text === "en");
export const theme = remembered<Theme>("theme", "auto", (text) => text === "auto" || text === "light" || text === "dark");
export const operatorName = remembered<string>("operator", "", () => true);
export const curveFromZero = remembered<"yes" | "no">("curve-from-zero", "no", (text) => text === "yes" || text === "no");

/** A screen that is looked at from across the room and touched by nobody: large, dark, without controls. */
export const wall = remembered<"on" | "off">("wall", "off", (text) => text === "on" || text === "off");

export const OPERATOR_NAME_MAX = 40;

export function applyTheme(): void {
  const root = document.documentElement;
  root.toggleAttribute("data-wall", wall.get() === "on");
  if (wall.get() === "on") root.setAttribute("data-theme", "dark");
  else if (theme.get() === "auto") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme.get());
}

export function isDark(): boolean {
  return wall.get() === "on" || theme.get() === "dark" || (theme.get() === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
}
