// Areas side by side: who uses how much, in all, per square metre, per head. What nobody told the gateway is not divided by.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Area, Site } from "../../api/wire";
import { UNKNOWN } from "../../format/formats";
import type { Quantity } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { Bar, Choice, Empty } from "../../ui/parts";

export type Measure = "total" | "per_m2" | "per_head";

export interface Ranked { area: Area; value: number | null }

/** Largest first; what cannot be said comes last, in the configuration's order. */
export function ranked(areas: readonly Area[], amount: (area: Area) => number | null, measure: Measure): Ranked[] {
  const value = (area: Area): number | null => {
    const total = amount(area);
    const by = measure === "per_m2" ? area.floor_area_m2 : measure === "per_head" ? area.heads : 1;
    return total === null || by === null || by === undefined || by <= 0 ? null : total / by;
  };
  return areas.map((area) => ({ area, value: value(area) }))
    .sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity) || 0);
}

interface Props {
  site: Site;
  areas: readonly Area[];
  amount(area: Area): number | null;
  /** The whole compound's amount. */
  whole: number | null;
  quantity(value: number | null): Quantity;
  old?: boolean;
}

export function AreaRanking({ site, areas, amount, whole, quantity, old = false }: Props): JSX.Element {
  const { t, name } = useTexts();
  const [measure, setMeasure] = useState<Measure>("total");
  // Floors inside their building would be counted twice.
  const rows = ranked(areas.filter((area) => area.parent === null), amount, measure);
  const most = Math.max(0, ...rows.map(({ value }) => value ?? 0));
  const by = measure === "per_m2" ? site.floor_area_m2 : measure === "per_head" ? site.heads : null;
  const mean = whole !== null && by !== null && by > 0 ? whole / by : null;
  const per = measure === "total" ? "" : measure === "per_m2" ? "/m²" : t("ranking.per_head.unit");
  const write = (value: number | null): string => {
    const { value: number, unit } = quantity(value);
    return number === UNKNOWN ? UNKNOWN : `${number} ${unit}${per}`;
  };
  return (
    <div class="ranking">
      <Choice label={t("ranking.measure")} value={measure} onChange={setMeasure} options={[
        { value: "total", text: t("ranking.total") }, { value: "per_m2", text: t("ranking.per_m2") }, { value: "per_head", text: t("ranking.per_head") }]} />
      {rows.length === 0 ? <Empty icon="gauge" title={t("areas.empty")} /> : rows.every(({ value }) => value === null)
        ? <Empty icon="gauge" title={t(measure === "total" ? "history.empty" : "ranking.unknown")} {...(measure === "total" ? {} : { text: t("ranking.unknown.text") })} />
        : <ol class="ranking-list">
            {rows.map(({ area, value }) => (
              <li key={area.id} data-ranked={area.id}>
                <span class="ranking-name">{name(area)}</span>
                <Bar part={value === null || most <= 0 ? 0 : value / most} old={old} />
                <span class={`num ranking-value ${old ? "old" : ""}`}>{write(value)}</span>
              </li>
            ))}
          </ol>}
      {mean !== null && <p class="ranking-mean num">{t("ranking.mean", { value: write(mean) })}</p>}
    </div>
  );
}

