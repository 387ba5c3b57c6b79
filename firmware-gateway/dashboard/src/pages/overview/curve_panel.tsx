import type { JSX } from "preact";
import { Choice, Panel, Empty } from "../../ui/parts";
import { Icon } from "../../ui/icon";
import { PowerChart } from "../../ui/power_chart";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import type { ClockReading } from "../../store/age";
import { MINUTE } from "../../store/calendar";
import { gatewayTime, history, livePoints } from "../../store/gateway";
import type { Received } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import { CURVE_SPAN_MS, curveColumns, curveExtremes, partialSpans } from "../../store/power_curve";
import { curveFromZero } from "../../store/preferences";

export function CurvePanel({ data, clocks, normal }: { data: Received; clocks: ClockReading; normal: (ms: number) => number | null }): JSX.Element {
  const { t, f } = useTexts();
  const past = useObservable(history);
  const live = useObservable(livePoints);
  const fromZero = useObservable(curveFromZero);
  const nowMs = gatewayTime(data, clocks);
  const columns = curveColumns(past.rows, live, nowMs);
  const partial = partialSpans(past.rows, live);
  const extremes = curveExtremes(columns, partial);
  // The gateway's first minute is short because it began in it: nothing was offline.
  const began = (past.rows[0]?.[0] ?? 0) > nowMs - CURVE_SPAN_MS + MINUTE;
  const shown = partialSpans(began ? past.rows.slice(1) : past.rows, live).filter(({ to }) => to > nowMs - CURVE_SPAN_MS);
  const drawn = columns[1].filter((value) => value !== null).length;
  const label = extremes === null ? t("curve.empty") : t("curve.aria", {
    max: joined(f.power(extremes.max.value)), min: joined(f.power(extremes.min?.value ?? null)), mean: joined(f.power(extremes.mean)),
  });
  return (
    <Panel id="curve" title={t("curve.title")} class="curve"
      note={<span>{t("curve.span")}</span>}
      actions={<Choice label={t("curve.scale")} value={fromZero} onChange={(value) => curveFromZero.set(value)}
        options={[{ value: "no", text: t("curve.fit") }, { value: "yes", text: t("curve.zero") }]} />}>
      {extremes !== null && (
        <dl class="extremes">
          <div><dt>{t("curve.max")}</dt><dd class="num"><b>{joined(f.power(extremes.max.value))}</b> {f.clock(extremes.max.ms)}</dd></div>
          <div><dt>{t("curve.mean")}</dt><dd class="num"><b>{joined(f.power(extremes.mean))}</b></dd></div>
          {extremes.min !== null && <div><dt>{t("curve.min")}</dt><dd class="num"><b>{joined(f.power(extremes.min.value))}</b> {f.clock(extremes.min.ms)}</dd></div>}
        </dl>
      )}
      {normal(nowMs) !== null && <p class="legend"><span><i class="line line-former" />{t("curve.normal")}</span></p>}
      {shown.length > 0 && <p class="legend"><span><i class="band band-partial" />{t("curve.partial")}</span></p>}
      {past.status === "failed" && <p class="failure"><Icon name="medium" size={15} />{t("curve.failed")}</p>}
      {drawn === 0
        ? <Empty icon="clock" title={t(past.status === "loading" ? "curve.loading" : "curve.empty")} />
        : <PowerChart columns={columns} nowMs={nowMs} fromZero={fromZero === "yes"} label={label} normal={normal} partial={shown} />}
    </Panel>
  );
}
