// The bands of a tariff as a page draws them. Pure functions.
import type { Band, TariffPiece } from "../api/wire";
import { DAY, HOUR, localTime, startOfDay } from "./calendar";

/** Dearest first, as a bill has them. */
export const BANDS: readonly Band[] = ["critical_peak", "peak", "flat", "valley"];

/** Pieces of a longer stretch are too thin to be seen. */
export const BANDS_SHOWN_MS = 15 * DAY;

/** One band all day is no band: there is nothing to tell apart. */
export function hasBands(pieces: readonly TariffPiece[]): boolean {
  return new Set(pieces.map(({ band }) => band).filter((band) => band !== null)).size > 1;
}

export function pieceAt(pieces: readonly TariffPiece[], ms: number): TariffPiece | null {
  return pieces.find(({ from_ms, to_ms }) => from_ms <= ms && ms < to_ms) ?? null;
}

export interface BandPrice { band: Band; least: number | null; most: number | null }

/** Every band that occurs, with its prices: a tariff that changes in the stretch has two. */
export function bandPrices(pieces: readonly TariffPiece[]): BandPrice[] {
  return BANDS.flatMap((band) => {
    const of = pieces.filter((piece) => piece.band === band);
    const prices = of.map(({ price_yuan }) => price_yuan).filter((price) => price !== null);
    return of.length === 0 ? [] : [{ band, least: prices.length === 0 ? null : Math.min(...prices), most: prices.length === 0 ? null : Math.max(...prices) }];
  });
}

/** A piece, cut at midnight: its day, and from which hour to which (a day of 23 or 25 hours shows them as its clocks do). */
export interface BandStrip { day: number; from: number; to: number; band: Band }

export function bandStrips(pieces: readonly TariffPiece[], zone: string | undefined): BandStrip[] {
  const hourOf = (ms: number): number => { const { hour, minute } = localTime(ms, zone); return hour + minute / 60; };
  const strips: BandStrip[] = [];
  for (const { from_ms, to_ms, band } of pieces) {
    if (band === null) continue;
    for (let at = from_ms; at < to_ms;) {
      const day = startOfDay(at, zone);
      // Somewhere in the next day, whether this one has 23, 24 or 25 hours.
      const next = startOfDay(day + DAY + 2 * HOUR, zone);
      const end = Math.min(to_ms, next);
      strips.push({ day, from: hourOf(at), to: end === next ? 24 : hourOf(end), band });
      at = end;
    }
  }
  return strips;
}
