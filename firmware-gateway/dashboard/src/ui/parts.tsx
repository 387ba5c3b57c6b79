// The few building blocks every page is made of.
import type { ComponentChildren, JSX } from "preact";
import type { Age } from "../store/age";
import { UNKNOWN } from "../format/formats";
import type { Quantity } from "../format/formats";
import { useTexts } from "../i18n/texts";
import { Icon } from "./icon";
import type { IconName } from "./icon";

interface PanelProps {
  id: string;
  title: string;
  /** Beside the title: what the panel is about, in few words. */
  note?: ComponentChildren;
  /** At the right end: controls. */
  actions?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}

export function Panel({ id, title, note, actions, children, class: extra = "" }: PanelProps): JSX.Element {
  return (
    <section id={id} class={`panel ${extra}`} aria-labelledby={`${id}-title`}>
      <header class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {note !== undefined && <div class="panel-note">{note}</div>}
        {actions !== undefined && <div class="panel-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

export function isOld(age: Age): boolean {
  return age.freshness !== "fresh";
}

/** A number with its unit, greyed and hatched under when it is not of now. */
export function Value({ quantity, age, class: extra = "" }: { quantity: Quantity; age: Age; class?: string }): JSX.Element {
  const unknown = quantity.value === UNKNOWN;
  return (
    <span class={`value ${extra} ${isOld(age) ? "old" : ""}`}>
      <span class="num">{quantity.value}</span>
      {!unknown && <span class="unit"> {quantity.unit}</span>}
    </span>
  );
}

/** Says how old a number is: quietly while it is fresh, with an icon when it is not. */
export function AgeText({ age, always = true }: { age: Age; always?: boolean }): JSX.Element | null {
  const { t, f } = useTexts();
  if (age.freshness === "fresh") return always ? <span class="age num">{f.age(age)}</span> : null;
  if (age.freshness === "never") return <span class="age old-age"><Icon name="clock" size={14} />{t("age.never")}</span>;
  const offline = age.freshness === "offline";
  return (
    <span class="age old-age num">
      <Icon name={offline ? "unlink" : "clock"} size={14} />
      {offline && `${t("age.offline")} `}
      {age.ms !== null && f.age(age)}
    </span>
  );
}

export function Empty({ icon, title, text }: { icon: IconName; title: string; text?: string }): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} size={22} />
      <p class="empty-title">{title}</p>
      {text !== undefined && <p>{text}</p>}
    </div>
  );
}

/** What another program says, in its own words: kept apart from what this page says itself. */
export function Said({ text }: { text: string }): JSX.Element | null {
  const { t } = useTexts();
  return text === "" ? null : <p class="said dim">{t("said", { text })}</p>;
}

interface ChoiceProps<T extends string> {
  label: string;
  options: readonly { value: T; text: string }[];
  value: T;
  onChange: (value: T) => void;
}

/** One of a few, all visible. */
export function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>): JSX.Element {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map((option) => (
        <button type="button" key={option.value} aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.text}
        </button>
      ))}
    </div>
  );
}

/** A part of a whole. The number stands beside it, so it is decoration to a screen reader. */
export function Bar({ part, old = false }: { part: number; old?: boolean }): JSX.Element {
  return (
    <span class={`bar ${old ? "old" : ""}`} aria-hidden="true">
      <span style={{ width: `${Math.max(0, Math.min(1, part)) * 100}%` }} />
    </span>
  );
}
