// What today has cost and emitted, and the demand of the quarter of an hour that runs, as the live picture has them.
import type { JSX } from "preact";
import type { Live } from "../../api/wire";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { Icon } from "../../ui/icon";
import { dayCost, demandFigures } from "./day_figures";
import type { Habits } from "./habits";

export function CostLines({ live, habits }: { live: Live; habits: Habits }): JSX.Element {
  const { t, f } = useTexts();
  const yuan = (value: number): string => `¥${f.decimal(value, value >= 1000 ? 0 : 2)}`;
  const cost = dayCost(live);
  const mass = (value: number): string => (value >= 1000 ? `${f.decimal(value / 1000, 2)} t` : `${f.decimal(value, value >= 10 ? 0 : 1)} kg`);
  return (
    <>
      {cost.yuan !== null && <p class="figure-note num" data-kpi="cost">{habits.costYesterday === null ? t("kpi.cost", { value: yuan(cost.yuan) })
        : t("kpi.cost.yesterday", { value: yuan(cost.yuan), former: yuan(habits.costYesterday), part: f.difference(cost.yuan, habits.costYesterday) })}</p>}
      {cost.kilograms !== null && <p class="figure-note num" data-kpi="carbon">{habits.yesterdayWh === null || cost.kgPerWh === null ? t("kpi.carbon", { value: mass(cost.kilograms) })
        : t("kpi.carbon.yesterday", { value: mass(cost.kilograms), former: mass(habits.yesterdayWh * cost.kgPerWh) })}</p>}
    </>
  );
}

export function WaterCostLine({ live }: { live: Live }): JSX.Element | null {
  const { t, f } = useTexts();
  const cost = live.compound.totals?.water?.cost_today_yuan;
  return cost === undefined ? null : <p class="figure-note num" data-kpi="water-cost">{t("kpi.water_cost", { value: `¥${f.decimal(cost, 2)}` })}</p>;
}

export function DemandLine({ live }: { live: Live }): JSX.Element | null {
  const { t, f } = useTexts();
  const { block, limit, highest, highestAt } = demandFigures(live, f.dayTime);
  if (block === null && highest === null) return null;
  const over = block !== null && limit !== null && block > limit;
  return (
    <p class={`figure-note figure-demand num ${over ? "warn" : ""}`} data-kpi="demand">
      {over && <Icon name="high" size={14} />}
      <span>{[block === null ? "" : t("demand.block", { value: joined(f.power(block)) }), limit === null ? "" : t("demand.limit", { value: joined(f.power(limit)) }), over ? t("demand.over") : "",
        highest === null ? "" : t("demand.month", { value: joined(f.power(highest)), time: highestAt })].filter((text) => text !== "").join(" · ")}</span>
    </p>
  );
}
