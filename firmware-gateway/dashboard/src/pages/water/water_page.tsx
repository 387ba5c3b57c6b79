import type { JSX } from "preact";
import { fetchHistory } from "../../api/client";
import type { Live } from "../../api/wire";
import { joined } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { HOUR, MINUTE, addDays, startOfDay } from "../../store/calendar";
import { now, received } from "../../store/gateway";
import { median, nightMinima } from "../../store/history_math";
import { useObservable } from "../../store/observable";
import { useResource } from "../../store/resource";
import { Icon } from "../../ui/icon";
import { Bar, Empty, Panel } from "../../ui/parts";
import { AlarmsPanel } from "../overview/alarms_panel";
import { WATER } from "../history/explorer";
import { HistoryPage } from "../history/history_page";

const NIGHTS = 14;
const NIGHT_OVER_MS = 5 * HOUR;

export function WaterPage(): JSX.Element {
  return <HistoryPage utility={WATER} extra={(live, nowMs) => <><Findings /><NightPanel live={live} nowMs={nowMs} /></>} />;
}

const LEAK_KINDS = new Set(["water_leak", "water_running", "leak_wet"]);

/** What the rules have found: leaks in the pipes, taps left running, water on a floor. */
function Findings(): JSX.Element | null {
  const data = useObservable(received);
  const clocks = useObservable(now);
  return data === null ? null : <AlarmsPanel data={data} clocks={clocks} title="findings.title" none="findings.none" only={(alarm) => LEAK_KINDS.has(alarm.rule_kind)} />;
}

/** What flows between two and five flows for nobody: the surest sign of a leak that no sensor sits under. */
function NightPanel({ live, nowMs }: { live: Live; nowMs: number }): JSX.Element {
  const { t, f } = useTexts();
  const zone = live.site.timezone;
  const today = startOfDay(nowMs, zone);
  const from = addDays(today, 1 - NIGHTS, zone);
  const answer = useResource(`nights ${from}`, () => fetchHistory({ node: "compound", kind: "water", window: "15m", from, to: nowMs }), 15 * MINUTE);
  // A night that is not over has not shown its minimum yet.
  const nights = nightMinima(answer.value?.rows ?? [], zone).filter(({ day }) => day + NIGHT_OVER_MS <= nowMs);
  const known = nights.flatMap(({ rate }) => (rate === null ? [] : [rate]));
  const most = Math.max(0, ...known);
  const usual = median(known);
  return (
    <Panel id="nights" title={t("nights.title")} note={<span>{t("nights.note")}</span>} class="nights">
      {answer.status === "failed" && <p class="failure"><Icon name="medium" size={15} />{t("history.failed")}</p>}
      {known.length === 0 ? <Empty icon="clock" title={t(answer.status === "loading" ? "curve.loading" : "nights.empty")} />
        : <>
          <ol class="ranking-list">
            {[...nights].reverse().map(({ day, rate }) => (
              <li key={day} data-night={f.isoDay(day)}>
                <span class="ranking-name num">{f.day(day)}</span>
                <Bar part={rate === null || most <= 0 ? 0 : rate / most} />
                <span class="num ranking-value">{joined(f.flow(rate))}</span>
              </li>
            ))}
          </ol>
          {usual !== null && known.length > 2 && <p class="ranking-mean num">{t("nights.usual", { value: joined(f.flow(usual)) })}</p>}
        </>}
    </Panel>
  );
}
