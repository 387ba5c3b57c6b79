// uPlot as a component: the curve of one power over the last hour, with the range inside each minute as a band behind it.
// Colours come from the style sheet's custom properties, so that the chart follows the theme.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { joined } from "../format/formats";
import { useTexts } from "../i18n/texts";
import type { Words } from "../i18n/texts";
import { useObservable } from "../store/observable";
import { CURVE_SPAN_MS } from "../store/power_curve";
import type { CurveColumns, Span } from "../store/power_curve";
import { theme, wall } from "../store/preferences";
import { useMedia } from "./media";

interface Props {
  columns: CurveColumns;
  nowMs: number;
  fromZero: boolean;
  /** A normal day's power at that moment, drawn dashed. */
  normal: (ms: number) => number | null;
  /** Times in which the total is too low: behind the curve. */
  partial: readonly Span[];
  /** What the picture shows, in words. */
  label: string;
}

/** Room around the values; at least three hundredths of their size, so that noise is not blown up into mountains. */
export function powerRange(min: number, max: number, fromZero: boolean): [number, number] {
  const size = Math.max(Math.abs(max), Math.abs(min), 100);
  const room = Math.max((max - min) * 0.15, size * 0.03);
  const low = fromZero ? Math.min(0, min) : min - room;
  return [min >= 0 ? Math.max(0, low) : low, max + room];
}

export function PowerChart({ columns, nowMs, fromZero, label, normal, partial }: Props): JSX.Element {
  const words = useTexts();
  const chosenTheme = useObservable(theme);
  const onWall = useObservable(wall);
  const systemDark = useMedia("(prefers-color-scheme: dark)");
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const latest = useRef({ columns, nowMs, fromZero, partial });
  latest.current = { columns, nowMs, fromZero, partial };
  // A point a second is more than a line needs that bends once an hour, but one set of times is what uPlot wants.
  const known = normal(nowMs) !== null;
  const drawn: uPlot.AlignedData = [...columns, columns[0].map((s) => (known ? normal(s * 1000) : null))];

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const chart = new uPlot(options(element, words, () => latest.current, setHover), drawn, element);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [words, chosenTheme, onWall, systemDark]);

  useEffect(() => plot.current?.setData(drawn), [columns, nowMs, fromZero, known]);

  const at = hover === null ? undefined : columns[0][hover];
  const mean = hover === null ? null : columns[1][hover] ?? null;
  const low = hover === null ? null : columns[2][hover] ?? null;
  const high = hover === null ? null : columns[3][hover] ?? null;
  const { t, f } = words;
  return (
    <div class="chart">
      <div class="chart-read num" aria-hidden="true">
        {at !== undefined && mean !== null && <>
          <span>{low === null ? f.clockSeconds(at * 1000) : f.clock(at * 1000)}</span>
          <b>{joined(f.power(mean))}</b>
          {low !== null && high !== null && <span>{t("curve.range", { min: f.power(low).value, max: joined(f.power(high)) })}</span>}
        </>}
      </div>
      <div class="chart-box" ref={box} role="img" aria-label={label} />
    </div>
  );
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(120, element.clientWidth), height: Math.max(120, element.clientHeight) };
}

function options(
  element: HTMLElement, words: Words, latest: () => Pick<Props, "columns" | "nowMs" | "fromZero" | "partial">,
  onHover: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const size = Math.round(parseFloat(style.fontSize));
  const font = `${size}px ${style.fontFamily}`;
  const axis = { stroke: colour("--dim"), font, ticks: { show: false }, grid: { stroke: colour("--line"), width: 1 } };
  return {
    ...sizeOf(element),
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 9, fill: colour("--panel") } },
    scales: {
      x: { time: true, range: () => [(latest().nowMs - CURVE_SPAN_MS) / 1000, latest().nowMs / 1000] },
      y: {
        range: (_chart, min, max) => (min === null || max === null ? [0, 1000] : powerRange(min, max, latest().fromZero)),
      },
    },
    axes: [
      {
        ...axis, grid: { show: false }, size: size * 2.3, space: size * 5.3, incrs: [300, 600, 900, 1800],
        values: (_chart, splits) => splits.map((split) => words.f.clock(split * 1000)),
      },
      {
        ...axis, size: size * 4.7, space: size * 3.8,
        values: (_chart, splits) => tickTexts(splits, words),
      },
    ],
    series: [
      {},
      {
        stroke: colour("--power"), width: 2, points: { show: false }, spanGaps: false,
      },
      { stroke: "transparent", width: 0, points: { show: false } },
      { stroke: "transparent", width: 0, points: { show: false } },
      { stroke: colour("--dim"), width: 1.5, dash: [5, 4], points: { show: false }, spanGaps: true },
    ],
    bands: [{ series: [3, 2], fill: colour("--power-band") }],
    hooks: {
      setCursor: [(chart) => onHover(chart.cursor.idx ?? null)],
      drawClear: [(chart) => drawPartial(chart, latest().partial, colour("--bar-ground"))],
      draw: [(chart) => drawNow(chart, latest().columns, colour("--power"), colour("--panel"))],
    },
  };
}

/** Decimals as the distance of the ticks asks for, the unit at the top one only. */
export function tickTexts(splits: number[], { f, language }: Pick<Words, "f" | "language">, unit = f.power(0).unit): string[] {
  const step = splits.length > 1 ? Math.abs((splits[1] ?? 0) - (splits[0] ?? 0)) / 1000 : 1;
  const digits = [0, 1].find((n) => Math.abs(step * 10 ** n - Math.round(step * 10 ** n)) < 1e-6) ?? 2;
  const format = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return splits.map((split, index) => (index === splits.length - 1 ? `${format.format(split / 1000)} ${unit}` : format.format(split / 1000)));
}

function drawPartial(chart: uPlot, partial: readonly Span[], fill: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = fill;
  for (const { from, to } of partial) {
    const left = Math.max(bbox.left, chart.valToPos(from / 1000, "x", true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(to / 1000, "x", true));
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

/** The dot at the newest value: where the curve is being drawn. */
function drawNow(chart: uPlot, [x, mean]: CurveColumns, stroke: string, ground: string): void {
  const last = x.length - 1;
  const value = mean[last] ?? null;
  const time = x[last];
  if (value === null || time === undefined) return;
  const left = chart.valToPos(time, "x", true);
  const top = chart.valToPos(value, "y", true);
  const { ctx } = chart;
  const radius = 4 * (window.devicePixelRatio || 1);
  ctx.save();
  ctx.beginPath();
  ctx.arc(left, top, radius, 0, 2 * Math.PI);
  ctx.fillStyle = stroke;
  ctx.fill();
  ctx.lineWidth = radius / 2;
  ctx.strokeStyle = ground;
  ctx.stroke();
  ctx.restore();
}
