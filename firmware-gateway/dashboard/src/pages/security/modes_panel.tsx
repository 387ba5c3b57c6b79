// How the site is run (usual, holiday, typhoon), which areas are armed, and the patrol list of the mode in force: switched and ticked
// off here, each with who and when.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { armArea, checkPlace, fetchModeJournal, fetchModes, switchMode } from "../../api/client";
import type { Live } from "../../api/wire";
import { USUAL } from "../../api/wire_alarms";
import type { ArmedArea, Mode, Modes, PatrolPlace } from "../../api/wire_alarms";
import { operatorName } from "../../store/preferences";
import { useResource } from "../../store/resource";
import { useTexts } from "../../i18n/texts";
import type { Words } from "../../i18n/texts";
import { ActionDialog } from "../../ui/action_dialog";
import { failureText } from "../../ui/failure";
import { Icon } from "../../ui/icon";
import { NameDialog } from "../../ui/name_dialog";
import { useOperator } from "../../ui/operator";
import { Empty, Panel } from "../../ui/parts";
import { ModeHistory } from "./mode_history";

const EVERY_MS = 5_000;

type Asking = { mode: string } | { area: string; arm: boolean } | null;

export function modeName(id: string, modes: readonly Mode[], { t, name }: Pick<Words, "t" | "name">): string {
  if (id === USUAL || id === "") return t("modes.usual");
  const mode = modes.find((other) => other.id === id);
  return mode === undefined ? id : name(mode);
}

export function ModesPanel({ live, nowMs }: { live: Live; nowMs: number }): JSX.Element {
  const words = useTexts();
  const { t } = words;
  const [version, setVersion] = useState(0);
  const [asking, setAsking] = useState<Asking>(null);
  const modes = useResource<Modes>("modes", fetchModes, EVERY_MS, version);
  const journal = useResource("modes/journal", fetchModeJournal, 12 * EVERY_MS, version);
  const changed = (): void => setVersion((before) => before + 1);
  const value = modes.value;
  const failed = modes.status === "failed" && <p class="failure" role="alert"><Icon name="medium" size={15} />{t("modes.failed")}</p>;
  if (value === null) return <Panel id="modes" title={t("modes.title")}>{failed === false ? <Empty icon="clock" title={t("curve.loading")} /> : failed}</Panel>;
  const areaName = (id: string): string => {
    const area = live.areas.find((other) => other.id === id);
    return id === "compound" ? t("modes.compound") : area === undefined ? id : words.name(area);
  };
  const mode = value.modes.find(({ id }) => id === value.mode);
  return (
    <>
      <Panel id="modes" title={t("modes.title")} class={value.mode === USUAL ? "modes" : "modes modes-special"}>
        {failed}
        <ModeSwitch modes={value} nowMs={nowMs} onAsk={(id) => setAsking({ mode: id })} />
        <Arming areas={value.areas} nowMs={nowMs} areaName={areaName} onAsk={(area, arm) => setAsking({ area, arm })} />
        <ModeHistory entries={journal.value ?? []} nowMs={nowMs} areaName={areaName} modes={value.modes} />
      </Panel>
      {mode !== undefined && mode.patrol.length > 0 && <PatrolPanel mode={mode} nowMs={nowMs} areaName={areaName} onDone={changed} />}
      {asking !== null && "mode" in asking && (
        <ActionDialog title={t("modes.switch", { mode: modeName(asking.mode, value.modes, words) })} text={t("modes.switch.text")} submit={t("modes.switch.submit")}
          fields={[{ name: "comment", label: t("dialog.reason"), placeholder: t("modes.switch.example") }]}
          failure={(error) => failureText(error, words)} onClose={() => setAsking(null)}
          onSubmit={async ({ comment = "" }, by) => { await switchMode(asking.mode, by, comment); changed(); }} />
      )}
      {asking !== null && "area" in asking && (
        <ActionDialog title={t(asking.arm ? "modes.arm.title" : "modes.disarm.title", { area: areaName(asking.area) })} text={t(asking.arm ? "modes.arm.text" : "modes.disarm.text")}
          submit={t(asking.arm ? "modes.arm" : "modes.disarm")} fields={[{ name: "comment", label: t("dialog.reason") }]}
          failure={(error) => failureText(error, words)} onClose={() => setAsking(null)}
          onSubmit={async ({ comment = "" }, by) => { await armArea(asking.area, asking.arm, by, comment); changed(); }} />
      )}
    </>
  );
}

function ModeSwitch({ modes, nowMs, onAsk }: { modes: Modes; nowMs: number; onAsk(mode: string): void }): JSX.Element {
  const words = useTexts();
  const { t, f } = words;
  const { operates } = useOperator();
  if (modes.modes.length === 0) return <p class="modes-none"><b>{t("modes.none")}</b> {t("modes.none.text")}</p>;
  const offHours = modes.modes.some(({ id, off_hours }) => id === modes.mode && off_hours);
  return (
    <div class="mode-row">
      <div class="mode-now">
        <Icon name={modes.mode === USUAL ? "check" : "shield"} size={22} />
        <div>
          <b class="mode-name" data-mode={modes.mode}>{modeName(modes.mode, modes.modes, words)}</b>
          <p class="dim num">{[modes.since_ms !== null && modes.by !== "" ? t("modes.since", { name: modes.by, time: f.moment(modes.since_ms, nowMs) }) : "",
            modes.comment, offHours ? t("modes.off_hours") : ""].filter((text) => text !== "").join(" · ")}</p>
        </div>
      </div>
      {operates && <div class="mode-buttons" role="group" aria-label={t("modes.title")}>
        {[USUAL, ...modes.modes.map(({ id }) => id)].map((id) => (
          <button type="button" class="button" key={id} aria-pressed={id === modes.mode} disabled={id === modes.mode} onClick={() => onAsk(id)}>{modeName(id, modes.modes, words)}</button>))}
      </div>}
    </div>
  );
}

function Arming({ areas, nowMs, areaName, onAsk }: { areas: ArmedArea[]; nowMs: number; areaName(id: string): string; onAsk(area: string, arm: boolean): void }): JSX.Element {
  const { t, f } = useTexts();
  const { operates } = useOperator();
  return (
    <ul class="arming">{areas.map((area) => (
      <li key={area.id} class={area.armed ? "armed" : ""} data-armed={area.id}>
        <Icon name={area.armed ? "shield" : "minus"} size={16} />
        <span class="arming-name">{areaName(area.id)}
        <span class="arming-state"><b>{t(area.armed ? "modes.armed.yes" : "modes.armed.no")}</b>
          {area.armed && <span class="dim num">{area.by_hand && area.since_ms !== null ? t("modes.armed.hand", { name: area.by, time: f.moment(area.since_ms, nowMs) }) : t("modes.armed.mode")}</span>}</span></span>
        {operates && <button type="button" class="quiet" aria-label={t(area.by_hand ? "modes.disarm.title" : "modes.arm.title", { area: areaName(area.id) })}
          onClick={() => onAsk(area.id, !area.by_hand)}>{t(area.by_hand ? "modes.disarm" : "modes.arm")}</button>}
      </li>))}
    </ul>
  );
}

function PatrolPanel({ mode, nowMs, areaName, onDone }: { mode: Mode; nowMs: number; areaName(id: string): string; onDone(): void }): JSX.Element {
  const words = useTexts();
  const { t, f, name } = words;
  const operator = useOperator();
  const [asking, setAsking] = useState<PatrolPlace | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const done = mode.patrol.filter(({ checked_ms }) => checked_ms !== null).length;
  const tick = async (place: PatrolPlace, by: string): Promise<void> => {
    setFailure(null);
    try {
      await checkPlace(place.id, place.checked_ms === null, by);
    } catch (error) {
      setFailure(failureText(error, words));
    }
    onDone();
  };
  return (
    <Panel id="patrol" title={t("patrol.title")} note={<span class="num">{name(mode)} · {done === mode.patrol.length ? t("patrol.done") : t("patrol.progress", { done, all: mode.patrol.length })}</span>}>
      {failure !== null && <p class="failure" role="alert"><Icon name="medium" size={15} />{failure}</p>}
      <ul class="patrol">{mode.patrol.map((place) => (
        <li key={place.id} data-place={place.id}>
          <label>
            <input type="checkbox" checked={place.checked_ms !== null} disabled={!operator.operates} onClick={(event) => {
              // The tick is the gateway's to give.
              event.preventDefault();
              if (operator.name === "") setAsking(place);
              else void tick(place, operator.name);
            }} />
            <span class="patrol-name">{name(place)}{place.area !== null && <span class="dim"> {areaName(place.area)}</span>}</span>
          </label>
          {place.open !== null && <span class={place.open ? "warn" : "dim"}><Icon name={place.open ? "doorOpen" : "doorClosed"} size={15} />{t(place.open ? "patrol.open" : "patrol.closed")}</span>}
          <span class="dim num patrol-by">{place.checked_ms !== null && t("patrol.by", { name: place.by, time: f.moment(place.checked_ms, nowMs) })}</span>
        </li>))}
      </ul>
      {asking !== null && <NameDialog initial="" forAck={false} onCancel={() => setAsking(null)} onSave={(by) => {
        operatorName.set(by);
        setAsking(null);
        void tick(asking, by);
      }} />}
    </Panel>
  );
}
