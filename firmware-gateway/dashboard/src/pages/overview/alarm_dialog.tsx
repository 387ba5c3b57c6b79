// Shelving and the other things that are done with an alarm besides acknowledging it: each with its reason.
import type { JSX } from "preact";
import type { Alarm } from "../../api/wire";
import type { AlarmAction } from "../../api/wire_alarms";
import { act } from "../../store/gateway";
import { useTexts } from "../../i18n/texts";
import { ActionDialog } from "../../ui/action_dialog";
import type { Field } from "../../ui/action_dialog";
import { alarmFailureText } from "../../ui/failure";
import { messageOf } from "./alarm_row";

/** Minutes. The gateway takes a day at most, unless the rule says otherwise. */
const SHELVE_MINUTES = [30, 60, 120, 240, 480, 1440];

export function AlarmDialog({ alarm, action, onClose }: { alarm: Alarm; action: Exclude<AlarmAction, "ack">; onClose(): void }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const reason: Field = { name: "comment", label: t("dialog.reason"), required: action === "shelve" || action === "out-of-service", placeholder: t(`act.${action}.example`) };
  const length: Field = { name: "minutes", label: t("act.shelve.minutes"), initial: "60",
    options: SHELVE_MINUTES.map((minutes) => ({ value: String(minutes), text: f.duration(minutes * 60_000) })) };
  return (
    <ActionDialog title={t(`act.${action}.title`)} submit={t(`act.${action}`)} onClose={onClose} failure={(error) => alarmFailureText(error, words)}
      text={<><b>{messageOf(alarm, words)}</b><br />{t(`act.${action}.text`)}</>}
      fields={action === "shelve" ? [length, reason] : [reason]}
      onSubmit={(values, by) => act(alarm.id, action, { by, comment: values["comment"] ?? "", ...(action === "shelve" ? { minutes: Number(values["minutes"]) } : {}) })} />
  );
}
