#include "firmware-gateway/audit/audit_columns.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace gateway {
namespace {

using Text = std::optional<std::string>;

const Node& node_of(const AuditReport& report, const AuditLine& line) { return report.site->node(line.node); }
const SiteTime& time_of(const AuditReport& report) { return *report.site->time; }

// mWh to kWh, mL to m3, millionths to the whole: six digits each.
std::string units(std::int64_t millionths) { return decimal(millionths, 6); }
Text units(std::optional<std::int64_t> millionths) { return millionths ? Text(units(*millionths)) : std::nullopt; }
Text percent(std::optional<double> share) { return share ? Text(fmt::format("{:.2f}", *share * 100)) : std::nullopt; }
Text four_decimals(std::optional<double> value) { return value ? Text(fmt::format("{:.4f}", *value)) : std::nullopt; }
// W to kW, L/h to m3/h.
Text thousands(std::optional<double> value) {
  return value ? Text(fmt::format("{:.3f}", *value / 1000)) : std::nullopt;
}

template <std::size_t B>
Text band_amount(const AuditReport&, const AuditLine& line) {
  return line.cost ? Text(units(line.bands[B].amount)) : std::nullopt;
}
template <std::size_t B>
Text band_cost(const AuditReport&, const AuditLine& line) {
  return line.cost ? Text(units(line.bands[B].cost)) : std::nullopt;
}

Text demand_of_peak(const std::optional<Peak>& peak) { return peak ? thousands(peak->demand) : std::nullopt; }
Text time_of_peak(const AuditReport& report, const std::optional<Peak>& peak) {
  return peak ? Text(local_text(peak->at, time_of(report))) : std::nullopt;
}

Text events_text(const AuditReport&, const AuditLine& line) {
  std::string out;
  for (std::size_t kind = 0; kind < line.events.size(); ++kind)
    if (line.events[kind] > 0)
      out +=
          fmt::format("{}{} {}", out.empty() ? "" : ", ", name_of(static_cast<QualityKind>(kind)), line.events[kind]);
  return out.empty() ? std::nullopt : Text(out);
}

Text factors_text(const Converted& converted) {
  std::string out;
  for (const auto* factor : converted.used) out += (out.empty() ? "" : "; ") + factor_text(*factor);
  return out.empty() ? std::nullopt : Text(out);
}

Text tariffs_text(const AuditReport&, const AuditLine& line) {
  std::string out;
  for (const auto* version : line.tariffs)
    out += fmt::format("{}{} ({})", out.empty() ? "" : "; ", version->source, day_text(version->valid_from));
  return out.empty() ? std::nullopt : Text(out);
}

Text reading(const std::optional<CounterRecord>& record) {
  return record ? Text(units(record->reading)) : std::nullopt;
}
Text reading_time(const AuditReport& report, const std::optional<CounterRecord>& record) {
  return record ? Text(local_text(record->at, time_of(report))) : std::nullopt;
}

constexpr AuditColumn columns[] = {
    {"month", "月份", "month", false, true,
     [](const AuditReport&, const AuditLine& l) {
       return Text(fmt::format("{:04}-{:02}", l.month.year, l.month.month));
     }},
    {"first_day", "首日", "first day", false, false,
     [](const AuditReport&, const AuditLine& l) { return Text(day_text(l.month.first)); }},
    {"last_day", "末日", "last day", false, false,
     [](const AuditReport&, const AuditLine& l) { return Text(day_text(l.month.last)); }},
    {"under_way", "未结束", "under way", false, false,
     [](const AuditReport&, const AuditLine& l) { return Text(l.under_way ? "yes" : "no"); }},
    {"node", "编号", "node", false, true,
     [](const AuditReport& r, const AuditLine& l) { return Text(node_of(r, l).name); }},
    {"name", "名称", "name (Chinese)", false, true,
     [](const AuditReport& r, const AuditLine& l) { return Text(node_of(r, l).label.local); }},
    {"name_en", "英文名称", "name", false, true,
     [](const AuditReport& r, const AuditLine& l) { return Text(node_of(r, l).label.english); }},
    {"node_kind", "类型", "kind", false, false,
     [](const AuditReport& r, const AuditLine& l) { return Text(std::string(name_of(node_of(r, l).kind))); }},
    {"utility", "能源", "utility", false, false,
     [](const AuditReport& r, const AuditLine& l) { return Text(std::string(name_of(node_of(r, l).utility))); }},
    {"unit", "单位", "unit", false, true,
     [](const AuditReport& r, const AuditLine& l) { return Text(std::string(unit_of(node_of(r, l).utility))); }},
    {"consumption", "用量", "consumption", true, true,
     [](const AuditReport&, const AuditLine& l) { return Text(units(l.amount)); }},
    {"estimated", "估算量", "estimated", true, false,
     [](const AuditReport&, const AuditLine& l) { return Text(units(l.estimated)); }},
    {"estimated_pct", "估算 %", "estimated %", true, true,
     [](const AuditReport&, const AuditLine& l) { return percent(share_of(l.estimated, l.amount)); }},
    {"corrected", "更正量", "corrected", true, true,
     [](const AuditReport&, const AuditLine& l) { return Text(units(l.corrected)); }},
    {"completeness_pct", "完整率 %", "completeness %", true, true,
     [](const AuditReport&, const AuditLine& l) { return percent(l.completeness); }},
    {"cost_yuan", "费用（元）", "cost (yuan)", true, true,
     [](const AuditReport&, const AuditLine& l) { return units(l.cost); }},
    {"unpriced", "无电价用量", "without a tariff", true, false,
     [](const AuditReport&, const AuditLine& l) { return Text(units(l.unpriced)); }},
    {"critical_peak", "尖", "critical peak", true, true, band_amount<0>},
    {"peak", "峰", "peak", true, true, band_amount<1>},
    {"flat", "平", "flat", true, true, band_amount<2>},
    {"valley", "谷", "valley", true, true, band_amount<3>},
    {"cost_critical_peak_yuan", "尖（元）", "critical peak (yuan)", true, false, band_cost<0>},
    {"cost_peak_yuan", "峰（元）", "peak (yuan)", true, false, band_cost<1>},
    {"cost_flat_yuan", "平（元）", "flat (yuan)", true, false, band_cost<2>},
    {"cost_valley_yuan", "谷（元）", "valley (yuan)", true, false, band_cost<3>},
    {"off_hours", "非工作时间用量", "off-hours", true, false,
     [](const AuditReport&, const AuditLine& l) { return units(l.off_hours); }},
    {"off_hours_pct", "非工作时间 %", "off-hours %", true, true,
     [](const AuditReport&, const AuditLine& l) {
       return l.off_hours ? percent(share_of(*l.off_hours, l.amount)) : std::nullopt;
     }},
    {"standard_coal_kgce", "标准煤（kgce）", "standard coal (kgce)", true, true,
     [](const AuditReport&, const AuditLine& l) { return units(l.coal.millionths_kg); }},
    {"carbon_kgco2", "碳排放（kgCO2）", "carbon (kg CO2)", true, true,
     [](const AuditReport&, const AuditLine& l) { return units(l.carbon.millionths_kg); }},
    {"per_m2", "单位面积", "per m2", true, true,
     [](const AuditReport&, const AuditLine& l) { return four_decimals(per(l.amount, l.floor_area_m2)); }},
    {"per_head", "人均", "per head", true, true,
     [](const AuditReport&, const AuditLine& l) { return four_decimals(per(l.amount, l.heads)); }},
    {"demand_unit", "需量单位", "unit of demand", false, false,
     [](const AuditReport& r, const AuditLine& l) {
       return Text(node_of(r, l).utility == Utility::electricity ? "kW" : "m3/h");
     }},
    {"max_demand", "最大需量（kW，m3/h）", "maximum demand (kW, m3/h)", true, true,
     [](const AuditReport&, const AuditLine& l) { return demand_of_peak(l.block); }},
    {"max_demand_at", "最大需量时间", "maximum demand at", false, true,
     [](const AuditReport& r, const AuditLine& l) { return time_of_peak(r, l.block); }},
    {"max_demand_sliding", "滑差最大需量", "maximum sliding demand", true, false,
     [](const AuditReport&, const AuditLine& l) { return demand_of_peak(l.sliding); }},
    {"max_demand_sliding_at", "滑差最大需量时间", "maximum sliding demand at", false, false,
     [](const AuditReport& r, const AuditLine& l) { return time_of_peak(r, l.sliding); }},
    {"demand_limit", "需量上限（kW）", "demand limit (kW)", true, false,
     [](const AuditReport& r, const AuditLine& l) {
       const auto limit = node_of(r, l).demand_limit;
       return limit > 0 ? thousands(limit) : std::nullopt;
     }},
    {"night_base", "夜间基础负荷（kW，m3/h）", "night base load (kW, m3/h)", true, true,
     [](const AuditReport&, const AuditLine& l) { return thousands(l.night_base); }},
    {"unaccounted_pct", "差额占比 %", "unaccounted %", true, false,
     [](const AuditReport&, const AuditLine& l) { return percent(l.unaccounted); }},
    {"days_over_unaccounted_limit", "差额超限天数", "days over the limit", true, false,
     [](const AuditReport& r, const AuditLine& l) {
       return node_of(r, l).unaccounted_limit > 0 ? Text(std::to_string(l.days_over_limit)) : std::nullopt;
     }},
    {"quality_events", "数据质量事件", "quality events", false, true, events_text},
    {"reading_first", "起始读数", "first reading", true, false,
     [](const AuditReport&, const AuditLine& l) { return reading(l.first); }},
    {"reading_first_at", "起始读数时间", "first reading at", false, false,
     [](const AuditReport& r, const AuditLine& l) { return reading_time(r, l.first); }},
    {"reading_last", "末次读数", "last reading", true, false,
     [](const AuditReport&, const AuditLine& l) { return reading(l.last); }},
    {"reading_last_at", "末次读数时间", "last reading at", false, false,
     [](const AuditReport& r, const AuditLine& l) { return reading_time(r, l.last); }},
    {"tree_change", "归属变更", "of meters moved, taken out or put in", true, false,
     [](const AuditReport&, const AuditLine& l) { return Text(units(l.tree_change)); }},
    {"tariff_source", "电价/水价依据", "tariff source", false, false, tariffs_text},
    {"standard_coal_source", "折标系数依据", "standard coal source", false, false,
     [](const AuditReport&, const AuditLine& l) { return factors_text(l.coal); }},
    {"carbon_source", "碳排放因子依据", "carbon source", false, false,
     [](const AuditReport&, const AuditLine& l) { return factors_text(l.carbon); }},
};

std::string_view chinese_of(Utility utility) noexcept { return utility == Utility::electricity ? "用电" : "用水"; }
std::string_view chinese_of(FactorKind kind) noexcept {
  return kind == FactorKind::carbon ? "碳排放因子" : "折标准煤系数";
}

std::string factor_text_zh(const Factor& factor) {
  return fmt::format("{}（{}{}{}{}）", decimal(factor.value, 6), factor.source,
                     factor.valid_from > 0 ? fmt::format("，自 {} 起", day_text(factor.valid_from)) : "",
                     factor.mark.empty() ? "" : "，", factor.mark.empty() ? "" : "[" + factor.mark + "]");
}

void add_table_notes(const AuditReport& report, std::vector<AuditNote>& out) {
  std::set<const Factor*> factors;
  std::set<std::pair<std::string, std::string>> tariffs;  // zh, en
  bool unpriced = false;
  for (const auto& line : report.lines) {
    for (const auto* converted : {&line.coal, &line.carbon})
      factors.insert(converted->used.begin(), converted->used.end());
    for (const auto* version : line.tariffs) {
      const auto utility = report.site->node(line.node).utility;
      const auto from = day_text(version->valid_from);
      tariffs.emplace(fmt::format("{}价格依据：{}（自 {} 起）", chinese_of(utility), version->source, from),
                      fmt::format("tariff of {}: {} ({})", name_of(utility), version->source_en, from));
    }
    unpriced = unpriced || line.unpriced != 0;
  }
  for (const auto& [zh, en] : tariffs) out.push_back({zh, en});
  if (unpriced)
    out.push_back({"部分用量发生在没有价格的日期，不计入费用",
                   "some consumption is of days without a tariff; its cost is not known and not in the figures"});
  for (const auto& row : report.site->factors.rows())
    if (factors.contains(&row))
      out.push_back({fmt::format("{}{}：{}", chinese_of(row.utility), chinese_of(row.kind), factor_text_zh(row)),
                     fmt::format("factor ({} of {}) {}", name_of(row.kind), name_of(row.utility), factor_text(row))});
  const auto& dictionary = report.site->dictionary;
  out.push_back({fmt::format("分项编码版本 {}：{}", dictionary.version, dictionary.source),
                 fmt::format("sub-item codes {}: {}", dictionary.version, dictionary.source_en)});
  for (const auto& item : report.site->sub_items)
    if (!item.mark.empty())
      out.push_back(
          {fmt::format("分项 {} {}{}：各地编码不一", item.code, item.name.local,
                       item.mark == "extension" ? "（扩展编码）" : fmt::format(" [{}]", item.mark)),
           fmt::format("sub-item {} {} [{}]: classifications differ", item.code, item.name.english, item.mark)});
}

void add_calendar_notes(const AuditReport& report, std::vector<AuditNote>& out) {
  const auto& calendar = report.site->calendar;
  for (auto year = month_day(report.period.first).year; year <= month_day(report.period.last).year; ++year) {
    if (const auto* told = calendar.year(year); told != nullptr)
      out.push_back({fmt::format("{} 年节假日依据：{}", year, told->source),
                     fmt::format("holidays of {}: {}", year, told->source_en)});
    else
      out.push_back(
          {fmt::format("未配置 {} 年的节假日，非工作时间仅按星期计算", year),
           fmt::format("the holidays of {} were not told ([[calendar.year]]); off-hours go by weekdays", year)});
  }
}

}  // namespace

std::span<const AuditColumn> audit_columns() noexcept { return columns; }

std::string decimal(std::int64_t value, unsigned digits) {
  std::uint64_t unit = 1;
  for (unsigned i = 0; i < digits; ++i) unit *= 10;
  const auto magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  auto out = fmt::format("{}{}.{:0{}}", value < 0 ? "-" : "", magnitude / unit, magnitude % unit, digits);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string factor_text(const Factor& factor) {
  return fmt::format("{} [{}{}{}{}]", decimal(factor.value, 6),
                     factor.source_en.empty() ? factor.source : factor.source_en,
                     factor.valid_from > 0 ? fmt::format(", from {}", day_text(factor.valid_from)) : "",
                     factor.mark.empty() ? "" : ", ", factor.mark);
}

std::string_view unit_of(Utility utility) noexcept { return utility == Utility::electricity ? "kWh" : "m3"; }

AuditNote event_name(QualityKind kind) {
  switch (kind) {
    case QualityKind::gap:
      return {"数据中断，按时间分摊并标记为估算", "gap; spread by time and marked estimated"};
    case QualityKind::wrap:
      return {"计数器翻转", "the counter wrapped"};
    case QualityKind::reset:
      return {"计数器归零", "the counter began again at 0"};
    case QualityKind::exchange:
      return {"换表（未申报）", "meter exchanged, unannounced"};
    case QualityKind::announced_exchange:
      return {"换表（已申报）", "meter exchanged, announced"};
    case QualityKind::glitch:
      return {"错误读数，未计入", "wrong readings, not booked"};
    case QualityKind::jump:
      return {"不可能的跳变，未计入", "a jump no meter can make, not booked"};
    case QualityKind::returned:
      return {"计数器恢复原值", "the counter came back to where it was"};
    case QualityKind::stepped_back:
      return {"读数略有回退", "a little less than before"};
    case QualityKind::duplicate:
      return {"重复读数，忽略", "duplicate readings, ignored"};
    case QualityKind::late:
      return {"迟到读数，忽略", "late readings, ignored"};
    case QualityKind::integrated:
      return {"无计数器，由功率积分得出", "no counter; made from power"};
    case QualityKind::correction:
      return {"人工更正", "corrected by a person"};
  }
  return {};
}

std::vector<AuditNote> audit_notes(const AuditReport& report) {
  std::vector<AuditNote> out;
  if (!report.lines.empty() && report.lines.back().under_way)
    out.push_back({"统计期尚未结束：数字仍会增长，费用与分时最多滞后一小时",
                   "the period is not over: figures will still grow; cost and bands may be up to an hour behind"});
  if (report.events_cut)
    out.push_back({"数据质量事件过多，仅列出前 20000 条", "more quality events than the 20,000 that were read"});
  for (const auto& line : report.lines) {
    if (line.tree_change == 0) continue;
    const auto& node = report.site->node(line.node);
    const auto amount = units(line.tree_change) + " " + std::string(unit_of(node.utility));
    out.push_back(
        {fmt::format("{:04}-{:02} {}：{} 来自配置变更（表计移动、移除或新增）前后归属不同的表计，与现有表计之和不符",
                     line.month.year, line.month.month, node.name, amount),
         fmt::format(
             "{:04}-{:02} {}: {} beyond the sum of the meters that count in it now; meters were moved, taken out "
             "or put in meanwhile",
             line.month.year, line.month.month, node.name, amount)});
  }
  add_table_notes(report, out);
  add_calendar_notes(report, out);
  if (!report.site->factors.water_in_standard_coal)
    out.push_back(
        {"用水不计入综合能耗 [?]（各地规定不一，可用 water_in_standard_coal 打开）",
         "water is not in the total of standard coal [?]: codes disagree; water_in_standard_coal switches it on"});
  out.push_back({"[S2] 表示来源为二手资料，[?] 表示来源不一致；正式上报前请核对原文",
                 "[S2]: the source was read second-hand; [?]: sources disagree. Check the document itself before "
                 "figures are filed"});
  out.push_back(
      {"单位面积与人均为所示时段的数值，未折算为全年；分项按整个院区的面积与人数计算",
       "per m2 and per head are of the period shown, not of a year; of sub-items they refer to the whole compound"});
  return out;
}

}  // namespace gateway
