// The stand-in's alarm actions, metrics and journal filters, as docs/api.md has them. States are the contract's numbers.
export const NAMES = ["normal", "unacknowledged", "acknowledged", "returned_unacknowledged", "shelved", "out_of_service", "suppressed", "latched_unacknowledged", "latched_acknowledged"];

const CHANGED = { ack: "acknowledged", reset: "reset", shelve: "shelved", unshelve: "unshelved", "out-of-service": "taken_out_of_service", "return-to-service": "returned_to_service" };

/** What the action makes of the alarm; null: its state does not allow it. */
export function acted(alarm, action, { by, comment = "", minutes }) {
  const now = Date.now();
  const to = (state, more = {}) => ({ state, change: CHANGED[action], by, comment, changed_ms: now, held_by: "", held_reason: "", shelved_until_ms: null, ...more });
  const { state } = alarm;
  if (action === "ack") return state === 1 ? to(2) : state === 3 ? to(0) : state === 7 ? to(8) : null;
  if (action === "reset") return state === 8 && alarm.active !== true ? to(0) : null;
  if (action === "shelve") return [1, 2, 3, 7, 8].includes(state) ? to(4, { shelved_until_ms: now + minutes * 60_000, held_by: by, held_reason: comment }) : null;
  if (action === "unshelve") return state === 4 ? to(1) : null;
  if (action === "out-of-service") return [1, 2, 3, 7, 8].includes(state) ? to(5, { held_by: by, held_reason: comment }) : null;
  return state === 5 ? to(1) : null;
}

export function metricsOf(alarms, pending, journal) {
  const count = (accepts) => alarms.filter(accepts).length;
  const raised = (ms) => journal.filter(({ change, changed_ms }) => change === "raised" && Date.now() - changed_ms < ms).length;
  const hour = raised(3.6e6);
  return { standing: count(({ state }) => state === 1 || state === 2), unacknowledged: count(({ state }) => [1, 3, 7].includes(state)), pending: pending.length, shelved: count(({ state }) => state === 4),
    suppressed: count(({ state }) => state === 6), out_of_service: count(({ state }) => state === 5), chattering: 0, stale: count(({ raised_ms, state }) => state !== 0 && Date.now() - raised_ms > 8.64e7),
    last_10_min: raised(600_000), last_hour: hour, last_day: raised(8.64e7), most_in_10_min: raised(600_000), operators: 1, per_operator_hour: hour, raised: raised(1e12), announced: raised(1e12), floods: 0, flooded: false };
}

export function narrowed(journal, parameters) {
  const of = (name) => parameters.get(name);
  const equal = (key) => (alarm) => of(key) === null || alarm[key] === of(key);
  return journal.filter((alarm) => ["rule", "source", "area", "priority", "state_name"].every((key) => equal(key)(alarm))
    && (of("from") === null || alarm.changed_ms >= Number(of("from"))) && (of("to") === null || alarm.changed_ms < Number(of("to")))
    && (of("before") === null || alarm.event < Number(of("before")))).slice(0, Number(of("limit") ?? 200));
}
