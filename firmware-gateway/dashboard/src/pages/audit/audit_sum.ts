// A report has a row for each node and month; a quarter or a year is shown as one line a node. Pure functions.
import type { AuditRow, AuditTotal } from "../../api/wire_audit";
import { DAY } from "../../store/calendar";

type NumberKey = { [K in keyof AuditRow]: AuditRow[K] extends number | null ? K : never }[keyof AuditRow];

const SUMS = ["consumption", "estimated", "corrected", "unpriced", "off_hours"] as const satisfies readonly NumberKey[];
/** What a month lacks (no tariff yet) is told by `unpriced`. */
const KNOWN_SUMS = ["cost_yuan", "critical_peak", "peak", "flat", "valley", "cost_critical_peak_yuan", "cost_peak_yuan", "cost_flat_yuan", "cost_valley_yuan",
  "per_m2", "per_head"] as const satisfies readonly NumberKey[];
/** A month without a factor leaves the whole unknown: too little is worse than nothing. */
const WHOLE_SUMS = ["standard_coal_kgce", "carbon_kgco2"] as const satisfies readonly NumberKey[];

function known(values: readonly (number | null)[]): number | null {
  const there = values.filter((value): value is number => value !== null);
  return there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0);
}

function days(row: AuditRow): number {
  return Math.round((Date.parse(row.last_day) - Date.parse(row.first_day)) / DAY) + 1;
}

/** "gap 2, exchange 1" of several months taken together. */
export function joinEvents(texts: readonly (string | null)[]): string | null {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const part of (text ?? "").split(", ")) {
      const [, name, n] = /^(\w+) (\d+)$/.exec(part) ?? [];
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + Number(n));
    }
  }
  return counts.size === 0 ? null : [...counts].map(([name, n]) => `${name} ${n}`).join(", ");
}

function highest(rows: readonly AuditRow[], value: "max_demand" | "max_demand_sliding", at: "max_demand_at" | "max_demand_sliding_at"): Pick<AuditRow, never> {
  const top = rows.reduce<AuditRow | null>((best, row) => (row[value] !== null && (best === null || row[value] > (best[value] as number)) ? row : best), null);
  return { [value]: top?.[value] ?? null, [at]: top?.[at] ?? null };
}

function merged(rows: readonly AuditRow[]): AuditRow {
  const [first, last] = [rows[0] as AuditRow, rows[rows.length - 1] as AuditRow];
  if (rows.length === 1) return first;
  const out: AuditRow = { ...first, last_day: last.last_day, under_way: last.under_way, ...highest(rows, "max_demand", "max_demand_at"),
    ...highest(rows, "max_demand_sliding", "max_demand_sliding_at"), quality_events: joinEvents(rows.map((row) => row.quality_events)),
    // Of single months only: neither is the sum nor the mean of theirs.
    night_base: null, unaccounted_pct: null };
  for (const key of SUMS) out[key] = rows.reduce((sum, row) => sum + row[key], 0);
  for (const key of KNOWN_SUMS) out[key] = known(rows.map((row) => row[key]));
  for (const key of WHOLE_SUMS) out[key] = rows.some((row) => row[key] === null && row.consumption !== 0) ? null : known(rows.map((row) => row[key]));
  const metered = rows.filter((row) => row.completeness_pct !== null);
  const length = metered.reduce((sum, row) => sum + days(row), 0);
  out.completeness_pct = length === 0 ? null : metered.reduce((sum, row) => sum + (row.completeness_pct as number) * days(row), 0) / length;
  return out;
}

/** One line for each node and utility, in the report's order. */
export function sumRows(rows: readonly AuditRow[]): AuditRow[] {
  const groups = new Map<string, AuditRow[]>();
  for (const row of rows) {
    const key = `${row.utility} ${row.node}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => merged([...group].sort((a, b) => a.month.localeCompare(b.month))));
}

export function sumTotals(totals: readonly AuditTotal[]): AuditTotal[] {
  const groups = new Map<string, AuditTotal[]>();
  for (const total of totals) groups.set(total.node, [...(groups.get(total.node) ?? []), total]);
  const keys = ["standard_coal_kgce", "carbon_kgco2", "water_m3", "standard_coal_per_m2", "standard_coal_per_head", "carbon_per_m2", "water_per_head"] as const;
  return [...groups.values()].map((group) => {
    const out: AuditTotal = { ...(group[0] as AuditTotal) };
    for (const key of keys) out[key] = group.some((total) => total[key] === null) ? null : known(group.map((total) => total[key]));
    return out;
  });
}

export function estimatedPart(row: AuditRow): number | null {
  return row.consumption > 0 ? row.estimated / row.consumption : null;
}
export function offHoursPart(row: AuditRow): number | null {
  return row.consumption > 0 ? row.off_hours / row.consumption : null;
}
