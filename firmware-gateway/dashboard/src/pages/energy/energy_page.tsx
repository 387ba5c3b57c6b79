import type { JSX } from "preact";
import { ELECTRICITY } from "../history/explorer";
import { HistoryPage } from "../history/history_page";
import { BandsPanel } from "./bands_panel";

export function EnergyPage(): JSX.Element {
  return <HistoryPage utility={ELECTRICITY} extra={(live, nowMs, shown) => <BandsPanel live={live} nowMs={nowMs} {...shown} />} />;
}
