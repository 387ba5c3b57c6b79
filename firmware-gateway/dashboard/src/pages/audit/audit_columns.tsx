// The columns of the report's views: what was used, what it cost, when it was used, what it emitted.
import type { ComponentChildren } from "preact";
import type { AuditRow } from "../../api/wire_audit";
import { UNKNOWN } from "../../format/formats";
import type { Words } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { estimatedPart, offHoursPart } from "./audit_sum";

export type View = "use" | "cost" | "demand" | "carbon";
export const VIEWS: readonly View[] = ["use", "cost", "demand", "carbon"];

export interface Column {
  title: TextKey;
  cell(row: AuditRow, words: Words): ComponentChildren;
}

const unitOf = (row: AuditRow): string => (row.unit === "m3" ? "m³" : row.unit);
const rateUnit = (row: AuditRow): string => (row.utility === "water" ? "m³/h" : "kW");

function write(value: number | null, unit: string, { f }: Words, digits?: 0 | 1 | 2): string {
  if (value === null) return UNKNOWN;
  return `${f.decimal(value, digits ?? (Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2))}${unit === "" ? "" : ` ${unit}`}`;
}
/** An intensity. What is less than the last decimal is not nothing. */
function per(value: number | null, row: AuditRow, words: Words): string {
  const unit = unitOf(row);
  return value !== null && value < 0.005 && row.consumption > 0 ? `<${words.f.decimal(0.01, 2)} ${unit}` : write(value, unit, words, 2);
}
const yuan = (value: number | null, { f }: Words): string => (value === null ? UNKNOWN : `¥${f.decimal(value, 2)}`);

function band(amount: "critical_peak" | "peak" | "flat" | "valley", cost: "cost_critical_peak_yuan" | "cost_peak_yuan" | "cost_flat_yuan" | "cost_valley_yuan", title: TextKey): Column {
  return { title, cell: (row, words) => (row[amount] === null ? UNKNOWN : <>{write(row[amount], unitOf(row), words)}<br /><span class="dim">{yuan(row[cost], words)}</span></>) };
}

function when(text: string | null): ComponentChildren {
  return text === null ? null : <><br /><span class="dim">{text.slice(5)}</span></>;
}

const consumption: Column = { title: "audit.amount", cell: (row, words) => <b>{write(row.consumption, unitOf(row), words)}</b> };

export const COLUMNS: Record<View, readonly Column[]> = {
  use: [
    consumption,
    { title: "ranking.per_m2", cell: (row, words) => per(row.per_m2, row, words) },
    { title: "ranking.per_head", cell: (row, words) => per(row.per_head, row, words) },
    { title: "audit.completeness", cell: (row, { f }) => (row.completeness_pct === null ? UNKNOWN : `${f.decimal(row.completeness_pct, row.completeness_pct >= 100 ? 0 : 1)}%`) },
    { title: "audit.estimated", cell: (row, words) => (row.estimated === 0 ? UNKNOWN : <>{write(row.estimated, unitOf(row), words)} <span class="dim">{words.f.percent(estimatedPart(row))}</span></>) },
    { title: "audit.corrected", cell: (row, words) => (row.corrected === 0 ? UNKNOWN : write(row.corrected, unitOf(row), words)) },
  ],
  cost: [
    consumption,
    { title: "audit.cost", cell: (row, words) => <b>{yuan(row.cost_yuan, words)}</b> },
    band("critical_peak", "cost_critical_peak_yuan", "band.critical_peak"), band("peak", "cost_peak_yuan", "band.peak"),
    band("flat", "cost_flat_yuan", "band.flat"), band("valley", "cost_valley_yuan", "band.valley"),
    { title: "audit.unpriced", cell: (row, words) => (row.unpriced === 0 ? UNKNOWN : write(row.unpriced, unitOf(row), words)) },
  ],
  demand: [
    consumption,
    { title: "audit.max_demand", cell: (row, words) => <><b class={row.demand_limit !== null && row.max_demand !== null && row.max_demand > row.demand_limit ? "warn" : ""}>{write(row.max_demand, rateUnit(row), words)}</b>{when(row.max_demand_at)}</> },
    { title: "audit.demand_limit", cell: (row, words) => write(row.demand_limit, "kW", words) },
    { title: "audit.sliding", cell: (row, words) => <>{write(row.max_demand_sliding, rateUnit(row), words)}{when(row.max_demand_sliding_at)}</> },
    { title: "audit.off_hours", cell: (row, words) => <>{write(row.off_hours, unitOf(row), words)} <span class="dim">{words.f.percent(offHoursPart(row))}</span></> },
    { title: "audit.night_base", cell: (row, words) => write(row.night_base, rateUnit(row), words) },
  ],
  carbon: [
    consumption,
    { title: "audit.coal", cell: (row, words) => write(row.standard_coal_kgce, "kgce", words) },
    { title: "audit.carbon", cell: (row, words) => <b>{write(row.carbon_kgco2, "kg", words)}</b> },
  ],
};
