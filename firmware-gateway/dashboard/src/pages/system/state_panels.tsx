// The store on the box, its clock, who is told of alarms, and what runs.
import type { JSX } from "preact";
import type { Site } from "../../api/wire";
import type { GatewayClock, Notifier, Store, Sync } from "../../api/wire_system";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { Icon } from "../../ui/icon";
import { Panel, Said } from "../../ui/parts";

function Fact({ title, value, warn = false, long = false }: { title: TextKey; value: string; warn?: boolean; long?: boolean }): JSX.Element {
  const { t } = useTexts();
  return <div class={`${warn ? "warn" : ""} ${long ? "fact-long" : ""}`}><dt>{t(title)}</dt><dd class="num">{warn && <Icon name="high" size={14} />}{value}</dd></div>;
}

export function StorePanel({ store }: { store: Store }): JSX.Element {
  const { t, f } = useTexts();
  return (
    <Panel id="store" title={t("store.title")}>
      {store.on_disk === false && <p class="failure" role="alert"><Icon name="high" size={15} />{t("store.memory")}</p>}
      {store.full_in_s != null && <p class="failure"><Icon name="medium" size={15} />{t("store.full_in", { duration: f.duration(store.full_in_s * 1000) })}</p>}
      {store.last_error !== undefined && store.last_error !== "" && <><p class="failure"><Icon name="high" size={15} />{t("said.store")}</p><Said text={store.last_error} /></>}
      <dl class="facts facts-wide">
        <Fact title="store.size" value={joined(f.bytes(store.bytes))} />
        {store.max_bytes !== undefined && <Fact title="store.max" value={joined(f.bytes(store.max_bytes))} />}
        {store.queued_bytes !== undefined && store.queued_lines !== undefined && <Fact title="store.queued" value={store.queued_lines === 0 ? t("devices.none") : t("sink.backlog.lines", { n: f.count(store.queued_lines), size: joined(f.bytes(store.queued_bytes)) })} />}
        {store.free_bytes != null && <Fact title="store.free" value={joined(f.bytes(store.free_bytes))} warn={store.free_bytes < 200e6} />}
        <Fact title="store.kept" value={f.count(store.kept_values)} />
        <Fact title="store.commits" value={f.count(store.commits)} />
        <Fact title="store.dropped" value={f.count(store.dropped_lines)} warn={store.dropped_lines > 0} />
        {(store.repairs ?? 0) > 0 && <Fact title="store.repairs" value={`${f.count(store.repairs ?? 0)} · ${store.last_repair ?? ""}`} warn />}
        <Fact title="store.path" value={store.path} long />
      </dl>
    </Panel>
  );
}

const SOURCE_TEXT: Record<string, TextKey> = { synchronised: "clock.source.synchronised", own_clock: "clock.source.own_clock" };

export function ClockPanel({ clock, nowMs }: { clock: GatewayClock; nowMs: number }): JSX.Element {
  const { t, f, language } = useTexts();
  const doubt = language === "zh" && clock.doubt_zh !== "" ? clock.doubt_zh : clock.doubt;
  const source = SOURCE_TEXT[clock.source];
  return (
    <Panel id="clock" title={t("clock.title")} note={<span class={`online ${clock.known ? "" : "warn"}`}><Icon name={clock.known ? "check" : "clock"} size={14} />{t(clock.known ? "clock.known" : "clock.not_known")}</span>}>
      {!clock.known && doubt !== "" && <p class="failure"><Icon name="clock" size={15} />{doubt}</p>}
      <dl class="facts facts-wide">
        {clock.known && <Fact title="about.clock" value={`${f.isoDay(nowMs)} ${f.clockSeconds(nowMs)}`} />}
        {clock.source !== "" && <Fact title="clock.source" value={source === undefined ? clock.source : t(source)} />}
        {clock.held_readings > 0 && <Fact title="clock.held" value={f.count(clock.held_readings)} warn />}
        <Fact title="clock.steps" value={f.count(clock.steps)} />
        {clock.steps > 0 && <Fact title="clock.last_step" value={`${f.decimal(clock.last_step_s, 1)} s`} />}
      </dl>
    </Panel>
  );
}

const KIND_TEXT: Record<string, TextKey> = { wecom: "notify.kind.wecom", dingtalk: "notify.kind.dingtalk", email: "notify.kind.email" };
const KIND_NAME: Record<string, string> = { mqtt: "MQTT", webhook: "Webhook" };
function kindText(kind: string, t: (key: TextKey) => string): string {
  const key = KIND_TEXT[kind];
  return key === undefined ? KIND_NAME[kind] ?? kind : t(key);
}

export function NotifyPanel({ notifiers, nowMs }: { notifiers: readonly Notifier[]; nowMs: number }): JSX.Element {
  const { t, f } = useTexts();
  return (
    <Panel id="notify" title={t("notify.title")}>
      <ul class="cards">{notifiers.map((each) => {
        const failing = each.failing_since_ms !== null;
        return (
          <li class={failing ? "card sink-retrying" : "card"} key={each.name} data-notifier={each.name}>
            <h3>{each.name} <span class={`online ${failing ? "warn" : ""}`}><Icon name={failing ? "unlink" : each.last_success_ms === null ? "clock" : "check"} size={14} />
              {each.failing_since_ms !== null ? t("notify.failing", { time: f.moment(each.failing_since_ms, nowMs) }) : t(each.last_success_ms === null ? "notify.waiting" : "notify.ok")}</span></h3>
            <p class="dim">{kindText(each.kind, t)}</p>
            {each.last_error !== "" && <><p class={failing ? "warn" : "dim"}>{t("said.notify")}</p><Said text={each.last_error} /></>}
            <dl class="facts">
              <div><dt>{t("sink.last_success")}</dt><dd class="num">{each.last_success_ms === null ? t("age.never") : f.age({ freshness: "fresh", ms: Math.max(0, nowMs - each.last_success_ms) })}</dd></div>
              <Fact title="notify.sent" value={f.count(each.sent)} />
              <Fact title="notify.failed" value={f.count(each.failed)} />
              <Fact title="notify.quieted" value={f.count(each.quieted)} />
              <Fact title="notify.pending" value={f.count(each.pending)} />
              <Fact title="notify.given_up" value={f.count(each.given_up)} warn={each.given_up > 0} />
            </dl>
          </li>
        );
      })}</ul>
    </Panel>
  );
}

export function AboutPanel({ gateway, site, nowMs }: { gateway: Sync["gateway"]; site: Site; nowMs: number }): JSX.Element {
  const { t, f } = useTexts();
  const refused = gateway?.refused_configuration ?? "";
  return (
    <Panel id="about" title={t("about.title")}>
      {refused !== "" && <p class="failure" role="alert"><Icon name="high" size={15} />{t("about.refused", { text: refused })}</p>}
      <dl class="facts facts-wide">
        {gateway !== undefined && <>
          <Fact title="about.version" value={gateway.version} />
          <Fact title="about.started" value={`${f.dayTime(gateway.started_ms)} · ${t("about.running", { duration: f.duration(nowMs - gateway.started_ms) })}`} />
          {gateway.refused_configuration === "" && <Fact title="about.config" value={t("about.config.ok")} />}
        </>}
        <Fact title="about.site" value={site.id} />
        <Fact title="about.zone" value={site.timezone} />
        {gateway?.clock === undefined && <Fact title="about.clock" value={f.dayTime(nowMs)} />}
      </dl>
    </Panel>
  );
}
