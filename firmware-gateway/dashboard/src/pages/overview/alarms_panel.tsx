// Alarms that are not yet both back to normal and acknowledged. Urgency is said by outline, word and place, never by colour alone.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { AlarmState } from "../../api/wire";
import type { Alarm } from "../../api/wire";
import { ageOfFrame } from "../../store/age";
import type { ClockReading } from "../../store/age";
import { acknowledge, gatewayTime, sinceFrame } from "../../store/gateway";
import type { Received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { operatorName } from "../../store/preferences";
import { mayAcknowledge, session, signedName } from "../../store/session";
import { needsAcknowledgement } from "../../store/site_state";
import { useTexts } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { NameDialog } from "../../ui/name_dialog";
import { AgeText, Empty, Panel, isOld } from "../../ui/parts";

const SHOWN_AT_FIRST = 6;

export const STATE_TEXT: Record<AlarmState, TextKey> = {
  [AlarmState.Normal]: "state.normal",
  [AlarmState.Unacknowledged]: "state.unacknowledged",
  [AlarmState.Acknowledged]: "state.acknowledged",
  [AlarmState.ReturnedUnacknowledged]: "state.returned_unacknowledged",
  [AlarmState.Shelved]: "state.shelved",
  [AlarmState.OutOfService]: "state.out_of_service",
  [AlarmState.Suppressed]: "state.suppressed",
  [AlarmState.LatchedUnacknowledged]: "state.latched_unacknowledged",
  [AlarmState.LatchedAcknowledged]: "state.latched_acknowledged",
};
export const STATE_ICON: Record<AlarmState, IconName> = {
  [AlarmState.Normal]: "check",
  [AlarmState.Unacknowledged]: "bell",
  [AlarmState.Acknowledged]: "check",
  [AlarmState.ReturnedUnacknowledged]: "returned",
  [AlarmState.Shelved]: "pause",
  [AlarmState.OutOfService]: "pause",
  [AlarmState.Suppressed]: "pause",
  [AlarmState.LatchedUnacknowledged]: "returned",
  [AlarmState.LatchedAcknowledged]: "check",
};

/** Which alarm waits for the name: an alarm, the name alone ("name"), or nothing. */
type Asking = Alarm | "name" | null;

interface PanelProps {
  data: Received;
  clocks: ClockReading;
  /** Only these; all without it. */
  only?: (alarm: Alarm) => boolean;
  /** Every alarm at once, as long as the page gets. */
  whole?: boolean;
  actions?: ComponentChildren;
}

export function AlarmsPanel({ data, clocks, only, whole = false, actions }: PanelProps): JSX.Element {
  const { t } = useTexts();
  const typed = useObservable(operatorName);
  const who = useObservable(session);
  const signed = signedName(who);
  const operator = signed ?? typed;
  const allowed = mayAcknowledge(who);
  const [asking, setAsking] = useState<Asking>(null);
  const [sending, setSending] = useState<ReadonlySet<number>>(new Set());
  const [failure, setFailure] = useState<string | null>(null);
  const [all, setAll] = useState(whole);

  const alarms = only === undefined ? data.state.alarms : data.state.alarms.filter(only);
  const age = ageOfFrame(sinceFrame(data, clocks));
  const old = isOld(age);
  const waiting = alarms.filter(needsAcknowledgement).length;
  const shown = all ? alarms : alarms.slice(0, Math.max(SHOWN_AT_FIRST, waiting));

  async function send(alarm: Alarm, by: string): Promise<void> {
    setFailure(null);
    setSending((before) => new Set(before).add(alarm.id));
    try {
      await acknowledge(alarm, by);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 409 || error.status === 404)) setFailure(t("alarms.error.conflict"));
      else if (error instanceof ApiError && error.status === 403) setFailure(t("role.viewer.note"));
      else if (error instanceof ApiError && error.status === 0) setFailure(t("alarms.error.unreachable"));
      else setFailure(t("alarms.error.other", { message: error instanceof Error ? error.message : String(error) }));
    } finally {
      setSending((before) => {
        const after = new Set(before);
        after.delete(alarm.id);
        return after;
      });
    }
  }

  return (
    <Panel id="alarms" title={t("alarms.title")} class={`alarms ${waiting > 0 ? "alarms-waiting" : ""} ${whole ? "alarms-whole" : ""}`} actions={actions}
      note={<>
        {waiting > 0 && <strong class="alarm-count"><Icon name="bell" size={14} />{t("alarms.unacknowledged", { n: waiting })}</strong>}
        {alarms.length > 0 && <span>{t("alarms.open", { n: alarms.length })}</span>}
        <AgeText age={age} always={false} />
      </>}>
      {failure !== null && <p class="failure" role="alert"><Icon name="high" size={16} />{failure}</p>}
      {alarms.length === 0
        ? old
          ? <Empty icon="unlink" title={t("alarms.none.old")} text={t("alarms.none.old.text")} />
          : <Empty icon="check" title={t("alarms.none")} text={t("alarms.none.text")} />
        : <ul class="alarm-list">
            {shown.map((alarm) => (
              <AlarmRow key={alarm.id} alarm={alarm} nowMs={gatewayTime(data, clocks)} sending={sending.has(alarm.id)} allowed={allowed}
                onAck={() => (operator === "" ? setAsking(alarm) : void send(alarm, operator))} />
            ))}
          </ul>}
      {!whole && (alarms.length > shown.length || all) && alarms.length > SHOWN_AT_FIRST && (
        <button type="button" class="more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("alarms.show_less") : t("alarms.show_all", { n: alarms.length })}
        </button>
      )}
      {alarms.length > 0 && allowed && (
        <p class="operator">
          <Icon name="person" size={15} />{t("alarms.as")}
          <b>{operator === "" ? t("alarms.as.none") : operator}</b>
          {signed === null && <button type="button" class="quiet" onClick={() => setAsking("name")}>{t("alarms.as.change")}</button>}
        </p>
      )}
      {alarms.length > 0 && who?.role === "viewer" && <p class="operator"><Icon name="person" size={15} />{t("role.viewer.note")}</p>}
      {asking !== null && (
        <NameDialog initial={operator} forAck={asking !== "name"}
          onCancel={() => setAsking(null)}
          onSave={(name) => {
            operatorName.set(name);
            setAsking(null);
            if (asking !== "name") void send(asking, name);
          }} />
      )}
    </Panel>
  );
}

interface RowProps { alarm: Alarm; nowMs: number; sending: boolean; allowed: boolean; onAck(): void }

function AlarmRow({ alarm, nowMs, sending, allowed, onAck }: RowProps): JSX.Element {
  const { t, f, language } = useTexts();
  const message = language === "en" && alarm.message_en !== "" ? alarm.message_en : alarm.message;
  const returned = alarm.state === AlarmState.ReturnedUnacknowledged;
  const acked = alarm.state === AlarmState.Acknowledged;
  return (
    <li class={`alarm alarm-${alarm.state_name} priority-${alarm.priority}`} data-alarm={alarm.id} data-state={alarm.state_name}>
      <div class="alarm-priority">
        <Icon name={alarm.priority} size={24} />
        <span>{t(`priority.${alarm.priority}`)}</span>
      </div>
      <div class="alarm-body">
        <p class="alarm-message">{message}</p>
        <p class="alarm-facts">
          <span class="alarm-state"><Icon name={STATE_ICON[alarm.state]} size={14} />{t(STATE_TEXT[alarm.state])}</span>
          <span class="num">{t("alarms.since", { time: f.moment(alarm.raised_ms, nowMs) })}</span>
          {returned
            ? <span class="num">{t("alarms.returned", { time: f.moment(alarm.changed_ms, nowMs) })}</span>
            : <span class="num">{t("alarms.lasting", { duration: f.duration(nowMs - alarm.raised_ms) })}</span>}
          {acked && <span class="num">
            {alarm.by === ""
              ? t("alarms.acked", { time: f.moment(alarm.changed_ms, nowMs) })
              : t("alarms.acked_by", { name: alarm.by, time: f.moment(alarm.changed_ms, nowMs) })}
          </span>}
        </p>
      </div>
      {allowed && needsAcknowledgement(alarm) && (
        <button type="button" class="ack" disabled={sending} aria-label={t("alarms.ack.label", { message })} onClick={onAck}>
          {sending ? t("alarms.acking") : t("alarms.ack")}
        </button>
      )}
    </li>
  );
}
