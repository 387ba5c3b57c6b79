// What is to happen in the simulated compound, and when: a small TOML file (docs/simulator.md).
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/problem.hpp"

namespace gateway::simulator {

enum class EventKind : std::uint8_t {
  door_open,
  leak,
  person_seen,
  sensor_offline,
  bridge_offline,
  bus_dead,
  unit_dead,
  meter_wrap,
  glitch,
  surge
};

struct Event {
  EventKind kind{};
  std::string source;  // a sensor, a meter, or "tcp" / "rtu" for bus_dead; "" for bridge_offline
  std::chrono::milliseconds from{};
  std::chrono::milliseconds to{};

  [[nodiscard]] bool active(std::chrono::milliseconds now) const noexcept { return now >= from && now < to; }
};

// What events may name.
struct Cast {
  std::vector<std::string> doors, leaks, cameras, meters;
};

// Problems with file:line:column.
[[nodiscard]] std::expected<std::vector<Event>, Problems> read_scenario(const std::filesystem::path& file,
                                                                        const Cast& cast);
[[nodiscard]] std::expected<std::vector<Event>, Problems> parse_scenario(std::string_view text, std::string file_name,
                                                                         const Cast& cast);

}  // namespace gateway::simulator
