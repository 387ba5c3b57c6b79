// While the site is not run as usual, every page says so: a typhoon, a holiday, and how far the patrol is.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fetchModes } from "../api/client";
import { USUAL } from "../api/wire_alarms";
import { gatewayTime, now, received } from "../store/gateway";
import { useObservable } from "../store/observable";
import { useResource } from "../store/resource";
import { useTexts } from "../i18n/texts";
import { Icon } from "./icon";

const EVERY_MS = 15_000;
/** The first figures come first. */
const AFTER_MS = 1_500;

export function ModeBanner(): JSX.Element | null {
  const { t, f, name } = useTexts();
  const data = useObservable(received);
  const [ready, setReady] = useState(false);
  const there = data !== null;
  useEffect(() => {
    if (!there) return undefined;
    const timer = setTimeout(() => setReady(true), AFTER_MS);
    return () => clearTimeout(timer);
  }, [there]);
  const modes = useResource(ready ? "mode" : "", async () => (ready ? fetchModes() : null), ready ? EVERY_MS : null).value;
  if (data === null || modes === null || modes.mode === USUAL) return null;
  const mode = modes.modes.find(({ id }) => id === modes.mode);
  if (mode === undefined) return null;
  const done = mode.patrol.filter(({ checked_ms }) => checked_ms !== null).length;
  return (
    <p class="mode-banner"><Icon name="shield" size={16} /><b>{name(mode)}</b>
      {modes.since_ms !== null && modes.by !== "" && <span class="num">{t("modes.since", { name: modes.by, time: f.moment(modes.since_ms, gatewayTime(data, now.get())) })}</span>}
      {mode.patrol.length > 0 && <span class="num">{t("patrol.title")} {t("patrol.progress", { done, all: mode.patrol.length })}</span>}
      <a href="#/security">{t("page.security")}</a></p>
  );
}
