// The frame around every page: who we watch, whether the figures are live, language and colours.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ClockBanner, ConnectionBanner, LinkState } from "./ui/connection";
import { Empty } from "./ui/parts";
import { Icon } from "./ui/icon";
import { ModeBanner } from "./ui/mode_banner";
import { setSiteTimezone, useTexts } from "./i18n/texts";
import { ROUTES, preloadPages } from "./pages/routes";
import { currentPath, findRoute } from "./router";
import { LoginPage } from "./pages/login/login_page";
import { joined } from "./format/formats";
import { elapsedSince } from "./store/age";
import { FRAME_STALE_MS } from "./store/age";
import { gatewayTime, link, now, received } from "./store/gateway";
import { useObservable } from "./store/observable";
import { painted } from "./store/painted";
import { needsLogin, session, signOut } from "./store/session";
import { language, theme, wall } from "./store/preferences";
import { alarmSound, soundBlocked, toggleSound } from "./store/sound";
import type { Theme } from "./store/preferences";

/** The first figures and the curve come first. */
const PRELOAD_AFTER_MS = 2_000;

const NEXT_THEME: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const THEME_ICON = { auto: "auto", light: "sun", dark: "moon" } as const;

export function App(): JSX.Element {
  const data = useObservable(received);
  if (data !== null) setSiteTimezone(data.state.live.site.timezone);
  const { t } = useTexts();
  const path = useObservable(currentPath);
  const route = findRoute(ROUTES, path);
  const Page = route.page;
  const locked = needsLogin(useObservable(session));

  useTitle();
  const ready = data !== null;
  // On a phone the menu is wider than the screen: it shows which page is open, whichever way one came there.
  useEffect(() => document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [route.path, locked]);
  useEffect(() => {
    if (!ready) return undefined;
    const timer = setTimeout(() => void preloadPages(), PRELOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, [ready]);

  return (
    <>
      <a class="skip" href="#content" onClick={(event) => {
        // The hash is the router's: move the focus, leave the address.
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}>{t("app.skip")}</a>
      <Header />
      {ROUTES.length > 1 && !locked && (
        <nav class="menu" aria-label={t("app.nav")}>
          {ROUTES.map((item) => (
            <a key={item.path} href={`#/${item.path}`} {...(item === route ? { "aria-current": "page" as const } : {})}>
              <Icon name={item.icon} />{t(item.title)}
            </a>
          ))}
        </nav>
      )}
      {!locked && <ConnectionBanner />}
      {!locked && <ClockBanner />}
      {!locked && route.path !== "security" && <ModeBanner />}
      <main id="content" tabIndex={-1}>
        {locked ? <LoginPage /> : data === null ? <Waiting /> : <Page key={route.path} />}
      </main>
    </>
  );
}

function Header(): JSX.Element {
  const { t, f, name, language: shown } = useTexts();
  const data = useObservable(received);
  const clocks = useObservable(now);
  const chosenTheme = useObservable(theme);
  const onScreen = useObservable(painted);
  const time = data === null || !onScreen ? null : gatewayTime(data, clocks);
  const who = useObservable(session);
  const onWall = useObservable(wall) === "on";
  const themeLabel = t("theme.label", { theme: t(`theme.${chosenTheme}`) });
  return (
    <header class="top">
      <div class="brand">
        <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
          <rect width="32" height="32" rx="7" class="brand-ground" />
          <path d="M17.500 5 8 18.200h6.400L13.600 27 24 13.400h-6.900z" class="brand-mark" />
        </svg>
        <div class="brand-text">
          <h1>{data === null ? t("app.product") : name(data.state.live.site)}</h1>
          {data !== null && <p>{t("app.product")}</p>}
        </div>
      </div>
      <div class="top-right">
        {!needsLogin(who) && <LinkState />}
        {data?.state.live.clock_known === false && <div class="time"><span>{t("clock.unknown")}</span></div>}
        {time !== null && data?.state.live.clock_known !== false && (
          <div class="time">
            <time class="num" dateTime={new Date(time).toISOString()}>{f.clockSeconds(time)}</time>
            <span>{f.date(time)}</span>
          </div>
        )}
        {data !== null && onScreen && !needsLogin(who) && <SoundTool />}
        <button type="button" class="tool tool-wall" aria-pressed={onWall} aria-label={t(onWall ? "wall.leave" : "wall.enter")} title={t(onWall ? "wall.leave" : "wall.enter")}
          onClick={() => setWall(!onWall)}>
          <Icon name="screen" />
        </button>
        <button type="button" class="tool tool-theme" aria-label={themeLabel} title={themeLabel}
          onClick={() => theme.set(NEXT_THEME[chosenTheme])}>
          <Icon name={THEME_ICON[chosenTheme]} />
        </button>
        <button type="button" class="tool tool-text" aria-label={`${t("app.language")} – ${t("app.language.label")}`} title={t("app.language.label")}
          lang={shown === "zh" ? "en" : "zh-CN"}
          onClick={() => language.set(shown === "zh" ? "en" : "zh")}>
          <Icon name="globe" /><span>{t("app.language")}</span>
        </button>
        {who?.user != null && (
          <button type="button" class="tool tool-user" aria-label={t("session.logout.label", { user: who.user })}
            title={`${who.user} · ${t(`role.${who.role ?? "viewer"}`)}`} onClick={() => void signOut().catch(() => undefined)}>
            <Icon name="person" /><span class="tool-name">{who.user}</span><span>{t("session.logout")}</span>
          </button>
        )}
      </div>
    </header>
  );
}

/** On every page: whoever never opens the alarms' own page should hear them too, and see that they would. */
function SoundTool(): JSX.Element {
  const { t } = useTexts();
  const on = useObservable(alarmSound) === "on";
  const silent = useObservable(soundBlocked);
  const label = t(on ? (silent ? "sound.blocked" : "sound.on") : "sound.off");
  return (
    <button type="button" class={on && silent ? "tool tool-sound tool-sound-blocked" : "tool tool-sound"} aria-pressed={on} aria-label={label} title={label} onClick={toggleSound}>
      <Icon name={on && !silent ? "sound" : "mute"} />
    </button>
  );
}

/** Filling the screen is the browser's to allow; without it the page is as large as its window. */
function setWall(on: boolean): void {
  wall.set(on ? "on" : "off");
  if (on) void document.documentElement.requestFullscreen?.().catch(() => undefined);
  else if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => undefined);
}

function Waiting(): JSX.Element {
  const { t } = useTexts();
  const state = useObservable(link);
  const failed = state.state === "waiting" || (state.state === "connecting" && state.attempt > 1);
  return (
    <div class="waiting">
      <Empty icon={failed ? "unlink" : "bolt"}
        title={t(failed ? "app.unreachable.title" : "app.waiting.title")}
        text={t(failed ? "app.unreachable.text" : "app.waiting.text")} />
    </div>
  );
}

/** The tab says what matters while the page is in the background: alarms to acknowledge, then the power. */
function useTitle(): void {
  const { t, f, name } = useTexts();
  const data = useObservable(received);
  const clocks = useObservable(now);
  useEffect(() => {
    if (data === null) {
      document.title = t("app.product");
      return;
    }
    const { live } = data.state;
    const open = live.alarms.unacknowledged > 0 ? `(${live.alarms.unacknowledged}) ` : "";
    const fresh = elapsedSince(data.at, clocks) <= FRAME_STALE_MS;
    const figure = fresh ? joined(f.power(live.compound.power_w)) : t("link.lost");
    document.title = `${open}${figure} · ${name(live.site)}`;
  }, [data, clocks, t, f, name]);
}
