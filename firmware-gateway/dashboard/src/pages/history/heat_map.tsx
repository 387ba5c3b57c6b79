// Hour by day: when power is drawn. The darker the more, on one hue, so that it reads without telling colours apart.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { HistoryRow, TariffPiece } from "../../api/wire";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { PHONE, useMedia } from "../../ui/media";
import { heatCells } from "../../store/history_math";
import { bandStrips } from "../../store/tariff";
import type { Utility } from "./explorer";

const STEPS = 7;
const LEFT = 34;
const TOP = 4;
const BOTTOM = 20;
/** Fewer days leave room at the right: one alone would fill the page. */
const LEAST_COLUMNS = 7;

/** 1 to STEPS; the scale runs from the lowest value to the highest, so that a base load does not wash everything out. */
export function heatStep(value: number, min: number, max: number): number {
  if (max <= min) return 1;
  return Math.min(STEPS, 1 + Math.floor(((value - min) / (max - min)) * STEPS));
}

interface Props {
  rows: readonly HistoryRow[];
  zone: string | undefined;
  utility: Utility;
  /** Drawn at the left edge of their hours. */
  pieces: readonly TariffPiece[];
}

export function HeatMap({ rows, zone, utility, pieces }: Props): JSX.Element | null {
  const { t, f } = useTexts();
  const { days, cells } = useMemo(() => heatCells(rows, zone), [rows, zone]);
  const strips = useMemo(() => bandStrips(pieces, zone), [pieces, zone]);
  const [hover, setHover] = useState<{ day: number; hour: number; value: number } | null>(null);
  const phone = useMedia(PHONE);
  const values = [...cells.values()];
  if (values.length === 0) return null;
  const cell = phone ? 12 : 36;
  const min = Math.min(...values);
  const max = Math.max(...values);
  const width = LEFT + Math.max(days.length, LEAST_COLUMNS) * cell;
  const height = TOP + 24 * 10 + BOTTOM;
  const every = Math.ceil(days.length / (phone ? 5 : 9));
  const text = (value: number): string => joined(utility.rate(f, value));
  const hoverBand = hover === null ? undefined : strips.find(({ day, from, to }) => day === hover.day && from < hover.hour + 1 && to > hover.hour);
  return (
    <div class="heat">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t("heat.aria", { days: days.length, min: text(min), max: text(max) })}
        preserveAspectRatio="xMinYMid meet" onMouseLeave={() => setHover(null)}>
        {[0, 6, 12, 18].map((hour) => <text key={hour} class="heat-text" x={LEFT - 5} y={TOP + hour * 10 + 9} text-anchor="end">{`${String(hour).padStart(2, "0")}:00`}</text>)}
        {days.map((day, column) => (
          <g key={day}>
            {Array.from({ length: 24 }, (_, hour) => {
              const value = cells.get(`${day} ${hour}`);
              return <rect key={hour} class={value === undefined ? "heat-none" : `heat-${utility.kind} heat-${heatStep(value, min, max)}`}
                x={LEFT + column * cell} y={TOP + hour * 10} width={cell - 1.5} height={8.8} rx={1.5}
                onMouseEnter={() => setHover(value === undefined ? null : { day, hour, value })} />;
            })}
            {strips.filter((strip) => strip.day === day).map((strip) => (
              <rect key={strip.from} class={`heat-band tariff-${strip.band}`} x={LEFT + column * cell} y={TOP + strip.from * 10} width={phone ? 3 : 5} height={(strip.to - strip.from) * 10 - 1.2} />))}
            {column % every === 0 && <text class="heat-text" x={LEFT + column * cell} y={TOP + 240 + 14}>{f.day(day)}</text>}
          </g>
        ))}
      </svg>
      <p class="legend">
        <span class="num">{text(min)}</span>
        <span class="heat-scale" aria-hidden="true">{Array.from({ length: STEPS }, (_, i) => <svg key={i} width="16" height="10"><rect class={`heat-${utility.kind} heat-${i + 1}`} width="16" height="10" /></svg>)}</span>
        <span class="num">{text(max)}</span>
        <span class="num heat-read" aria-hidden="true">{hover !== null && `${f.day(hover.day)} ${String(hover.hour).padStart(2, "0")}:00 · ${text(hover.value)}${hoverBand === undefined ? "" : ` · ${t(`band.${hoverBand.band}`)}`}`}</span>
      </p>
    </div>
  );
}
