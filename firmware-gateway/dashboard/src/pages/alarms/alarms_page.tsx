// Every open alarm, what is about to become one, how many there are for those who see to them, and the journal of every change.
import type { JSX } from "preact";
import { now, received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { alarmSound, toggleSound } from "../../store/sound";
import { useTexts } from "../../i18n/texts";
import { Icon } from "../../ui/icon";
import { AlarmsPanel } from "../overview/alarms_panel";
import { JournalPanel } from "./journal_panel";
import { LoadPanels } from "./load_panel";

export function AlarmsPage(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  if (data === null) return null;
  return (
    <div class="page alarms-page">
      <AlarmsPanel data={data} clocks={clocks} whole actions={<SoundSwitch />} />
      <LoadPanels data={data} clocks={clocks} />
      <JournalPanel data={data} />
    </div>
  );
}

function SoundSwitch(): JSX.Element {
  const { t } = useTexts();
  const on = useObservable(alarmSound) === "on";
  return (
    <button type="button" class="button" aria-pressed={on} onClick={toggleSound}>
      <Icon name={on ? "sound" : "mute"} size={16} />{t(on ? "sound.on" : "sound.off")}
    </button>
  );
}
