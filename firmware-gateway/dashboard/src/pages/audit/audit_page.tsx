// The consumption report of a month, a quarter or a year, as `gateway audit` writes it: used, cost by band, demand, coal and carbon, with
// what is estimated and where factors and prices come from; to print and to hand on. What each figure is: docs/audit.md.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { auditPath, fetchText } from "../../api/client";
import type { Audit, AuditRow } from "../../api/wire_audit";
import { download } from "../../format/csv";
import { useTexts } from "../../i18n/texts";
import { MINUTE, addDays, periodAround, startOfDay } from "../../store/calendar";
import type { Period } from "../../store/calendar";
import { gatewayTime, now, received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { reportOf } from "../../store/report";
import { useResource } from "../../store/resource";
import { failureText } from "../../ui/failure";
import { Icon } from "../../ui/icon";
import { Choice, Empty, Panel } from "../../ui/parts";
import { VIEWS } from "./audit_columns";
import type { View } from "./audit_columns";
import { sumRows, sumTotals } from "./audit_sum";
import { AuditTables, TotalsTable } from "./audit_table";
import { QualityPanel, TracePanel } from "./quality_panel";

const PERIODS: readonly Period[] = ["month", "quarter", "year"];

interface Reports { report: Audit | null; former: Audit | null }

export function AuditPage(): JSX.Element | null {
  const data = useObservable(received);
  const words = useTexts();
  const { t, f, name } = words;
  const [period, setPeriod] = useState<Period>("month");
  const [steps, setSteps] = useState(0);
  const [view, setView] = useState<View>("use");
  const [meters, setMeters] = useState(false);
  const [trace, setTrace] = useState("");
  const [version, setVersion] = useState(0);
  const [failure, setFailure] = useState<string | null>(null);
  const live = data?.state.live;
  const zone = live?.site.timezone;
  const nowMs = data === null ? 0 : gatewayTime(data, now.get());
  const { from, to } = periodAround(nowMs, period, steps, zone);
  const former = periodAround(nowMs, period, steps - 1, zone);
  const running = to > nowMs;
  const last = running ? nowMs : to - 1;
  // A period that still runs is set against as many days of the one before, or all of them where that one is shorter.
  const formerTo = running ? Math.min(former.to, former.from + (addDays(startOfDay(nowMs, zone), 1, zone) - from)) : former.to;
  const days = { from: f.isoDay(from), to: f.isoDay(last) };
  const ready = live !== undefined && live.clock_known !== false && live.meters.length > 0;
  const answer = useResource<Reports>(ready ? `audit ${days.from} ${days.to} ${trace}` : "", async () => (live === undefined || !ready ? { report: null, former: null } : {
    report: await reportOf(live, from, to, days, trace),
    former: await reportOf(live, former.from, formerTo, { from: f.isoDay(former.from), to: f.isoDay(formerTo - 1) }).catch(() => null),
  }), running ? 5 * MINUTE : null, version);
  const report = answer.value?.report ?? null;
  const before = answer.value?.former ?? null;
  const rows = useMemo(() => sumRows(report?.rows ?? []), [report]);
  const totals = useMemo(() => sumTotals(report?.totals ?? []), [report]);
  const formerRows = useMemo(() => (before === null ? null : new Map(sumRows(before.rows).map((row) => [`${row.utility} ${row.node}`, row] as const))), [before]);
  if (live === undefined) return null;

  const rangeText = `${days.from} – ${f.isoDay(to - 1)}`;
  const save = async (format: "csv" | "html"): Promise<void> => {
    setFailure(null);
    try {
      const text = await fetchText(auditPath(days.from, days.to, { format }));
      download(`audit-${days.from}-${days.to}.${format}`, text, format === "csv" ? "text/csv" : "text/html");
    } catch (error) {
      setFailure(failureText(error, words));
    }
  };
  const estimated = rows.find((row) => row.node_kind === "compound" && row.completeness_pct !== null && row.completeness_pct < 99);
  return (
    <div class="page audit">
      <Panel id="audit" title={t("audit.title")} note={<span class="num">{rangeText}</span>}
        actions={<Choice label={t("audit.period")} value={period} onChange={(value) => { setPeriod(value); setSteps(0); }}
          options={PERIODS.map((value) => ({ value, text: t(`audit.period.${value}`) }))} />}>
        <div class="history-tools no-print">
          <div class="steps" role="group" aria-label={t("history.move")}>
            <button type="button" class="step" aria-label={t("history.earlier")} onClick={() => setSteps(steps - 1)}><Icon name="left" /></button>
            <button type="button" class="step" aria-label={t("history.later")} disabled={steps >= 0} onClick={() => setSteps(steps + 1)}><Icon name="right" /></button>
          </div>
          <Choice label={t("audit.view")} value={view} onChange={setView} options={VIEWS.map((value) => ({ value, text: t(`audit.view.${value}`) }))} />
          <label class="check"><input type="checkbox" checked={meters} onChange={(event) => setMeters(event.currentTarget.checked)} />{t("audit.meters")}</label>
          <TraceChoice rows={rows} trace={trace} onTrace={setTrace} />
          <span class="audit-files">
            <button type="button" class="button" disabled={report === null} onClick={() => void save("csv")}><Icon name="download" size={16} />{t("export.csv")}</button>
            <button type="button" class="button" disabled={report === null} onClick={() => void save("html")}><Icon name="download" size={16} />{t("audit.whole")}</button>
            <button type="button" class="button" disabled={report === null} onClick={() => window.print()}><Icon name="print" size={16} />{t("audit.print")}</button>
          </span>
        </div>
        <p class="print-only">{name(live.site)} · {t("audit.title")} · {rangeText} · {t("audit.printed", { time: f.dayTime(nowMs) })}</p>
        {(failure !== null || answer.status === "failed") && <p class="failure" role="alert"><Icon name="medium" size={15} />{failure ?? t("audit.failed")}</p>}
        {report === null && answer.status !== "failed" && <Empty icon="clock" title={t(answer.status === "loading" && ready ? "curve.loading" : "history.empty")} />}
        {estimated !== undefined && <p class="failure"><Icon name="medium" size={15} />{t("audit.gaps", { part: f.percent((estimated.completeness_pct ?? 0) / 100) })}</p>}
        {running && report !== null && <p class="audit-note">{t("audit.running", { until: f.day(nowMs) })}{view === "cost" && ` ${t("bands.lag")}`}</p>}
        {report !== null && <>
          <AuditTables live={live} rows={rows} former={formerRows} view={view} meters={meters} />
          {view === "carbon" && <TotalsTable totals={totals} />}
          <p class="audit-note">{t("audit.note")}</p>
          <Notes notes={report.notes} />
        </>}
      </Panel>
      {trace !== "" && report !== null && report.trace.length > 0 && <TracePanel live={live} trace={report.trace} title={traceTitle(rows, trace, words)} />}
      {report !== null && <QualityPanel live={live} nowMs={nowMs} events={report.quality_events} onChanged={() => setVersion(version + 1)} />}
    </div>
  );
}

function traceTitle(rows: readonly AuditRow[], node: string, { t, name }: Pick<ReturnType<typeof useTexts>, "t" | "name">): string {
  const row = rows.find((other) => other.node === node);
  return node === "compound" ? t("history.compound") : row === undefined ? node : name(row);
}

function TraceChoice({ rows, trace, onTrace }: { rows: readonly AuditRow[]; trace: string; onTrace(node: string): void }): JSX.Element {
  const words = useTexts();
  const nodes = new Map(rows.map((row) => [row.node, traceTitle(rows, row.node, words)]));
  if (trace !== "" && !nodes.has(trace)) nodes.set(trace, trace);
  return (
    <label class="select"><span class="visually-hidden">{words.t("trace.choose")}</span>
      <select value={trace} onChange={(event) => onTrace(event.currentTarget.value)}>
        <option value="">{words.t("trace.choose")}</option>
        {[...nodes].map(([node, title]) => <option key={node} value={node}>{title}</option>)}
      </select></label>
  );
}

/** Versions of tariffs and factors with their sources and marks, as the report has them. */
function Notes({ notes }: { notes: Audit["notes"] }): JSX.Element | null {
  const { t, language } = useTexts();
  if (notes.length === 0) return null;
  return (
    <details class="audit-notes" open>
      <summary>{t("audit.notes")}</summary>
      <ul>{notes.map((note) => <li key={note.en}>{language === "zh" ? note.zh : note.en}</li>)}</ul>
    </details>
  );
}
