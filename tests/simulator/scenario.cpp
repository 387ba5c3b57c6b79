#include "tests/simulator/scenario.hpp"

#include <algorithm>
#include <array>

#include "core/toml_document.hpp"

namespace gateway::simulator {
namespace {

constexpr std::array<std::string_view, 9> kinds{"door_open",      "leak",           "person_seen",
                                                "sensor_offline", "bridge_offline", "bus_dead",
                                                "unit_dead",      "meter_wrap",     "glitch"};

std::string_view source_key(EventKind kind) {
  switch (kind) {
    case EventKind::bridge_offline:
      return {};
    case EventKind::bus_dead:
      return "bus";
    case EventKind::unit_dead:
    case EventKind::meter_wrap:
    case EventKind::glitch:
      return "meter";
    default:
      return "sensor";
  }
}

}  // namespace

std::expected<std::vector<Event>, Problems> read_scenario(const std::filesystem::path& file,
                                                          const std::vector<std::string>& known) {
  using std::chrono::milliseconds;
  auto document = TomlDocument::read(file);
  std::vector<Event> events;
  if (auto root = document.root()) {
    for (auto& table : root->tables("event")) {
      Event event;
      event.kind = static_cast<EventKind>(table.required_choice("kind", kinds).value_or(0));
      if (!table.has("at")) table.problem("", "'at' is missing", "add at = \"20s\": how long after the start");
      event.from = std::chrono::duration_cast<milliseconds>(table.duration("at").value_or(milliseconds{0}));
      const bool lasts = event.kind != EventKind::meter_wrap && event.kind != EventKind::glitch;
      const auto length = table.duration("for");
      if (lasts && !length && !table.has("for"))
        table.problem("", "'for' is missing", "add for = \"30s\": how long it lasts");
      event.to = event.from + std::chrono::duration_cast<milliseconds>(length.value_or(milliseconds{1'000}));
      if (const auto key = source_key(event.kind); !key.empty()) {
        event.source = table.required_string(key);
        const bool bus = event.kind == EventKind::bus_dead && (event.source == "tcp" || event.source == "rtu");
        if (!event.source.empty() && !bus && std::ranges::find(known, event.source) == known.end()) {
          const std::vector<std::string_view> names(known.begin(), known.end());
          const auto near = nearest(event.source, names);
          table.problem(key, "there is no " + std::string(key) + " '" + event.source + "'",
                        near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
        }
      }
      table.finish();
      events.push_back(std::move(event));
    }
    root->finish();
  }
  if (!document.problems().empty()) return std::unexpected(document.problems());
  return events;
}

}  // namespace gateway::simulator
