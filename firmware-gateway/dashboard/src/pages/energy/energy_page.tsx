import type { JSX } from "preact";
import { ELECTRICITY } from "../history/explorer";
import { HistoryPage } from "../history/history_page";
import { nodeChoices } from "../history/nodes";
import { useTexts } from "../../i18n/texts";
import { BandsPanel } from "./bands_panel";
import { DemandPanel } from "./demand_panel";

export function EnergyPage(): JSX.Element {
  const { t, name } = useTexts();
  return <HistoryPage utility={ELECTRICITY} extra={(live, nowMs, shown) => {
    const thing = nodeChoices(live, "electricity").find(({ id }) => id === shown.node)?.thing ?? null;
    return <><DemandPanel node={shown.node} title={thing === null ? t("history.compound") : name(thing)} /><BandsPanel live={live} nowMs={nowMs} {...shown} /></>;
  }} />;
}
