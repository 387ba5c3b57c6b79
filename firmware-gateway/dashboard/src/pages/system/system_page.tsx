// Whether what is measured gets to where it is kept: each central store, what waits for it, and the store on the box.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { fetchSync } from "../../api/client";
import type { Sink, Sync } from "../../api/wire";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { elapsedSince } from "../../store/age";
import { gatewayTime, now, received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { Bar, Empty, Panel } from "../../ui/parts";
import { addLook, forecast, growth } from "./forecast";
import type { Look } from "./forecast";

const EVERY_MS = 5_000;
const SINK_ICON: Record<Sink["state"], IconName> = { ok: "check", waiting: "clock", retrying: "unlink", refused: "high" };

export function SystemPage(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  const { t, f } = useTexts();
  const looks = useRef(new Map<string, Look[]>());
  const sync = useResource<Sync>("sync", fetchSync, EVERY_MS);
  if (data === null) return null;
  if (sync.value === null) {
    return <div class="page"><Panel id="system" title={t("page.system")}>
      <Empty icon={sync.status === "failed" ? "unlink" : "clock"} title={t(sync.status === "failed" ? "system.failed" : "system.loading")} />
    </Panel></div>;
  }
  const { sinks, store, gateway } = sync.value;
  if (sync.at !== null) for (const sink of sinks) looks.current.set(sink.name, addLook(looks.current.get(sink.name) ?? [], { ms: sync.at.monotonic, bytes: sink.queued_bytes }));
  const old = sync.status === "failed" || (sync.at !== null && elapsedSince(sync.at, clocks) > 4 * EVERY_MS);
  const nowMs = gatewayTime(data, clocks);
  return (
    <div class={old ? "page system page-old" : "page system"}>
      {old && <p class="failure" role="alert"><Icon name="unlink" size={16} />{t("devices.old")}</p>}
      <Panel id="sinks" title={t("sinks.title")}>
        {sinks.length === 0 && <Empty icon="system" title={t("sinks.empty")} text={t("sinks.empty.text")} />}
        <ul class="cards">{sinks.map((sink) => (
          <SinkCard key={sink.name} sink={sink} nowMs={nowMs} maxBytes={store.max_bytes ?? null} bytesPerS={growth(looks.current.get(sink.name) ?? [])} />))}</ul>
      </Panel>
      <Panel id="store" title={t("store.title")}>
        <dl class="facts facts-wide">
          <div><dt>{t("store.size")}</dt><dd class="num">{joined(f.bytes(store.bytes))}</dd></div>
          {store.max_bytes !== undefined && <div><dt>{t("store.max")}</dt><dd class="num">{joined(f.bytes(store.max_bytes))}</dd></div>}
          <div><dt>{t("store.kept")}</dt><dd class="num">{f.count(store.kept_values)}</dd></div>
          <div><dt>{t("store.commits")}</dt><dd class="num">{f.count(store.commits)}</dd></div>
          <div class={store.dropped_lines > 0 ? "warn" : ""}><dt>{t("store.dropped")}</dt><dd class="num">{store.dropped_lines > 0 && <Icon name="high" size={14} />}{f.count(store.dropped_lines)}</dd></div>
          <div><dt>{t("store.path")}</dt><dd>{store.path}</dd></div>
        </dl>
        {store.last_error !== undefined && store.last_error !== "" && <p class="failure"><Icon name="high" size={15} />{store.last_error}</p>}
      </Panel>
      <Panel id="about" title={t("about.title")}>
        <dl class="facts facts-wide">
          {gateway !== undefined && <>
            <div><dt>{t("about.version")}</dt><dd class="num">{gateway.version}</dd></div>
            <div><dt>{t("about.started")}</dt><dd class="num">{f.dayTime(gateway.started_ms)} · {t("about.running", { duration: f.duration(nowMs - gateway.started_ms) })}</dd></div>
          </>}
          <div><dt>{t("about.site")}</dt><dd>{data.state.live.site.id}</dd></div>
          <div><dt>{t("about.zone")}</dt><dd>{data.state.live.site.timezone}</dd></div>
          <div><dt>{t("about.clock")}</dt><dd class="num">{f.dayTime(nowMs)}</dd></div>
        </dl>
      </Panel>
    </div>
  );
}

function SinkCard({ sink, nowMs, maxBytes, bytesPerS }: { sink: Sink; nowMs: number; maxBytes: number | null; bytesPerS: number | null }): JSX.Element {
  const { t, f } = useTexts();
  const waits = sink.queued_lines > 0;
  const bad = sink.state === "retrying" || sink.state === "refused";
  const outlook = forecast(sink.queued_bytes, maxBytes, bytesPerS);
  return (
    <li class={`card sink-${sink.state}`} data-sink={sink.name}>
      <h3>{sink.name} <span class={`online ${bad ? "warn" : ""}`}><Icon name={SINK_ICON[sink.state]} size={14} />{t(`sink.${sink.state}`)}</span></h3>
      <p class="dim">{sink.url}</p>
      {sink.last_error !== "" && <p class="warn">{sink.last_error}</p>}
      <dl class="facts">
        <div><dt>{t("sink.last_success")}</dt><dd class="num">{sink.last_success_ms === null ? t("age.never") : f.age({ freshness: "fresh", ms: Math.max(0, nowMs - sink.last_success_ms) })}</dd></div>
        <div><dt>{t("sink.delivered")}</dt><dd class="num">{f.count(sink.delivered_values)}</dd></div>
        <div><dt>{t("sink.backlog")}</dt><dd class="num">{waits ? t("sink.backlog.lines", { n: f.count(sink.queued_lines), size: joined(f.bytes(sink.queued_bytes)) }) : t("devices.none")}</dd></div>
        {sink.oldest_queued_ms !== null && <div><dt>{t("sink.oldest")}</dt><dd class="num">{f.dayTime(sink.oldest_queued_ms)}</dd></div>}
        <div class={sink.dead_letters > 0 ? "warn" : ""}><dt>{t("sink.dead")}</dt><dd class="num">{f.count(sink.dead_letters)}</dd></div>
        <div><dt>{t("sink.retries")}</dt><dd class="num">{f.count(sink.retries)}</dd></div>
      </dl>
      {waits && maxBytes !== null && maxBytes > 0 && <div class="busy"><span>{t("sink.of_cap")}</span><Bar part={sink.queued_bytes / maxBytes} /><span class="num">{f.percent(sink.queued_bytes / maxBytes)}</span></div>}
      {waits && <p class={outlook?.end === "full" ? "warn" : "dim"}>
        {outlook === null ? t("sink.forecast.unknown") : t(`sink.forecast.${outlook.end}`, { duration: f.duration(outlook.ms) })}
      </p>}
      {sink.dead_letters > 0 && <p class="warn">{t("sink.dead.text")}</p>}
    </li>
  );
}
