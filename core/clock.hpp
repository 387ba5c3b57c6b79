// Two clocks, two types. MonotonicTime never steps and is for intervals, deadlines and the stamps of readings; UtcTime
// is the wall clock and is for windows, the store and people. The clock is handed in from the top; nothing in the
// program asks the system for the time.
#pragma once

#include <chrono>
#include <cstdint>

namespace gateway {

struct MonotonicClock {  // a clock only in name: time points of it come from Clock::monotonic()
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using MonotonicTime = MonotonicClock::time_point;
using UtcTime = std::chrono::sys_time<std::chrono::nanoseconds>;

[[nodiscard]] constexpr std::int64_t to_ms(UtcTime time) noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
[[nodiscard]] constexpr UtcTime utc_from_ms(std::int64_t ms) noexcept { return UtcTime{std::chrono::milliseconds{ms}}; }
[[nodiscard]] constexpr std::int64_t to_ns(UtcTime time) noexcept { return time.time_since_epoch().count(); }
[[nodiscard]] constexpr UtcTime utc_from_ns(std::int64_t ns) noexcept { return UtcTime{std::chrono::nanoseconds{ns}}; }

// While the wall clock is not believed, UTC stamps are provisional: the monotonic time counted from 1970, so that they
// can't be taken for real ones and are dated back by adding the offset once it is known (core/clock_belief.hpp).
[[nodiscard]] constexpr UtcTime provisional_utc(MonotonicTime time) noexcept {
  return UtcTime{time.time_since_epoch()};
}
inline constexpr UtcTime provisional_end{std::chrono::years{20}};  // no machine runs longer without a restart
[[nodiscard]] constexpr bool is_provisional(UtcTime time) noexcept { return time < provisional_end; }
// Gives a provisional stamp its date. A stamp of 0 means "never" and stays.
constexpr void date_back(UtcTime& time, std::chrono::nanoseconds utc_offset) noexcept {
  if (time != UtcTime{} && is_provisional(time)) time += utc_offset;
}

// Where the wall clock has its time from, as far as the system knows.
enum class ClockSource : std::uint8_t {
  nothing,    // a board without a real-time clock, not yet set by anything: it goes on from where it was switched off
  own_clock,  // a real-time clock, or a machine that has one by its nature (PC, virtual machine)
  synchronised,  // NTP or the like keeps it right
};

// One look at both clocks.
struct TimeNow {
  MonotonicTime monotonic{};
  UtcTime utc{};
};

// Any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonotonicTime monotonic() const noexcept = 0;
  [[nodiscard]] virtual UtcTime utc() const noexcept = 0;
  [[nodiscard]] TimeNow now() const noexcept { return {monotonic(), utc()}; }
  [[nodiscard]] virtual ClockSource source() const noexcept { return ClockSource::own_clock; }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonotonicTime monotonic() const noexcept override {
    return MonotonicTime{std::chrono::steady_clock::now().time_since_epoch()};
  }
  [[nodiscard]] UtcTime utc() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
  // Asks the kernel (adjtimex), then systemd-timesyncd, then looks for a real-time clock. A few system calls.
  [[nodiscard]] ClockSource source() const noexcept override;
};

}  // namespace gateway
