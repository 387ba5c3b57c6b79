// The JSON of the consumption report (docs/api.md, docs/audit.md). Amounts are kWh or m³, as `unit` says.
import type { MeterKind } from "./wire";

export type AuditNodeKind = "meter" | "area" | "sub_item" | "compound" | "sum" | "difference";

/** One node in one month, or in the part of it that lies in the period. Null: not known, or there is no such thing for this node. */
export interface AuditRow {
  month: string;
  first_day: string;
  last_day: string;
  under_way: "yes" | "no";
  node: string;
  name: string;
  name_en: string;
  node_kind: AuditNodeKind;
  utility: MeterKind;
  unit: string;
  consumption: number;
  estimated: number;
  corrected: number;
  completeness_pct: number | null;
  cost_yuan: number | null;
  unpriced: number;
  critical_peak: number | null;
  peak: number | null;
  flat: number | null;
  valley: number | null;
  cost_critical_peak_yuan: number | null;
  cost_peak_yuan: number | null;
  cost_flat_yuan: number | null;
  cost_valley_yuan: number | null;
  off_hours: number;
  standard_coal_kgce: number | null;
  carbon_kgco2: number | null;
  per_m2: number | null;
  per_head: number | null;
  /** kW or m³/h. */
  max_demand: number | null;
  max_demand_at: string | null;
  max_demand_sliding: number | null;
  max_demand_sliding_at: string | null;
  demand_limit: number | null;
  night_base: number | null;
  unaccounted_pct: number | null;
  /** "gap 2, exchange 1" */
  quality_events: string | null;
}

/** Electricity and water of an area together. */
export interface AuditTotal {
  month: string;
  node: string;
  name: string;
  name_en: string;
  standard_coal_kgce: number | null;
  carbon_kgco2: number | null;
  water_m3: number | null;
  standard_coal_per_m2: number | null;
  standard_coal_per_head: number | null;
  carbon_per_m2: number | null;
  water_per_head: number | null;
}

export interface QualityEvent { meter: string; event: string; at: string; at_ms: number; before: number; after: number; amount: number; by: string; comment: string }

/** A meter's counter at the edges of a month, what broke its chain in between, and the sum: where a figure comes from. */
export interface MeterTrace {
  month: string;
  meter: string;
  sign: number;
  unit: string;
  first: { at: string; reading: number } | null;
  last: { at: string; reading: number } | null;
  events: QualityEvent[];
  by_readings: number;
  corrections: number;
  at_the_edges: number;
  booked: number;
}

/** GET /api/v1/audit */
export interface Audit {
  from: string;
  to: string;
  made_ms: number;
  rows: AuditRow[];
  totals: AuditTotal[];
  quality_events: QualityEvent[];
  trace: MeterTrace[];
  notes: { zh: string; en: string }[];
}

/** `amount` is added to what the meter used in [from, to), or taken away; kWh or m³. */
export interface Correction { from_ms: number; to_ms: number; amount: number; by: string; reason: string }
export interface Exchange { old_reading: number; new_reading: number; by: string; reason: string }
