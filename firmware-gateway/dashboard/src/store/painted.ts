// What can wait until the first figures are on the screen waits for this: clocks, comparisons, every panel but the first, and all questions
// to the gateway. On an old computer the browser's first date formatter alone costs as much as drawing all the figures.
import { Observable } from "./observable";

export const painted = new Observable(false);

/** A page that nobody sees is never painted. */
const AT_LATEST_MS = 250;

/** To be called when the figures have been drawn: the frame after the next one comes when theirs is on the screen. */
export function watchPaint(): void {
  const done = (): void => painted.set(true);
  setTimeout(done, AT_LATEST_MS);
  requestAnimationFrame(() => requestAnimationFrame(done));
}

/** At once when it is painted already. */
export function whenPainted(then: () => void): void {
  if (painted.get()) return then();
  const stop = painted.subscribe(() => {
    stop();
    then();
  });
}
