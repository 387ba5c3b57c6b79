import type { JSX } from "preact";
import type { Alarm, Live, Priority } from "../../api/wire";
import { useTexts } from "../../i18n/texts";
import { Icon } from "../../ui/icon";
import { STATE_TEXT } from "../overview/alarm_row";
import { EVERYTHING, STATE_NAMES } from "./journal";
import type { JournalFilter, Since } from "./journal";
import { ruleKindText } from "./rule_kind";

interface Props {
  filter: JournalFilter;
  live: Live;
  /** Entries that are known: rules are offered as they occur in them. */
  seen: readonly Alarm[];
  onChange(part: Partial<JournalFilter>): void;
}

interface Option { value: string; text: string }

function Select({ label, value, options, onChange }: { label: string; value: string; options: Option[]; onChange(value: string): void }): JSX.Element {
  return (
    <label class="select"><span class="visually-hidden">{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select></label>
  );
}

export function JournalFilters({ filter, live, seen, onChange }: Props): JSX.Element {
  const words = useTexts();
  const { t, name } = words;
  const rules = new Map(seen.map(({ rule, rule_kind }) => [rule, ruleKindText(rule_kind, rule, words)]));
  if (filter.rule !== "" && !rules.has(filter.rule)) rules.set(filter.rule, filter.rule);
  const sources = [...live.sensors, ...live.meters].map((thing) => ({ value: thing.id, text: name(thing) }));
  const buses = live.buses.map(({ id }) => ({ value: id, text: id }));
  const changed = (Object.keys(EVERYTHING) as (keyof JournalFilter)[]).some((key) => filter[key] !== EVERYTHING[key]);
  return (
    <div class="filters">
      <div class="search">
        <Icon name="search" size={16} />
        <input type="search" aria-label={t("journal.search")} placeholder={t("journal.search")} value={filter.text} onInput={(event) => onChange({ text: event.currentTarget.value })} />
      </div>
      <Select label={t("journal.priority")} value={filter.priority} onChange={(value) => onChange({ priority: value as Priority | "all" })}
        options={[{ value: "all", text: t("journal.priority.all") }, ...(["critical", "high", "medium", "low"] as const).map((value) => ({ value, text: t(`priority.${value}`) }))]} />
      <Select label={t("journal.change")} value={filter.change} onChange={(value) => onChange({ change: value as JournalFilter["change"] })}
        options={(["all", "raised", "acknowledged", "returned"] as const).map((value) => ({ value, text: t(`journal.change.${value}`) }))} />
      <Select label={t("journal.since")} value={filter.since} onChange={(value) => onChange({ since: value as Since })}
        options={(["all", "today", "week", "month", "day"] as const).map((value) => ({ value, text: t(`journal.since.${value}`) }))} />
      {filter.since === "day" && <label class="select"><span class="visually-hidden">{t("journal.day")}</span>
        <input type="date" value={filter.day} onInput={(event) => onChange({ day: event.currentTarget.value })} /></label>}
      <Select label={t("journal.state")} value={filter.state} onChange={(state) => onChange({ state })}
        options={[{ value: "", text: t("journal.state.all") }, ...Object.entries(STATE_NAMES).map(([value, state]) => ({ value, text: t(STATE_TEXT[state]) }))]} />
      <Select label={t("journal.rule")} value={filter.rule} onChange={(rule) => onChange({ rule })}
        options={[{ value: "", text: t("journal.rule.all") }, ...[...rules].map(([value, text]) => ({ value, text: text === value ? text : `${text} · ${value}` }))]} />
      {live.areas.length > 0 && <Select label={t("journal.area")} value={filter.area} onChange={(area) => onChange({ area })}
        options={[{ value: "", text: t("journal.area.all") }, ...live.areas.map((area) => ({ value: area.id, text: name(area) }))]} />}
      <Select label={t("journal.source")} value={filter.source} onChange={(source) => onChange({ source })}
        options={[{ value: "", text: t("journal.source.all") }, ...sources, ...buses]} />
      {changed && <button type="button" class="quiet" onClick={() => onChange(EVERYTHING)}>{t("journal.reset")}</button>}
    </div>
  );
}
