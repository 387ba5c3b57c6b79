// Whether the figures on the screen are of now. The pill is always there; the banner appears when they are not.
import type { JSX } from "preact";
import { FRAME_STALE_MS } from "../store/age";
import { link, now, received, reconnectNow, sinceFrame } from "../store/gateway";
import type { Received } from "../store/gateway";
import { useObservable } from "../store/observable";
import type { Link } from "../api/stream";
import type { ClockReading } from "../store/age";
import { useTexts } from "../i18n/texts";
import { Icon } from "./icon";

type Shown = "connecting" | "live" | "late" | "lost";

export function shownState(state: Link, data: Received | null, clocks: ClockReading): Shown {
  const fresh = data !== null && sinceFrame(data, clocks) <= FRAME_STALE_MS;
  if (state.state === "open") return fresh ? "live" : "late";
  if (state.state === "connecting" && state.attempt <= 1 && data === null) return "connecting";
  return "lost";
}

export function LinkState(): JSX.Element {
  const { t, f } = useTexts();
  const data = useObservable(received);
  const state = useObservable(link);
  const clocks = useObservable(now);
  const shown = shownState(state, data, clocks);
  return (
    <div class={`link link-${shown}`} title={data === null ? undefined : t("link.age", { age: f.age({ freshness: "fresh", ms: sinceFrame(data, clocks) }) })}>
      {shown === "live" ? <span class="link-dot" aria-hidden="true" /> : <Icon name={shown === "lost" ? "unlink" : "clock"} size={16} />}
      <span>{t(`link.${shown}`)}</span>
    </div>
  );
}

export function ConnectionBanner(): JSX.Element {
  const { t, f } = useTexts();
  const data = useObservable(received);
  const state = useObservable(link);
  const clocks = useObservable(now);
  const shown = shownState(state, data, clocks);
  const wrong = shown === "late" || shown === "lost";
  // The live region stays in the page, so that a screen reader hears the words when they come; the seconds are not read out.
  return (
    <div class={wrong ? "banner" : ""}>
      <div role="status" class="banner-words">
        {wrong && <>
          <Icon name="unlink" />
          <strong>{t(shown === "late" ? "banner.late" : "banner.lost")}</strong>
          {data !== null && <span>{t("banner.shown", { time: f.clockSeconds(data.state.live.time_ms) })}</span>}
        </>}
      </div>
      {wrong && (
        <div class="banner-retry">
          {state.state === "waiting" && <>
            <span class="num" aria-hidden="true">
              {t("banner.retry_in", { duration: f.duration(Math.max(1000, state.retryAt - clocks.wall + 999)) })}
            </span>
            <button type="button" onClick={reconnectNow}>{t("banner.retry_now")}</button>
          </>}
          {state.state === "connecting" && <span>{t("banner.retrying")}</span>}
        </div>
      )}
    </div>
  );
}

/** Alarms and live values go on without the time of day; dates and totals of the day do not. */
export function ClockBanner(): JSX.Element | null {
  const { t } = useTexts();
  const data = useObservable(received);
  if (data?.state.live.clock_known !== false) return null;
  return <div class="banner banner-clock" role="status"><div class="banner-words"><Icon name="clock" /><strong>{t("clock.banner")}</strong><a href="#/system">{t("clock.title")}</a></div></div>;
}
