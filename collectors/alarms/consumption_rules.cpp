#include "collectors/alarms/consumption_rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace gateway {
namespace {

using Kind = AlarmRule::Kind;
using Part = AlarmSource::Part;

constexpr std::uint32_t magic = 0x314C4743;  // "CGL1"
// A load counts as left on when it is above the base load by this, unless the rule says by how much.
constexpr double usual_extra_share = 0.3;
constexpr double usual_extra_watts = 200;
constexpr double usual_deadband = 0.02;  // of the limit
// The forecast of a quarter hour that has just begun is the power of the moment.
constexpr std::chrono::minutes demand_settles{2};
constexpr std::chrono::minutes demand_block{15};

class Writer {
 public:
  explicit Writer(std::vector<std::byte>& out) : out_(out) { out_.clear(); }
  template <class T>
  requires std::is_arithmetic_v<T>
  void put(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out_.insert(out_.end(), bytes, bytes + sizeof value);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint16_t>(text.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    out_.insert(out_.end(), bytes, bytes + text.size());
  }
  void put(std::span<const double> numbers) {
    put(static_cast<std::uint32_t>(numbers.size()));
    for (const double number : numbers) put(number);
  }

 private:
  std::vector<std::byte>& out_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}
  template <class T>
  T get() {
    T value{};
    if (in_.size() < sizeof value) {
      broken_ = true;
      return value;
    }
    std::memcpy(&value, in_.data(), sizeof value);
    in_ = in_.subspan(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = get<std::uint16_t>();
    if (in_.size() < size) {
      broken_ = true;
      return {};
    }
    std::string out(reinterpret_cast<const char*>(in_.data()), size);
    in_ = in_.subspan(size);
    return out;
  }
  std::vector<double> numbers() {
    const auto count = get<std::uint32_t>();
    if (count > in_.size() / sizeof(double)) broken_ = true;
    std::vector<double> out;
    for (std::uint32_t i = 0; !broken_ && i < count; ++i) out.push_back(get<double>());
    return out;
  }
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] bool whole() const noexcept { return !broken_ && in_.empty(); }

 private:
  std::span<const std::byte> in_;
  bool broken_ = false;
};

NodeId electricity_node(const Site& site, const AlarmSource& source) {
  if (source.meter.valid()) return site.node_of(source.meter);
  return site.node_named(source.id, Utility::electricity).value_or(NodeId{});
}

}  // namespace

ConsumptionRules::ConsumptionRules(const Site& site, Found found) : site_(site), found_(std::move(found)) {
  for (std::size_t i = 0; i < site.alarms.size(); ++i) wire(i);
}

void ConsumptionRules::wire(std::size_t alarm) {
  const auto& source = site_.alarms[alarm];
  const auto& rule = site_.rules[source.rule];
  switch (rule.kind) {
    case Kind::water_leak: {
      const auto node = site_.node_of(source.meter);
      leaks_.push_back({alarm, node, site_.point_of(source.meter, Quantity::online), LeakDetector{rule.limit}, false,
                        site_.point_of(source.meter, Quantity::volume)});
      minute_[node] = {};
      break;
    }
    case Kind::water_running: {
      const auto node = site_.node_of(source.meter);
      taps_.push_back({alarm, node, rule.limit, rule.deadband, {}, false});
      minute_[node] = {};
      break;
    }
    case Kind::load_left_on:
      if (const auto node = electricity_node(site_, source); node.valid()) {
        const auto assumed = rule.base > 0 ? std::optional{rule.base} : std::nullopt;
        loads_.push_back({alarm, node, rule.limit, BaseLoad{assumed}, 0, 0, -1, false});
      }
      break;
    case Kind::power_demand:
      if (const auto node = electricity_node(site_, source); node.valid())
        demands_.push_back({alarm, node, rule.limit, false});
      break;
    case Kind::unaccounted:
      for (std::size_t n = 0; n < site_.nodes.size(); ++n)
        if (site_.nodes[n].kind == NodeKind::difference && site_.nodes[n].name == source.id)
          balances_.push_back({alarm, NodeId{n}, rule.limit / 100, {}});
      break;
    default:
      break;
  }
}

void ConsumptionRules::set_limit(std::size_t alarm, double limit) {
  for (auto& each : leaks_)
    if (each.alarm == alarm) each.detector.set_limit(limit);
  for (auto& each : loads_)
    if (each.alarm == alarm) each.extra = limit;
  for (auto& each : demands_)
    if (each.alarm == alarm) each.limit = limit;
  for (auto& each : taps_)
    if (each.alarm == alarm) each.limit = limit;
  for (auto& each : balances_)
    if (each.alarm == alarm && each.limit != limit / 100) {
      each.limit = limit / 100;
      each.judged = {};  // the day that is known is judged anew
    }
}

std::int64_t ConsumptionRules::local_minute(UtcTime time) const {
  const auto local = time.time_since_epoch() + (site_.time ? site_.time->offset(time) : std::chrono::seconds{0});
  return std::chrono::floor<std::chrono::minutes>(local).count();
}

// ---- minutes

void ConsumptionRules::on_windows(std::span<const WindowRecord> windows, TimeNow now) {
  if (minute_.empty()) return;
  // The clock was ahead and has been set back: what it called the last minute is still to come.
  if (last_minute_ > now.utc) last_minute_ = {};
  UtcTime newest = last_minute_;
  for (const auto& window : windows)
    if (window.length == WindowLength::minute && window.start <= now.utc) newest = std::max(newest, window.start);
  if (newest == last_minute_) return;
  // What comes late belongs to minutes that were judged already; the meter's silence was seen then.
  for (auto& [node, value] : minute_) value = {0, true};
  for (const auto& window : windows) {
    if (window.length != WindowLength::minute || window.start != newest) continue;
    const auto found = minute_.find(window.node);
    if (found == minute_.end()) continue;
    found->second.first += static_cast<double>(window.amount) / 1000;
    if (window.estimated != 0) found->second.second = false;
  }
  last_minute_ = newest;
  minute_closed(newest, now);
}

void ConsumptionRules::minute_closed(UtcTime start, TimeNow now) {
  const auto local = local_minute(start);
  for (auto& leak : leaks_) {
    const auto [litres, measured] = minute_[leak.node];
    leak.detector.minute(local, litres, measured && leak.online_now);
    const auto& verdict = leak.detector.verdict();
    found_({leak.alarm, verdict.finding != AlarmFinding::none, verdict.flow_l_per_h, verdict.limit_l_per_h,
            verdict.finding},
           now);
  }
  for (auto& tap : taps_) {
    std::rotate(tap.minutes.begin(), tap.minutes.begin() + 1, tap.minutes.end());
    tap.minutes.back() = minute_[tap.node].first;
  }
}

// ---- the live picture

void ConsumptionRules::on_snapshot(const LiveSnapshot& live, TimeNow now) {
  const auto node = [&](NodeId id) -> const NodeLive& { return live.nodes[id.index()]; };
  for (auto& leak : leaks_) {
    const auto& point = live.points[leak.online.index()];
    leak.online_now = !leak.online.valid() || (point.seen() && point.last.as_flag());
    if (!leak.counter.valid()) continue;
    const auto& counter = live.points[leak.counter.index()];
    if (!counter.seen()) continue;
    const auto reading = counter.last.as_counter();
    if (leak.reading && reading > *leak.reading)
      leak.detector.step(static_cast<double>(reading - *leak.reading) / 1000);
    leak.reading = reading;
  }
  for (auto& load : loads_) look_at(load, node(load.node), now);
  for (auto& demand : demands_) look_at(demand, node(demand.node), now);
  for (auto& tap : taps_) look_at(tap, node(tap.node), now);
  for (auto& balance : balances_) look_at(balance, node(balance.node), now);
}

void ConsumptionRules::look_at(Load& load, const NodeLive& live, TimeNow now) {
  if (!live.rate_known) return;  // nobody knows: it stays as it is
  const auto minute = local_minute(now.utc);
  if (minute != load.minute) {
    if (load.count > 0) load.base.minute(load.minute, load.sum / load.count);
    load.minute = minute;
    load.sum = 0;
    load.count = 0;
  }
  load.sum += live.rate;
  ++load.count;
  const auto base = load.base.watts();
  if (!base) return;
  const double extra = load.extra > 0 ? load.extra : std::max(usual_extra_share * *base, usual_extra_watts);
  const double limit = *base + extra;
  load.on = live.rate > limit - (load.on ? extra * 0.1 : 0);
  found_({load.alarm, load.on, live.rate, limit, {}}, now);
}

void ConsumptionRules::look_at(Demand& demand, const NodeLive& live, TimeNow now) {
  double limit = demand.limit;
  if (limit == 0) limit = site_.rules[site_.alarms[demand.alarm].rule].share * site_.node(demand.node).demand_limit;
  if (limit == 0) return;
  const auto& block = live.demand;
  const double deadband = site_.rules[site_.alarms[demand.alarm].rule].deadband;
  const double back = demand.on ? (deadband > 0 ? deadband : usual_deadband * limit) : 0;
  // What has been used already, as if nothing more came.
  const double sure = static_cast<double>(block.amount) / 1000 * (std::chrono::hours{1} / demand_block);
  const bool told = block.forecast_known && now.utc - block.block_start >= demand_settles;
  const bool reached = sure > limit;
  if (!reached && !told) return;
  const double value = reached ? sure : block.forecast;
  demand.on = value > limit - back;
  found_({demand.alarm, demand.on, value, limit, reached ? AlarmFinding::demand_now : AlarmFinding::demand_ahead}, now);
}

void ConsumptionRules::look_at(Tap& tap, const NodeLive& live, TimeNow now) {
  double flow = live.rate;
  if (!live.rate_known) {
    if (live.meters_online == 0) return;
    flow = 0;
    for (const double litres : tap.minutes) flow += litres * 6;
  }
  tap.on = flow > std::max(0.0, tap.limit - (tap.on ? tap.deadband : 0));
  found_({tap.alarm, tap.on, flow, tap.limit, {}}, now);
}

void ConsumptionRules::look_at(BalanceRule& balance, const NodeLive& live, TimeNow now) {
  const auto& day = live.last_day;
  // Once a day, and again when what came late has changed it.
  if (!live.balance_known || (day.day == balance.judged.day && day.supplied == balance.judged.supplied &&
                              day.unaccounted == balance.judged.unaccounted))
    return;
  balance.judged = day;
  const double limit = balance.limit > 0 ? balance.limit : site_.node(balance.node).unaccounted_limit;
  const double share = day.share();
  // Meters that count more than their main one are as much a riddle.
  found_({balance.alarm, limit > 0 && std::abs(share) > limit, share * 100, limit * 100, {}}, now);
}

// ---- what was learned

void ConsumptionRules::save(std::vector<std::byte>& out) const {
  if (leaks_.empty() && loads_.empty()) return;
  Writer to(out);
  to.put(magic);
  to.put(static_cast<std::uint32_t>(leaks_.size()));
  for (const auto& leak : leaks_) {
    to.put(std::string_view{site_.rule_of(AlarmId{leak.alarm}).id});
    to.put(std::string_view{site_.alarms[leak.alarm].id});
    to.put(std::span<const double>{leak.detector.state()});
  }
  to.put(static_cast<std::uint32_t>(loads_.size()));
  for (const auto& load : loads_) {
    to.put(std::string_view{site_.rule_of(AlarmId{load.alarm}).id});
    to.put(std::string_view{site_.alarms[load.alarm].id});
    to.put(std::span<const double>{load.base.nights()});
  }
}

Expected<void> ConsumptionRules::restore(std::span<const std::byte> saved) {
  Reader from(saved);
  const auto refused = [] { return failure(std::errc::invalid_argument, "what the alarm rules had learned"); };
  if (from.get<std::uint32_t>() != magic) return refused();
  const auto each = [&](auto& rules, auto restore_one) {
    for (auto left = from.get<std::uint32_t>(); left > 0 && !from.broken(); --left) {
      const auto rule = from.text();
      const auto source = from.text();
      const auto numbers = from.numbers();
      const auto alarm = site_.alarm_named(rule, source);
      for (auto& known : rules)
        if (alarm.valid() && known.alarm == alarm.index() && !from.broken()) restore_one(known, numbers);
    }
  };
  each(leaks_, [](Leak& leak, const std::vector<double>& numbers) { (void)leak.detector.restore(numbers); });
  each(loads_, [](Load& load, const std::vector<double>& numbers) {
    if (!numbers.empty()) load.base.restore(numbers);
  });
  if (!from.whole()) return refused();
  return {};
}

}  // namespace gateway
