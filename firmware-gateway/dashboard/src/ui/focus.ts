// Where the keyboard is after something it stood on has gone: a dialog's buttons, a row's acknowledgement.
import { useEffect } from "preact/hooks";
import type { RefObject } from "preact";

/** Opens a dialog, and gives the keyboard back to what it was opened from. A page that redraws a dialog away does not do so by itself. */
export function useModal(dialog: RefObject<HTMLDialogElement>): void {
  useEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close(); // as long as it is open, nothing beneath it takes the keyboard
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
}

/** The keyboard is nowhere: the element that had it was taken away or may not be pressed any more. */
export function focusIsLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
