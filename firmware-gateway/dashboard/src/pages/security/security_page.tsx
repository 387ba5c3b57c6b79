// How the site is run, doors, leak sensors and cameras by area, and the alarms that they raised.
import type { JSX } from "preact";
import { gatewayTime, now, received, sinceFrame } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { AlarmsPanel } from "../overview/alarms_panel";
import { SensorsPanel } from "../overview/sensors_panel";
import { ModesPanel } from "./modes_panel";

export function SecurityPage(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  if (data === null) return null;
  const sensors = new Set(data.state.live.sensors.map(({ id }) => id));
  return (
    <div class="page security">
      <AlarmsPanel data={data} clocks={clocks} only={(alarm) => sensors.has(alarm.source)} />
      <ModesPanel live={data.state.live} nowMs={gatewayTime(data, clocks)} />
      <SensorsPanel live={data.state.live} since={sinceFrame(data, clocks)} />
    </div>
  );
}
