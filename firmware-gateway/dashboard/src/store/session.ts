// Who is logged in, and what that allows. The cookie itself is the browser's and the gateway's; no script can read it.
// Until the gateway has answered, nothing is known (null) and nothing is offered that would be refused.
import { fetchSession, login as postLogin, logout as postLogout } from "../api/client";
import type { Session } from "../api/wire";
import { Observable } from "./observable";

export const session = new Observable<Session | null>(null);

export function needsLogin(value: Session | null): boolean {
  return value !== null && value.login_required && value.user === null;
}

/** Where nobody has to log in everybody may: the gateway serves its own machine only. */
export function mayAcknowledge(value: Session | null): boolean {
  return value !== null && (!value.login_required || value.role === "operator" || value.role === "admin");
}

export function mayAdminister(value: Session | null): boolean {
  return value !== null && (!value.login_required || value.role === "admin");
}

/** The name under which the gateway signs, whatever the page says; null: the page has to ask for one. */
export function signedName(value: Session | null): string | null {
  return value !== null && value.login_required ? value.user : null;
}

/** The same answer again is no news: nobody is woken by it. */
function take(news: Session): void {
  const known = session.get();
  if (known?.login_required === news.login_required && known.user === news.user && known.role === news.role) return;
  session.set(news);
}

/** Asks the gateway anew. Without an answer everything stays as it was: a lost connection is no log-out. */
export async function refreshSession(): Promise<void> {
  try {
    take(await fetchSession());
  } catch {
    // The stream's own state says that nobody answers.
  }
}

/** Throws ApiError: `wrong_password`, `locked` (with retryAfterS), `unreachable`, `timeout`. */
export async function signIn(user: string, password: string): Promise<void> {
  take(await postLogin(user, password));
}

export async function signOut(): Promise<void> {
  take(await postLogout());
}
