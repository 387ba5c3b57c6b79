// One curve over any stretch of time, from minutes to years, beside the period before it, with its figures in words.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { fetchHistory } from "../../api/client";
import type { HistoryRow, HistoryWindow, Live, MeterKind } from "../../api/wire";
import { joined } from "../../format/formats";
import type { Formats, Quantity } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { DAY, MINUTE } from "../../store/calendar";
import { WINDOW_MS, summarise, windowFor } from "../../store/history_math";
import { useResource } from "../../store/resource";
import { HistoryChart } from "../../ui/history_chart";
import type { HistoryColumns } from "../../ui/history_chart";
import { Icon } from "../../ui/icon";
import { Choice, Empty, Panel } from "../../ui/parts";
import { nodeChoices } from "./nodes";
import { SPANS, chosen, comparisonDays, moved, rangeOf, zoomed } from "./range";
import type { Range } from "./range";
import { rangeText } from "./range_text";
import { BandLegend, useTariff } from "./tariff_bands";

/** How one utility is written. */
export interface Utility {
  kind: MeterKind;
  colour: string;
  rate(f: Formats, value: number | null): Quantity;
  amount(f: Formats, value: number | null): Quantity;
}
export const ELECTRICITY: Utility = { kind: "electricity", colour: "power", rate: (f, v) => f.power(v), amount: (f, v) => f.energy(v) };
export const WATER: Utility = { kind: "water", colour: "water", rate: (f, v) => f.flow(v), amount: (f, v) => f.volume(v) };

/** Windows are equally long but for days at a clock change, so the former period is laid over by time, not by index. */
export function historyColumns(rows: readonly HistoryRow[], former: readonly HistoryRow[], shiftMs: number, window: HistoryWindow): HistoryColumns {
  const length = window === "1d" ? DAY : WINDOW_MS[window];
  const slots = new Map<number, { row?: HistoryRow; former?: HistoryRow }>();
  const slot = (start: number): number => Math.round(start / length) * length;
  for (const row of rows) slots.set(slot(row[0]), { row });
  for (const row of former) {
    const at = slot(row[0] + shiftMs);
    slots.set(at, { ...slots.get(at), former: row });
  }
  const out: HistoryColumns = [[], [], [], [], []];
  let last: number | null = null;
  for (const at of [...slots.keys()].sort((a, b) => a - b)) {
    const { row, former: before } = slots.get(at) ?? {};
    const known = row !== undefined && row[5] > 0;
    if (last !== null && at - last > length * 1.5) {
      out[0].push((last + length * 1.5) / 1000);
      for (const column of [1, 2, 3, 4] as const) out[column].push(null);
    }
    out[0].push((at + length / 2) / 1000);
    out[1].push(known ? row[2] : null);
    out[2].push(known ? row[3] : null);
    out[3].push(known ? row[4] : null);
    out[4].push(before !== undefined && before[5] > 0 ? before[2] : null);
    last = at;
  }
  return out;
}

interface Props {
  live: Live;
  utility: Utility;
  node: string;
  onNode(node: string): void;
  range: Range;
  onRange(range: Range): void;
  compare: boolean;
  onCompare(compare: boolean): void;
  /** The gateway's time, to the minute. */
  nowMs: number;
}

export function Explorer({ live, utility, node, onNode, range, onRange, compare, onCompare, nowMs }: Props): JSX.Element {
  const { t, f, name } = useTexts();
  const zone = live.site.timezone;
  const window = windowFor(range.to - range.from);
  const days = comparisonDays(range);
  const shift = days * DAY;
  const running = range.to > nowMs;
  const ask = (from: number, to: number) => fetchHistory({ node, kind: utility.kind, window, from, to });
  const key = `${utility.kind} ${node} ${window} ${range.from} ${range.to}`;
  const current = useResource(key, () => ask(range.from, range.to), running ? MINUTE : null);
  const former = useResource(compare ? `${key} -${days}` : "", async () => (compare ? ask(range.from - shift, range.to - shift) : null), null);

  const pieces = useTariff(node, utility.kind, range.from, range.to);
  const rows = current.value?.rows;
  const formerRows = compare ? former.value?.rows : undefined;
  const columns = useMemo(() => historyColumns(rows ?? [], formerRows ?? [], shift, window), [rows, formerRows, shift, window]);
  const summary = summarise(rows ?? [], window === "1d" ? DAY : WINDOW_MS[window]);
  // A period that is still running is compared with as much of the former one.
  const comparable = running ? (formerRows ?? []).filter(([start]) => start + shift < nowMs) : formerRows ?? [];
  const before = summarise(comparable);
  const rate = (value: number): string => joined(utility.rate(f, value));
  const label = summary === null || summary.max === null || summary.min === null || summary.mean === null ? t("history.empty")
    : t("history.aria", { max: rate(summary.max.value), min: rate(summary.min.value), mean: rate(summary.mean) });
  const choices = nodeChoices(live, utility.kind);
  const groups = ["areas", "subitems", "nodes", "meters"] as const;

  return (
    <Panel id="history" title={t(utility.kind === "water" ? "history.title.water" : "history.title.electricity")} class="history"
      note={<span class="num">{rangeText(range, f)}</span>}
      actions={<Choice label={t("history.span")} value={range.span ?? ("" as never)} onChange={(span) => onRange(rangeOf(span, nowMs, 0, zone))}
        options={SPANS.map((span) => ({ value: span, text: t(`history.span.${span}`) }))} />}>
      <div class="history-tools">
        <label class="select">
          <span class="visually-hidden">{t("history.node")}</span>
          <select value={node} onChange={(event) => onNode(event.currentTarget.value)}>
            <option value="compound">{t("history.compound")}</option>
            {groups.map((group) => {
              const of = choices.filter((choice) => choice.group === group);
              return of.length > 0 && (
                <optgroup key={group} label={t(`history.group.${group}`)}>
                  {of.map((choice) => <option key={choice.id} value={choice.id}>{choice.thing === null ? choice.id : name(choice.thing)}</option>)}
                </optgroup>
              );
            })}
          </select>
        </label>
        <div class="steps" role="group" aria-label={t("history.move")}>
          <button type="button" class="step" aria-label={t("history.earlier")} title={t("history.earlier")} onClick={() => onRange(moved(range, -1, zone))}><Icon name="left" /></button>
          <button type="button" class="step" aria-label={t("history.later")} title={t("history.later")} disabled={range.to > nowMs} onClick={() => onRange(moved(range, 1, zone))}><Icon name="right" /></button>
          <button type="button" class="step" aria-label={t("history.in")} title={t("history.in")} onClick={() => onRange(zoomed(range, 0.5))}><Icon name="plus" /></button>
          <button type="button" class="step" aria-label={t("history.out")} title={t("history.out")} onClick={() => onRange(zoomed(range, 2))}><Icon name="minus" /></button>
        </div>
        <label class="check"><input type="checkbox" checked={compare} onChange={(event) => onCompare(event.currentTarget.checked)} />{t("history.compare", { n: days })}</label>
      </div>
      {current.status === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("history.failed")}</p>}
      {current.value?.truncated === true && <p class="failure"><Icon name="medium" size={15} />{t("history.truncated")}</p>}
      <dl class="extremes">
        <div><dt>{t("history.total")}</dt><dd class="num"><b>{joined(utility.amount(f, summary?.amount ?? null))}</b>
          {compare && summary !== null && before !== null && <> {t("history.against", { value: joined(utility.amount(f, before.amount)), part: f.difference(summary.amount, before.amount) })}</>}
        </dd></div>
        <div><dt>{t("curve.mean")}</dt><dd class="num"><b>{joined(utility.rate(f, summary?.mean ?? null))}</b></dd></div>
        {summary?.max != null && <div><dt>{t("curve.max")}</dt><dd class="num"><b>{rate(summary.max.value)}</b> {f.dayTime(summary.max.ms)}</dd></div>}
        {summary?.min != null && <div><dt>{t("curve.min")}</dt><dd class="num"><b>{rate(summary.min.value)}</b> {f.dayTime(summary.min.ms)}</dd></div>}
        {summary !== null && summary.estimated > 0 && <div><dt>{t("history.estimated")}</dt><dd class="num"><b>{joined(utility.amount(f, summary.estimated))}</b></dd></div>}
      </dl>
      {/* The chart stays while the next stretch is read, and keeps the keyboard. */}
      <div class="history-box">
        <HistoryChart columns={columns} from={range.from} to={range.to} zone={zone} colour={utility.colour} pieces={pieces}
          quantity={(value) => utility.rate(f, value)} label={label} formerLabel={compare ? t("history.former", { n: days }) : null}
          onZoom={(from, to) => onRange(chosen(from, to))}
          onKey={(action) => {
            if (action === "later" && running) return;
            onRange(action === "in" ? zoomed(range, 0.5) : action === "out" ? zoomed(range, 2) : moved(range, action === "earlier" ? -1 : 1, zone));
          }} />
        {columns[0].length === 0 && (rows !== undefined || current.status === "loading") && <div class="history-empty">
          {rows === undefined ? <Empty icon="clock" title={t("curve.loading")} /> : <Empty icon="clock" title={t("history.empty")} text={t("history.empty.text")} />}
        </div>}
      </div>
      <p class="legend">
        <span><i class={`line line-${utility.colour}`} />{t("history.legend.mean", { window: t(`window.${window}`) })}</span>
        <span><i class={`band band-${utility.colour}`} />{t("history.legend.band")}</span>
        {compare && <span><i class="line line-former" />{t("history.former", { n: days })}</span>}
      </p>
      <BandLegend pieces={pieces} kind={utility.kind} />
    </Panel>
  );
}
