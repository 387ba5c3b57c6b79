// The bands of the tariff: asked for, and explained beneath the curve that they are drawn behind.
import type { JSX } from "preact";
import { ApiError, fetchTariff } from "../../api/client";
import type { MeterKind, TariffPiece } from "../../api/wire";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import { useResource } from "../../store/resource";
import { BANDS_SHOWN_MS, bandPrices, hasBands } from "../../store/tariff";
import type { BandPrice } from "../../store/tariff";

const NONE: readonly TariffPiece[] = [];

/** Empty: no tariff, one without bands, or so long a stretch that bands could not be told apart. */
export function useTariff(node: string, kind: MeterKind, from: number, to: number, mostMs = BANDS_SHOWN_MS): readonly TariffPiece[] {
  const asked = to - from <= mostMs;
  const tariff = useResource<readonly TariffPiece[]>(asked ? `tariff ${kind} ${node} ${from} ${to}` : "", async () => {
    if (!asked) return NONE;
    try {
      return (await fetchTariff(node, kind, from, to)).pieces;
    } catch (error) {
      // What is not there will not come by asking again.
      if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return NONE;
      throw error;
    }
  }, null);
  const pieces = tariff.value ?? NONE;
  return hasBands(pieces) ? pieces : NONE;
}

export function priceText({ least, most }: Omit<BandPrice, "band">, { f }: Pick<Words, "f">): string {
  if (least === null || most === null) return "";
  const text = (price: number): string => `¥${price.toFixed(4).replace(/0{1,2}$/, "")}`;
  return f.decimal(least, 2) === f.decimal(most, 2) ? text(least) : `${text(least)}–${text(most)}`;
}

export function BandLegend({ pieces, kind }: { pieces: readonly TariffPiece[]; kind: MeterKind }): JSX.Element | null {
  const words = useTexts();
  const { t } = words;
  if (pieces.length === 0) return null;
  return (
    <p class="legend band-legend">
      <span>{t("bands.legend", { unit: kind === "water" ? "m³" : "kWh" })}</span>
      {bandPrices(pieces).map(({ band, least, most }) => <span key={band} data-legend={band}><i class={`swatch tariff-${band}`} />{t(`band.${band}`)} <span class="num">{priceText({ least, most }, words)}</span></span>)}
    </p>
  );
}
