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
  shelved = 4,                 // set aside by an operator, for a time and a reason
  out_of_service = 5,          // set aside for maintenance, until somebody returns it
  suppressed = 6,              // by design: another alarm is the cause, and tells people
  latched_unacknowledged = 7,  // the condition has gone, but the alarm stays until it is acknowledged and reset
  latched_acknowledged = 8,
};
inline constexpr std::size_t alarm_state_count = 9;
[[nodiscard]] std::string_view name_of(AlarmState state) noexcept;

enum class Priority : std::uint8_t { low, medium, high, critical };
[[nodiscard]] std::string_view name_of(Priority priority) noexcept;

// What happened to an alarm.
enum class AlarmChange : std::uint8_t {
  raised,
  acknowledged,
  returned,  // the condition has gone
  reset,     // of a latched one
  reminded,  // it calls again: acknowledged long ago and still there, or it stays after it chattered untold
  shelved,
  unshelved,
  shelving_ended,  // its time was over
  suppressed,
  unsuppressed,
  taken_out_of_service,
  returned_to_service,
  updated,  // the same state, another value
};
inline constexpr std::size_t alarm_change_count = 13;
[[nodiscard]] std::string_view name_of(AlarmChange change) noexcept;

// What exactly was found, where a rule looks for more than one thing.
enum class AlarmFinding : std::uint8_t {
  none,
  night_flow,    // water: the least flow of a night is above what its nights were
  small_leak,    // water: the nights crept up over many days
  never_zero,    // water: the meter has not stood still once
  burst,         // water: more than ever flows there
  demand_now,    // power: the demand window is near the limit already
  demand_ahead,  // power: it will be when the window ends
  offline,       // said so itself, or somebody said it of it
  silent,        // has not been heard
};
inline constexpr std::size_t alarm_finding_count = 9;
[[nodiscard]] std::string_view name_of(AlarmFinding finding) noexcept;

// One change of one alarm. Complete: the newest record of an alarm is all that is needed to show or restore it.
struct AlarmRecord {
  AlarmId alarm;
  // The change's number: unique and growing over all alarms and restarts, even when the store was lost (microseconds
  // since 1970 at the latest; more than one change a microsecond counts on). Below 2^53. Also its key in the journal.
  std::uint64_t event = 0;
  std::uint64_t occurrence = 0;  // event number of the raise that this belongs to; 0: never raised
  AlarmChange change{};
  AlarmState state{};    // as shown
  AlarmState process{};  // beneath shelved, suppressed and out_of_service the life goes on; otherwise equal to state
  // This change is to be told to people: somebody has to act, and neither a flood, a chattering signal, a cause that
  // tells for it nor an operator who set it aside speaks against it.
  bool announced = false;
  // Of this occurrence something was announced: its end may be told too.
  bool told = false;
  UtcTime raised{};   // when it last became unacknowledged
  UtcTime changed{};  // when this change happened
  double value = 0;   // what made the rule true: open, litres per hour, watts, seconds of silence
  double limit = 0;   // what it was compared with, in the same unit; 0: nothing
  AlarmFinding finding{};
  AlarmId cause{};          // suppressed: the alarm that tells for it
  UtcTime shelved_until{};  // shelved; else 1970
  bool out_of_service = false;
  std::string held_by{};  // who shelved it or took it out of service, and why
  std::string held_reason{};
  std::string by;  // who made this change, when a person did
  std::string comment;
};
inline void date_back(AlarmRecord& record, std::chrono::nanoseconds utc_offset) noexcept {
  date_back(record.raised, utc_offset);
  date_back(record.changed, utc_offset);
  date_back(record.shelved_until, utc_offset);
}

// Whether the condition is there, as far as is known; also beneath shelved, suppressed and out_of_service.
[[nodiscard]] constexpr bool is_active(const AlarmRecord& record) noexcept {
  return record.process == AlarmState::unacknowledged || record.process == AlarmState::acknowledged;
}
// Whether it calls for people: not when it is set aside.
[[nodiscard]] constexpr bool is_annunciated(AlarmState state) noexcept {
  using enum AlarmState;
  return state != normal && state != shelved && state != out_of_service && state != suppressed;
}

// The condition of an alarm holds, its on-delay still runs: it may be acknowledged early.
struct PendingAlarm {
  AlarmId alarm;
  UtcTime since{};
  UtcTime due{};  // when it will be raised
  double value = 0;
  double limit = 0;
};

// How the site is run, and who said so: the mode in force, the areas that are armed, what the patrol has ticked off.
struct ModeRecord {
  enum class Kind : std::uint8_t { mode, armed, patrol };
  std::uint64_t event = 0;  // as AlarmRecord's, of the same row of numbers
  Kind kind{};
  std::string subject;  // armed: an area's id; patrol: an id of the list; mode: ""
  std::string value;    // mode: its id, "" is the usual one; armed, patrol: "1" or ""
  UtcTime changed{};
  std::string by;
  std::string comment;
};
[[nodiscard]] std::string_view name_of(ModeRecord::Kind kind) noexcept;

}  // namespace gateway
