#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;
using Kind = AlarmRule::Kind;

constexpr std::array<std::string_view, 5> whens{"always", "working_hours", "off_hours", "armed", "off_hours_or_armed"};
constexpr std::array<TomlTable::Unit, 3> limit_power_units{{{"W", 1}, {"kW", 1e3}, {"MW", 1e6}}};
constexpr std::array<TomlTable::Unit, 2> limit_flow_units{{{"L/h", 1}, {"m3/h", 1e3}}};

// What a kind of rule can watch, and what it takes for granted.
struct Habit {
  Priority priority{};
  std::chrono::nanoseconds after{};
  std::string_view watches;  // for a person who named something else
  When when = When::always;
};

// By AlarmRule::Kind.
constexpr std::array<Habit, alarm_rule_kind_count> habits{{
    {Priority::high, 60s, "doors"},
    {Priority::critical, 0s, "leak sensors"},
    {Priority::medium, 60s, "any meter or sensor"},
    {Priority::medium, 60s, "cameras"},
    {Priority::high, 0s, "cameras", When::off_hours},
    {Priority::medium, 60s, "meters and sensors that measure its 'quantity'"},
    {Priority::medium, 60s, "meters and sensors that measure its 'quantity'"},
    {Priority::high, 30s, "areas, electricity meters, each [[node]] of electricity and \"compound\""},
    {Priority::low, 15min, "areas and electricity meters", When::off_hours},
    {Priority::high, 0s, "water meters"},
    {Priority::medium, 30min, "water meters"},
    {Priority::low, 0s, "balances: a [[node]] with 'minus'"},
    {Priority::high, 10s, "buses"},
    {Priority::high, 10s, "the broker and its bridges; it takes no 'sources'"},
    {Priority::high, 10s, "the gateway itself; it takes no 'sources'"},
    {Priority::high, 2s, "the alarms themselves; it takes no 'sources'"},
}};

const Habit& habit(Kind kind) { return habits[static_cast<std::size_t>(kind)]; }

std::vector<std::string_view> kind_names() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < alarm_rule_kind_count; ++i) names.push_back(name_of(static_cast<Kind>(i)));
  return names;
}

bool watches_itself(Kind kind) {
  return kind == Kind::broker_fault || kind == Kind::gateway_fault || kind == Kind::alarm_flood;
}

bool measures(const Site& site, const std::vector<PointId>& points, Quantity quantity) {
  return std::ranges::any_of(points, [&](PointId point) { return site.point(point).quantity == quantity; });
}

bool fits(const Site& site, const AlarmRule& rule, const Sensor& sensor) {
  switch (rule.kind) {
    case Kind::door_open:
      return sensor.kind == Sensor::Kind::door;
    case Kind::leak_wet:
      return measures(site, sensor.points, Quantity::wet);
    case Kind::device_silent:  // of bridges and the broker broker_fault tells
      return sensor.kind != Sensor::Kind::bridge && sensor.kind != Sensor::Kind::broker;
    case Kind::camera_offline:
      return sensor.kind == Sensor::Kind::camera;
    case Kind::person_seen:
      return measures(site, sensor.points, Quantity::person);
    case Kind::value_above:
    case Kind::value_below:
      return measures(site, sensor.points, rule.quantity);
    default:
      return false;
  }
}

bool fits(const Site& site, const AlarmRule& rule, const Meter& meter) {
  switch (rule.kind) {
    case Kind::device_silent:
      return true;
    case Kind::value_above:
    case Kind::value_below:
      return measures(site, meter.points, rule.quantity);
    case Kind::power_demand:
    case Kind::load_left_on:
      return meter.utility == Utility::electricity;
    case Kind::water_leak:
    case Kind::water_running:
      return meter.utility == Utility::water;
    default:
      return false;
  }
}

bool fits_areas(Kind kind) { return kind == Kind::power_demand || kind == Kind::load_left_on; }

// `sources` name what is watched; `areas` narrow it; without either, a rule watches all that fits.
class SourceReader {
 public:
  SourceReader(TomlTable& table, AlarmRule& rule, SiteDraft& draft) : table_(table), rule_(rule), draft_(draft) {}

  void read() {
    const auto named = table_.strings("sources");
    const auto in = table_.strings("areas");
    for (const auto& name : in)
      if (const auto area = draft_.areas.resolve(table_, "areas", name); area.valid()) within_.push_back(area);
    if (watches_itself(rule_.kind) && !(named.empty() && in.empty()))
      table_.problem(named.empty() ? "areas" : "sources",
                     fmt::format("{} watches {}", name_of(rule_.kind), habit(rule_.kind).watches), "take it out");
    for (const auto& name : named) add(name);
    if (rule_.kind == Kind::water_running && named.empty() && in.empty())
      table_.problem("", "a meter of a whole building never stands still for long",
                     "name the washrooms' water meters in 'sources', or their 'areas'");
    if (named.empty()) add_all();
  }

 private:
  [[nodiscard]] bool lies_within(AreaId area) const {
    if (within_.empty()) return true;
    for (std::size_t steps = 0; area.valid() && steps <= draft_.site.areas.size();
         ++steps, area = draft_.site.area(area).parent)
      if (std::ranges::find(within_, area) != within_.end()) return true;
    return false;
  }

  [[nodiscard]] bool is_balance(const std::string& name) const {
    return std::ranges::any_of(draft_.site.virtual_nodes, [&](const VirtualNode& node) {
      return node.id == name && node.kind == NodeKind::difference;
    });
  }

  // What the site adds up itself, in electricity or in any utility.
  [[nodiscard]] bool is_node(const std::string& name, std::optional<Utility> utility = std::nullopt) const {
    return std::ranges::any_of(draft_.site.virtual_nodes, [&](const VirtualNode& node) {
      return node.id == name && (!utility || node.utility == *utility);
    });
  }

  void add(const std::string& name) {
    const auto& site = draft_.site;
    const auto sensor = draft_.sensors.find(name);
    const auto meter = draft_.meters.find(name);
    const auto area = draft_.areas.find(name);
    const auto bus = draft_.buses.find(name);
    if (sensor.valid() && fits(site, rule_, site.sensor(sensor))) {
      rule_.sensors.push_back(sensor);
    } else if (meter.valid() && fits(site, rule_, site.meter(meter))) {
      rule_.meters.push_back(meter);
    } else if (area.valid() && fits_areas(rule_.kind)) {
      rule_.areas.push_back(area);
    } else if (name == "compound" && fits_areas(rule_.kind)) {
      rule_.compound = true;
    } else if (bus.valid() && rule_.kind == Kind::bus_fault) {
      rule_.buses.push_back(bus);
    } else if ((rule_.kind == Kind::unaccounted && is_balance(name)) ||
               (rule_.kind == Kind::power_demand && is_node(name, Utility::electricity))) {
      rule_.balances.push_back(name);
    } else if (is_node(name) || sensor.valid() || meter.valid() || area.valid() || bus.valid() || name == "compound") {
      table_.problem("sources", fmt::format("'{}' is nothing that {} can watch", name, name_of(rule_.kind)),
                     fmt::format("it watches {}", habit(rule_.kind).watches));
    } else {
      table_.problem("sources", fmt::format("there is nothing called '{}'", name), draft_.sensors.remedy(name));
    }
  }

  void add_all() {
    const auto& site = draft_.site;
    for (std::size_t i = 0; i < site.sensors.size(); ++i)
      if (fits(site, rule_, site.sensors[i]) && lies_within(site.sensors[i].area)) rule_.sensors.push_back(SensorId{i});
    // Of loads and demand the areas tell; single meters only when they are named or have a limit of their own.
    const bool by_limit = rule_.kind == Kind::power_demand;
    for (std::size_t i = 0; rule_.kind != Kind::load_left_on && i < site.meters.size(); ++i)
      if (fits(site, rule_, site.meters[i]) && lies_within(site.meters[i].area) &&
          (!by_limit || site.meters[i].demand_limit > 0))
        rule_.meters.push_back(MeterId{i});
    for (std::size_t i = 0; fits_areas(rule_.kind) && i < site.areas.size(); ++i)
      if (lies_within(AreaId{i}) && (!by_limit || !within_.empty() || site.areas[i].demand_limit > 0))
        rule_.areas.push_back(AreaId{i});
    if (by_limit && within_.empty()) rule_.compound = true;
    for (const auto& node : site.virtual_nodes)
      if ((rule_.kind == Kind::unaccounted && is_balance(node.id) && node.unaccounted_limit > 0) ||
          (by_limit && within_.empty() && node.demand_limit > 0))
        rule_.balances.push_back(node.id);
    if (rule_.kind == Kind::bus_fault)
      for (std::size_t i = 0; i < site.buses.size(); ++i) rule_.buses.push_back(BusId{i});
  }

  TomlTable& table_;
  AlarmRule& rule_;
  SiteDraft& draft_;
  std::vector<AreaId> within_;
};

void read_quantity(TomlTable& table, AlarmRule& rule) {
  const auto name = table.required_string("quantity");
  const auto quantity = quantity_named(name);
  if (quantity && traits(*quantity).kind == ValueKind::gauge) {
    rule.quantity = *quantity;
  } else if (!name.empty()) {
    table.problem("quantity", fmt::format("'{}' is no measured value", name),
                  "as \"temperature\", \"humidity\", \"battery_pct\", \"voltage_l1\", \"active_power\"");
  }
}

}  // namespace

std::optional<double> read_alarm_limit(TomlTable& table, std::string_view key, Kind kind) {
  switch (kind) {
    case Kind::power_demand:
    case Kind::load_left_on:
      return table.quantity(key, limit_power_units);
    case Kind::water_leak:
    case Kind::water_running:
      return table.quantity(key, limit_flow_units);
    case Kind::value_above:
    case Kind::value_below:
    case Kind::unaccounted:
      return table.number(key);
    default:
      return std::nullopt;
  }
}

std::optional<When> read_when(TomlTable& table) {
  const auto when = table.choice("when", whens);
  if (!when) return std::nullopt;
  return static_cast<When>(*when);
}

AlarmRule usual_rule(Kind kind) {
  AlarmRule rule;
  rule.kind = kind;
  rule.priority = habit(kind).priority;
  rule.on_delay = habit(kind).after;
  rule.when = habit(kind).when;
  return rule;
}

void read_rules(TomlTable& root, SiteDraft& draft) {
  std::set<std::string> ids;
  const auto names = kind_names();
  for (auto& table : root.tables("alarm")) {
    const auto id = table.required_id("id");
    if (!id.empty() && !ids.insert(id).second)
      table.problem("id", fmt::format("id '{}' is taken by an alarm above", id), "ids must differ");
    AlarmRule rule = usual_rule(static_cast<Kind>(table.required_choice("kind", names).value_or(0)));
    rule.id = id;
    rule.name = read_name(table, rule.id);
    if (const auto priority = table.choice("priority", priority_names))
      rule.priority = static_cast<Priority>(*priority);
    rule.on_delay = table.duration("after").value_or(rule.on_delay);
    rule.off_delay = table.duration("clear_after").value_or(0ns);
    rule.remind_after = table.duration("remind_after").value_or(0ns);
    rule.longest_shelving = table.duration("longest_shelving").value_or(rule.longest_shelving);
    rule.latched = table.boolean("latched").value_or(false);
    rule.when = read_when(table).value_or(rule.when);
    if (rule.kind == Kind::value_above || rule.kind == Kind::value_below) {
      read_quantity(table, rule);
      if (!table.has("limit")) table.problem("", "there is no 'limit'", "the value at which it is an alarm");
    }
    rule.limit = read_alarm_limit(table, "limit", rule.kind).value_or(0);
    rule.deadband = read_alarm_limit(table, "deadband", rule.kind).value_or(0);
    if (rule.kind == Kind::power_demand) rule.share = positive(table, "percent", 90) / 100;
    rule.limit *= rule.kind == Kind::power_demand ? rule.share : 1;
    if (rule.kind == Kind::load_left_on) rule.base = table.quantity("base", limit_power_units).value_or(0);
    SourceReader(table, rule, draft).read();
    draft.rule_kinds.insert(rule.kind);
    const bool enabled = table.boolean("enabled").value_or(true);
    table.finish();
    if (enabled) draft.site.rules.push_back(std::move(rule));
  }
}

}  // namespace gateway::site_reading
