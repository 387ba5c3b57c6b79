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
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonotonicTime monotonic() const noexcept override {
    return MonotonicTime{std::chrono::steady_clock::now().time_since_epoch()};
  }
  [[nodiscard]] UtcTime utc() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace gateway
