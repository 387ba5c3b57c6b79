// Asks before something is given up that nobody can bring back: what is lost, and from where.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useTexts } from "../i18n/texts";
import { useModal } from "./focus";

interface Props { title: string; text: string; submit: string; onCancel(): void; onConfirm(): void }

export function ConfirmDialog({ title, text, submit, onCancel, onConfirm }: Props): JSX.Element {
  const { t } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="confirm-title" aria-describedby="confirm-text" onCancel={onCancel}>
      <form onSubmit={(event) => { event.preventDefault(); onConfirm(); }}>
        <h2 id="confirm-title">{title}</h2>
        <p id="confirm-text">{text}</p>
        <div class="dialog-actions">
          <button type="button" onClick={onCancel}>{t("letters.cancel")}</button>
          <button type="submit" class="primary">{submit}</button>
        </div>
      </form>
    </dialog>
  );
}
