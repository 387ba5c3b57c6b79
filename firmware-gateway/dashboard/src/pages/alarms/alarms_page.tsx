// Every open alarm, and the journal of every change with who and when.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fetchJournal } from "../../api/client";
import type { Priority } from "../../api/wire";
import { csv, download } from "../../format/csv";
import { useTexts } from "../../i18n/texts";
import { DAY, addDays, startOfDay } from "../../store/calendar";
import { gatewayTime, now, received } from "../../store/gateway";
import type { Received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { useResource } from "../../store/resource";
import { alarmSound, play } from "../../store/sound";
import { Icon } from "../../ui/icon";
import { Empty, Panel } from "../../ui/parts";
import { AlarmsPanel, STATE_ICON, STATE_TEXT } from "../overview/alarms_panel";
import { EVERYTHING, journalRows, matches } from "./journal";
import type { JournalFilter } from "./journal";

/** As many as the gateway gives at once. */
const JOURNAL_LIMIT = 1000;
const SHOWN_STEP = 100;

export function AlarmsPage(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  if (data === null) return null;
  return (
    <div class="page alarms-page">
      <AlarmsPanel data={data} clocks={clocks} whole actions={<SoundSwitch />} />
      <JournalPanel data={data} />
    </div>
  );
}

function SoundSwitch(): JSX.Element {
  const { t } = useTexts();
  const on = useObservable(alarmSound) === "on";
  return (
    <button type="button" class="button" aria-pressed={on} onClick={() => {
      alarmSound.set(on ? "off" : "on");
      if (!on) play("medium");
    }}>
      <Icon name={on ? "sound" : "mute"} size={16} />{t(on ? "sound.on" : "sound.off")}
    </button>
  );
}

function JournalPanel({ data }: { data: Received }): JSX.Element {
  const { t, f, language, name } = useTexts();
  const [filter, setFilter] = useState<JournalFilter>(EVERYTHING);
  const [shown, setShown] = useState(SHOWN_STEP);
  const { alarms: open, live } = data.state;
  // Anew with every change that the stream tells of, not on a clock.
  const newest = open.reduce((latest, alarm) => Math.max(latest, alarm.changed_ms), 0);
  const journal = useResource(`journal ${newest} ${open.length}`, () => fetchJournal(JOURNAL_LIMIT), 60_000);
  const [kept, setKept] = useState(journal.value);
  if (journal.value !== null && journal.value !== kept) setKept(journal.value);
  const all = journal.value ?? kept ?? [];
  const rows = all.filter((alarm) => matches(alarm, filter));
  const english = language === "en";
  const nowMs = gatewayTime(data, now.get());
  const today = startOfDay(nowMs, live.site.timezone);
  const change = (part: Partial<JournalFilter>): void => {
    setFilter({ ...filter, ...part });
    setShown(SHOWN_STEP);
  };
  const since = filter.since === null ? "all" : filter.since === today ? "today" : "week";
  const areas = new Map(live.areas.map((area) => [area.id, name(area)]));
  return (
    <Panel id="journal" title={t("journal.title")} class="journal" note={<span class="num">{t("journal.count", { n: rows.length })}</span>}
      actions={<button type="button" class="button" disabled={rows.length === 0}
        onClick={() => download(`alarms-${f.isoDay(nowMs)}.csv`, csv(journalRows(rows, english)))}><Icon name="download" size={16} />{t("export.csv")}</button>}>
      <div class="filters">
        <div class="search">
          <Icon name="search" size={16} />
          <input type="search" aria-label={t("journal.search")} placeholder={t("journal.search")} value={filter.text} onInput={(event) => change({ text: event.currentTarget.value })} />
        </div>
        <label class="select"><span class="visually-hidden">{t("journal.priority")}</span>
          <select value={filter.priority} onChange={(event) => change({ priority: event.currentTarget.value as Priority | "all" })}>
            <option value="all">{t("journal.priority.all")}</option>
            {(["critical", "high", "medium", "low"] as const).map((priority) => <option key={priority} value={priority}>{t(`priority.${priority}`)}</option>)}
          </select></label>
        <label class="select"><span class="visually-hidden">{t("journal.change")}</span>
          <select value={filter.change} onChange={(event) => change({ change: event.currentTarget.value as JournalFilter["change"] })}>
            {(["all", "raised", "acknowledged", "returned"] as const).map((kind) => <option key={kind} value={kind}>{t(`journal.change.${kind}`)}</option>)}
          </select></label>
        <label class="select"><span class="visually-hidden">{t("journal.since")}</span>
          <select value={since} onChange={(event) => {
            const value = event.currentTarget.value;
            change({ since: value === "all" ? null : value === "today" ? today : addDays(today, -6, live.site.timezone) });
          }}>
            {(["all", "today", "week"] as const).map((kind) => <option key={kind} value={kind}>{t(`journal.since.${kind}`)}</option>)}
          </select></label>
      </div>
      {journal.status === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("journal.failed")}</p>}
      {rows.length === 0 ? <Empty icon={journal.status === "loading" && kept === null ? "clock" : "check"} title={t(journal.status === "loading" && kept === null ? "journal.loading" : all.length === 0 ? "journal.empty" : "journal.no_match")} />
        : <table class="table journal-table">
            <thead><tr>
              <th scope="col">{t("journal.time")}</th><th scope="col">{t("journal.alarm")}</th><th scope="col" class="wide">{t("areas.area")}</th>
              <th scope="col">{t("journal.state")}</th><th scope="col" class="wide">{t("journal.by")}</th>
            </tr></thead>
            <tbody>{rows.slice(0, shown).map((alarm) => (
              <tr key={`${alarm.id} ${alarm.changed_ms} ${alarm.state}`} class={`priority-${alarm.priority}`}>
                <td class="num">{nowMs - alarm.changed_ms > 300 * DAY ? f.isoDay(alarm.changed_ms) : f.moment(alarm.changed_ms, nowMs)}</td>
                <th scope="row"><span class="journal-priority"><Icon name={alarm.priority} size={14} /><span class="visually-hidden">{t(`priority.${alarm.priority}`)}</span></span>{english && alarm.message_en !== "" ? alarm.message_en : alarm.message}
                  {alarm.comment !== "" && <span class="journal-comment">{alarm.comment}</span>}</th>
                <td class="wide">{alarm.area === null ? "" : areas.get(alarm.area) ?? alarm.area}</td>
                <td><span class="journal-state"><Icon name={STATE_ICON[alarm.state]} size={14} />{t(STATE_TEXT[alarm.state])}</span></td>
                <td class="wide">{alarm.by}</td>
              </tr>))}
            </tbody>
          </table>}
      {rows.length > shown && <button type="button" class="more" onClick={() => setShown(shown + SHOWN_STEP)}>{t("journal.more", { n: rows.length - shown })}</button>}
    </Panel>
  );
}
