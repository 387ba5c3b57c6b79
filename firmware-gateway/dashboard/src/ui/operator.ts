// Who is at this screen: the one who is logged in, or whose name was typed, and what that allows.
import { useObservable } from "../store/observable";
import { operatorName } from "../store/preferences";
import { mayAcknowledge, mayAdminister, session, signedName } from "../store/session";

export interface Operator {
  /** "" while nobody has given a name. */
  name: string;
  /** The gateway signs with its own user; the name cannot be typed. */
  signed: boolean;
  /** May act on alarms, modes, meters. */
  operates: boolean;
  administers: boolean;
}

export function useOperator(): Operator {
  const typed = useObservable(operatorName);
  const who = useObservable(session);
  const signed = signedName(who);
  return { name: signed ?? typed, signed: signed !== null, operates: mayAcknowledge(who), administers: mayAdminister(who) };
}
