// The stand-in's consumption report: GET /api/v1/audit as docs/api.md has it, made from the stand-in's own history.
const DAY = 86_400_000;
const ZONE_MS = 8 * 3.6e6;
const PRICES = { critical_peak: 1.134, peak: 0.995, flat: 0.63, valley: 0.233 };

const dayText = (ms) => new Date(ms + ZONE_MS).toISOString().slice(0, 10);
const begin = (day) => Date.parse(`${day}T00:00:00Z`) - ZONE_MS;
const endOfMonth = (month) => { const [year, number] = month.split("-").map(Number); return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10); };
const round = (value, digits = 3) => Number(value.toFixed(digits));

function bandOf(ms) {
  const hour = new Date(ms + ZONE_MS).getUTCHours();
  if (hour < 8) return "valley";
  if (hour === 11 || hour === 17) return "critical_peak";
  return hour === 10 || (hour >= 15 && hour < 20) || hour === 21 ? "peak" : "flat";
}

function monthsOf(from, to) {
  const months = [];
  for (let day = from; day <= to;) {
    const last = endOfMonth(day.slice(0, 7));
    months.push({ month: day.slice(0, 7), first_day: day, last_day: last < to ? last : to });
    day = dayText(begin(last) + DAY);
  }
  return months;
}

/** Hour by hour for a few days; for longer by days whose hours are taken to be alike, or a report would hold the stand-in up. */
function row(compound, node, { month, first_day, last_day }, coarse, now) {
  const { rows } = compound.history(node.id, node.utility, coarse ? "1d" : "1h", begin(first_day), Math.min(begin(last_day) + DAY, now));
  if (rows.length === 0) return null;
  const electric = node.utility === "electricity";
  const bands = { critical_peak: 0, peak: 0, flat: 0, valley: 0 };
  let top = rows[0];
  let offHours = 0;
  for (const each of rows) {
    if (each[4] > top[4]) top = each;
    for (let hour = 0; hour < (coarse ? 24 : 1); hour++) {
      const at = each[0] + hour * 3.6e6;
      const amount = each[1] / 1000 / (coarse ? 24 : 1);
      bands[bandOf(at)] += amount;
      const local = new Date(at + ZONE_MS).getUTCHours();
      if (local < 8 || local >= 18) offHours += amount;
    }
  }
  const used = rows.reduce((sum, each) => sum + each[1], 0) / 1000;
  const cost = electric ? Object.fromEntries(Object.entries(bands).map(([band, amount]) => [`cost_${band}_yuan`, round(amount * PRICES[band], 2)]))
    : { cost_critical_peak_yuan: 0, cost_peak_yuan: 0, cost_flat_yuan: round(used * 3.05, 2), cost_valley_yuan: 0 };
  const at = `${dayText(top[0])} ${new Date(top[0] + ZONE_MS).toISOString().slice(11, 16)}`;
  return {
    month, first_day, last_day, under_way: begin(last_day) + DAY > now ? "yes" : "no", node: node.id, name: node.name, name_en: node.name_en, node_kind: node.kind, utility: node.utility,
    unit: electric ? "kWh" : "m3", consumption: round(used), estimated: round(used * 0.004), estimated_pct: 0.4, corrected: 0, completeness_pct: 99.62,
    cost_yuan: round(Object.values(cost).reduce((a, b) => a + b, 0), 2), unpriced: 0, ...(electric ? Object.fromEntries(Object.entries(bands).map(([key, value]) => [key, round(value)]))
      : { critical_peak: 0, peak: 0, flat: round(used), valley: 0 }), ...cost, off_hours: round(offHours), off_hours_pct: round(offHours / used * 100, 2),
    standard_coal_kgce: electric ? round(used * 0.1229) : null, carbon_kgco2: electric ? round(used * 0.5306) : null,
    per_m2: node.m2 ? round(used / node.m2, 4) : null, per_head: node.heads ? round(used / node.heads, 4) : null,
    demand_unit: electric ? "kW" : "m3/h", max_demand: round(top[4] / 1000), max_demand_at: at, max_demand_sliding: round(top[4] / 1000 * 1.006), max_demand_sliding_at: at, demand_limit: node.kind === "compound" && electric ? 250 : null,
    night_base: round(Math.min(...rows.map((each) => each[2])) / 1000), unaccounted_pct: null, days_over_unaccounted_limit: null,
    quality_events: node.id === "compound" && electric ? "gap 1, exchange 1" : null, reading_first: null, reading_first_at: null, reading_last: null, reading_last_at: null,
    tree_change: 0, tariff_source: electric ? "闽发改规〔2023〕8号 (2026-01-01)" : "榕价 (2026-01-01)", standard_coal_source: electric ? "0.1229 [GB/T 2589-2020, S2]" : null, carbon_source: electric ? "0.5306 [national 2023, S2]" : null,
  };
}

/** `nodes`: { id, name, name_en, kind, utility, m2, heads }, in the report's order. */
export function audit(compound, nodes, from, to, trace, exchanges) {
  const now = Date.now();
  const [first, last] = [from.length === 7 ? `${from}-01` : from, to.length === 7 ? endOfMonth(to) : to];
  const rows = monthsOf(first, last).flatMap((month) => nodes.map((node) => row(compound, node, month, begin(last) - begin(first) > 3 * DAY, now)).filter((each) => each !== null));
  const totals = rows.filter(({ utility, node_kind }) => utility === "electricity" && (node_kind === "compound" || node_kind === "area")).map((each) => {
    const node = nodes.find(({ id }) => id === each.node);
    const water = rows.find((other) => other.utility === "water" && other.node === each.node && other.month === each.month)?.consumption ?? null;
    const per = (value, by) => (by ? round(value / by, 4) : null);
    return { month: each.month, node: each.node, name: each.name, name_en: each.name_en, standard_coal_kgce: each.standard_coal_kgce, carbon_kgco2: each.carbon_kgco2, water_m3: water,
      standard_coal_per_m2: per(each.standard_coal_kgce, node.m2), standard_coal_per_head: per(each.standard_coal_kgce, node.heads), carbon_per_m2: per(each.carbon_kgco2, node.m2), water_per_head: per(water, node.heads) };
  });
  const event = (meter, name, atMs, before, after, amount, by, comment) => ({ meter, event: name, at: `${dayText(atMs)} ${new Date(atMs + ZONE_MS).toISOString().slice(11, 16)}`, at_ms: atMs, before, after, amount, by, comment });
  const quality_events = [event("b1-light", "gap", begin(first) + 3.2e7, 120_000.4, 120_031.9, 31.5, "", ""), event("b2-cold", "exchange", begin(first) + 4.1e7, 4_012.3, 0.2, 0, "", ""), ...exchanges];
  const traced = trace === "" ? [] : compound.metersOf(trace, "electricity").map((meter, index) => ({
    month: first.slice(0, 7), meter: meter.id, sign: 1, unit: "kWh", first: { at: `${first} 00:00`, at_ms: begin(first), reading: 120_000 + index }, last: { at: `${last} 00:00`, at_ms: begin(last), reading: 121_000.5 + index },
    events: index === 0 ? [quality_events[0]] : [], by_readings: 1000.5, corrections: 0, at_the_edges: 0.02, booked: 1000.52, readings: [] }));
  return { site: "cangshan", name: "仓山区政务中心", name_en: "Cangshan Government Affairs Centre", timezone: "Asia/Shanghai", from: first, to: last, made_ms: now, rows, totals, quality_events, trace: traced,
    notes: [{ zh: "用电价格依据：闽发改规〔2023〕8号（自 2026-01-01 起）", en: "tariff of electricity: Fujian price notice 8 of 2023 (2026-01-01)" },
      { zh: "用电碳排放因子：0.5306（national 2023，[S2]）", en: "factor (carbon of electricity) 0.5306 [national 2023, S2]" },
      { zh: "未配置 2026 年的节假日，非工作时间仅按星期计算", en: "the holidays of 2026 were not told ([[calendar.year]]); off-hours go by weekdays" }] };
}

export function auditCsv(report) {
  const keys = Object.keys(report.rows[0] ?? {});
  return `\uFEFF${[keys, ...report.rows.map((each) => keys.map((key) => each[key] ?? ""))].map((cells) => cells.map((cell) => `"${cell}"`).join(",")).join("\r\n")}\r\n`;
}
