import type { JSX } from "preact";
import type { Area, Live } from "../../api/wire";
import { AgeText, Bar, Empty, Panel, Value, isOld } from "../../ui/parts";
import { Icon } from "../../ui/icon";
import { useTexts } from "../../i18n/texts";
import { ageOf } from "../../store/age";
import type { Age } from "../../store/age";

export interface TreeRow { area: Area; depth: number }

/**
 * Parents before their children. The order of the configuration is kept: a row that moves while it is read is worse than
 * one that is not sorted by size. An area whose parent is unknown, or part of a circle, is shown at the top level.
 */
export function areaTree(areas: Area[]): TreeRow[] {
  const rows: TreeRow[] = [];
  const placed = new Set<string>();
  const ids = new Set(areas.map((area) => area.id));
  const place = (area: Area, depth: number): void => {
    if (placed.has(area.id)) return;
    placed.add(area.id);
    rows.push({ area, depth });
    for (const child of areas) if (child.parent === area.id) place(child, depth + 1);
  };
  for (const area of areas) if (area.parent === null || !ids.has(area.parent)) place(area, 0);
  for (const area of areas) place(area, 0);
  return rows;
}

export function share(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : part / whole;
}

/** Of an area none of whose meters answers it says just that, whether they did before or never: the cause is on the device page. */
function AreaAge({ area, age }: { area: Area; age: Age }): JSX.Element | null {
  const { t, f } = useTexts();
  if (area.meters === 0 || area.meters_online > 0 || !isOld(age)) return <AgeText age={age} />;
  return <span class="age old-age num"><Icon name="unlink" size={14} />{t("areas.silent")}{age.ms !== null && ` ${f.age(age)}`}</span>;
}

export function AreasPanel({ live, since }: { live: Live; since: number }): JSX.Element {
  const { t, f, name } = useTexts();
  const total = live.compound;
  return (
    <Panel id="areas" title={t("areas.title")} class="areas">
      {live.areas.length === 0
        ? <Empty icon="gauge" title={t("areas.empty")} />
        : <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("areas.area")}</th>
                <th scope="col" class="right">{t("areas.power")}</th>
                <th scope="col" class="wide share-column">{t("areas.share")}</th>
                <th scope="col" class="right">{t("areas.energy")}</th>
                <th scope="col" class="right">{t("areas.water")}</th>
                <th scope="col" class="right wide">{t("areas.meters")}</th>
                <th scope="col" class="right wide">{t("areas.updated")}</th>
              </tr>
            </thead>
            <tbody>
              {areaTree(live.areas).map(({ area, depth }) => {
                const age = ageOf(area.age_ms, since, true, area.stale_after_ms);
                const part = share(area.power_w, total.power_w);
                const missing = area.meters - area.meters_online;
                return (
                  <tr key={area.id} data-area={area.id}>
                    <th scope="row">
                      <span class={`depth-${Math.min(depth, 3)}`}>{name(area)}</span>
                      {isOld(age) && <span class="narrow"><AreaAge area={area} age={age} /></span>}
                      {part !== null && <span class="narrow"><Bar part={part} old={isOld(age)} /></span>}
                    </th>
                    <td class="right strong"><Value quantity={f.power(area.power_w)} age={age} /></td>
                    <td class="wide share-column">
                      {part !== null && <span class="share"><Bar part={part} old={isOld(age)} /><span class="num">{f.percent(part)}</span></span>}
                    </td>
                    <td class="right"><Value quantity={f.energy(area.energy_today_wh)} age={age} /></td>
                    <td class="right"><Value quantity={f.volume(area.volume_today_l)} age={age} /></td>
                    <td class={`right wide num ${missing > 0 ? "warn" : "dim"}`}>
                      {missing > 0 && <Icon name="medium" size={13} />} {area.meters_online}/{area.meters}
                    </td>
                    <td class="right wide"><AreaAge area={area} age={age} /></td>
                  </tr>
                );
              })}
            </tbody>
          </table>}
    </Panel>
  );
}
