#include "firmware-gateway/audit/audit_report.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "cloud-sync/store/running_window.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_rows = 1'000'000;
constexpr std::size_t most_events = 20'000;

// How often each meter's reading is in the node, with its sign.
void add_weights(const Site& site, NodeId node, int sign, std::map<MeterId, int>& out) {
  const auto& of = site.node(node);
  if (of.kind == NodeKind::meter) out[of.meter] += sign;
  for (const auto& term : of.terms) add_weights(site, term.source, sign * term.sign, out);
}

std::map<MeterId, int> weights_of(const Site& site, NodeId node) {
  std::map<MeterId, int> out;
  add_weights(site, node, 1, out);
  std::erase_if(out, [](const auto& each) { return each.second == 0; });
  return out;
}

// What a correction of [from, at) puts into the month; it is spread evenly.
std::int64_t part_in(const QualityRecord& correction, const AuditMonth& month) {
  const auto begin = std::max(correction.from, month.from), end = std::min(correction.at, month.to);
  const auto whole = correction.at - correction.from;
  if (end <= begin) return 0;
  if (end - begin == whole) return correction.amount;
  return std::llround(static_cast<double>(correction.amount) * std::chrono::duration<double>(end - begin) /
                      std::chrono::duration<double>(whole));
}

// A correction is about [from, at), which may end with the month; all else is of one moment.
bool is_of(const QualityRecord& event, UtcTime from, UtcTime to) {
  if (event.kind == QualityKind::correction) return event.at > from && event.from < to;
  return event.at >= from && event.at < to;
}

// Whether it happened after one reading and up to the other. Readings are kept to the millisecond: to the nanosecond,
// the event that the last of them comes from would lie behind it.
bool is_between(const QualityRecord& event, const CounterRecord& first, const CounterRecord& last) {
  return to_ms(event.at) > to_ms(first.at) && to_ms(event.at) <= to_ms(last.at);
}

class Maker {
 public:
  Maker(StoreReader& reader, const Site& site, const AuditQuery& query, UtcTime now)
      : reader_(reader), site_(site), query_(query), now_(now) {
    report_.site = &site;
    report_.period = query.period;
    report_.made = now;
    for (std::size_t i = 0; i < site.nodes.size(); ++i) weights_.push_back(weights_of(site, NodeId{i}));
  }

  Expected<AuditReport> make() {
    std::vector<NodeId> traced;
    if (!query_.trace.empty()) {
      traced = nodes_named(query_.trace);
      if (traced.empty()) return unknown_node();
      report_.traced = query_.trace;
    }
    const auto months = months_of(query_.period, *site_.time);
    if (auto fits = check_size(traced, months.size()); !fits) return std::unexpected(fits.error());
    if (auto read = read_events(months.front().from, months.back().to); !read) return std::unexpected(read.error());
    for (const auto& month : months) {
      if (auto done = add_month(month); !done) return std::unexpected(done.error());
      for (const auto node : traced)
        if (auto done = add_traces(node, month); !done) return std::unexpected(done.error());
    }
    if (report_.lines.empty()) return nothing_there();
    return std::move(report_);
  }

 private:
  std::vector<NodeId> nodes_named(std::string_view name) const {
    std::vector<NodeId> out;
    for (const auto utility : {Utility::electricity, Utility::water})
      if (const auto node = site_.node_named(name, utility)) out.push_back(*node);
    return out;
  }

  Expected<void> check_size(std::span<const NodeId> traced, std::size_t months) const {
    std::size_t meters = 0;
    for (const auto node : traced) meters += weights_[node.index()].size();
    const auto check = [months](std::size_t each, std::size_t most, std::string_view what) -> Expected<void> {
      if (each == 0 || months <= most / each) return {};
      const auto fits = most / each;
      return failure(
          std::errc::invalid_argument,
          fmt::format("{} months of {} {} are more than one report holds; ask for {}, or make it with `gateway audit`",
                      months, each, what,
                      fits == 0 ? std::string("a smaller part of the compound")
                                : fmt::format("{} month{} at most", fits, fits == 1 ? "" : "s")));
    };
    if (auto fits = check(site_.nodes.size(), query_.most_lines, "nodes"); !fits) return fits;
    return check(meters, query_.most_traces, "meters, reading by reading,");
  }

  Expected<void> go_on() const {
    if (query_.ended && query_.ended()) return failure(std::errc::operation_canceled, "report");
    return {};
  }

  std::unexpected<Error> unknown_node() const {
    std::vector<std::string_view> names;
    for (const auto& node : site_.nodes) names.push_back(node.name);
    const auto near = nearest(query_.trace, names);
    return failure(std::errc::invalid_argument,
                   fmt::format("no meter, area, sub-item or node is called '{}'{}", query_.trace,
                               near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }

  // Says what there is, because the next question is just that.
  std::unexpected<Error> nothing_there() {
    std::optional<UtcTime> earliest;
    for (std::size_t i = 0; i < site_.nodes.size(); ++i) {
      const auto found = reader_.history(NodeId{i}, WindowLength::day, UtcTime{}, now_ + 24h, 1);
      if (found && !found->windows.empty())
        earliest = std::min(earliest.value_or(found->windows.front().start), found->windows.front().start);
    }
    return failure(
        std::errc::no_message_available,
        fmt::format("nothing was counted from {} to {}; the store {}", day_text(query_.period.first),
                    day_text(query_.period.last),
                    earliest ? "holds consumption from " + day_text(local_day_of(*earliest, *site_.time)) + " on"
                             : std::string("holds no closed day of this site's meters yet")));
  }

  Expected<void> read_events(UtcTime from, UtcTime to) {
    // From a day before: the reading that the first month begins with may be older than the month.
    auto events = reader_.quality_journal(from - 24h, to + 1ms, most_events + 1);
    if (!events) return std::unexpected(events.error());
    report_.events_cut = events->size() > most_events;
    if (report_.events_cut) events->resize(most_events);
    for (auto& event : *events)
      if (event.record.meter.valid()) events_.push_back(std::move(event.record));
    std::ranges::copy_if(events_, std::back_inserter(report_.events),
                         [&](const QualityRecord& event) { return is_of(event, from, to); });
    return {};
  }

  Expected<std::vector<WindowRecord>> windows(NodeId node, WindowLength length, const AuditMonth& month) {
    auto history = reader_.history(node, length, month.from, month.to, most_rows);
    if (!history) return std::unexpected(history.error());
    return std::move(history->windows);
  }

  // A day reaches the store when it is over. Until then, and for good when the gateway was stopped in the middle of it,
  // it is the sum of its quarter hours and minutes.
  Expected<std::vector<WindowRecord>> days_of(NodeId node, const AuditMonth& month) {
    auto closed = windows(node, WindowLength::day, month);
    if (!closed) return closed;
    std::vector<WindowRecord> out;
    auto next = closed->begin();
    for (auto day = month.first; day <= month.last; ++day) {
      const auto from = start_of(day, *site_.time), to = start_of(day + 1, *site_.time);
      if (from > now_) break;
      if (auto wanted = go_on(); !wanted) return std::unexpected(wanted.error());
      while (next != closed->end() && next->start < from) ++next;  // of another time zone than the site has now
      const bool there = next != closed->end() && next->start == from;
      if (there && now_ >= to) {
        out.push_back(*next++);
        continue;
      }
      next += there ? 1 : 0;
      const auto parts = closed_parts(reader_, site_, node, from, to);
      if (!parts) return std::unexpected(parts.error());
      if (parts->empty()) continue;
      WindowRecord sum{.node = node, .length = WindowLength::day, .start = from};
      for (const auto& part : *parts) {
        sum.amount += part.amount;
        sum.estimated += part.estimated;
        sum.covered += part.covered;
      }
      out.push_back(sum);
    }
    return out;
  }

  Expected<void> add_month(const AuditMonth& month) {
    const auto parts = reader_.tariff_parts(NodeId{}, WindowLength::day, month.from, month.to);
    if (!parts) return std::unexpected(parts.error());
    const auto demands = month.whole ? reader_.demands(month.from, month.to) : Expected<std::vector<DemandRecord>>{};
    if (!demands) return std::unexpected(demands.error());
    const auto first_line = report_.lines.size();
    for (std::size_t i = 0; i < site_.nodes.size(); ++i) {
      auto line = make_line(NodeId{i}, month, *parts, *demands);
      if (!line) return std::unexpected(line.error());
      if (*line) report_.lines.push_back(std::move(**line));
    }
    add_tree_changes(first_line);
    add_totals(month, first_line);
    return {};
  }

  Expected<std::optional<AuditLine>> make_line(NodeId node, const AuditMonth& month,
                                               std::span<const TariffRecord> parts,
                                               std::span<const DemandRecord> demands) {
    const auto days = days_of(node, month);
    if (!days) return std::unexpected(days.error());
    if (days->empty()) return std::nullopt;
    AuditLine line;
    line.node = node;
    line.month = month;
    line.under_way = now_ < month.to;
    add_amounts(line, *days);
    add_parts(line, parts);
    add_sizes(line);
    add_events(line);
    if (auto done = add_demand(line, demands); !done) return std::unexpected(done.error());
    if (auto done = add_balance(line); !done) return std::unexpected(done.error());
    const auto hours = windows(node, WindowLength::hour, month);
    if (!hours) return std::unexpected(hours.error());
    line.night_base = night_base(*hours, *site_.time);
    if (site_.node(node).kind == NodeKind::meter) {
      const auto trace = make_trace(site_.node(node).meter, 1, month, line.amount);
      if (!trace) return std::unexpected(trace.error());
      line.first = trace->first;
      line.last = trace->last;
    }
    return line;
  }

  void add_amounts(AuditLine& line, std::span<const WindowRecord> days) const {
    const auto utility = site_.node(line.node).utility;
    std::vector<DayAmount> amounts;
    std::chrono::microseconds covered{};
    for (const auto& day : days) {
      line.amount += day.amount;
      line.estimated += day.estimated;
      covered += day.covered;
      amounts.push_back({local_day_of(day.start, *site_.time), day.amount});
    }
    const auto passed = std::min(line.month.to, now_) - line.month.from;
    if (passed > 0ns)
      line.completeness = std::min(1.0, std::chrono::duration<double>(covered) / std::chrono::duration<double>(passed));
    line.coal = convert(site_.factors, FactorKind::standard_coal, utility, amounts);
    line.carbon = convert(site_.factors, FactorKind::carbon, utility, amounts);
    for (const auto& version : site_.tariff(utility).versions()) {
      const auto* in_force = site_.tariff(utility).version_on(line.month.first);
      if (&version == in_force || (version.valid_from > line.month.first && version.valid_from <= line.month.last))
        line.tariffs.push_back(&version);
    }
  }

  static void add_parts(AuditLine& line, std::span<const TariffRecord> parts) {
    for (const auto& part : parts) {
      if (part.node != line.node) continue;
      line.off_hours = line.off_hours.value_or(0) + (part.off_hours ? part.amount : 0);
      if (!part.priced) {
        line.unpriced += part.amount;
        continue;
      }
      auto& band = line.bands[static_cast<std::size_t>(part.band)];
      band.amount += part.amount;
      band.cost += part.cost;
      line.cost = line.cost.value_or(0) + part.cost;
    }
  }

  // A sub-item's intensity refers to the whole compound, as the audit's indicators do; a meter's would mean nothing.
  void add_sizes(AuditLine& line) const {
    const auto& node = site_.node(line.node);
    if (node.kind == NodeKind::compound || node.kind == NodeKind::sub_item) {
      line.floor_area_m2 = site_.floor_area_m2;
      line.heads = site_.heads;
    } else if (node.kind == NodeKind::area) {
      line.floor_area_m2 = site_.area(node.area).floor_area_m2;
      line.heads = site_.area(node.area).heads;
    }
  }

  void add_events(AuditLine& line) const {
    const auto& weights = weights_[line.node.index()];
    for (const auto& event : events_) {
      if (!is_of(event, line.month.from, line.month.to)) continue;
      const auto found = weights.find(event.meter);
      if (found == weights.end()) continue;
      ++line.events[static_cast<std::size_t>(event.kind)];
    }
    for (const auto& event : events_) {
      const auto found = weights.find(event.meter);
      if (event.kind == QualityKind::correction && found != weights.end())
        line.corrected += found->second * part_in(event, line.month);
    }
  }

  Expected<void> add_demand(AuditLine& line, std::span<const DemandRecord> demands) {
    for (const auto& demand : demands) {
      if (demand.node != line.node) continue;
      (demand.kind == DemandKind::block ? line.block : line.sliding) = Peak{demand_of(demand.amount), demand.at};
    }
    if (line.block) return {};
    const auto quarters = windows(line.node, WindowLength::quarter, line.month);
    if (!quarters) return std::unexpected(quarters.error());
    line.block = highest_quarter(*quarters);
    return {};
  }

  Expected<void> add_balance(AuditLine& line) {
    // An area or a sub-item may have a subtracted term too, of a meter behind another: that is no balance.
    if (site_.node(line.node).kind != NodeKind::difference) return {};
    const auto days = reader_.balance(line.node, line.month.from, line.month.to);
    if (!days) return std::unexpected(days.error());
    const auto limit = site_.node(line.node).unaccounted_limit;
    std::int64_t supplied = 0, unaccounted = 0;
    for (const auto& day : *days) {
      supplied += day.supplied;
      unaccounted += day.unaccounted;
      if (limit > 0 && day.share() > limit) ++line.days_over_limit;
    }
    line.unaccounted = share_of(unaccounted, supplied);
    return {};
  }

  // What was booked stays where it was booked; the tree is today's. Where they differ the reader has to know, or the
  // meters that are traced do not add up to the figure.
  void add_tree_changes(std::size_t first_line) {
    std::map<MeterId, std::int64_t> of_meter;
    for (std::size_t i = first_line; i < report_.lines.size(); ++i) {
      const auto& node = site_.node(report_.lines[i].node);
      if (node.kind == NodeKind::meter) of_meter[node.meter] = report_.lines[i].amount;
    }
    for (std::size_t i = first_line; i < report_.lines.size(); ++i) {
      auto& line = report_.lines[i];
      if (site_.node(line.node).kind == NodeKind::meter) continue;
      line.tree_change = line.amount;
      for (const auto& [meter, times] : weights_[line.node.index()])
        if (const auto found = of_meter.find(meter); found != of_meter.end()) line.tree_change -= times * found->second;
    }
  }

  void add_totals(const AuditMonth& month, std::size_t first_line) {
    std::map<std::string, AuditTotal> totals;
    std::vector<std::string> order;
    for (std::size_t i = first_line; i < report_.lines.size(); ++i) {
      const auto& line = report_.lines[i];
      const auto& node = site_.node(line.node);
      if (node.kind != NodeKind::compound && node.kind != NodeKind::area) continue;
      const auto [place, fresh] = totals.try_emplace(node.name);
      auto& total = place->second;
      if (fresh) {
        order.push_back(node.name);
        total = {node.name, node.label, month, {}, {}, {}, line.floor_area_m2, line.heads};
      }
      if (node.utility == Utility::water) total.water = line.amount;
      if (line.coal.millionths_kg && (node.utility == Utility::electricity || site_.factors.water_in_standard_coal))
        total.coal = total.coal.value_or(0) + *line.coal.millionths_kg;
      if (line.carbon.millionths_kg) total.carbon = total.carbon.value_or(0) + *line.carbon.millionths_kg;
    }
    for (const auto& name : order) report_.totals.push_back(std::move(totals[name]));
  }

  Expected<MeterTrace> make_trace(MeterId meter, int sign, const AuditMonth& month, std::int64_t booked) {
    MeterTrace trace;
    trace.meter = meter;
    trace.sign = sign;
    trace.month = month;
    trace.booked = booked;
    auto first = reader_.counter_reading_at(meter, month.from);
    if (!first) return std::unexpected(first.error());
    trace.first = *first;
    if (!trace.first) {
      auto after = reader_.counter_readings(meter, month.from, month.to, 1);
      if (!after) return std::unexpected(after.error());
      if (!after->empty()) trace.first = after->front();
    }
    auto last = reader_.counter_reading_at(meter, month.to - 1ms);
    if (!last) return std::unexpected(last.error());
    trace.last = *last;
    const bool chained = trace.first && trace.last;
    for (const auto& event : events_) {
      if (event.meter != meter) continue;
      if (event.kind == QualityKind::correction) {
        const auto part = part_in(event, month);
        trace.corrected += part;
        if (part != 0) trace.events.push_back(event);
      } else if (chained ? is_between(event, *trace.first, *trace.last) : is_of(event, month.from, month.to)) {
        trace.events.push_back(event);
      }
    }
    if (chained) trace.by_readings = counted(trace.first->reading, trace.events, trace.last->reading);
    return trace;
  }

  Expected<void> add_traces(NodeId node, const AuditMonth& month) {
    for (const auto& [meter, sign] : weights_[node.index()]) {
      const auto days = days_of(site_.node_of(meter), month);
      if (!days) return std::unexpected(days.error());
      std::int64_t booked = 0;
      for (const auto& day : *days) booked += day.amount;
      auto trace = make_trace(meter, sign, month, booked);
      if (!trace) return std::unexpected(trace.error());
      auto readings = reader_.counter_readings(meter, month.from, month.to, most_rows);
      if (!readings) return std::unexpected(readings.error());
      std::optional<UtcTime> hour;
      for (const auto& reading : *readings) {
        const auto of = std::chrono::floor<std::chrono::hours>(reading.at);
        if (hour == of) continue;
        hour = of;
        trace->readings.push_back(reading);
      }
      report_.traces.push_back(std::move(*trace));
    }
    return {};
  }

  StoreReader& reader_;
  const Site& site_;
  const AuditQuery& query_;
  UtcTime now_;
  std::vector<std::map<MeterId, int>> weights_;  // by NodeId
  std::vector<QualityRecord> events_;            // of the site's meters
  AuditReport report_;
};

}  // namespace

Expected<AuditReport> make_audit(StoreReader& reader, const Site& site, const AuditQuery& query, UtcTime now) {
  return Maker(reader, site, query, now).make();
}

}  // namespace gateway
