// The page that stays open all day. Order on a phone: what needs a hand first (alarms), then the figures.
import type { JSX } from "preact";
import { FRAME_STALE_MS } from "../../store/age";
import { gatewayTime, now, received, sinceFrame } from "../../store/gateway";
import type { Received } from "../../store/gateway";
import type { ClockReading } from "../../store/age";
import { useObservable } from "../../store/observable";
import { painted } from "../../store/painted";
import { useTexts } from "../../i18n/texts";
import { AlarmsPanel } from "./alarms_panel";
import { AreasPanel } from "./areas_panel";
import { lazy } from "../../ui/lazy";
import { FiguresPanel } from "./figures_panel";
import { MetersPanel } from "./meters_panel";
import { SensorsPanel } from "./sensors_panel";
import { RankingPanel } from "./ranking_panel";
import { useHabits } from "./habits";
import { SubitemsPanel } from "./subitems_panel";

// The chart library is the largest part of all.
const curve = lazy(async () => (await import("./curve_panel")).CurvePanel);
const CurvePanel = curve.page;

export function OverviewPage(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  useTexts();
  return data === null ? null : <Overview data={data} clocks={clocks} />;
}

function Overview({ data, clocks }: { data: Received; clocks: ClockReading }): JSX.Element {
  // The figures are painted before the rest is even made: on an old computer that is the time to the first number.
  const rest = useObservable(painted);
  const habits = useHabits(data.state.live, gatewayTime(data, clocks), rest);
  const since = sinceFrame(data, clocks);
  const live = data.state.live;
  return (
    <div class={since > FRAME_STALE_MS ? "overview overview-old" : "overview"}>
      <FiguresPanel live={live} since={since} habits={habits} more={rest} />
      {rest && <>
      <div class="side">
        <AlarmsPanel data={data} clocks={clocks} />
        <SubitemsPanel live={live} since={since} />
      </div>
      <div class="middle">
        <CurvePanel data={data} clocks={clocks} normal={habits.normalPower} />
        <AreasPanel live={live} since={since} />
        <RankingPanel live={live} since={since} />
      </div>
      <SensorsPanel live={live} since={since} />
      <MetersPanel live={live} since={since} />
      </>}
    </div>
  );
}
