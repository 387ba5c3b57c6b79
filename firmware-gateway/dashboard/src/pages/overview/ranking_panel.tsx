import type { JSX } from "preact";
import type { Live } from "../../api/wire";
import { useTexts } from "../../i18n/texts";
import { ageOfFrame } from "../../store/age";
import { AgeText, Panel, isOld } from "../../ui/parts";
import { areasWith } from "../history/area_amounts";
import { AreaRanking } from "../history/ranking";

export function RankingPanel({ live, since }: { live: Live; since: number }): JSX.Element | null {
  const { t, f } = useTexts();
  const areas = areasWith(live, "electricity");
  if (areas.length === 0) return null;
  const age = ageOfFrame(since);
  return (
    <Panel id="ranking" title={t("ranking.title")} note={isOld(age) ? <AgeText age={age} /> : <span>{t("kpi.energy")}</span>} class="ranking-panel">
      <AreaRanking site={live.site} areas={areas} amount={(area) => area.energy_today_wh} whole={live.compound.energy_today_wh}
        quantity={(value) => f.energy(value)} old={isOld(age)} />
    </Panel>
  );
}
