import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useTexts } from "../i18n/texts";
import { OPERATOR_NAME_MAX } from "../store/preferences";
import { useModal } from "./focus";

interface Props {
  initial: string;
  /** The name is wanted for an acknowledgement that is sent right after. */
  forAck: boolean;
  onSave(name: string): void;
  onCancel(): void;
}

export function NameDialog({ initial, forAck, onSave, onCancel }: Props): JSX.Element {
  const { t } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState(initial);
  const [missing, setMissing] = useState(false);
  useModal(dialog);

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="name-title" onCancel={onCancel}>
      <form onSubmit={(event) => {
        event.preventDefault();
        const trimmed = name.trim();
        if (trimmed === "") setMissing(true);
        else onSave(trimmed);
      }}>
        <h2 id="name-title">{t("name.title")}</h2>
        <p>{t("name.text")}</p>
        <label for="name-field">{t("name.label")}</label>
        <input id="name-field" name="name" autocomplete="name" maxLength={OPERATOR_NAME_MAX} value={name} placeholder={t("name.placeholder")}
          aria-invalid={missing} aria-describedby={missing ? "name-missing" : undefined}
          onInput={(event) => {
            setName(event.currentTarget.value);
            setMissing(false);
          }} />
        {missing && <p id="name-missing" class="field-error" role="alert">{t("name.required")}</p>}
        <div class="dialog-actions">
          <button type="button" onClick={onCancel}>{t("name.cancel")}</button>
          <button type="submit" class="primary">{t(forAck ? "name.save_ack" : "name.save")}</button>
        </div>
      </form>
    </dialog>
  );
}
