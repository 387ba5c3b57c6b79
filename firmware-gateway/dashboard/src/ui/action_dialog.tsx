// Asks before something is done that people will want to know the reason of: what, why, and who where nobody is logged in.
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useTexts } from "../i18n/texts";
import { OPERATOR_NAME_MAX, operatorName } from "../store/preferences";
import { useModal } from "./focus";
import { Icon } from "./icon";
import { useOperator } from "./operator";

export interface Field {
  name: string;
  label: string;
  required?: boolean;
  /** `number`: a decimal number, not below 0. `time`: day and time of day, as 2026-09-01T08:30. */
  kind?: "text" | "number" | "time";
  /** One of these instead of free text. */
  options?: readonly { value: string; text: string }[];
  initial?: string;
  placeholder?: string;
}

interface Props {
  title: string;
  text?: ComponentChildren;
  submit: string;
  fields: readonly Field[];
  /** What is wrong though each field by itself is right; null: nothing. */
  check?(values: Record<string, string>): { field: string; text: string } | null;
  /** Goes wrong with an error that `failure` puts into words; the dialog then stays. */
  onSubmit(values: Record<string, string>, by: string): Promise<void>;
  failure(error: unknown): string;
  onClose(): void;
}

const COMMENT_MAX = 200;

export function isNumber(text: string): boolean {
  return /^\d+([.]\d+)?$/.test(text.trim());
}

export function ActionDialog({ title, text, submit, fields, check, onSubmit, failure, onClose }: Props): JSX.Element {
  const { t } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const operator = useOperator();
  const all: Field[] = [...fields, ...(operator.signed ? [] : [{ name: "by", label: t("name.label"), required: true, initial: operator.name, placeholder: t("name.placeholder") }])];
  const [values, setValues] = useState<Record<string, string>>(() => Object.fromEntries(all.map(({ name, initial, options }) => [name, initial ?? options?.[0]?.value ?? ""])));
  const [checked, setChecked] = useState(false);
  const [sending, setSending] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  useModal(dialog);

  const wrongByItself = (field: Field): string | null => {
    const value = (values[field.name] ?? "").trim();
    if (field.required === true && value === "") return t("dialog.required");
    return field.kind === "number" && value !== "" && !isNumber(value) ? t("dialog.number") : null;
  };
  const together = all.some((field) => wrongByItself(field) !== null) ? null : check?.(values) ?? null;
  const wrong = (field: Field): string | null => wrongByItself(field) ?? (together?.field === field.name ? together.text : null);

  async function send(): Promise<void> {
    setChecked(true);
    if (all.some((field) => wrong(field) !== null)) return;
    setSending(true);
    setFailed(null);
    const by = operator.signed ? operator.name : (values["by"] ?? "").trim();
    if (!operator.signed) operatorName.set(by);
    try {
      await onSubmit(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.trim()])), by);
      onClose();
    } catch (error) {
      setFailed(failure(error));
      setSending(false);
    }
  }

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="action-title" onCancel={onClose}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <h2 id="action-title">{title}</h2>
        {text !== undefined && <p>{text}</p>}
        {all.map((field) => {
          const error = checked ? wrong(field) : null;
          const id = `action-${field.name}`;
          const change = (value: string): void => setValues((before) => ({ ...before, [field.name]: value }));
          return (
            <div key={field.name} class="dialog-field">
              <label for={id}>{field.label}</label>
              {field.options === undefined
                ? <input id={id} name={field.name} type={field.kind === "time" ? "datetime-local" : "text"} maxLength={field.name === "by" ? OPERATOR_NAME_MAX : COMMENT_MAX} value={values[field.name]} placeholder={field.placeholder}
                    inputMode={field.kind === "number" ? "decimal" : undefined} autocomplete={field.name === "by" ? "name" : "off"}
                    aria-invalid={error !== null} aria-describedby={error !== null ? `${id}-error` : undefined} onInput={(event) => change(event.currentTarget.value)} />
                : <select id={id} value={values[field.name]} onChange={(event) => change(event.currentTarget.value)}>
                    {field.options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
                  </select>}
              {error !== null && <p id={`${id}-error`} class="field-error" role="alert">{error}</p>}
            </div>
          );
        })}
        {operator.signed && <p class="dialog-by"><Icon name="person" size={15} />{operator.name}</p>}
        {failed !== null && <p class="field-error" role="alert">{failed}</p>}
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>{t("name.cancel")}</button>
          <button type="submit" class="primary" disabled={sending}>{sending ? t("dialog.sending") : submit}</button>
        </div>
      </form>
    </dialog>
  );
}
