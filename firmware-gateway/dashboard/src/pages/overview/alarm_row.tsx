// One open alarm: how urgent, what, in which state and since when, and what may be done with it now.
import type { JSX } from "preact";
import { AlarmState } from "../../api/wire";
import type { Alarm } from "../../api/wire";
import type { AlarmAction } from "../../api/wire_alarms";
import { needsAcknowledgement } from "../../store/site_state";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";

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

const FINDING_TEXT: Record<string, TextKey> = {
  night_flow: "finding.night_flow", small_leak: "finding.small_leak", never_zero: "finding.never_zero", burst: "finding.burst",
  demand_now: "finding.demand_now", demand_ahead: "finding.demand_ahead",
};

export function messageOf(alarm: Pick<Alarm, "message" | "message_en">, { language }: Pick<Words, "language">): string {
  return language === "en" && alarm.message_en !== "" ? alarm.message_en : alarm.message;
}

/** What the gateway would take besides an acknowledgement, in this state. */
export function actionsFor(alarm: Pick<Alarm, "state" | "active">): Exclude<AlarmAction, "ack">[] {
  switch (alarm.state) {
    case AlarmState.Shelved: return ["unshelve"];
    case AlarmState.OutOfService: return ["return-to-service"];
    case AlarmState.Normal: case AlarmState.Suppressed: return [];
    case AlarmState.LatchedAcknowledged: return alarm.active === true ? ["shelve", "out-of-service"] : ["reset", "shelve", "out-of-service"];
    default: return ["shelve", "out-of-service"];
  }
}

interface RowProps {
  alarm: Alarm;
  nowMs: number;
  /** false: its times have no dates yet, only their differences are right. */
  dated: boolean;
  sending: boolean;
  allowed: boolean;
  /** What suppresses it, if that stands too. */
  cause: Alarm | undefined;
  /** Everything that may be done, not the acknowledgement alone. */
  full: boolean;
  onAct(action: AlarmAction): void;
}

export function AlarmRow({ alarm, nowMs, dated, sending, allowed, cause, full, onAct }: RowProps): JSX.Element {
  const words = useTexts();
  const { t } = words;
  const message = messageOf(alarm, words);
  const finding = FINDING_TEXT[alarm.finding ?? ""];
  const actions = allowed ? actionsFor(alarm).filter((action) => full || action === "reset") : [];
  return (
    <li class={`alarm alarm-${alarm.state_name} priority-${alarm.priority}`} data-alarm={alarm.id} data-state={alarm.state_name}>
      <div class="alarm-priority">
        <Icon name={alarm.priority} size={24} />
        <span>{t(`priority.${alarm.priority}`)}</span>
      </div>
      <div class="alarm-body">
        <p class="alarm-message">{message}</p>
        <Facts alarm={alarm} nowMs={nowMs} dated={dated} />
        {finding !== undefined && <p class="alarm-more">{t(finding)}</p>}
        {cause !== undefined && <p class="alarm-more">{t("alarms.cause", { message: messageOf(cause, words) })}</p>}
        {actions.length > 0 && <p class="alarm-actions">{actions.map((action) => (
          <button type="button" key={action} class="quiet" data-action={action} disabled={sending} aria-label={`${t(`act.${action}`)}: ${message}`} onClick={() => onAct(action)}>{t(`act.${action}`)}</button>))}</p>}
      </div>
      {allowed && needsAcknowledgement(alarm) && (
        <button type="button" class="ack" disabled={sending} aria-label={t("alarms.ack.label", { message })} onClick={() => onAct("ack")}>
          {sending ? t("alarms.acking") : t("alarms.ack")}
        </button>
      )}
    </li>
  );
}

function Facts({ alarm, nowMs, dated }: Pick<RowProps, "alarm" | "nowMs" | "dated">): JSX.Element {
  const { t, f } = useTexts();
  const at = (ms: number): string => (dated ? f.moment(ms, nowMs) : f.age({ freshness: "fresh", ms: Math.max(0, nowMs - ms) }));
  const gone = alarm.state === AlarmState.ReturnedUnacknowledged || alarm.state === AlarmState.LatchedUnacknowledged || alarm.state === AlarmState.LatchedAcknowledged;
  const held = alarm.state === AlarmState.Shelved || alarm.state === AlarmState.OutOfService;
  const heldBy = alarm.held_by !== undefined && alarm.held_by !== "" ? alarm.held_by : alarm.by;
  const reason = alarm.held_reason !== undefined && alarm.held_reason !== "" ? alarm.held_reason : alarm.comment;
  return (
    <p class="alarm-facts">
      <span class="alarm-state"><Icon name={STATE_ICON[alarm.state]} size={14} />{t(STATE_TEXT[alarm.state])}</span>
      <span class="num">{t("alarms.since", { time: at(alarm.raised_ms) })}</span>
      {gone && (alarm.state === AlarmState.ReturnedUnacknowledged || alarm.active !== true) ? <span class="num">{t("alarms.returned", { time: at(alarm.changed_ms) })}</span>
        : dated && <span class="num">{t("alarms.lasting", { duration: f.duration(nowMs - alarm.raised_ms) })}</span>}
      {alarm.state === AlarmState.Acknowledged && <span class="num">
        {alarm.by === "" ? t("alarms.acked", { time: at(alarm.changed_ms) }) : t("alarms.acked_by", { name: alarm.by, time: at(alarm.changed_ms) })}
      </span>}
      {alarm.state === AlarmState.Shelved && alarm.shelved_until_ms != null && (
        <span class="num">{dated ? t("alarms.shelved_until", { time: f.moment(alarm.shelved_until_ms, nowMs) }) : t("alarms.shelved_for", { duration: f.duration(alarm.shelved_until_ms - nowMs) })}</span>)}
      {held && heldBy !== "" && <span>{reason === "" ? heldBy : t("alarms.held", { name: heldBy, reason })}</span>}
      {held && alarm.active !== undefined && <span>{t(alarm.active ? "alarms.active" : "alarms.inactive")}</span>}
    </p>
  );
}
