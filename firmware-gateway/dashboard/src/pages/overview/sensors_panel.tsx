// Doors, leak sensors and cameras by area. What is not as it should be comes first and looks different in outline and word.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Live, Sensor } from "../../api/wire";
import type { Formats } from "../../format/formats";
import { AgeText, Choice, Empty, Panel, isOld } from "../../ui/parts";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { useTexts } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { ageOfFrame, ageOfSensor } from "../../store/age";

const LOW_BATTERY_PCT = 20;

export type Look = "alert" | "active" | "offline" | "normal" | "unknown";

export interface SensorFace { look: Look; icon: IconName; text: TextKey }

/** What a sensor says, by its kind. An open door or a person is worth seeing, water is worth running. */
export function sensorFace(sensor: Sensor): SensorFace {
  const icon: IconName = sensor.kind === "leak" ? "leak" : sensor.kind === "camera" ? "camera" : sensor.kind === "climate" ? "gauge" : sensor.kind === "motion" ? "person"
    : sensor.open === true ? "doorOpen" : "doorClosed";
  // A sensor that was wet when it went silent may still stand in water: that stays in sight.
  if (sensor.kind === "leak" && sensor.wet === true) return { look: "alert", icon, text: "sensors.wet" };
  if (sensor.online === false) return { look: "offline", icon, text: "sensors.offline" };
  if (sensor.kind === "door" && sensor.open !== null) {
    return sensor.open ? { look: "active", icon, text: "sensors.open" } : { look: "normal", icon, text: "sensors.closed" };
  }
  if (sensor.kind === "motion" && sensor.motion != null) return sensor.motion ? { look: "active", icon: "person", text: "sensors.moving" } : { look: "normal", icon, text: "sensors.still" };
  if (sensor.kind === "leak" && sensor.wet !== null) return { look: "normal", icon, text: "sensors.dry" };
  if (sensor.kind === "camera") {
    if (sensor.person === true) return { look: "active", icon: "person", text: "sensors.person" };
    if (sensor.person === false) return { look: "normal", icon, text: "sensors.clear" };
    if (sensor.online === true) return { look: "normal", icon, text: "sensors.online" };
  }
  if (sensor.kind === "climate" && sensor.online === true) return { look: "normal", icon, text: "sensors.online" };
  return { look: "unknown", icon, text: "sensors.unknown" };
}

const LOOK_ORDER: Record<Look, number> = { alert: 0, offline: 1, active: 2, unknown: 3, normal: 4 };

export function SensorsPanel({ live, since }: { live: Live; since: number }): JSX.Element {
  const { t, f, name } = useTexts();
  const frame = ageOfFrame(since);
  const [only, setOnly] = useState<"all" | "abnormal">("all");

  const faces = new Map(live.sensors.map((sensor) => [sensor.id, sensorFace(sensor)]));
  const lookOf = (sensor: Sensor): Look => faces.get(sensor.id)?.look ?? "unknown";
  const shown = live.sensors.filter((sensor) => only === "all" || lookOf(sensor) !== "normal");
  const known = new Set(live.areas.map((area) => area.id));
  const groups = [
    ...live.areas.map((area) => ({ id: area.id, title: name(area), sensors: shown.filter((sensor) => sensor.area === area.id) })),
    { id: "", title: live.site.id === "" ? "" : name(live.site), sensors: shown.filter((sensor) => !known.has(sensor.area ?? "")) },
  ].filter((group) => group.sensors.length > 0);

  const count = (accepts: (sensor: Sensor) => boolean): number => live.sensors.filter(accepts).length;
  const counts: [TextKey, number, Look][] = [
    ["sensors.count.leak", count((sensor) => sensor.wet === true), "alert"],
    ["sensors.count.door", count((sensor) => sensor.open === true && sensor.online !== false), "active"],
    ["sensors.count.person", count((sensor) => sensor.person === true && sensor.online !== false), "active"],
    ["sensors.count.offline", count((sensor) => sensor.online === false), "offline"],
  ];
  const standing = counts.filter(([, n]) => n > 0);

  return (
    <Panel id="sensors" title={t("sensors.title")} class="sensors"
      note={live.sensors.length > 0 && <>
        {standing.length === 0 && !isOld(frame) && <span>{t("sensors.count.none")}</span>}
        {standing.map(([key, n, look]) => <span key={key} class={`sensor-count look-${look}`}>{t(key, { n })}</span>)}
        <AgeText age={frame} always={false} />
      </>}
      actions={live.sensors.length > 0 && <Choice label={t("sensors.filter")} value={only} onChange={(value) => setOnly(value)}
        options={[{ value: "all", text: t("sensors.all") }, { value: "abnormal", text: t("sensors.abnormal") }]} />}>
      {live.sensors.length === 0 && <Empty icon="doorClosed" title={t("sensors.empty")} />}
      {live.sensors.length > 0 && groups.length === 0 && <Empty icon="check" title={t("sensors.none_abnormal")} />}
      <div class="sensor-groups">{groups.map((group) => (
        <div class="sensor-group" key={group.id}>
          <h3>{group.title}</h3>
          <ul class="tiles">
            {[...group.sensors].sort((a, b) => LOOK_ORDER[lookOf(a)] - LOOK_ORDER[lookOf(b)]).map((sensor) => {
              const face = faces.get(sensor.id) ?? sensorFace(sensor);
              const age = ageOfSensor(sensor.age_ms, since, sensor.online);
              const lowBattery = sensor.battery_pct !== null && sensor.battery_pct < LOW_BATTERY_PCT;
              const climate = climateText(sensor, f);
              const label = withoutPrefix(name(sensor), group.title);
              return (
                <li key={sensor.id} data-sensor={sensor.id} class={`tile look-${face.look} ${age.freshness === "stale" ? "old" : ""}`}
                  title={`${name(sensor)} · ${t("sensors.last", { age: f.age(age) })}`}>
                  <Icon name={face.icon} size={20} />
                  <span class="tile-text">
                    <span class="tile-name">{label}</span>
                    <span class="tile-state">
                      {climate === "" || face.look === "offline" ? t(face.text) : <span class="num">{climate}</span>}
                      {sensor.tamper === true && <span class="warn"><Icon name="high" size={14} />{t("sensors.tamper")}</span>}
                      {sensor.vehicle === true && <span>{t("sensors.vehicle")}</span>}
                      {sensor.battery_low === true && !lowBattery && <span class="warn"><Icon name="battery" size={14} />{t("sensors.battery_low")}</span>}
                      {face.look === "offline" && <AgeText age={{ ...age, freshness: "stale" }} />}
                      {lowBattery && <span class="warn num"><Icon name="battery" size={14} />{t("sensors.battery", { value: f.percent((sensor.battery_pct ?? 0) / 100) })}</span>}
                    </span>
                  </span>
                </li>
              );
            })}
          </ul>
        </div>
      ))}</div>
    </Panel>
  );
}

/** "21.5 °C · 48 %", for sensors of the air. */
export function climateText(sensor: Pick<Sensor, "kind" | "temperature_c" | "humidity_pct">, f: Pick<Formats, "decimal" | "percent">): string {
  if (sensor.kind !== "climate") return "";
  return [sensor.temperature_c == null ? "" : `${f.decimal(sensor.temperature_c, 1)} °C`, sensor.humidity_pct == null ? "" : f.percent(sensor.humidity_pct / 100)]
    .filter((text) => text !== "").join(" · ");
}

/** Under the heading "Building 1", "Building 1 east door" reads "east door". */
export function withoutPrefix(name: string, prefix: string): string {
  if (prefix === "" || !name.startsWith(prefix) || name.length === prefix.length) return name;
  const rest = name.slice(prefix.length).replace(/^[\s·\-–—,，:：]+/, "");
  return rest === "" ? name : rest.charAt(0).toUpperCase() + rest.slice(1);
}
