#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> rule_kinds{"door_open", "leak_wet", "device_silent"};
constexpr std::array<std::string_view, 4> priorities{"low", "medium", "high", "critical"};

// `sources` and `areas` narrow a rule; without them it watches everything it fits.
void read_rule_sources(TomlTable& table, AlarmRule& rule, SiteDraft& draft) {
  const auto fits = [&](const Sensor& sensor) {
    return rule.kind == AlarmRule::Kind::device_silent ||
           (rule.kind == AlarmRule::Kind::door_open && sensor.kind == Sensor::Kind::door) ||
           (rule.kind == AlarmRule::Kind::leak_wet && sensor.kind == Sensor::Kind::leak);
  };
  const auto named = table.strings("sources");
  std::vector<AreaId> areas;
  for (const auto& name : table.strings("areas"))
    if (const auto area = draft.areas.resolve(table, "areas", name); area.valid()) areas.push_back(area);
  const auto in_areas = [&](AreaId area) {
    if (areas.empty()) return true;
    for (std::size_t steps = 0; area.valid() && steps <= draft.site.areas.size();
         ++steps, area = draft.site.area(area).parent)
      if (std::ranges::find(areas, area) != areas.end()) return true;
    return false;
  };
  for (const auto& name : named) {
    const auto sensor = draft.sensors.find(name);
    const auto meter = draft.meters.find(name);
    if (sensor.valid() && fits(draft.site.sensor(sensor))) {
      rule.sensors.push_back(sensor);
    } else if (meter.valid() && rule.kind == AlarmRule::Kind::device_silent) {
      rule.meters.push_back(meter);
    } else if (sensor.valid() || meter.valid()) {
      table.problem("sources", fmt::format("'{}' is nothing that {} can watch", name, name_of(rule.kind)),
                    "door_open watches doors, leak_wet leak sensors, device_silent any device");
    } else {
      table.problem("sources", fmt::format("there is no meter or sensor '{}'", name), draft.sensors.remedy(name));
    }
  }
  if (!named.empty()) return;
  for (std::size_t i = 0; i < draft.site.sensors.size(); ++i)
    if (fits(draft.site.sensors[i]) && in_areas(draft.site.sensors[i].area)) rule.sensors.push_back(SensorId{i});
  if (rule.kind == AlarmRule::Kind::device_silent)
    for (std::size_t i = 0; i < draft.site.meters.size(); ++i)
      if (in_areas(draft.site.meters[i].area)) rule.meters.push_back(MeterId{i});
}

}  // namespace

void read_rules(TomlTable& root, SiteDraft& draft) {
  std::set<std::string> ids;
  for (auto& table : root.tables("alarm")) {
    AlarmRule rule;
    rule.id = table.required_id("id");
    if (!rule.id.empty() && !ids.insert(rule.id).second)
      table.problem("id", fmt::format("id '{}' is taken by an alarm above", rule.id), "ids must differ");
    rule.name = read_name(table, rule.id);
    rule.kind = static_cast<AlarmRule::Kind>(table.required_choice("kind", rule_kinds).value_or(0));
    const std::size_t usual = rule.kind == AlarmRule::Kind::leak_wet    ? 3
                              : rule.kind == AlarmRule::Kind::door_open ? 2
                                                                        : 1;
    rule.priority = static_cast<Priority>(table.choice("priority", priorities).value_or(usual));
    rule.on_delay =
        table.duration("after").value_or(rule.kind == AlarmRule::Kind::leak_wet ? 0ns : std::chrono::nanoseconds{60s});
    rule.off_delay = table.duration("clear_after").value_or(0ns);
    read_rule_sources(table, rule, draft);
    table.finish();
    draft.site.rules.push_back(std::move(rule));
  }
  for (std::size_t i = 0; i < draft.site.rules.size(); ++i) {
    for (const auto meter : draft.site.rules[i].meters) draft.site.alarms.push_back({i, meter, {}});
    for (const auto sensor : draft.site.rules[i].sensors) draft.site.alarms.push_back({i, {}, sensor});
  }
}

}  // namespace gateway::site_reading
