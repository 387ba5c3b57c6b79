// The report's tables: electricity and water, by area, by sub-item, by nodes of the site's own, by meter.
import type { JSX } from "preact";
import type { Live, MeterKind } from "../../api/wire";
import type { AuditNodeKind, AuditRow, AuditTotal } from "../../api/wire_audit";
import { UNKNOWN } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import type { TextKey } from "../../i18n/zh";
import { COLUMNS } from "./audit_columns";
import type { View } from "./audit_columns";

interface Group { id: string; title: TextKey; utility: MeterKind; kinds: readonly AuditNodeKind[] }
const GROUPS: readonly Group[] = [
  { id: "e-areas", title: "audit.electricity.areas", utility: "electricity", kinds: ["compound", "area"] },
  { id: "e-items", title: "audit.electricity.subitems", utility: "electricity", kinds: ["sub_item"] },
  { id: "e-own", title: "audit.electricity.own", utility: "electricity", kinds: ["sum", "difference"] },
  { id: "w-areas", title: "audit.water.areas", utility: "water", kinds: ["compound", "area"] },
  { id: "w-items", title: "audit.water.subitems", utility: "water", kinds: ["sub_item"] },
  { id: "w-own", title: "audit.water.own", utility: "water", kinds: ["sum", "difference"] },
  { id: "e-meters", title: "audit.electricity.meters", utility: "electricity", kinds: ["meter"] },
  { id: "w-meters", title: "audit.water.meters", utility: "water", kinds: ["meter"] },
];
const KIND_ORDER: Record<AuditNodeKind, number> = { compound: 0, area: 1, sub_item: 2, sum: 3, difference: 4, meter: 5 };

export function depthOf(row: Pick<AuditRow, "node" | "node_kind">, live: Pick<Live, "areas">): number {
  if (row.node_kind === "sub_item") return row.node.endsWith("000") ? 0 : row.node.endsWith("00") ? 1 : 2;
  let depth = 0;
  let parent = live.areas.find(({ id }) => id === row.node)?.parent ?? null;
  while (parent !== null && depth < 3) {
    depth += 1;
    const above = parent;
    parent = live.areas.find(({ id }) => id === above)?.parent ?? null;
  }
  return depth;
}

interface Props {
  live: Live;
  rows: readonly AuditRow[];
  /** The same nodes in the period before; null: nothing is known of it. */
  former: ReadonlyMap<string, AuditRow> | null;
  view: View;
  meters: boolean;
}

export function AuditTables({ live, rows, former, view, meters }: Props): JSX.Element {
  return <>{GROUPS.filter(({ kinds }) => meters || !kinds.includes("meter")).map((group) => {
    const own = rows.filter((row) => row.utility === group.utility && group.kinds.includes(row.node_kind))
      .sort((a, b) => KIND_ORDER[a.node_kind] - KIND_ORDER[b.node_kind] || (a.node_kind === "sub_item" ? a.node.localeCompare(b.node) : 0));
    return own.length > 0 && <Table key={group.id} live={live} title={group.title} rows={own} former={former} view={view} />;
  })}</>;
}

function Table({ live, title, rows, former, view }: Omit<Props, "meters"> & { title: TextKey }): JSX.Element {
  const words = useTexts();
  const { t, f, name } = words;
  const columns = COLUMNS[view];
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t(title)}>
      <table class="table audit-table">
        <caption>{t(title)}</caption>
        <thead><tr>
          <th scope="col">{t("meters.name")}</th>
          {columns.map((column) => <th scope="col" class="right" key={column.title}>{t(column.title)}</th>)}
          {view === "use" && <th scope="col" class="right">{t("audit.change")}</th>}
        </tr></thead>
        <tbody>{rows.map((row) => {
          const before = former?.get(`${row.utility} ${row.node}`);
          return (
            <tr key={row.node} data-audit={`${row.utility} ${row.node}`} class={row.node_kind === "compound" ? "audit-total" : ""}>
              <th scope="row"><span class={`depth-${depthOf(row, live)}`}>{row.node_kind === "compound" ? t("history.compound") : name(row)}</span></th>
              {columns.map((column) => <td class="right num" key={column.title}>{column.cell(row, words)}</td>)}
              {view === "use" && <td class="right num" title={before === undefined ? undefined : `${t("audit.former")} ${f.decimal(before.consumption, 1)}`}>{f.difference(row.consumption, before?.consumption ?? null)}</td>}
            </tr>
          );
        })}</tbody>
      </table>
    </div>
  );
}

/** Electricity and water together, as the national indicators ask for. */
export function TotalsTable({ totals }: { totals: readonly AuditTotal[] }): JSX.Element | null {
  const { t, f, name } = useTexts();
  if (totals.length === 0) return null;
  const cell = (value: number | null, digits: 0 | 1 | 2 = 2): string => (value === null ? UNKNOWN : f.decimal(value, digits));
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("audit.totals")}>
      <table class="table audit-table">
        <caption>{t("audit.totals")}</caption>
        <thead><tr>
          <th scope="col">{t("meters.name")}</th>
          {(["audit.coal_kg", "audit.coal_m2", "audit.coal_head", "audit.carbon_kg", "audit.carbon_m2", "audit.water_head"] as const).map((key) => <th scope="col" class="right" key={key}>{t(key)}</th>)}
        </tr></thead>
        <tbody>{totals.map((total) => (
          <tr key={total.node} data-total={total.node}>
            <th scope="row">{total.node === "compound" ? t("history.compound") : name(total)}</th>
            <td class="right num">{cell(total.standard_coal_kgce, 1)}</td><td class="right num">{cell(total.standard_coal_per_m2)}</td><td class="right num">{cell(total.standard_coal_per_head)}</td>
            <td class="right num">{cell(total.carbon_kgco2, 1)}</td><td class="right num">{cell(total.carbon_per_m2)}</td><td class="right num">{cell(total.water_per_head)}</td>
          </tr>))}
        </tbody>
      </table>
    </div>
  );
}
