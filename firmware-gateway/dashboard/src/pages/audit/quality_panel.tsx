// What happened to the meters in the period and how it was booked, and the forms by which people tell of an exchange and correct.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Live } from "../../api/wire";
import type { MeterTrace, QualityEvent } from "../../api/wire_audit";
import { UNKNOWN } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { Empty, Panel } from "../../ui/parts";
import { MeterActions } from "../meters/meter_actions";

const EVENT_TEXT: Record<string, TextKey> = {
  gap: "quality.gap", wrap: "quality.wrap", reset: "quality.reset", exchange: "quality.exchange", announced_exchange: "quality.announced_exchange", glitch: "quality.glitch",
  jump: "quality.jump", returned: "quality.returned", stepped_back: "quality.stepped_back", duplicate: "quality.duplicate", late: "quality.late",
  integrated: "quality.integrated", correction: "quality.correction",
};

export function eventText(event: string, { t }: Pick<Words, "t">): string {
  const key = EVENT_TEXT[event];
  return key === undefined ? event : t(key);
}

/** A correction moves no counter: it has no reading before and after. */
function counterText(event: QualityEvent, reading: number, { f }: Pick<Words, "f">): string {
  return event.event === "correction" ? UNKNOWN : f.decimal(reading, 2);
}

const SHOWN = 20;

function meterName(live: Live, id: string, { name }: Pick<Words, "name">): string {
  const meter = live.meters.find((other) => other.id === id);
  return meter === undefined ? id : name(meter);
}

function meterUnit(live: Live, id: string): string {
  const kind = live.meters.find((other) => other.id === id)?.kind;
  return kind === undefined ? "" : kind === "water" ? "m³" : "kWh";
}

export function QualityPanel({ live, nowMs, events, onChanged }: { live: Live; nowMs: number; events: readonly QualityEvent[]; onChanged(): void }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const [all, setAll] = useState(false);
  const shown = [...events].sort((a, b) => b.at_ms - a.at_ms).slice(0, all ? undefined : SHOWN);
  return (
    <Panel id="quality" title={t("quality.title")} note={<span class="num">{t("journal.count", { n: events.length })}</span>} class="no-print"
      actions={<MeterActions live={live} nowMs={nowMs} onChanged={onChanged} />}>
      {events.length === 0 ? <Empty icon="check" title={t("quality.empty")} />
        : <div class="table-scroll" tabIndex={0} role="region" aria-label={t("quality.title")}>
            <table class="table">
              <thead><tr><th scope="col">{t("journal.time")}</th><th scope="col">{t("quality.meter")}</th><th scope="col">{t("quality.event")}</th><th scope="col" class="right">{t("quality.before")}</th>
                <th scope="col" class="right">{t("quality.after")}</th><th scope="col" class="right">{t("quality.amount")}</th><th scope="col">{t("quality.who")}</th></tr></thead>
              <tbody>{shown.map((event, index) => (
                <tr key={`${event.meter} ${event.at_ms} ${event.event} ${index}`} data-quality={event.event}>
                  <td class="num">{event.at}</td><th scope="row">{meterName(live, event.meter, words)}</th><td>{eventText(event.event, words)}</td>
                  <td class="right num">{counterText(event, event.before, words)}</td><td class="right num">{counterText(event, event.after, words)}</td><td class="right num">{`${f.decimal(event.amount, 2)} ${meterUnit(live, event.meter)}`}</td>
                  <td>{[event.by, event.comment].filter((text) => text !== "").join("：")}</td>
                </tr>))}
              </tbody>
            </table>
          </div>}
      {events.length > SHOWN && !all && <button type="button" class="more" onClick={() => setAll(true)}>{t("alarms.show_all", { n: events.length })}</button>}
    </Panel>
  );
}

/** From the counter readings at the month's edges to the figure that was booked. */
export function TracePanel({ live, trace, title }: { live: Live; trace: readonly MeterTrace[]; title: string }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const edge = (reading: { at: string; reading: number } | null): JSX.Element => (reading === null ? <>{UNKNOWN}</> : <>{f.decimal(reading.reading, 2)}<br /><span class="dim">{reading.at.slice(5)}</span></>);
  return (
    <Panel id="trace" title={t("trace.title")} note={<span>{title}</span>}>
      <p class="audit-note">{t("trace.text")}</p>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={t("trace.title")}>
        <table class="table">
          <thead><tr><th scope="col">{t("audit.month")}</th><th scope="col">{t("quality.meter")}</th><th scope="col" class="right">{t("trace.first")}</th><th scope="col" class="right">{t("trace.last")}</th>
            <th scope="col">{t("trace.events")}</th><th scope="col" class="right">{t("trace.by_readings")}</th><th scope="col" class="right">{t("audit.corrected")}</th>
            <th scope="col" class="right">{t("trace.edges")}</th><th scope="col" class="right">{t("trace.booked")}</th></tr></thead>
          <tbody>{trace.map((meter) => (
            <tr key={`${meter.month} ${meter.meter}`} data-trace={meter.meter}>
              <td class="num">{meter.month}</td>
              <th scope="row">{meter.sign < 0 ? "− " : ""}{meterName(live, meter.meter, words)}</th>
              <td class="right num">{edge(meter.first)}</td><td class="right num">{edge(meter.last)}</td>
              <td>{meter.events.length === 0 ? UNKNOWN : meter.events.map(({ event }) => eventText(event, words)).join("、")}</td>
              <td class="right num">{f.decimal(meter.by_readings, 2)}</td><td class="right num">{f.decimal(meter.corrections, 2)}</td>
              <td class="right num">{f.decimal(meter.at_the_edges, 2)}</td><td class="right num"><b>{f.decimal(meter.booked, 2)}</b> {meter.unit === "m3" ? "m³" : meter.unit}</td>
            </tr>))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
