// Every change of every alarm, newest first, with who and when; narrowed by the gateway, read further back page by page.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fetchJournal } from "../../api/client";
import type { Alarm } from "../../api/wire";
import { csv, download } from "../../format/csv";
import { useTexts } from "../../i18n/texts";
import { DAY, dayBegin, startOfDay } from "../../store/calendar";
import { gatewayTime, now } from "../../store/gateway";
import type { Received } from "../../store/gateway";
import { useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import { Empty, Panel } from "../../ui/parts";
import { STATE_ICON, STATE_TEXT, messageOf } from "../overview/alarm_row";
import { EVERYTHING, journalQuery, journalRows, matches, nextPage, quietEvents } from "./journal";
import type { JournalFilter } from "./journal";
import { JournalFilters } from "./journal_filters";

/** As many as the gateway gives at once. */
const PAGE = 1000;
/** An export ends here; nobody opens more rows in a spreadsheet by hand. */
const EXPORT_PAGES = 100;
const SHOWN_STEP = 100;
const NONE: ReadonlySet<number> = new Set();

function dayOf(text: string, zone: string | undefined): number | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return parts === null ? null : dayBegin(Number(parts[1]), Number(parts[2]), Number(parts[3]), zone);
}

export function JournalPanel({ data }: { data: Received }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const [filter, setFilter] = useState<JournalFilter>(EVERYTHING);
  const [shown, setShown] = useState(SHOWN_STEP);
  const [withQuiet, setWithQuiet] = useState(false);
  const [older, setOlder] = useState<{ key: string; alarms: Alarm[]; more: number | null }>({ key: "", alarms: [], more: null });
  const [exporting, setExporting] = useState<"no" | "yes" | "failed">("no");
  const { alarms: open, live } = data.state;
  const zone = live.site.timezone;
  const nowMs = gatewayTime(data, now.get());
  const today = startOfDay(nowMs, zone);
  const query = (before?: number) => journalQuery(filter, today, dayOf(filter.day, zone), zone, PAGE, before);
  const key = JSON.stringify(query());
  // Anew with every change that the stream tells of, not on a clock alone.
  const newest = open.reduce((latest, alarm) => Math.max(latest, alarm.changed_ms), 0);
  const journal = useResource(key, () => fetchJournal(query()), 60_000, newest + open.length);
  const [kept, setKept] = useState(journal.value);
  if (journal.value !== null && journal.value !== kept) setKept(journal.value);
  const first = journal.value ?? kept ?? [];
  const further = older.key === key ? older : { alarms: [], more: nextPage(first, PAGE) };
  const all = [...first, ...further.alarms];
  const matching = all.filter((alarm) => matches(alarm, filter));
  // Whoever asks for suppressed ones gets them.
  const quiet = filter.state === "suppressed" ? NONE : quietEvents(all);
  const isQuiet = (alarm: Alarm): boolean => alarm.event !== undefined && quiet.has(alarm.event);
  const hidden = matching.filter(isQuiet).length;
  const rows = withQuiet ? matching : matching.filter((alarm) => !isQuiet(alarm));
  const loading = journal.status === "loading" && kept === null;

  const change = (part: Partial<JournalFilter>): void => {
    setFilter({ ...filter, ...part });
    setShown(SHOWN_STEP);
  };
  const readOlder = async (): Promise<void> => {
    if (further.more === null) return;
    const page = await fetchJournal(query(further.more)).catch(() => null);
    if (page !== null) setOlder({ key, alarms: [...further.alarms, ...page], more: nextPage(page, PAGE) });
  };
  const exportAll = async (): Promise<void> => {
    setExporting("yes");
    try {
      const out: Alarm[] = [];
      let before: number | null | undefined;
      for (let n = 0; n < EXPORT_PAGES && before !== null; n++) {
        const page = await fetchJournal(query(before));
        out.push(...page);
        before = nextPage(page, PAGE);
      }
      const left = withQuiet || filter.state === "suppressed" ? NONE : quietEvents(out); // the file has what the table has
      const wanted = out.filter((alarm) => matches(alarm, filter) && !(alarm.event !== undefined && left.has(alarm.event)));
      download(`alarms-${f.isoDay(nowMs)}.csv`, csv(journalRows(wanted, words.language === "en")));
      setExporting("no");
    } catch {
      setExporting("failed");
    }
  };

  return (
    <Panel id="journal" title={t("journal.title")} class="journal" note={<span class="num">{t("journal.count", { n: rows.length })}</span>}
      actions={<button type="button" class="button" disabled={rows.length === 0 || exporting === "yes"} onClick={() => void exportAll()}>
        <Icon name="download" size={16} />{t(exporting === "yes" ? "journal.exporting" : "export.csv")}</button>}>
      <JournalFilters filter={filter} live={live} seen={all} onChange={change} />
      {hidden > 0 && <div class="filters"><label class="check"><input type="checkbox" data-quiet checked={withQuiet} onChange={(event) => setWithQuiet(event.currentTarget.checked)} />{t("journal.quiet", { n: f.count(hidden) })}</label></div>}
      {journal.status === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("journal.failed")}</p>}
      {exporting === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("journal.export.failed")}</p>}
      {rows.length === 0
        ? <Empty icon={loading ? "clock" : "check"} title={t(loading ? "journal.loading" : all.length === 0 && key === JSON.stringify({ limit: PAGE }) ? "journal.empty" : "journal.no_match")} />
        : <JournalTable rows={rows.slice(0, shown)} live={data} nowMs={nowMs} />}
      {rows.length > shown && <button type="button" class="more" onClick={() => setShown(shown + SHOWN_STEP)}>{t("journal.more", { n: rows.length - shown })}</button>}
      {rows.length <= shown && further.more !== null && <button type="button" class="more" onClick={() => void readOlder()}>{t("journal.older")}</button>}
    </Panel>
  );
}

function JournalTable({ rows, live: data, nowMs }: { rows: readonly Alarm[]; live: Received; nowMs: number }): JSX.Element {
  const words = useTexts();
  const { t, f, name } = words;
  const areas = new Map(data.state.live.areas.map((area) => [area.id, name(area)]));
  return (
    <table class="table journal-table">
      <thead><tr>
        <th scope="col">{t("journal.time")}</th><th scope="col">{t("journal.alarm")}</th><th scope="col" class="wide">{t("areas.area")}</th>
        <th scope="col">{t("journal.state")}</th><th scope="col" class="wide">{t("journal.by")}</th>
      </tr></thead>
      <tbody>{rows.map((alarm) => (
        <tr key={alarm.event ?? `${alarm.id} ${alarm.changed_ms} ${alarm.state}`} class={`priority-${alarm.priority}`}>
          <td class="num">{nowMs - alarm.changed_ms > 300 * DAY ? f.isoDay(alarm.changed_ms) : f.instant(alarm.changed_ms, nowMs)}</td>
          <th scope="row"><span class="journal-priority"><Icon name={alarm.priority} size={14} /><span class="visually-hidden">{t(`priority.${alarm.priority}`)}</span></span>{messageOf(alarm, words)}
            {alarm.comment !== "" && <span class="journal-comment">{alarm.comment}</span>}</th>
          <td class="wide">{alarm.area === null ? "" : areas.get(alarm.area) ?? alarm.area}</td>
          <td><span class="journal-state"><Icon name={STATE_ICON[alarm.state]} size={14} />{t(STATE_TEXT[alarm.state])}</span></td>
          <td class="wide">{alarm.by}</td>
        </tr>))}
      </tbody>
    </table>
  );
}
