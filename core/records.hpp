// What the core says to the rest of the program: plain values, handed over by queue.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/id.hpp"

namespace gateway {

enum class WindowLength : std::uint8_t { minute, quarter, hour, day };
inline constexpr std::size_t window_length_count = 4;
[[nodiscard]] std::string_view name_of(WindowLength length) noexcept;  // "1m", "15m", "1h", "1d"

// Adds to one consumption window of one node (docs/decisions.md 3). Several records may come for the same window; they
// merge by adding amounts, sums and samples and by taking the lower minimum and higher maximum.
struct WindowRecord {
  NodeId node;
  WindowLength length{};
  UtcTime start{};
  std::int64_t amount = 0;     // milliwatt-hours or millilitres
  std::int64_t estimated = 0;  // the part of amount that was spread over a gap
  double rate_sum = 0;         // of the samples, in W or L/h: mean = rate_sum / samples
  double rate_min = 0;         // meaningful when samples > 0
  double rate_max = 0;
  std::uint32_t samples = 0;
};

// Numbers are those of the API and of line protocol's `state` field. ISA-18.2 / IEC 62682.
enum class AlarmState : std::uint8_t {
  normal = 0,
  unacknowledged = 1,
  acknowledged = 2,
  returned_unacknowledged = 3,
  shelved = 4,
  out_of_service = 5,
};
[[nodiscard]] std::string_view name_of(AlarmState state) noexcept;

enum class Priority : std::uint8_t { low, medium, high, critical };
[[nodiscard]] std::string_view name_of(Priority priority) noexcept;

// One change of one alarm. Complete: the newest record of an alarm is all that is needed to show or restore it.
struct AlarmRecord {
  AlarmId alarm;
  AlarmState state{};
  UtcTime raised{};   // when it last became unacknowledged
  UtcTime changed{};  // when this change happened
  double value = 0;   // what made the rule true: open, litres, seconds of silence
  std::string by;     // who, when a person did it
  std::string comment;
};

}  // namespace gateway
