// uPlot as a component for stretches of any length: one curve with the range inside each window behind it, and, dashed, the
// period before. Drag to zoom; with the keyboard: arrows move, plus and minus zoom. Days begin at the site's midnight.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { joined } from "../format/formats";
import type { Quantity } from "../format/formats";
import { useTexts } from "../i18n/texts";
import type { Words } from "../i18n/texts";
import type { TariffPiece } from "../api/wire";
import { DAY, localTime } from "../store/calendar";
import { useObservable } from "../store/observable";
import { theme, wall } from "../store/preferences";
import { pieceAt } from "../store/tariff";
import { useMedia } from "./media";
import { tickTexts } from "./power_chart";

/** Ready for uPlot: seconds; mean, min, max, mean of the period before. A null breaks the line. */
export type HistoryColumns = [number[], (number | null)[], (number | null)[], (number | null)[], (number | null)[]];

interface Props {
  columns: HistoryColumns;
  from: number;
  to: number;
  zone: string | undefined;
  /** The style sheet's name of the curve's colour, as `power`; `power-band` is behind it. */
  colour: string;
  quantity: (value: number) => Quantity;
  label: string;
  formerLabel: string | null;
  /** Bands of the tariff, drawn behind the curve. */
  pieces?: readonly TariffPiece[];
  onZoom(from: number, to: number): void;
  onKey(action: "earlier" | "later" | "in" | "out"): void;
}

const KEYS: Record<string, "earlier" | "later" | "in" | "out"> = { ArrowLeft: "earlier", ArrowRight: "later", "+": "in", "=": "in", "-": "out" };

const NO_PIECES: readonly TariffPiece[] = [];

export function HistoryChart(props: Props): JSX.Element {
  const words = useTexts();
  const chosenTheme = useObservable(theme);
  const onWall = useObservable(wall);
  const systemDark = useMedia("(prefers-color-scheme: dark)");
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const [hover, setHover] = useState<number | null>(null);
  const { columns, from, to, colour, pieces = NO_PIECES } = props;

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    setHover(null);
    const chart = new uPlot(options(element, words, latest, setHover), latest.current.columns, element);
    const observer = new ResizeObserver(() => chart.setSize({ width: Math.max(120, element.clientWidth), height: Math.max(120, element.clientHeight) }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [words, chosenTheme, onWall, systemDark, columns, from, to, colour, pieces]);

  const { f, t } = words;
  const at = hover === null ? undefined : columns[0][hover];
  const value = hover === null ? null : columns[1][hover] ?? null;
  const former = hover === null ? null : columns[4][hover] ?? null;
  const piece = at === undefined ? null : pieceAt(pieces, at * 1000);
  const text = (number: number): string => joined(props.quantity(number));
  return (
    <div class="chart history-chart">
      <div class="chart-read num" aria-hidden="true">
        {at !== undefined && (value !== null || former !== null) && <>
          <span>{to - from > 40 * DAY ? f.day(at * 1000) : f.dayTime(at * 1000)}</span>
          {value !== null && <b>{text(value)}</b>}
          {piece?.band != null && <span>{t(`band.${piece.band}`)}</span>}
          {former !== null && props.formerLabel !== null && <span>{props.formerLabel} {text(former)}</span>}
        </>}
      </div>
      <div class="chart-box" ref={box} role="img" aria-label={`${props.label} ${t("history.keys")}`} tabIndex={0}
        onKeyDown={(event) => {
          const action = KEYS[event.key];
          if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          props.onKey(action);
        }} />
    </div>
  );
}

/** A tint from top to bottom and a bar in the band's full colour at the top, with its name where there is room: not told by colour alone. */
function drawBands(chart: uPlot, pieces: readonly TariffPiece[], colourOf: (name: string) => string, font: string, { t }: Pick<Words, "t">): void {
  const { ctx, bbox } = chart;
  const ratio = uPlot.pxRatio;
  const bar = 4 * ratio;
  ctx.save();
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * ratio));
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const { from_ms, to_ms, band } of pieces) {
    if (band === null) continue;
    const left = Math.max(bbox.left, chart.valToPos(from_ms / 1000, "x", true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(to_ms / 1000, "x", true));
    if (right <= left) continue;
    ctx.globalAlpha = 0.13;
    ctx.fillStyle = colourOf(`tariff-${band}`);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top, right - left - ratio, bar);
    const name = t(`band.${band}`);
    if (ctx.measureText(name).width + 8 * ratio > right - left) continue;
    ctx.fillStyle = colourOf("dim");
    ctx.fillText(name, (left + right) / 2, bbox.top + bar + 3 * ratio);
  }
  ctx.restore();
}

/** A value between two gaps has no line: it is drawn as a dot. */
export function alone(chart: { data: readonly (ArrayLike<number | null | undefined>)[] }, series: number): number[] {
  const values = Array.from(chart.data[series] ?? []);
  return values.flatMap((value, i) => (value != null && values[i - 1] == null && values[i + 1] == null ? [i] : []));
}

/** Ticks of the time axis: clock times within two days, then days, then months. */
export function timeTicks(splits: readonly number[], spanMs: number, zone: string | undefined, { f }: Pick<Words, "f">): string[] {
  return splits.map((split) => {
    const ms = split * 1000;
    if (spanMs > 200 * DAY) return f.month(ms);
    const { hour, minute } = localTime(ms, zone);
    return spanMs > 2.5 * DAY || (hour === 0 && minute === 0) ? f.day(ms) : f.clock(ms);
  });
}

function options(
  element: HTMLElement, words: Words, latest: { current: Props }, onHover: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colourOf = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const { from, to, zone, colour } = latest.current;
  const size = Math.round(parseFloat(style.fontSize));
  const font = `${size}px ${style.fontFamily}`;
  const axis = { stroke: colourOf("dim"), font, ticks: { show: false }, grid: { stroke: colourOf("line"), width: 1 } };
  const hidden = { stroke: "transparent", width: 0, points: { show: false } };
  return {
    width: Math.max(120, element.clientWidth), height: Math.max(120, element.clientHeight),
    padding: [10, 30, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => (zone === undefined ? new Date(seconds * 1000) : uPlot.tzDate(new Date(seconds * 1000), zone)),
    cursor: { y: false, drag: { setScale: false, x: true, y: false }, points: { size: 8, fill: colourOf("panel") } },
    scales: {
      x: { time: true, range: () => [from / 1000, to / 1000] },
      y: { range: (_chart, min, max) => (min === null || max === null ? [0, 1000] : [Math.min(0, min), Math.max(max, 1) * 1.06]) },
    },
    axes: [
      { ...axis, grid: { show: false }, size: size * 2.3, space: size * 6.5, values: (_chart, splits) => timeTicks(splits, to - from, zone, words) },
      { ...axis, size: size * 4.9, space: size * 3.4, values: (_chart, splits) => tickTexts(splits, words, latest.current.quantity(0).unit) },
    ],
    series: [
      {},
      { stroke: colourOf(colour), width: 2, points: { show: true, size: 6, fill: colourOf(colour), filter: alone }, spanGaps: false },
      hidden, hidden,
      { stroke: colourOf("dim"), width: 1.5, dash: [5, 4], points: { show: false }, spanGaps: false },
    ],
    bands: [{ series: [3, 2], fill: colourOf(`${colour}-band`) }],
    hooks: {
      drawClear: [(chart) => drawBands(chart, latest.current.pieces ?? NO_PIECES, colourOf, `${size - 1}px ${style.fontFamily}`, words)],
      setCursor: [(chart) => onHover(chart.cursor.idx ?? null)],
      setSelect: [(chart) => {
        if (chart.select.width < 6) return;
        latest.current.onZoom(chart.posToVal(chart.select.left, "x") * 1000, chart.posToVal(chart.select.left + chart.select.width, "x") * 1000);
      }],
    },
  };
}
