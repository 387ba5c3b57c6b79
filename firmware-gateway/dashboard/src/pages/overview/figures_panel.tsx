// The compound in one line: power now, energy and water since midnight, and how much of the compound these figures cover.
import type { JSX } from "preact";
import type { Live } from "../../api/wire";
import { AgeText, Value } from "../../ui/parts";
import { Icon } from "../../ui/icon";
import { UNKNOWN, joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { ageOf, ageOfFrame } from "../../store/age";
import { history } from "../../store/gateway";
import { useObservable } from "../../store/observable";
import type { HistoryRow } from "../../api/wire";
import type { Habits } from "./habits";
import { CostLines, DemandLine, WaterCostLine } from "./cost_lines";

const COMPARE_MS = 15 * 60_000;
/** Less than this part of the power is noise, not a change. */
const FLAT = 0.01;

/** Mean of the minute that held the moment a quarter of an hour ago. */
export function powerBefore(rows: HistoryRow[], nowMs: number): number | null {
  const then = nowMs - COMPARE_MS;
  const row = rows.find(([start]) => start <= then && then < start + 60_000);
  return row === undefined || row[5] === 0 ? null : row[2];
}

/** `more`: also what has to be asked for, and what has a date in it. */
export function FiguresPanel({ live, since, habits, more }: { live: Live; since: number; habits: Habits; more: boolean }): JSX.Element {
  const { t, f } = useTexts();
  const past = useObservable(history);
  const { compound } = live;
  const age = ageOf(compound.age_ms, since, true, compound.stale_after_ms);
  const frame = ageOfFrame(since);
  const missing = compound.meters - compound.meters_online;
  const sensorsOnline = live.sensors.filter((sensor) => sensor.online === true).length;

  const normal = habits.normalPower(live.time_ms);
  const before = powerBefore(past.rows, live.time_ms);
  const change = before === null || compound.power_w === null || before <= 0 ? null : compound.power_w - before;
  const direction = change === null || before === null ? null
    : Math.abs(change) < FLAT * before ? "flat" : change > 0 ? "up" : "down";

  return (
    <section class="panel figures" aria-label={t("kpi.title")}>
      <div class="figure figure-main">
        <h2><Icon name="bolt" />{t("kpi.power")}</h2>
        <Value class="big" quantity={f.power(compound.power_w)} age={age} />
        {age.freshness === "fresh" && normal !== null && (
          <p class="figure-note figure-normal num">{t("kpi.normal", { value: joined(f.power(normal)), part: f.difference(compound.power_w, normal) })}</p>
        )}
        <p class="figure-note">
          {age.freshness !== "fresh" ? <AgeText age={age} />
            : direction !== null && change !== null && <>
              <Icon name={direction === "flat" ? "level" : direction} size={14} />
              {t(`kpi.change.${direction}`, { value: joined(f.power(Math.abs(change))) })}
            </>}
        </p>
        {more && age.freshness === "fresh" && <DemandLine live={live} />}
      </div>
      <div class="figure">
        <h2><Icon name="gauge" />{t("kpi.energy")}</h2>
        <Value quantity={f.energy(compound.energy_today_wh)} age={age} />
        <p class="figure-note">{age.freshness !== "fresh" ? <AgeText age={age} />
          : habits.yesterdayWh !== null ? <span class="num">{t("kpi.yesterday", { value: joined(f.energy(habits.yesterdayWh)), part: f.difference(compound.energy_today_wh, habits.yesterdayWh) })}</span>
          : t("kpi.since_midnight")}</p>
        {age.freshness === "fresh" && <CostLines live={live} habits={habits} />}
      </div>
      <div class="figure">
        <h2><Icon name="drop" />{t("kpi.water")}</h2>
        <Value quantity={f.volume(compound.volume_today_l)} age={age} />
        <p class="figure-note">
          {age.freshness !== "fresh" ? <AgeText age={age} /> : <span class="num">
            {habits.yesterdayL !== null && <>{t("kpi.yesterday", { value: joined(f.volume(habits.yesterdayL)), part: f.difference(compound.volume_today_l, habits.yesterdayL) })}<br /></>}
            {t("kpi.flow", { value: joined(f.flow(compound.flow_l_per_h)) })}
          </span>}
        </p>
        {age.freshness === "fresh" && <WaterCostLine live={live} />}
      </div>
      <div class="figure">
        <h2><Icon name="check" />{t("kpi.coverage")}</h2>
        <Value quantity={{ value: compound.meters === 0 ? UNKNOWN : `${f.count(compound.meters_online)}/${f.count(compound.meters)}`, unit: "" }} age={frame} />
        <p class={`figure-note ${missing > 0 ? "warn" : ""}`}>
          {frame.freshness !== "fresh" ? <AgeText age={frame} />
            : compound.meters === 0 ? t("kpi.coverage.none")
            : missing > 0
            ? <><Icon name="medium" size={14} />{t("kpi.coverage.missing", { n: missing })}</>
            : live.sensors.length > 0
              ? t("kpi.sensors", { online: sensorsOnline, total: live.sensors.length })
              : t("kpi.coverage.all")}
        </p>
      </div>
    </section>
  );
}
