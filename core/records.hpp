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

// Why a counter's readings were not simply subtracted. Booked in the data-quality journal; the auditor reads it.
enum class QualityKind : std::uint8_t {
  gap,    // no reading for long; the amount was spread over the gap and marked estimated
  wrap,   // the counter passed its highest value and began again at 0
  reset,  // the counter began again at 0; what it counted since is booked, what it counted before the reset is lost to
          // us
  exchange,            // another meter took its place, unannounced: the two readings can't be subtracted
  announced_exchange,  // a person told the last reading of the old meter and the first of the new
  glitch,              // one or more readings that the next ones proved wrong; nothing was booked from them
  jump,                // more than the meter can measure; quarantined, not booked
  returned,            // the counter came back to where it was before a reset, exchange or jump; booked on
  stepped_back,        // a little less than before; held until it passes the highest reading again
};
[[nodiscard]] std::string_view name_of(QualityKind kind) noexcept;

struct QualityRecord {
  MeterId meter;
  QualityKind kind{};
  UtcTime at{};
  std::int64_t before = 0;  // counter readings, in thousandths
  std::int64_t after = 0;
  std::int64_t amount = 0;  // booked because of it; of a jump: not booked
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
inline void date_back(AlarmRecord& record, std::chrono::nanoseconds utc_offset) noexcept {
  date_back(record.raised, utc_offset);
  date_back(record.changed, utc_offset);
}

}  // namespace gateway
