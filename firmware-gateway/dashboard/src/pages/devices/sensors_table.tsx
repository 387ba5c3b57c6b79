// Sensors, the bridges that they are behind and the broker: when each was last heard, and what it said that nobody could read.
import type { JSX } from "preact";
import type { Live, SensorDevice } from "../../api/wire";
import { useTexts } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { Icon } from "../../ui/icon";
import { Empty, Panel } from "../../ui/parts";
import { Online, seenText } from "./device_parts";

const LOW_BATTERY_PCT = 20;
const KIND_TEXT: Record<string, TextKey> = { bridge: "devices.kind.bridge", broker: "devices.kind.broker" };
const BAD_TEXT: Record<string, TextKey> = {
  too_long: "bad.too_long", not_json: "bad.not_json", too_deep: "bad.too_deep", wrong_shape: "bad.wrong_shape", wrong_value: "bad.wrong_value", device_fault: "bad.device_fault",
};

export function SensorsTable({ sensors, live, nowMs }: { sensors: SensorDevice[]; live: Live; nowMs: number }): JSX.Element {
  const words = useTexts();
  const { t, f, name } = words;
  const known = new Map(live.sensors.map((sensor) => [sensor.id, sensor]));
  const rank = (sensor: SensorDevice): number => {
    const battery = known.get(sensor.id)?.battery_pct;
    return sensor.online === false ? 0 : battery != null && battery < LOW_BATTERY_PCT ? 1 : sensor.undecodable > 0 ? 2 : 3;
  };
  // Bridges and the broker stand in the list, and are no sensors.
  const counted = sensors.filter(({ kind }) => KIND_TEXT[kind ?? ""] === undefined);
  return (
    <Panel id="device-sensors" title={t("devices.sensors")} note={<span class="num">{t("meters.summary", { online: counted.filter(({ online }) => online === true).length, total: counted.length })}</span>}>
      {sensors.length === 0 ? <Empty icon="doorClosed" title={t("sensors.empty")} />
        : <table class="table">
            <thead><tr>
              <th scope="col">{t("meters.name")}</th><th scope="col">{t("devices.state")}</th><th scope="col" class="wide">{t("devices.topic")}</th>
              <th scope="col" class="right">{t("devices.heard")}</th><th scope="col" class="right">{t("devices.battery")}</th>
              <th scope="col" class="right wide">{t("devices.link")}</th><th scope="col" class="wide">{t("devices.errors")}</th>
            </tr></thead>
            <tbody>{[...sensors].sort((a, b) => rank(a) - rank(b)).map((sensor) => {
              const face = known.get(sensor.id);
              const battery = face?.battery_pct ?? null;
              return (
                <tr key={sensor.id} data-device={sensor.id}>
                  <th scope="row">{face === undefined ? sensor.id : name(face)}
                    {KIND_TEXT[sensor.kind ?? ""] !== undefined && <span class="unverified">{t(KIND_TEXT[sensor.kind ?? ""] as TextKey)}</span>}</th>
                  <td><Online online={sensor.online} /></td>
                  <td class="wide dim">{sensor.topic}{sensor.parent != null && sensor.parent !== "" && <div>{t("devices.parent", { name: sensor.parent })}</div>}</td>
                  <td class="right num">{sensor.last_seen_ms === null ? <span class="dim" title={t("devices.silent.text")}>{t("devices.silent")}</span> : seenText(sensor.last_seen_ms, nowMs, words)}</td>
                  <td class={`right num nowrap ${battery !== null && battery < LOW_BATTERY_PCT ? "warn" : ""}`}>
                    {battery !== null && battery < LOW_BATTERY_PCT && <Icon name="battery" size={14} />} {f.percent(battery === null ? null : battery / 100)}</td>
                  <td class="right wide num dim">{face?.link_quality ?? "–"}</td>
                  <td class="wide"><Undecodable sensor={sensor} nowMs={nowMs} /></td>
                </tr>
              );
            })}</tbody>
          </table>}
    </Panel>
  );
}

function Undecodable({ sensor, nowMs }: { sensor: SensorDevice; nowMs: number }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  if (sensor.undecodable === 0) return <span class="dim">{t("devices.none")}</span>;
  const kinds = Object.entries(sensor.undecodable_by_kind ?? {}).filter(([, n]) => n > 0)
    .map(([kind, n]) => `${BAD_TEXT[kind] === undefined ? kind : t(BAD_TEXT[kind])} ${f.count(n)}`).join(" · ");
  return (
    <>
      <span class="warn">{t("devices.undecodable", { n: f.count(sensor.undecodable) })}</span> <span class="dim">{kinds}</span>
      {sensor.last_bad_payload !== undefined && sensor.last_bad_payload !== "" && (
        <details class="payload"><summary>{t("devices.bad_payload")}{sensor.last_bad_ms != null && <span class="dim num"> {seenText(sensor.last_bad_ms, nowMs, words)}</span>}</summary>
          <code>{sensor.last_bad_payload}</code>
          {sensor.last_error !== "" && <p class="dim">{t("devices.bad_payload.why", { text: sensor.last_error })}</p>}</details>)}
    </>
  );
}
