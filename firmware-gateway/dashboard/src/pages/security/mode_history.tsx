// The newest switches, armings and ticks, one line each. A value of "" is the end of what was switched on.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Mode, ModeEntry } from "../../api/wire_alarms";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import { modeName } from "./modes_panel";

const SHOWN = 4;
const MORE = 100;

interface Known { areaName(id: string): string; modes: readonly Mode[] }

export function entryText(entry: ModeEntry, { areaName, modes }: Known, words: Pick<Words, "t" | "name">): string {
  const { t, name } = words;
  const yes = entry.value !== "";
  if (entry.kind === "mode") return t("modes.history.mode", { value: modeName(entry.value, modes, words) });
  if (entry.kind === "armed") return t("modes.history.armed", { subject: areaName(entry.subject), value: t(yes ? "modes.arm" : "modes.disarm") });
  const place = modes.flatMap(({ patrol }) => patrol).find(({ id }) => id === entry.subject);
  return t("modes.history.patrol", { subject: place === undefined ? entry.subject : name(place), value: t(yes ? "modes.history.checked" : "modes.history.unchecked") });
}

export function ModeHistory({ entries, nowMs, areaName, modes }: Known & { entries: readonly ModeEntry[]; nowMs: number }): JSX.Element | null {
  const words = useTexts();
  const { t, f } = words;
  const [all, setAll] = useState(false);
  if (entries.length === 0) return null;
  return (
    <div class="mode-history">
      <h3>{t("modes.history")}</h3>
      <ol>{entries.slice(0, all ? MORE : SHOWN).map((entry) => (
        <li key={entry.event}><span class="num dim">{f.instant(entry.changed_ms, nowMs)}</span> <span>{entryText(entry, { areaName, modes }, words)}</span>
          <span class="dim">{[entry.by, entry.comment].filter((text) => text !== "").join(" · ")}</span></li>))}
      </ol>
      {entries.length > SHOWN && <button type="button" class="quiet" aria-expanded={all} onClick={() => setAll(!all)}>{all ? t("alarms.show_less") : t("alarms.show_all", { n: Math.min(MORE, entries.length) })}</button>}
    </div>
  );
}
