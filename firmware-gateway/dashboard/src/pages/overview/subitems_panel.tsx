// Electricity by what it is used for: the top sub-items as parts of one bar.
import type { JSX } from "preact";
import type { Live, Subitem } from "../../api/wire";
import { AgeText, Empty, Panel, Value, isOld } from "../../ui/parts";
import { useTexts } from "../../i18n/texts";
import { ageOf, ageOfFrame } from "../../store/age";

/** A letter and then 00: `01A00` includes `01A10`; `01000` is all of the electricity and no part of it. Codes that no other one covers are shown for themselves. */
export function topSubitems(subitems: Subitem[]): Subitem[] {
  const whole = (code: string): boolean => code.endsWith("000");
  const top = (code: string): boolean => code.endsWith("00") && !whole(code);
  const tops = new Set(subitems.filter(({ code }) => top(code)).map(({ code }) => code.slice(0, -2)));
  return subitems.filter(({ code }) => !whole(code) && (top(code) || !tops.has(code.slice(0, -2))));
}

export function SubitemsPanel({ live, since }: { live: Live; since: number }): JSX.Element {
  const { t, f, name } = useTexts();
  const frame = ageOfFrame(since);
  const items = topSubitems(live.subitems).filter((item) => item.power_w !== null);
  const sum = items.reduce((total, item) => total + Math.max(0, item.power_w ?? 0), 0);
  return (
    <Panel id="subitems" title={t("subitems.title")} note={items.length > 0 && (isOld(frame) ? <AgeText age={frame} /> : <span>{t("subitems.note")}</span>)} class="subitems">
      {items.length === 0
        ? <Empty icon="bolt" title={t("subitems.empty")} />
        : <>
            <div class="split" aria-hidden="true">
              {items.map((item, index) => (
                <span key={item.code} class={`part-${index % 6}`} style={{ flexGrow: sum > 0 ? Math.max(0, item.power_w ?? 0) / sum : 0 }} />
              ))}
            </div>
            <ul class="split-list">
              {items.map((item, index) => {
                const age = ageOf(item.age_ms, since, true, item.stale_after_ms);
                return (
                  <li key={item.code} class={isOld(age) ? "old" : ""}>
                    <span class={`swatch part-${index % 6}`} aria-hidden="true" />
                    <span class="split-name">{name(item)}</span>
                    <span class="num dim">{f.percent(sum > 0 ? Math.max(0, item.power_w ?? 0) / sum : null)}</span>
                    <Value quantity={f.power(item.power_w)} age={age} />
                    <Value class="dim" quantity={f.energy(item.energy_today_wh)} age={age} />
                  </li>
                );
              })}
            </ul>
          </>}
    </Panel>
  );
}
