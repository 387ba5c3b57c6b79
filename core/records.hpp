// What the core says to the rest of the program: plain values, handed over by queue.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/id.hpp"
#include "core/tariff.hpp"

namespace gateway {

enum class WindowLength : std::uint8_t { minute, quarter, hour, day, month };
inline constexpr std::size_t window_length_count = 5;
[[nodiscard]] std::string_view name_of(WindowLength length) noexcept;  // "1m", "15m", "1h", "1d", "1mo"

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
  // Millionths of a yuan, each minute at the price of its own time; 0 without a tariff.
  std::int64_t cost = 0;
  // How much of the window's time was metered: the meter answered as often as it is asked. Of a node: the mean of its
  // meters. Completeness is covered / length of the window; time in which the gateway was off is not covered. More than
  // the length: the wall clock was set back and the window happened twice.
  std::chrono::microseconds covered{};
};

// Adds to one part of one day or month of one node (docs/decisions.md 47): what was used in one band, within or outside
// working hours. The parts of a window add up to it, in amount and in cost. Booked at the price and by the calendar of
// its own time, so a later table never recounts it.
struct TariffRecord {
  NodeId node;
  WindowLength length{};  // day or month
  UtcTime start{};
  Band band = Band::flat;  // meaningful when priced
  bool priced = false;     // a tariff was in force
  bool off_hours = false;
  std::int64_t amount = 0;  // thousandths of Wh or L
  std::int64_t cost = 0;    // millionths of a yuan
};

// The highest demand of one node in one month: of the quarter hours of the clock (block), and of any 15 minutes that
// begin with a minute (sliding). Two records of the same node, month and kind merge by keeping the higher.
enum class DemandKind : std::uint8_t { block, sliding };
[[nodiscard]] std::string_view name_of(DemandKind kind) noexcept;

struct DemandRecord {
  NodeId node;
  DemandKind kind{};
  UtcTime month{};          // its start, in site time
  UtcTime at{};             // when the 15 minutes began
  std::int64_t amount = 0;  // in the 15 minutes, in thousandths of Wh or L; demand_of() of it
  std::int64_t estimated = 0;
};

// Mean W or L/h of 15 minutes with this amount.
[[nodiscard]] constexpr double demand_of(std::int64_t quarter_amount) noexcept {
  return static_cast<double>(quarter_amount) * 4 / 1000;
}

// A counter reading as the meter gave it, kept so that figures can be traced; never edited. The last one of every
// quarter hour, and those before and after whatever stands in the data-quality journal.
struct CounterRecord {
  MeterId meter;
  UtcTime at{};
  std::int64_t reading = 0;  // thousandths of Wh or L
};

// A day of a node with subtracted terms, main meter minus sub-meters: what the sub-meters do not account for.
struct Balance {
  UtcTime day{};                 // its start
  std::int64_t supplied = 0;     // the positive terms
  std::int64_t unaccounted = 0;  // the node's own amount; below zero when meters err
  [[nodiscard]] double share() const noexcept {
    return supplied > 0 ? static_cast<double>(unaccounted) / static_cast<double>(supplied) : 0;
  }
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
  duplicate,           // readings that came twice; ignored; `amount` is their number within the hour
  late,                // readings older than what was booked already; ignored; likewise
  integrated,          // the meter has no counter: from here on its energy is made from its power, all of it estimated
  correction,          // a person added or took away an amount; what the meter said is untouched
};
inline constexpr std::size_t quality_kind_count = 13;
[[nodiscard]] std::string_view name_of(QualityKind kind) noexcept;

struct QualityRecord {
  MeterId meter;
  QualityKind kind{};
  UtcTime at{};
  std::int64_t before = 0;  // counter readings, in thousandths
  std::int64_t after = 0;
  // Booked between the two readings. Of a jump or an exchange only what the new series has counted: of a jump
  // after - before - amount was quarantined.
  std::int64_t amount = 0;
  UtcTime from{};    // when the reading `before` was taken; a correction: from when on it holds
  std::string by{};  // who, and why, when a person did it
  std::string comment{};
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
