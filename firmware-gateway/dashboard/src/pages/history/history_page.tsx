// The frame of the energy and the water page: the curve, the areas of the same stretch of time, and the hours of four weeks.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { fetchHistory } from "../../api/client";
import type { Live } from "../../api/wire";
import { useTexts } from "../../i18n/texts";
import { MINUTE, addDays, startOfDay } from "../../store/calendar";
import { gatewayTime, now, received } from "../../store/gateway";
import { heatCells } from "../../store/history_math";
import { useObservable } from "../../store/observable";
import { useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import { Empty, Panel } from "../../ui/parts";
import { areasWith, useAreaAmounts } from "./area_amounts";
import { BalanceList } from "./balance";
import { Explorer } from "./explorer";
import type { Utility } from "./explorer";
import { HeatMap } from "./heat_map";
import { rangeOf } from "./range";
import { rangeText } from "./range_text";
import { AreaRanking } from "./ranking";
import { Sankey } from "./sankey";
import { BandLegend, useTariff } from "./tariff_bands";

const HEAT_DAYS = 28;

interface Props {
  utility: Utility;
  /** What only this utility has. */
  extra?: (live: Live, nowMs: number, shown: { node: string; from: number; to: number }) => ComponentChildren;
}

export function HistoryPage({ utility, extra }: Props): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  const nowMs = data === null ? 0 : Math.floor(gatewayTime(data, clocks) / MINUTE) * MINUTE;
  const zone = data?.state.live.site.timezone;
  const [range, setRange] = useState(() => rangeOf("day", nowMs, 0, zone));
  const [node, setNode] = useState("compound");
  const [compare, setCompare] = useState(true);
  if (data === null) return null;
  const live = data.state.live;
  return (
    <div class={`page history-page history-${utility.kind}`}>
      <Explorer live={live} utility={utility} node={node} onNode={setNode} range={range} onRange={setRange} compare={compare} onCompare={setCompare} nowMs={nowMs} />
      <AreaPanels live={live} utility={utility} from={range.from} to={range.to} running={range.to > nowMs} />
      {extra?.(live, nowMs, { node, from: range.from, to: range.to })}
      <HeatPanel utility={utility} node={node} nowMs={nowMs} zone={zone} />
    </div>
  );
}

function AreaPanels({ live, utility, from, to, running }: { live: Live; utility: Utility; from: number; to: number; running: boolean }): JSX.Element {
  const { t, f } = useTexts();
  const amounts = useAreaAmounts(live, utility.kind, from, to, running ? 5 * MINUTE : null);
  const areas = areasWith(live, utility.kind);
  const known = amounts.value ?? new Map<string, number>();
  const waiting = amounts.value === null && amounts.status === "loading";
  const failed = amounts.status === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("history.failed")}</p>;
  const note = rangeText({ from, to }, f);
  return (
    <>
      <Panel id="flow" title={t("sankey.title")} note={<span class="num">{note}</span>} class="flow-panel">
        {failed}
        {waiting ? <Empty icon="clock" title={t("curve.loading")} />
          : (known.get("compound") ?? 0) > 0 && areas.length > 0
          ? <>
              <Sankey areas={areas} amounts={known} quantity={(value) => utility.amount(f, value)} />
              <BalanceList live={live} kind={utility.kind} quantity={(value) => utility.amount(f, value)} />
            </>
          : <Empty icon="clock" title={t("history.empty")} />}
      </Panel>
      <Panel id="ranking" title={t("ranking.title")} note={<span class="num">{note}</span>} class="ranking-panel">
        {waiting ? <Empty icon="clock" title={t("curve.loading")} />
          : <AreaRanking site={live.site} areas={areas} amount={(area) => known.get(area.id) ?? null} whole={known.get("compound") ?? null}
              quantity={(value) => utility.amount(f, value)} />}
      </Panel>
    </>
  );
}

function HeatPanel({ utility, node, nowMs, zone }: { utility: Utility; node: string; nowMs: number; zone: string | undefined }): JSX.Element {
  const { t, f } = useTexts();
  const today = startOfDay(nowMs, zone);
  const from = addDays(today, 1 - HEAT_DAYS, zone);
  const to = addDays(today, 1, zone);
  const hours = useResource(`heat ${utility.kind} ${node} ${from}`, () => fetchHistory({ node, kind: utility.kind, window: "1h", from, to }), 10 * MINUTE);
  const pieces = useTariff(node, utility.kind, from, to, to - from);
  const rows = hours.value?.rows ?? [];
  // Days that are there, which is less than was asked for in a gateway's first weeks.
  const { days } = heatCells(rows, zone);
  const note = days[0] === undefined ? "" : t("heat.note", { n: days.length, from: f.day(days[0]) });
  return (
    <Panel id="heat" title={t("heat.title")} note={<span class="num">{note}</span>} class="heat-panel">
      {hours.status === "failed" && <p class="failure"><Icon name="medium" size={15} />{t("history.failed")}</p>}
      {rows.length === 0 ? <Empty icon="clock" title={t(hours.status === "loading" ? "curve.loading" : "history.empty")} />
        : <><HeatMap rows={rows} zone={zone} utility={utility} pieces={pieces} /><BandLegend pieces={pieces} kind={utility.kind} /></>}
    </Panel>
  );
}
