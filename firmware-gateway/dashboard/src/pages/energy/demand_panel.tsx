// The quarter of an hour that demand is billed by: where it stands, where it will end, and what it must not exceed.
import type { JSX } from "preact";
import { UNKNOWN, joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { FRAME_STALE_MS } from "../../store/age";
import { demandOf, totalsOf } from "../../store/demand";
import { gatewayTime, now, received, sinceFrame } from "../../store/gateway";
import { BLOCK_MS } from "../../store/history_math";
import { useObservable } from "../../store/observable";
import { Icon } from "../../ui/icon";
import { Bar, Panel } from "../../ui/parts";

export function DemandPanel({ node, title }: { node: string; title: string }): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  const { t, f } = useTexts();
  const totals = data === null ? undefined : totalsOf(data.state.live, node)?.electricity;
  if (data === null || totals === undefined) return null;
  const demand = demandOf(totals);
  const fresh = sinceFrame(data, clocks) <= FRAME_STALE_MS;
  const nowMs = gatewayTime(data, clocks);
  const left = totals.demand_start_ms === undefined ? null : Math.max(0, totals.demand_start_ms + BLOCK_MS - nowMs);
  const power = (watts: number | null): string => joined(f.power(watts));
  const at = (watts: number | undefined, ms: number | undefined): string => (watts === undefined ? UNKNOWN : `${power(watts)}${ms === undefined ? "" : ` · ${f.dayTime(ms)}`}`);
  return (
    <Panel id="demand" title={t("demand.title")} note={<span>{title}</span>} class={fresh ? "demand" : "demand page-old"}>
      {demand.nowW === null || demand.endW === null ? <p class="audit-note">{t("demand.unknown")}</p> : <>
        <div class="demand-block">
          <div><span class="dim">{t("demand.so_far")}</span><b class="num">{power(demand.nowW)}</b></div>
          <div class={fresh && demand.over ? "warn" : ""} data-demand="forecast"><span class="dim">{t("demand.will_end")}</span>
            <b class="num">{fresh && demand.over && <Icon name="high" size={16} />}{power(demand.endW)}</b></div>
          {left !== null && fresh && <div><span class="dim">{t("demand.left")}</span><b class="num">{f.duration(left)}</b></div>}
        </div>
        {demand.fullW !== null && demand.fullW > 0 && <div class="busy demand-bar"><span>{t(demand.limitW === null ? "demand.of_max" : "demand.of_limit")}</span><Bar part={demand.endW / demand.fullW} old={!fresh} /><span class="num">{f.percent(demand.endW / demand.fullW)}</span></div>}
        {fresh && demand.over && <p class="failure" role="status"><Icon name="high" size={15} />{t("demand.over_now", { value: power((demand.endW ?? 0) - (demand.limitW ?? 0)) })}</p>}
      </>}
      <dl class="facts facts-tight">
        {demand.limitW !== null && <div><dt>{t("audit.demand_limit")}</dt><dd class="num">{power(demand.limitW)}</dd></div>}
        <div class={demand.wasOver ? "warn" : ""} data-demand="max"><dt>{t("demand.month_max")}</dt><dd class="num">{demand.wasOver && <Icon name="high" size={14} />}{at(totals.max_demand_w, totals.max_demand_at_ms)}</dd></div>
        {totals.max_sliding_demand_w !== undefined && <div><dt>{t("audit.sliding")}</dt><dd class="num">{at(totals.max_sliding_demand_w, totals.max_sliding_demand_at_ms)}</dd></div>}
        {totals.energy_month_wh !== undefined && <div><dt>{t("demand.month_energy")}</dt><dd class="num">{joined(f.energy(totals.energy_month_wh))}</dd></div>}
        {totals.cost_today_yuan !== undefined && <div><dt>{t("demand.cost_today")}</dt><dd class="num">¥{f.decimal(totals.cost_today_yuan, 2)}</dd></div>}
      </dl>
    </Panel>
  );
}
