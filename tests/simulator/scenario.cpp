#include "tests/simulator/scenario.hpp"

#include <algorithm>
#include <array>

#include "core/toml_document.hpp"

namespace gateway::simulator {
namespace {

constexpr std::array<std::string_view, 10> kinds{"door_open",      "leak",           "person_seen",
                                                "sensor_offline", "bridge_offline", "bus_dead",
                                                "unit_dead",      "meter_wrap",     "glitch",
                                                "surge"};

using std::chrono::milliseconds;

// The key that names whom an event befalls, and the names that it may have.
struct Victims {
  std::string_view key;
  std::vector<std::string_view> names;
};

Victims victims_of(EventKind kind, const Cast& cast) {
  Victims out;
  const auto add = [&](const std::vector<std::string>& names) {
    out.names.insert(out.names.end(), names.begin(), names.end());
  };
  switch (kind) {
    case EventKind::bridge_offline:
      break;
    case EventKind::bus_dead:
      return {"bus", {"tcp", "rtu"}};
    case EventKind::unit_dead:
    case EventKind::meter_wrap:
    case EventKind::glitch:
    case EventKind::surge:
      out.key = "meter";
      add(cast.meters);
      break;
    case EventKind::door_open:
      out.key = "sensor";
      add(cast.doors);
      break;
    case EventKind::leak:
      out.key = "sensor";
      add(cast.leaks);
      break;
    case EventKind::person_seen:
      out.key = "sensor";
      add(cast.cameras);
      break;
    case EventKind::sensor_offline:  // cameras have no availability of their own
      out.key = "sensor";
      add(cast.doors);
      add(cast.leaks);
      break;
  }
  return out;
}

// For how long: not for what happens in a moment.
bool lasts(EventKind kind) { return kind != EventKind::meter_wrap; }

void read_source(TomlTable& table, Event& event, const Cast& cast) {
  const auto [key, names] = victims_of(event.kind, cast);
  if (key.empty()) return;
  event.source = table.required_string(key);
  if (event.source.empty() || std::ranges::find(names, event.source) != names.end()) return;
  const auto near = nearest(event.source, names);
  table.problem(key,
                "'" + event.source + "' is no " + std::string(key) + " that can have a " +
                    std::string(kinds[static_cast<std::size_t>(event.kind)]),
                near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
}

Event read_event(TomlTable& table, const Cast& cast) {
  Event event;
  const auto kind = table.required_choice("kind", kinds);
  if (!table.has("at")) table.problem("", "'at' is missing", "add at = \"20s\": how long after the start");
  event.from = std::chrono::duration_cast<milliseconds>(table.duration("at").value_or(milliseconds{0}));
  if (!kind) return event;  // what else belongs to it depends on the kind, so there is nothing more to say
  event.kind = static_cast<EventKind>(*kind);
  auto length = milliseconds{0};
  if (lasts(event.kind)) {
    const bool glitch = event.kind == EventKind::glitch;  // one reading is usual
    if (!glitch && !table.has("for")) table.problem("", "'for' is missing", "add for = \"30s\": how long it lasts");
    length = std::chrono::duration_cast<milliseconds>(table.duration("for").value_or(milliseconds{1'000}));
  }
  event.to = event.from + length;
  read_source(table, event, cast);
  table.finish();
  return event;
}

std::expected<std::vector<Event>, Problems> events_of(TomlDocument document, const Cast& cast) {
  std::vector<Event> events;
  if (auto root = document.root()) {
    for (auto& table : root->tables("event")) events.push_back(read_event(table, cast));
    root->finish();
  }
  if (!document.problems().empty()) return std::unexpected(document.problems());
  return events;
}

}  // namespace

std::expected<std::vector<Event>, Problems> read_scenario(const std::filesystem::path& file, const Cast& cast) {
  return events_of(TomlDocument::read(file), cast);
}

std::expected<std::vector<Event>, Problems> parse_scenario(std::string_view text, std::string file_name,
                                                           const Cast& cast) {
  return events_of(TomlDocument::parse(text, std::move(file_name)), cast);
}

}  // namespace gateway::simulator
