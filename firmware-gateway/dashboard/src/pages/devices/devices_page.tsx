// Everything that is asked or speaks: when it was last heard, what went wrong by kind, how fast it answers.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fetchDevices } from "../../api/client";
import type { BusDevice, Devices, Live, MeterDevice } from "../../api/wire";
import { csv, download } from "../../format/csv";
import { UNKNOWN } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { elapsedSince } from "../../store/age";
import { gatewayTime, now, received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import { Bar, Empty, Panel, Said } from "../../ui/parts";
import { MeterActions } from "../meters/meter_actions";
import { Online, seenText } from "./device_parts";
import { ProposedPanel } from "./proposed_panel";
import { SensorsTable } from "./sensors_table";

const EVERY_MS = 3_000;
/** Above this a bus has no room for a retry. */
const CROWDED = 0.8;

const ERROR_TEXT: Record<string, TextKey> = {
  timeout: "error.timeout", crc: "error.crc", exception: "error.exception", short_frame: "error.short_frame",
  foreign_unit: "error.foreign_unit", stale: "error.stale", connection: "error.connection",
};

const EXCEPTION_TEXT: Record<string, TextKey> = {
  1: "exception.1", 2: "exception.2", 3: "exception.3", 4: "exception.4", 5: "exception.5", 6: "exception.6", 7: "exception.7", 8: "exception.8",
  10: "exception.10", 11: "exception.11",
};

export function errorSum(meter: Pick<MeterDevice, "errors">): number {
  return Object.values(meter.errors).reduce((sum, count) => sum + count, 0);
}

/** What needs a hand comes first: not answering, then by the share of failed polls. */
export function byTrouble(meters: readonly MeterDevice[]): MeterDevice[] {
  const share = (meter: MeterDevice): number => (meter.polls > 0 ? errorSum(meter) / meter.polls : 0);
  const rank = (meter: MeterDevice): number => (meter.online === false ? 0 : meter.online === null ? 1 : 2);
  return [...meters].sort((a, b) => rank(a) - rank(b) || share(b) - share(a));
}

/** "timeout 3, crc 1": the kinds that happened, most first. A kind that this page does not know is shown by the gateway's name. */
export function errorText(meter: Pick<MeterDevice, "errors">, { t, f }: Pick<Words, "t" | "f">): string {
  return Object.entries(meter.errors).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${ERROR_TEXT[kind] === undefined ? kind : t(ERROR_TEXT[kind])} ${f.count(count)}`).join(" · ");
}

/** "no such register 2, busy 1": exceptions by what their code says. */
export function exceptionText(meter: Pick<MeterDevice, "exceptions">, { t, f }: Pick<Words, "t" | "f">): string {
  const said = (code: string): string => { const key = EXCEPTION_TEXT[code]; return key === undefined ? t("exception.other", { code }) : t(key); };
  return Object.entries(meter.exceptions).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a).map(([code, count]) => `${said(code)} ${f.count(count)}`).join(", ");
}

/** What went wrong last on a bus and with whom; "": nothing ever did. A kind that this page does not know has the gateway's own words. */
export function busErrorText(bus: Pick<BusDevice, "last_error" | "last_error_kind" | "last_error_meter" | "last_error_exception">, meterName: (id: string) => string, { t }: Pick<Words, "t">): string {
  if (bus.last_error_kind === null) return bus.last_error;
  const kind = ERROR_TEXT[bus.last_error_kind];
  if (kind === undefined) return bus.last_error;
  const exception = EXCEPTION_TEXT[bus.last_error_exception];
  const why = bus.last_error_exception === 0 ? t(kind) : exception === undefined ? t("exception.other", { code: bus.last_error_exception }) : t(exception);
  return t("buses.failed", { what: bus.last_error_meter === null ? t("buses.line") : meterName(bus.last_error_meter), why });
}

/** Answers that are quicker than the figure has decimals are not answers in no time. */
export function answerText(ms: number | null, { t, f }: Pick<Words, "t" | "f">): string {
  return ms === null ? UNKNOWN : ms < 0.1 ? t("devices.quick") : `${f.decimal(ms, 1)} ms`;
}

export interface Concern { key: "unusable" | "absent" | "missed"; text: string; why: string }
/** What is wrong although it answers: values that are none, registers it lacks, polls there was no time for. */
export function concernsOf(meter: Pick<MeterDevice, "unusable_values" | "absent_values" | "missed_polls">, { t, f }: Pick<Words, "t" | "f">): Concern[] {
  const counts = { unusable: meter.unusable_values, absent: meter.absent_values, missed: meter.missed_polls };
  return (Object.keys(counts) as Concern["key"][]).filter((key) => counts[key] > 0)
    .map((key) => ({ key, text: t(`devices.${key}`, { n: f.count(counts[key]) }), why: t(`devices.${key}.text`) }));
}

export function DevicesPage(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  const { t } = useTexts();
  const devices = useResource<Devices>("devices", fetchDevices, EVERY_MS);
  if (data === null) return null;
  const live = data.state.live;
  const sinceAnswer = devices.at === null ? 0 : elapsedSince(devices.at, clocks);
  const old = devices.status === "failed" || sinceAnswer > 4 * EVERY_MS;
  if (devices.value === null) {
    return <div class="page"><Panel id="devices" title={t("page.devices")}>
      <Empty icon={devices.status === "failed" ? "unlink" : "clock"} title={t(devices.status === "failed" ? "devices.failed" : "devices.loading")} />
    </Panel></div>;
  }
  const nowMs = gatewayTime(data, clocks);
  return (
    <div class={old ? "page devices page-old" : "page devices"}>
      {old && <p class="failure" role="alert"><Icon name="unlink" size={16} />{t("devices.old")}</p>}
      <BusesPanel devices={devices.value} live={live} nowMs={nowMs} />
      <MetersTable meters={devices.value.meters} live={live} nowMs={nowMs} />
      <SensorsTable sensors={devices.value.sensors} live={live} nowMs={nowMs} />
      <ProposedPanel proposed={devices.value.proposed ?? []} />
    </div>
  );
}

function BusesPanel({ devices, live, nowMs }: { devices: Devices; live: Live; nowMs: number }): JSX.Element {
  const { t, f } = useTexts();
  const { buses, broker } = devices;
  const counts = new Map(live.buses.map((bus) => [bus.id, bus]));
  return (
    <Panel id="buses" title={t("buses.title")} class="buses-panel">
      {buses.length === 0 && broker === null && <Empty icon="device" title={t("buses.empty")} />}
      <ul class="cards">
        {buses.map((bus) => <BusCard key={bus.id} bus={bus} live={live} nowMs={nowMs} meters={counts.get(bus.id)} />)}
        {broker !== null && (
          <li class="card" data-broker>
            <h3>MQTT {broker.state === "refused" ? <span class="online warn"><Icon name="high" size={14} />{t("broker.refused")}</span> : <Online online={broker.connected} />}</h3>
            <p class="dim">{broker.url}</p>
            <dl class="facts">
              <div><dt>{t("broker.messages")}</dt><dd class="num">{f.count(broker.messages)}</dd></div>
              <div><dt>{t("broker.unrouted")}</dt><dd class="num">{f.count(broker.unrouted)}</dd></div>
              <div><dt>{t("broker.reconnects")}</dt><dd class="num">{f.count(broker.reconnects)}</dd></div>
            </dl>
            {broker.last_error !== "" && <><p class={broker.connected ? "dim" : "warn"}>{t("said.broker")}</p><Said text={broker.last_error} /></>}
          </li>
        )}
      </ul>
    </Panel>
  );
}

function BusCard({ bus, live, nowMs, meters }: { bus: BusDevice; live: Live; nowMs: number; meters: { meters: number; meters_online: number } | undefined }): JSX.Element {
  const words = useTexts();
  const { t, f, name } = words;
  const nameOf = (id: string): string => { const meter = live.meters.find((each) => each.id === id); return meter === undefined ? id : name(meter); };
  const failed = busErrorText(bus, nameOf, words);
  const troubled = !bus.online || (meters !== undefined && meters.meters_online < meters.meters);
  const crowded = bus.utilisation > CROWDED;
  return (
    <li class="card" data-bus={bus.id}>
      <h3>{bus.id} <Online online={bus.online} /></h3>
      <p class="dim">{bus.url}</p>
      <div class="busy">
        <span>{t("buses.utilisation")}</span><Bar part={bus.utilisation} old={crowded} />
        <span class={`num ${crowded ? "warn" : ""}`}>{crowded && <Icon name="medium" size={13} />} {f.percent(bus.utilisation)}</span>
      </div>
      <dl class="facts">
        {meters !== undefined && <div><dt>{t("meters.title")}</dt><dd class="num">{meters.meters_online}/{meters.meters}</dd></div>}
        <div><dt>{t("buses.requests")}</dt><dd class="num">{f.count(bus.requests)}</dd></div>
        <div class={bus.faults > 0 ? "warn" : ""} title={t("buses.faults.text")}><dt>{t("buses.faults")}</dt><dd class="num">{f.count(bus.faults)}</dd></div>
        <div title={t("buses.discarded.text")}><dt>{t("buses.discarded")}</dt><dd class="num">{f.count(bus.discarded_answers)}</dd></div>
        {bus.missed_polls > 0 && <div class={crowded ? "warn" : ""}><dt>{t("buses.missed")}</dt><dd class="num">{f.count(bus.missed_polls)}</dd></div>}
      </dl>
      {crowded && bus.missed_polls > 0 && <p class="warn">{t("buses.overloaded")}</p>}
      {crowded && <p class="warn">{t("buses.crowded")}</p>}
      {failed !== "" && <p class={troubled ? "warn" : "dim"} data-last-error title={bus.last_error}>{t("buses.failed_ago", { text: failed, age: seenText(bus.last_error_ms, nowMs, words) })}</p>}
    </li>
  );
}

function MetersTable({ meters, live, nowMs }: { meters: MeterDevice[]; live: Live; nowMs: number }): JSX.Element {
  const words = useTexts();
  const { t, f, name } = words;
  const [search, setSearch] = useState("");
  const known = new Map(live.meters.map((meter) => [meter.id, meter]));
  const title = (id: string): string => { const meter = known.get(id); return meter === undefined ? id : name(meter); };
  const wanted = search.trim().toLowerCase();
  const rows = byTrouble(meters).filter((meter) => wanted === "" || [meter.id, title(meter.id), meter.model, meter.bus].some((text) => text.toLowerCase().includes(wanted)));
  const export_ = (): void => download(`meters-${f.isoDay(nowMs)}.csv`, csv([
    ["meter", "name", "bus", "unit", "model", "model_verified", "online", "last_seen_utc", "polls", ...Object.keys(meters[0]?.errors ?? {}),
      "unusable_values", "absent_values", "missed_polls", "response_time_ms", "timeout_ms"],
    ...rows.map((meter) => [meter.id, title(meter.id), meter.bus, meter.unit, meter.model, String(meter.model_verified), meter.online === null ? null : String(meter.online),
      meter.last_seen_ms === null ? null : new Date(meter.last_seen_ms).toISOString(), meter.polls, ...Object.values(meter.errors),
      meter.unusable_values, meter.absent_values, meter.missed_polls, meter.response_time_ms, meter.timeout_ms])]));
  return (
    <Panel id="device-meters" title={t("meters.title")} note={<span class="num">{t("meters.summary", { online: meters.filter(({ online }) => online === true).length, total: meters.length })}</span>}
      actions={<><MeterActions live={live} nowMs={nowMs} /><button type="button" class="button" onClick={export_} disabled={rows.length === 0}><Icon name="download" size={16} />{t("export.csv")}</button></>}>
      <div class="search">
        <Icon name="search" size={16} />
        <input type="search" aria-label={t("meters.search")} placeholder={t("meters.search")} value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
      </div>
      {rows.length === 0 ? <Empty icon="search" title={t(meters.length === 0 ? "meters.empty" : "meters.no_match")} />
        : <table class="table">
            <thead><tr>
              <th scope="col">{t("meters.name")}</th><th scope="col">{t("devices.state")}</th><th scope="col" class="wide">{t("devices.address")}</th>
              <th scope="col" class="wide">{t("devices.model")}</th><th scope="col" class="right">{t("devices.seen")}</th>
              <th scope="col" class="right wide">{t("devices.answer")}</th><th scope="col">{t("devices.errors")}</th>
            </tr></thead>
            <tbody>{rows.map((meter) => (
              <tr key={meter.id} data-device={meter.id}>
                <th scope="row">{title(meter.id)}</th>
                <td><Online online={meter.online} /></td>
                <td class="wide num dim">{meter.bus} / {meter.unit}</td>
                <td class="wide dim">{meter.model}{!meter.model_verified && <span class="unverified" title={t("devices.unverified.text")}>{t("devices.unverified")}</span>}</td>
                <td class="right num">{seenText(meter.last_seen_ms, nowMs, words)}</td>
                <td class="right wide num">{answerText(meter.response_time_ms, words)}
                  {meter.timeout_ms !== null && <div class="dim" title={t("devices.timeout.text")}>{t("devices.timeout", { ms: f.count(Math.round(meter.timeout_ms)) })}</div>}</td>
                <td class="errors"><Troubles meter={meter} /></td>
              </tr>))}
            </tbody>
          </table>}
    </Panel>
  );
}

function Troubles({ meter }: { meter: MeterDevice }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const errors = errorSum(meter);
  const concerns = concernsOf(meter, words);
  if (errors === 0 && concerns.length === 0) return <span class="dim">{t("devices.none")}</span>;
  const exceptions = exceptionText(meter, words);
  return (
    <>
      {errors > 0 && <div><span class="num">{errorText(meter, words)}</span>{" "}
        <span class="dim num">{meter.polls > 0 && errors / meter.polls >= 0.001 ? t("devices.of_polls", { part: f.percent(errors / meter.polls) }) : ""}</span></div>}
      {exceptions !== "" && <div class="dim num" data-exceptions>{exceptions}</div>}
      {concerns.map(({ key, text, why }) => <div key={key} class={key === "absent" ? "num" : "num warn"} data-concern={key} title={why}>{text}</div>)}
    </>
  );
}
