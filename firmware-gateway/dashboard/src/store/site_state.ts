// What the page knows of the site, and how each frame changes it. Pure functions: no clock, no network.
import { AlarmState } from "../api/wire";
import type { Alarm, Live, LiveFigures, Priority, SensorFigures } from "../api/wire";
import type { PendingAlarm, PendingChange } from "../api/wire_alarms";

export interface SiteState {
  live: Live;
  /** Every alarm that is not back to normal and acknowledged, most urgent first. */
  alarms: Alarm[];
  /** Alarms whose on-delay runs, the next one first. */
  pending?: PendingAlarm[];
}

export interface Merged {
  state: SiteState;
  /** The frame named things the snapshot did not, or left some out: the site's configuration changed, texts must be fetched anew. */
  unknownThings: boolean;
}

export function fromSnapshot(data: Live & { open_alarms: Alarm[]; pending?: PendingAlarm[] | undefined }): SiteState {
  const { open_alarms, pending, ...live } = data;
  return { live, alarms: sortAlarms(open_alarms.filter(isOpen)), ...(pending === undefined ? {} : { pending: byDue(pending) }) };
}

function byDue(pending: readonly PendingAlarm[]): PendingAlarm[] {
  return [...pending].sort((a, b) => a.due_ms - b.due_ms);
}

/** What began may be known already, with another time to go. */
export function mergePending(state: SiteState, { began, ended }: PendingChange): SiteState {
  const gone = new Set([...ended, ...began.map(({ id }) => id)]);
  return { ...state, pending: byDue([...(state.pending ?? []).filter(({ id }) => !gone.has(id)), ...began]) };
}

/** Joins figures with the texts that are known; keeps the order of the known list. */
function join<Full extends Figures, Figures>(
  known: Full[], incoming: Figures[], key: (item: Figures) => string,
): { items: Full[]; unknown: boolean } {
  const figures = new Map(incoming.map((item) => [key(item), item]));
  let unknown = false;
  const items = known.map((item) => {
    const news = figures.get(key(item));
    figures.delete(key(item));
    if (news === undefined) {
      unknown = true;
      return item;
    }
    return { ...item, ...news };
  });
  return { items, unknown: unknown || figures.size > 0 };
}

export function mergeLive(state: SiteState, data: LiveFigures): Merged {
  const areas = join(state.live.areas, data.areas, (area) => area.id);
  const subitems = join(state.live.subitems, data.subitems, (subitem) => subitem.code);
  const nodes = join(state.live.nodes ?? [], data.nodes ?? [], (node) => node.id);
  const meters = join(state.live.meters, data.meters, (meter) => meter.id);
  const sensors = join(state.live.sensors, data.sensors, (sensor) => sensor.id);
  const buses = join(state.live.buses, data.buses, (bus) => bus.id);
  return {
    state: {
      ...state,
      live: {
        ...state.live, time_ms: data.time_ms, ...(data.clock_known === undefined ? {} : { clock_known: data.clock_known }), compound: { ...state.live.compound, ...data.compound }, alarms: data.alarms,
        areas: areas.items, subitems: subitems.items, ...(state.live.nodes === undefined ? {} : { nodes: nodes.items }), meters: meters.items, sensors: sensors.items, buses: buses.items,
      },
    },
    unknownThings: [areas, subitems, nodes, meters, sensors, buses].some((joined) => joined.unknown),
  };
}

export function mergeSensor(state: SiteState, data: SensorFigures): Merged {
  let found = false;
  const sensors = state.live.sensors.map((sensor) => {
    if (sensor.id !== data.id) return sensor;
    found = true;
    return { ...sensor, ...data };
  });
  return { state: found ? { ...state, live: { ...state.live, sensors } } : state, unknownThings: !found };
}

/** Event numbers grow also where the clock was set back. */
function isNewer(a: Alarm, b: Alarm): boolean {
  return a.event !== undefined && b.event !== undefined ? a.event > b.event : a.changed_ms > b.changed_ms;
}

/** Answers to requests and frames may overtake each other: an older change never replaces a newer one. */
export function mergeAlarm(state: SiteState, alarm: Alarm): SiteState {
  const known = state.alarms.find((other) => other.id === alarm.id);
  if (known !== undefined && isNewer(known, alarm)) return state;
  const others = state.alarms.filter((other) => other.id !== alarm.id);
  return { ...state, alarms: isOpen(alarm) ? sortAlarms([...others, alarm]) : others };
}

export function isOpen(alarm: Alarm): boolean {
  return alarm.state !== AlarmState.Normal;
}

export function needsAcknowledgement(alarm: Alarm): boolean {
  return alarm.state === AlarmState.Unacknowledged || alarm.state === AlarmState.ReturnedUnacknowledged
    || alarm.state === AlarmState.LatchedUnacknowledged;
}

const STATE_ORDER: Record<AlarmState, number> = {
  [AlarmState.Unacknowledged]: 0,
  [AlarmState.ReturnedUnacknowledged]: 1,
  [AlarmState.LatchedUnacknowledged]: 1,
  [AlarmState.Acknowledged]: 2,
  [AlarmState.LatchedAcknowledged]: 2,
  [AlarmState.Shelved]: 3,
  [AlarmState.OutOfService]: 4,
  [AlarmState.Suppressed]: 4,
  [AlarmState.Normal]: 5,
};
const PRIORITY_ORDER: Record<Priority, number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** What someone must act on first comes first; of equals, the newest. */
export function sortAlarms(alarms: Alarm[]): Alarm[] {
  return [...alarms].sort((a, b) =>
    STATE_ORDER[a.state] - STATE_ORDER[b.state]
    || PRIORITY_ORDER[a.priority] - PRIORITY_ORDER[b.priority]
    || b.raised_ms - a.raised_ms
    || a.id - b.id);
}
