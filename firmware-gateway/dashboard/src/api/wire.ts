// The JSON of docs/api.md as it crosses the wire. Keys that the contract adds later are ignored.
import type { PendingAlarm, PendingChange } from "./wire_alarms";

/** Fixed texts of a thing that has a name. Left out of `live` frames. */
export interface Named {
  name: string;
  name_en: string;
}

/** How big an area or the compound is; null: nobody has told the gateway. */
export interface Sized { floor_area_m2: number | null; heads: number | null }
/** Milliseconds after which a number is not of now. Only in the snapshot. */
export interface Ageing { stale_after_ms?: number }

export interface Site extends Named, Sized {
  id: string;
  timezone: string;
}

/** What has been added up of a node beside the day. What is not known is left out. */
export interface ElectricityTotals {
  energy_month_wh?: number;
  /** The quarter of an hour that is under way: when it began, its mean so far, and its mean at its end if the power stays. */
  demand_start_ms?: number;
  demand_w?: number;
  demand_forecast_w?: number;
  demand_limit_w?: number;
  /** The highest quarter of an hour of this month; sliding: of any 15 minutes that begin with a minute. */
  max_demand_w?: number;
  max_demand_at_ms?: number;
  max_sliding_demand_w?: number;
  max_sliding_demand_at_ms?: number;
  cost_today_yuan?: number;
  carbon_today_kgco2?: number;
}
export interface WaterTotals { volume_month_l?: number; cost_today_yuan?: number; carbon_today_kgco2?: number }
/** Of a difference: what its sub-meters do not account for, in Wh or litres. A share below zero: meters err. */
export interface BalanceTotals {
  unaccounted_today?: number;
  supplied_today?: number;
  unaccounted_today_pct?: number;
  last_day_ms?: number;
  unaccounted_last_day_pct?: number;
  unaccounted_limit_pct?: number;
}
export interface Totals { electricity?: ElectricityTotals; water?: WaterTotals; balance?: BalanceTotals }

/** What a node of the compound's tree measures. Every value is null while it is not known. */
export interface NodeFigures {
  /** Left out of frames in which it is as before. */
  totals?: Totals;
  power_w: number | null;
  energy_today_wh: number | null;
  flow_l_per_h: number | null;
  volume_today_l: number | null;
  age_ms: number | null;
  meters: number;
  meters_online: number;
}

export interface AreaFigures extends NodeFigures { id: string }
export interface Area extends AreaFigures, Named, Sized, Ageing { parent: string | null }

export interface SubitemFigures extends NodeFigures { code: string }
export interface Subitem extends SubitemFigures, Named, Ageing {}

export type MeterKind = "electricity" | "water";

/** A sum or difference that the site defines. */
export interface SiteNodeFigures extends NodeFigures { id: string }
export interface SiteNode extends SiteNodeFigures, Named, Ageing { kind: "sum" | "difference"; utility: MeterKind }

export interface MeterFigures {
  id: string;
  totals?: Totals;
  kind: MeterKind;
  online: boolean | null;
  age_ms: number | null;
  power_w: number | null;
  energy_wh: number | null;
  energy_today_wh: number | null;
  flow_l_per_h: number | null;
  volume_l: number | null;
  volume_today_l: number | null;
}
export interface Meter extends MeterFigures, Named, Ageing { area: string | null; subitem: string | null }

export type SensorKind = "door" | "leak" | "camera" | "climate" | "motion";

export interface SensorFigures {
  id: string;
  kind: SensorKind;
  online: boolean | null;
  age_ms: number | null;
  open: boolean | null;
  wet: boolean | null;
  person: boolean | null;
  battery_pct: number | null;
  link_quality: number | null;
  vehicle?: boolean | null;
  motion?: boolean | null;
  tamper?: boolean | null;
  battery_low?: boolean | null;
  temperature_c?: number | null;
  humidity_pct?: number | null;
}
export interface Sensor extends SensorFigures, Named { area: string | null }

export interface BusFigures {
  id: string;
  online: boolean | null;
  meters: number;
  meters_online: number;
}
export interface Bus extends BusFigures { url: string }

export interface AlarmCounts { standing: number; unacknowledged: number }

/** GET /api/v1/live */
export interface Live {
  time_ms: number;
  /** false: nobody has told the gateway the time yet; its times are counted from 1970 and only their differences are right. */
  clock_known?: boolean;
  site: Site;
  compound: NodeFigures & Ageing;
  areas: Area[];
  subitems: Subitem[];
  nodes: SiteNode[];
  meters: Meter[];
  sensors: Sensor[];
  buses: Bus[];
  alarms: AlarmCounts;
}

/** A `live` frame: the figures alone, to be joined with the snapshot's texts by id. */
export interface LiveFigures {
  time_ms: number;
  clock_known?: boolean;
  compound: NodeFigures;
  areas: AreaFigures[];
  subitems: SubitemFigures[];
  nodes?: SiteNodeFigures[];
  meters: MeterFigures[];
  sensors: SensorFigures[];
  buses: BusFigures[];
  alarms: AlarmCounts;
}

export type Priority = "low" | "medium" | "high" | "critical";

/** Numbers of the contract, after ISA-18.2. */
export enum AlarmState {
  Normal = 0,
  Unacknowledged = 1,
  Acknowledged = 2,
  ReturnedUnacknowledged = 3,
  Shelved = 4,
  OutOfService = 5,
  Suppressed = 6,
  LatchedUnacknowledged = 7,
  LatchedAcknowledged = 8,
}

export interface Alarm {
  id: number;
  rule: string;
  rule_kind: string;
  source: string;
  source_name: string;
  source_name_en: string;
  area: string | null;
  priority: Priority;
  state: AlarmState;
  state_name: string;
  annunciated: boolean;
  event?: number;
  occurrence?: number;
  change?: string;
  active?: boolean;
  announced?: boolean;
  limit?: number | null;
  finding?: string;
  cause?: number | null;
  shelved_until_ms?: number | null;
  held_by?: string;
  held_reason?: string;
  raised_ms: number;
  changed_ms: number;
  by: string;
  comment: string;
  value: number | null;
  message: string;
  message_en: string;
}

export type Role = "viewer" | "operator" | "admin";

/** GET /api/v1/session */
export interface Session {
  login_required: boolean;
  user: string | null;
  role: Role | null;
}

export type Frame =
  | { type: "snapshot"; data: Live & { open_alarms: Alarm[]; pending?: PendingAlarm[] } }
  | { type: "live"; data: LiveFigures }
  | { type: "sensor"; data: SensorFigures }
  | { type: "alarm"; data: Alarm }
  | { type: "pending"; data: PendingChange };

export type HistoryWindow = "1m" | "15m" | "1h" | "1d";

/** start_ms, amount, mean, min, max, samples, estimated; newer gateways: cost in yuan, seconds that were metered */
export type HistoryRow = [number, number | null, number | null, number | null, number | null, number, number, (number | null)?, number?];

export type Band = "critical_peak" | "peak" | "flat" | "valley";
/** As long as band and price stay the same. Null: no tariff was in force. */
export interface TariffPiece { from_ms: number; to_ms: number; band: Band | null; price_yuan: number | null }
/** GET /api/v1/tariff */
export interface Tariff { unit: "kwh" | "m3"; pieces: TariffPiece[]; versions: { valid_from: string; source: string }[] }

export interface History {
  node: string;
  kind: MeterKind;
  window: HistoryWindow;
  unit: string;
  truncated: boolean;
  columns: string[];
  rows: HistoryRow[];
}

export interface MeterDevice {
  id: string;
  bus: string;
  unit: number;
  model: string;
  model_verified: boolean;
  online: boolean | null;
  last_seen_ms: number | null;
  polls: number;
  /** Counts by kind; the kinds are the gateway's. */
  errors: Record<string, number>;
  /** Of the errors of kind `exception`, by Modbus exception code ("2"; "other"). */
  exceptions: Record<string, number>;
  /** Answered, but no number, or none that such a meter can show. */
  unusable_values: number;
  /** Registers of its model that this meter said it does not have. */
  absent_values: number;
  /** Left out because its bus was too slow. */
  missed_polls: number;
  /** What it gets to answer; follows what its answers took. */
  timeout_ms: number | null;
  response_time_ms: number | null;
}
export interface SensorDevice {
  id: string;
  family: string;
  topic: string;
  online: boolean | null;
  last_seen_ms: number | null;
  messages: number;
  undecodable: number;
  last_error: string;
  kind?: string;
  /** What it is behind: its bridge, or the broker. */
  parent?: string | null;
  undecodable_by_kind?: Record<string, number>;
  /** Printable, cut. */
  last_bad_payload?: string;
  last_bad_ms?: number | null;
}
/** Announced itself, and is not in site.toml. */
export interface ProposedDevice { id: string; name: string; kind: string; announced: string; toml: string }
export interface BusDevice {
  id: string;
  url: string;
  online: boolean;
  requests: number;
  missed_polls: number;
  /** Answers that belonged to no pending request, and were given to none. */
  discarded_answers: number;
  /** Times the line itself was lost: adapter pulled, serial server away. */
  faults: number;
  utilisation: number;
  last_error: string;
  /** What last_error is about, for words of one's own: the kinds of a meter's `errors`. It stays when the bus is back. */
  last_error_kind: string | null;
  /** null: the line itself. */
  last_error_meter: string | null;
  /** Of kind `exception`, else 0. */
  last_error_exception: number;
  last_error_ms: number | null;
}
export interface Broker { url: string; connected: boolean; state: "ok" | "retrying" | "refused"; messages: number; unrouted: number; reconnects: number; last_error: string }

/** GET /api/v1/devices */
export interface Devices { meters: MeterDevice[]; sensors: SensorDevice[]; buses: BusDevice[]; broker: Broker | null; proposed?: ProposedDevice[] }
