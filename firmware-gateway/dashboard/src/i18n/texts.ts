// Words and numbers in the language the reader chose. `useTexts` renders anew when it changes.
import { language } from "../store/preferences";
import type { Language } from "../store/preferences";
import { useObservable } from "../store/observable";
import { formatsFor } from "../format/formats";
import type { Formats } from "../format/formats";
import type { Named } from "../api/wire";
import { enTexts } from "./en";
import { zhTexts } from "./zh";
import type { TextKey, Texts } from "./zh";

export type Fill = Record<string, string | number>;

/** Made when they are wanted: most readers never see the other language. */
export const TEXTS: Record<Language, () => Texts> = { zh: zhTexts, en: enTexts };

export function fill(text: string, values?: Fill): string {
  if (values === undefined) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export interface Words {
  language: Language;
  t(key: TextKey, values?: Fill): string;
  /** The name in the chosen language; a site that gave none in English is shown by its Chinese name. */
  name(thing: Named): string;
  f: Formats;
}

const cache = new Map<string, Words>();

export function wordsFor(chosen: Language, timezone: string | undefined): Words {
  const key = `${chosen} ${timezone ?? ""}`;
  let words = cache.get(key);
  if (words === undefined) {
    const texts = TEXTS[chosen]();
    const t = (textKey: TextKey, values?: Fill): string => fill(texts[textKey], values);
    words = {
      language: chosen,
      t,
      name: (thing) => (chosen === "en" && thing.name_en !== "" ? thing.name_en : thing.name),
      f: formatsFor(chosen, timezone, t),
    };
    cache.set(key, words);
  }
  return words;
}

/** The site's time zone, known once the first snapshot came: a phone abroad shows the compound's time, not its own. */
let siteTimezone: string | undefined;
export function setSiteTimezone(timezone: string): void {
  siteTimezone = timezone;
}

export function useTexts(): Words {
  return wordsFor(useObservable(language), siteTimezone);
}
