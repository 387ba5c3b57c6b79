// Alarms that are not yet both back to normal and acknowledged. Urgency is said by outline, word and place, never by colour alone.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { AlarmState } from "../../api/wire";
import type { Alarm } from "../../api/wire";
import type { AlarmAction } from "../../api/wire_alarms";
import { ageOfFrame } from "../../store/age";
import type { ClockReading } from "../../store/age";
import { act, gatewayTime, sinceFrame } from "../../store/gateway";
import type { Received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { operatorName } from "../../store/preferences";
import { session } from "../../store/session";
import { needsAcknowledgement } from "../../store/site_state";
import { soundBlocked } from "../../store/sound";
import { useTexts } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { alarmFailureText } from "../../ui/failure";
import { focusIsLost } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { NameDialog } from "../../ui/name_dialog";
import { useOperator } from "../../ui/operator";
import { AgeText, Empty, Panel, isOld } from "../../ui/parts";
import { AlarmDialog } from "./alarm_dialog";
import { AlarmRow } from "./alarm_row";

const SHOWN_AT_FIRST = 6;
const AFTER_DRAWING_MS = 50;

/** What waits for an answer: the name for an acknowledgement, the name alone ("name"), the reason of anything else. */
type Asking = { alarm: Alarm; action: AlarmAction } | "name" | null;

interface PanelProps {
  data: Received;
  clocks: ClockReading;
  /** Only these; all without it. */
  only?: (alarm: Alarm) => boolean;
  /** Every alarm at once, as long as the page gets. */
  whole?: boolean;
  actions?: ComponentChildren;
  title?: TextKey;
  /** What it says when there is none. */
  none?: TextKey;
}

export function AlarmsPanel({ data, clocks, only, whole = false, actions, title = "alarms.title", none = "alarms.none" }: PanelProps): JSX.Element {
  const words = useTexts();
  const { t } = words;
  const who = useObservable(session);
  const blocked = useObservable(soundBlocked);
  const { name: operator, signed, operates: allowed } = useOperator();
  const [asking, setAsking] = useState<Asking>(null);
  const [sending, setSending] = useState<ReadonlySet<number>>(new Set());
  const [failure, setFailure] = useState<string | null>(null);
  const [all, setAll] = useState(whole);

  const [beneath, setBeneath] = useState(false);

  const wanted = only === undefined ? data.state.alarms : data.state.alarms.filter(only);
  // What another alarm tells for already (ten meters behind one broken bus) stands behind a button.
  const suppressed = wanted.filter(({ state }) => state === AlarmState.Suppressed);
  const alarms = beneath ? wanted : wanted.filter(({ state }) => state !== AlarmState.Suppressed);
  const age = ageOfFrame(sinceFrame(data, clocks));
  const old = isOld(age);
  const waiting = alarms.filter(needsAcknowledgement).length;
  const shown = all ? alarms : alarms.slice(0, Math.max(SHOWN_AT_FIRST, waiting));

  /** The next to be acknowledged is where the last one was, for whoever works with the keyboard. */
  function focusNext(place: number): void {
    if (!focusIsLost()) return;
    const panel = document.getElementById("alarms");
    const left = panel?.querySelectorAll<HTMLElement>(".ack:not(:disabled)") ?? [];
    (left[Math.min(place, left.length - 1)] ?? panel?.querySelector<HTMLElement>(".alarm-list") ?? document.getElementById("content"))?.focus();
  }

  async function acknowledge(alarm: Pick<Alarm, "id">, by: string): Promise<void> {
    const place = shown.filter(needsAcknowledgement).findIndex(({ id }) => id === alarm.id);
    setFailure(null);
    setSending((before) => new Set(before).add(alarm.id));
    try {
      await act(alarm.id, "ack", { by, comment: "" });
    } catch (error) {
      setFailure(alarmFailureText(error, words));
    } finally {
      setSending((before) => {
        const after = new Set(before);
        after.delete(alarm.id);
        return after;
      });
      setTimeout(() => focusNext(Math.max(0, place)), AFTER_DRAWING_MS);
    }
  }

  return (
    <Panel id="alarms" title={t(title)} class={`alarms ${waiting > 0 ? "alarms-waiting" : ""} ${whole ? "alarms-whole" : ""}`} actions={actions}
      note={<>
        {waiting > 0 && <strong class="alarm-count"><Icon name="bell" size={14} />{t("alarms.unacknowledged", { n: waiting })}</strong>}
        {wanted.length > 0 && <span>{t("alarms.open", { n: wanted.length })}</span>}
        {blocked && <span class="sound-blocked"><Icon name="mute" size={14} />{t("sound.blocked")}</span>}
        <AgeText age={age} always={false} />
      </>}>
      {failure !== null && <p class="failure" role="alert"><Icon name="high" size={16} />{failure}</p>}
      {alarms.length === 0
        ? old
          ? <Empty icon="unlink" title={t("alarms.none.old")} text={t("alarms.none.old.text")} />
          : <Empty icon="check" title={t(none)} text={t("alarms.none.text")} />
        : <ul class="alarm-list" tabIndex={0} aria-label={t(title)}>
            {shown.map((alarm) => (
              <AlarmRow key={alarm.id} alarm={alarm} nowMs={gatewayTime(data, clocks)} sending={sending.has(alarm.id)} allowed={allowed}
                dated={data.state.live.clock_known !== false} full={whole} cause={data.state.alarms.find(({ id }) => id === alarm.cause)}
                onAct={(action) => (action === "ack" && operator !== "" ? void acknowledge(alarm, operator) : setAsking({ alarm, action }))} />
            ))}
          </ul>}
      {!whole && (alarms.length > shown.length || all) && alarms.length > SHOWN_AT_FIRST && (
        <button type="button" class="more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("alarms.show_less") : t("alarms.show_all", { n: alarms.length })}
        </button>
      )}
      {suppressed.length > 0 && (
        <button type="button" class="more" aria-expanded={beneath} onClick={() => setBeneath(!beneath)}>
          {beneath ? t("alarms.suppressed.less") : t("alarms.suppressed", { n: suppressed.length })}
        </button>
      )}
      {alarms.length > 0 && allowed && (
        <p class="operator">
          <Icon name="person" size={15} />{t("alarms.as")}
          <b>{operator === "" ? t("alarms.as.none") : operator}</b>
          {!signed && <button type="button" class="quiet" onClick={() => setAsking("name")}>{t("alarms.as.change")}</button>}
        </p>
      )}
      {alarms.length > 0 && who?.role === "viewer" && <p class="operator"><Icon name="person" size={15} />{t("role.viewer.note")}</p>}
      {asking !== null && (asking === "name" || asking.action === "ack") && (
        <NameDialog initial={operator} forAck={asking !== "name"}
          onCancel={() => setAsking(null)}
          onSave={(name) => {
            operatorName.set(name);
            setAsking(null);
            if (asking !== "name") void acknowledge(asking.alarm, name);
          }} />
      )}
      {asking !== null && asking !== "name" && asking.action !== "ack" && <AlarmDialog alarm={asking.alarm} action={asking.action} onClose={() => setAsking(null)} />}
    </Panel>
  );
}
