#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

void read_changes(TomlTable& table, Mode& mode, const Site& site) {
  for (auto& entry : table.tables("change")) {
    const auto id = entry.required_string("alarm");
    const auto rule = std::ranges::find(site.rules, id, &AlarmRule::id);
    if (rule == site.rules.end()) {
      std::vector<std::string_view> known;
      for (const auto& each : site.rules) known.push_back(each.id);
      if (!id.empty())
        entry.problem("alarm", fmt::format("there is no alarm '{}'", id), remedy_for("alarm", id, known));
      for (const auto key : {"after", "limit", "when"}) entry.ignore(key);
    } else {
      Mode::Change change;
      change.rule = static_cast<std::size_t>(rule - site.rules.begin());
      change.on_delay = entry.duration("after");
      change.limit = read_alarm_limit(entry, "limit", rule->kind);
      change.when = read_when(entry);
      mode.changes.push_back(change);
    }
    entry.finish();
  }
}

void read_patrol(TomlTable& table, Mode& mode, const SiteDraft& draft) {
  std::set<std::string> ids;
  for (auto& entry : table.tables("patrol")) {
    Mode::Patrol place;
    place.id = entry.required_id("id");
    if (!place.id.empty() && !ids.insert(place.id).second)
      entry.problem("id", fmt::format("'{}' is on this list already", place.id), "ids of a patrol list must differ");
    if (const auto sensor = entry.string("sensor")) {
      place.sensor = draft.sensors.resolve(entry, "sensor", *sensor);
      if (place.sensor.valid()) {
        place.name = draft.site.sensor(place.sensor).name;
        place.area = draft.site.sensor(place.sensor).area;
      }
    }
    const bool named = entry.has("name");
    if (auto name = read_name(entry, place.id); named || !place.sensor.valid()) place.name = std::move(name);
    if (const auto area = draft.area_of(entry); area.valid()) place.area = area;
    entry.finish();
    mode.patrol.push_back(std::move(place));
  }
}

}  // namespace

void read_modes(TomlTable& root, SiteDraft& draft) {
  std::set<std::string> ids;
  for (auto& table : root.tables("mode")) {
    Mode mode;
    mode.id = table.required_id("id");
    if (mode.id == "usual") table.problem("id", "'usual' is what there is without a mode", "choose another id");
    if (!mode.id.empty() && !ids.insert(mode.id).second)
      table.problem("id", fmt::format("id '{}' is taken by a mode above", mode.id), "ids must differ");
    mode.name = read_name(table, mode.id);
    mode.off_hours = table.boolean("off_hours").value_or(false);
    for (const auto& name : table.strings("arm")) {
      if (name == "compound") {
        mode.arms_everything = true;
      } else if (const auto area = draft.areas.resolve(table, "arm", name); area.valid()) {
        mode.armed.push_back(area);
      }
    }
    mode.delay_factor = positive(table, "delay_factor", 1);
    mode.limit_factor = positive(table, "limit_factor", 1);
    read_changes(table, mode, draft.site);
    read_patrol(table, mode, draft);
    table.finish();
    draft.site.modes.push_back(std::move(mode));
  }
}

}  // namespace gateway::site_reading
