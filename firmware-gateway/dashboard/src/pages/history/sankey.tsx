// Where the energy went: from the compound to its areas, and on to what lies in them. A remainder is what no part accounts for.
import type { JSX } from "preact";
import type { Area, Named } from "../../api/wire";
import { joined } from "../../format/formats";
import type { Quantity } from "../../format/formats";
import { useTexts } from "../../i18n/texts";
import { PHONE, useMedia } from "../../ui/media";

export interface FlowNode {
  id: string;
  /** null: the remainder of the node that `from` names. */
  thing: Named | null;
  from: string | null;
  amount: number;
  level: number;
}

/** Less of the whole than this is rounding, and too thin to draw. */
const LEAST = 0.002;

/**
 * The compound, its areas, and the areas in those. What a node's parts leave is a node of its own: meters outside every part, and
 * losses. Parts that are more than their whole (two meters that disagree) leave nothing, and `excess` says by how much.
 */
export function flowNodes(areas: readonly Area[], amounts: ReadonlyMap<string, number>): { nodes: FlowNode[]; excess: number } {
  const whole = amounts.get("compound") ?? 0;
  const nodes: FlowNode[] = [{ id: "compound", thing: null, from: null, amount: whole, level: 0 }];
  let excess = 0;
  const split = (parent: string | null, id: string, amount: number, level: number): void => {
    const parts = areas.filter((area) => area.parent === parent && (amounts.get(area.id) ?? 0) > whole * LEAST);
    if (parts.length === 0 || level > 2) return;
    let sum = 0;
    for (const area of [...parts].sort((a, b) => (amounts.get(b.id) ?? 0) - (amounts.get(a.id) ?? 0))) {
      const part = amounts.get(area.id) ?? 0;
      sum += part;
      nodes.push({ id: area.id, thing: area, from: id, amount: part, level });
      split(area.id, area.id, part, level + 1);
    }
    if (amount - sum > whole * LEAST) nodes.push({ id: `${id}/rest`, thing: null, from: id, amount: amount - sum, level });
    if (sum - amount > whole * LEAST) excess += sum - amount;
  };
  split(null, "compound", whole, 1);
  return { nodes, excess };
}

const BAR = 12;
const GAP = 10;
const FLOW_HEIGHT = 300;

interface Placed extends FlowNode { x: number; y: number; height: number; used: number }

/** Names stand right of their bar; on a phone the amount goes on a line of its own. */
interface Layout { width: number; names: number; line: number }
const DESK: Layout = { width: 760, names: 0.34, line: 15 };
const HAND: Layout = { width: 370, names: 0.42, line: 32 };

function place(nodes: readonly FlowNode[], layout: Layout): { placed: Placed[]; height: number; levels: number } {
  const whole = Math.max(nodes[0]?.amount ?? 0, ...[1, 2].map((level) => nodes.filter((node) => node.level === level).reduce((sum, node) => sum + node.amount, 0)));
  const levels = Math.max(...nodes.map(({ level }) => level)) + 1;
  const scale = whole > 0 ? FLOW_HEIGHT / whole : 0;
  const next = new Array<number>(levels).fill(0);
  const placed: Placed[] = [];
  for (const node of nodes) {
    const height = Math.max(2, node.amount * scale);
    const parent = placed.find(({ id }) => id === node.from);
    // Not above its parent: the bands then run without crossing.
    const y = Math.max(next[node.level] ?? 0, parent?.y ?? 0);
    next[node.level] = y + Math.max(height, layout.line) + GAP;
    placed.push({ ...node, x: ((layout.width * (1 - layout.names)) / Math.max(1, levels - 1)) * node.level, y, height, used: 0 });
  }
  return { placed, height: Math.max(...next, FLOW_HEIGHT + GAP), levels };
}

export function Sankey({ areas, amounts, quantity }: { areas: readonly Area[]; amounts: ReadonlyMap<string, number>; quantity(value: number): Quantity }): JSX.Element | null {
  const { t, f, name } = useTexts();
  const { nodes, excess } = flowNodes(areas, amounts);
  const phone = useMedia(PHONE);
  const layout = phone ? HAND : DESK;
  const { placed, height } = place(nodes, layout);
  const whole = nodes[0]?.amount ?? 0;
  if (whole <= 0 || nodes.length < 2) return null;
  const title = (node: FlowNode): string => node.from === null ? t("history.compound") : node.thing !== null ? name(node.thing)
    : t(node.from === "compound" ? "sankey.rest" : "sankey.rest.area");
  const words = placed.slice(1).map((node) => `${title(node)} ${joined(quantity(node.amount))}, ${f.percent(node.amount / whole)}`).join("; ");
  return (
    <div class="sankey">
      <svg viewBox={`0 0 ${layout.width} ${height}`} role="img" aria-label={t("sankey.aria", { whole: joined(quantity(whole)), parts: words })}>
        {placed.map((node) => {
          const parent = placed.find(({ id }) => id === node.from);
          if (parent === undefined) return null;
          const top = parent.y + parent.used;
          parent.used += node.height;
          const [x0, x1] = [parent.x + BAR, node.x];
          const bend = (x1 - x0) / 2;
          return <path key={node.id} class={node.thing === null ? "flow flow-rest" : "flow"}
            d={`M${x0} ${top}C${x0 + bend} ${top} ${x1 - bend} ${node.y} ${x1} ${node.y}V${node.y + node.height}C${x1 - bend} ${node.y + node.height} ${x0 + bend} ${top + node.height} ${x0} ${top + node.height}Z`} />;
        })}
        {placed.map((node) => (
          <g key={node.id} data-flow={node.id}>
            <rect class={node.thing === null && node.from !== null ? "flow-bar flow-bar-rest" : "flow-bar"} x={node.x} y={node.y} width={BAR} height={node.height} rx={2} />
            <text class="flow-text" x={node.x + BAR + 6} y={node.y + node.height / 2 + (phone ? -3 : 4)}>
              <tspan class="flow-name">{title(node)}</tspan>
              <tspan {...(phone ? { x: node.x + BAR + 6, dy: 15 } : { dx: 6 })}>{joined(quantity(node.amount))}</tspan>
              {node.from !== null && <tspan dx="6" class="flow-part">{f.percent(node.amount / whole)}</tspan>}
            </text>
          </g>
        ))}
      </svg>
      {excess > 0 && <p class="failure">{t("sankey.excess", { value: joined(quantity(excess)) })}</p>}
    </div>
  );
}
