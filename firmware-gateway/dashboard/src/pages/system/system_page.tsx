// Whether what is measured gets to where it is kept: each central store, what waits for it, and the store on the box.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { dropWaiting, fetchSync } from "../../api/client";
import type { Sink, Sync } from "../../api/wire_system";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { elapsedSince } from "../../store/age";
import { gatewayTime, now, received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { useResource } from "../../store/resource";
import { ConfirmDialog } from "../../ui/confirm_dialog";
import { failureText } from "../../ui/failure";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { useOperator } from "../../ui/operator";
import { Bar, Empty, Panel, Said } from "../../ui/parts";
import { addLook, forecast, growth } from "./forecast";
import type { Look } from "./forecast";
import { LettersPanel } from "./letters_panel";
import { AboutPanel, ClockPanel, NotifyPanel, StorePanel } from "./state_panels";

const EVERY_MS = 5_000;
const KIND_NAME: Record<string, string> = {
  influx1: "InfluxDB 1", influx2: "InfluxDB 2", influx3: "InfluxDB 3", victoriametrics: "VictoriaMetrics", questdb: "QuestDB", greptimedb: "GreptimeDB", tdengine: "TDengine", mqtt: "MQTT",
};
const FAILURE_TEXT: Record<string, TextKey> = {
  unreachable: "sink.failure.unreachable", unknown_host: "sink.failure.unknown_host", timeout: "sink.failure.timeout", cut_off: "sink.failure.cut_off", not_allowed: "sink.failure.not_allowed",
  settings: "sink.failure.settings", refused: "sink.failure.refused", not_the_store: "sink.failure.not_the_store", bad_lines: "sink.failure.bad_lines", too_large: "sink.failure.too_large",
  busy: "sink.failure.busy", server_error: "sink.failure.server_error", own_store: "sink.failure.own_store",
};

/** Why a sink does not get on, in the reader's language; null: nothing is wrong, or its own words have to do. */
export function sinkFailureText(sink: Pick<Sink, "last_error_kind" | "last_error_status">, { t }: Pick<Words, "t">): string | null {
  const key = sink.last_error_kind === null ? undefined : FAILURE_TEXT[sink.last_error_kind];
  if (key === undefined) return null;
  return sink.last_error_status === 0 ? t(key) : t("sink.failure.status", { text: t(key), status: sink.last_error_status });
}

const SINK_ICON: Record<Sink["state"], IconName> = { ok: "check", waiting: "clock", retrying: "unlink", refused: "high" };

export function SystemPage(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  const { t } = useTexts();
  const looks = useRef(new Map<string, Look[]>());
  const [version, setVersion] = useState(0);
  const sync = useResource<Sync>("sync", fetchSync, EVERY_MS, version);
  if (data === null) return null;
  if (sync.value === null) {
    return <div class="page"><Panel id="system" title={t("page.system")}>
      <Empty icon={sync.status === "failed" ? "unlink" : "clock"} title={t(sync.status === "failed" ? "system.failed" : "system.loading")} />
    </Panel></div>;
  }
  const { sinks, store, gateway, notifiers } = sync.value;
  if (sync.at !== null) for (const sink of sinks) looks.current.set(sink.name, addLook(looks.current.get(sink.name) ?? [], { ms: sync.at.monotonic, bytes: sink.queued_bytes }));
  const old = sync.status === "failed" || (sync.at !== null && elapsedSince(sync.at, clocks) > 4 * EVERY_MS);
  const nowMs = gatewayTime(data, clocks);
  return (
    <div class={old ? "page system page-old" : "page system"}>
      {old && <p class="failure" role="alert"><Icon name="unlink" size={16} />{t("devices.old")}</p>}
      <Panel id="sinks" title={t("sinks.title")}>
        {sinks.length === 0 && <Empty icon="system" title={t("sinks.empty")} text={t("sinks.empty.text")} />}
        <ul class="cards">{sinks.map((sink) => (
          <SinkCard key={sink.name} sink={sink} nowMs={nowMs} maxBytes={store.max_bytes ?? null} bytesPerS={growth(looks.current.get(sink.name) ?? [])} onChanged={() => setVersion((before) => before + 1)} />))}</ul>
      </Panel>
      <LettersPanel count={sinks.reduce((sum, sink) => sum + sink.dead_letters, 0)} nowMs={nowMs} />
      {(notifiers ?? []).length > 0 && <NotifyPanel notifiers={notifiers ?? []} nowMs={nowMs} />}
      <StorePanel store={store} />
      {gateway?.clock !== undefined && <ClockPanel clock={gateway.clock} nowMs={nowMs} />}
      <AboutPanel gateway={gateway} site={data.state.live.site} nowMs={nowMs} />
    </div>
  );
}

function SinkCard({ sink, nowMs, maxBytes, bytesPerS, onChanged }: { sink: Sink; nowMs: number; maxBytes: number | null; bytesPerS: number | null; onChanged(): void }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const failure = sinkFailureText(sink, words);
  const waits = sink.queued_lines > 0;
  const bad = sink.state === "retrying" || sink.state === "refused";
  // The gateway's own word where it gives one; else what this page has seen itself.
  const outlook = sink.catching_up === true && sink.caught_up_in_s != null ? { end: "empty" as const, ms: sink.caught_up_in_s * 1000 } : forecast(sink.queued_bytes, maxBytes, bytesPerS);
  return (
    <li class={`card sink-${sink.state}`} data-sink={sink.name}>
      <h3>{sink.name} <span class={`online ${bad ? "warn" : ""}`}><Icon name={SINK_ICON[sink.state]} size={14} />{t(`sink.${sink.state}`)}</span></h3>
      <p class="dim">{sink.kind === "line_protocol" ? t("sink.kind.line_protocol") : KIND_NAME[sink.kind] ?? sink.kind} · {sink.url}</p>
      {failure !== null && <p class="warn" data-failure={sink.last_error_kind}>{failure}</p>}
      <Said text={sink.last_error} />
      <dl class="facts">
        <div><dt>{t("sink.last_success")}</dt><dd class="num">{sink.last_success_ms === null ? t("age.never") : f.age({ freshness: "fresh", ms: Math.max(0, nowMs - sink.last_success_ms) })}</dd></div>
        <div><dt>{t("sink.delivered")}</dt><dd class="num">{f.count(sink.delivered_values)}</dd></div>
        <div><dt>{t("sink.backlog")}</dt><dd class="num">{waits ? t("sink.backlog.lines", { n: f.count(sink.queued_lines), size: joined(f.bytes(sink.queued_bytes)) }) : t("devices.none")}</dd></div>
        {sink.oldest_queued_ms !== null && <div><dt>{t("sink.oldest")}</dt><dd class="num">{f.dayTime(sink.oldest_queued_ms)}</dd></div>}
        <div class={sink.dead_letters > 0 ? "warn" : ""}><dt>{t("sink.dead")}</dt><dd class="num">{f.count(sink.dead_letters)}</dd></div>
        <div><dt>{t("sink.retries")}</dt><dd class="num">{f.count(sink.retries)}</dd></div>
        {sink.delivered_lines_per_s != null && <div><dt>{t("sink.rate")}</dt><dd class="num">{t("sink.rate.value", { n: f.decimal(sink.delivered_lines_per_s, 1) })}</dd></div>}
        {(sink.dropped_lines ?? 0) > 0 && <div class="warn"><dt>{t("sink.dropped")}</dt><dd class="num"><Icon name="high" size={14} />{f.count(sink.dropped_lines ?? 0)}</dd></div>}
        {sink.most_bytes != null && <div title={t("sink.most_bytes.text")}><dt>{t("sink.most_bytes")}</dt><dd class="num">{joined(f.bytes(sink.most_bytes))}</dd></div>}
      </dl>
      {waits && maxBytes !== null && maxBytes > 0 && <div class="busy"><span>{t("sink.of_cap")}</span><Bar part={sink.queued_bytes / maxBytes} /><span class="num">{f.percent(sink.queued_bytes / maxBytes)}</span></div>}
      {waits && <p class={outlook?.end === "full" ? "warn" : "dim"}>
        {outlook === null ? t("sink.forecast.unknown") : t(`sink.forecast.${outlook.end}`, { duration: f.duration(outlook.ms) })}
      </p>}
      {sink.next_try_ms != null && sink.next_try_ms > nowMs && <p class="dim num">{t("sink.next_try", { duration: f.duration(sink.next_try_ms - nowMs + 999) })}</p>}
      {sink.catching_up === true && <p class="dim">{t("sink.catching_up")}</p>}
      <DropWaiting sink={sink} onDone={onChanged} />
    </li>
  );
}

/** For a store that will never come back, or must not get what waits. Names what is lost before it is. */
function DropWaiting({ sink, onDone }: { sink: Sink; onDone(): void }): JSX.Element | null {
  const words = useTexts();
  const { t, f } = words;
  const { administers } = useOperator();
  const [asking, setAsking] = useState(false);
  const [said, setSaid] = useState<{ text: string; bad: boolean } | null>(null);
  const drop = async (): Promise<void> => {
    setAsking(false);
    try {
      setSaid({ text: (await dropWaiting(sink.name)).done, bad: false });
    } catch (error) {
      setSaid({ text: failureText(error, words), bad: true });
    }
    onDone();
  };
  const lines = t("sink.backlog.lines", { n: f.count(sink.queued_lines), size: joined(f.bytes(sink.queued_bytes)) });
  return (
    <>
      {administers && sink.queued_lines > 0 && <p class="card-actions"><button type="button" class="button" data-action="drop-waiting" onClick={() => setAsking(true)}>{t("sink.drop")}</button></p>}
      <p role="status" class={said?.bad === true ? "warn" : "dim"}>{said?.text}</p>
      {asking && <ConfirmDialog title={t("sink.drop.title", { sink: sink.name })} submit={t("sink.drop.submit")} onCancel={() => setAsking(false)} onConfirm={() => void drop()}
        text={sink.oldest_queued_ms === null ? t("sink.drop.text", { lines, sink: sink.name }) : t("sink.drop.text.since", { lines, sink: sink.name, time: f.dayTime(sink.oldest_queued_ms) })} />}
    </>
  );
}
