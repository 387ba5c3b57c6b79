import type { JSX } from "preact";
import { ELECTRICITY } from "../history/explorer";
import { HistoryPage } from "../history/history_page";

export function EnergyPage(): JSX.Element {
  return <HistoryPage utility={ELECTRICITY} />;
}
