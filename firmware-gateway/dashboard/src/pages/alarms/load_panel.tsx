// What is about to alarm, and whether there are more alarms than people can see to: the latter is asked for, the stream does not carry it.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fetchOpen } from "../../api/client";
import { AlarmState } from "../../api/wire";
import type { Alarm } from "../../api/wire";
import type { AlarmMetrics, OpenAlarms, PendingAlarm } from "../../api/wire_alarms";
import { act, gatewayTime } from "../../store/gateway";
import type { Received } from "../../store/gateway";
import type { ClockReading } from "../../store/age";
import { operatorName } from "../../store/preferences";
import { useResource } from "../../store/resource";
import { useTexts } from "../../i18n/texts";
import { alarmFailureText } from "../../ui/failure";
import { Icon } from "../../ui/icon";
import { NameDialog } from "../../ui/name_dialog";
import { useOperator } from "../../ui/operator";
import { Panel } from "../../ui/parts";
import { ruleKindText } from "./rule_kind";

const EVERY_MS = 3_000;
/** New alarms for one operator in an hour, after EEMUA 191: what is acceptable, and the most that can be managed. */
const ACCEPTABLE = 6;
const MANAGEABLE = 12;

export type Load = "calm" | "many" | "flood";
export function loadOf(metrics: Pick<AlarmMetrics, "per_operator_hour" | "flooded">): Load {
  if (metrics.flooded || metrics.per_operator_hour > MANAGEABLE) return "flood";
  return metrics.per_operator_hour > ACCEPTABLE ? "many" : "calm";
}

/** An alarm's rise comes at once, the list of those pending once a second: what has risen meanwhile is not pending any more. */
export function stillPending(pending: readonly PendingAlarm[] | undefined, open: readonly Alarm[]): PendingAlarm[] | undefined {
  const risen = new Set(open.filter(({ state }) => state === AlarmState.Unacknowledged || state === AlarmState.Acknowledged).map(({ id }) => id));
  return pending?.filter(({ id }) => !risen.has(id));
}

export function LoadPanels({ data, clocks }: { data: Received; clocks: ClockReading }): JSX.Element | null {
  const [version, setVersion] = useState(0);
  const open = useResource<OpenAlarms>("open", fetchOpen, EVERY_MS, version);
  const { metrics } = open.value ?? {};
  const pending = stillPending(data.state.pending ?? open.value?.pending, data.state.alarms);
  const nowMs = gatewayTime(data, clocks);
  return (
    <>
      {pending !== undefined && pending.length > 0 && <PendingPanel pending={pending} nowMs={nowMs} onDone={() => setVersion(version + 1)} />}
      {metrics !== undefined && <MetricsPanel metrics={metrics} />}
    </>
  );
}

function PendingPanel({ pending, nowMs, onDone }: { pending: PendingAlarm[]; nowMs: number; onDone(): void }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const operator = useOperator();
  const [asking, setAsking] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const acknowledge = async (id: number, by: string): Promise<void> => {
    setFailure(null);
    try {
      await act(id, "ack", { by, comment: "" });
    } catch (error) {
      setFailure(alarmFailureText(error, words));
    }
    onDone();
  };
  return (
    <Panel id="pending" title={t("pending.title")} note={<span>{t("pending.note")}</span>}>
      {failure !== null && <p class="failure" role="alert"><Icon name="high" size={16} />{failure}</p>}
      <ul class="pending-list">{pending.map((alarm) => {
        const source = words.name({ name: alarm.source_name === "" ? alarm.source : alarm.source_name, name_en: alarm.source_name_en });
        const left = alarm.due_ms - nowMs;
        return (
          <li key={alarm.id} class={`priority-${alarm.priority}`} data-pending={alarm.id}>
            <span class="pending-icon"><Icon name="clock" size={16} /></span>
            <span class="pending-what"><b>{source}</b> {ruleKindText(alarm.rule_kind, alarm.rule, words)}</span>
            <span class="num dim">{left > 0 ? t("pending.due", { duration: f.duration(left) }) : t("pending.now")}</span>
            {operator.operates && <button type="button" class="button" aria-label={t("pending.ack.label", { name: source })}
              onClick={() => (operator.name === "" ? setAsking(alarm.id) : void acknowledge(alarm.id, operator.name))}>{t("pending.ack")}</button>}
          </li>
        );
      })}</ul>
      {asking !== null && <NameDialog initial="" forAck onCancel={() => setAsking(null)} onSave={(name) => {
        operatorName.set(name);
        setAsking(null);
        void acknowledge(asking, name);
      }} />}
    </Panel>
  );
}

function MetricsPanel({ metrics }: { metrics: AlarmMetrics }): JSX.Element {
  const { t, f } = useTexts();
  const load = loadOf(metrics);
  const fact = (key: Parameters<typeof t>[0], value: string, warn = false): JSX.Element => (
    <div class={warn ? "warn" : ""}><dt>{t(key)}</dt><dd class="num">{warn && <Icon name="medium" size={14} />}{value}</dd></div>);
  return (
    <Panel id="metrics" title={t("metrics.title")} note={<span>{t("metrics.note")}</span>} class={`load-${load}`}>
      {load === "flood" && metrics.flooded && <p class="failure" role="alert"><Icon name="high" size={16} />{t("metrics.flood")}</p>}
      {load !== "calm" && !metrics.flooded && <p class="failure"><Icon name="medium" size={16} />{t("metrics.many")}</p>}
      <dl class="facts facts-tight">
        {fact("metrics.standing", f.count(metrics.standing))}
        {fact("metrics.unacknowledged", f.count(metrics.unacknowledged))}
        {fact("metrics.per_hour", f.decimal(metrics.per_operator_hour, 1), load !== "calm")}
        {fact("metrics.last_hour", f.count(metrics.last_hour))}
        {fact("metrics.last_day", f.count(metrics.last_day))}
        {fact("metrics.most", f.count(metrics.most_in_10_min), metrics.most_in_10_min >= 10)}
        {fact("metrics.stale", f.count(metrics.stale), metrics.stale > 0)}
        {fact("metrics.chattering", f.count(metrics.chattering), metrics.chattering > 0)}
        {fact("metrics.held", `${f.count(metrics.shelved)} / ${f.count(metrics.out_of_service)} / ${f.count(metrics.suppressed)}`)}
      </dl>
    </Panel>
  );
}
