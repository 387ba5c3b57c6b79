// A clock that a test turns by hand. Thread-safe, because some parts read it from their own thread.
#pragma once

#include <atomic>

#include "core/clock.hpp"

namespace gateway::test {

class FakeClock final : public Clock {
 public:
  // 2025-11-24 00:00 in Fuzhou, a Monday.
  static constexpr UtcTime monday_midnight{std::chrono::seconds{1'763'913'600}};

  explicit FakeClock(UtcTime utc = monday_midnight, MonotonicTime monotonic = MonotonicTime{std::chrono::seconds{1000}})
      : monotonic_(monotonic.time_since_epoch().count()), utc_(utc.time_since_epoch().count()) {}

  [[nodiscard]] MonotonicTime monotonic() const noexcept override {
    return MonotonicTime{std::chrono::nanoseconds{monotonic_.load()}};
  }
  [[nodiscard]] UtcTime utc() const noexcept override { return UtcTime{std::chrono::nanoseconds{utc_.load()}}; }

  void advance(std::chrono::nanoseconds by) noexcept {
    monotonic_ += by.count();
    utc_ += by.count();
  }
  void step_wall_clock(std::chrono::nanoseconds by) noexcept { utc_ += by.count(); }
  void set_wall_clock(UtcTime utc) noexcept { utc_ = utc.time_since_epoch().count(); }
  [[nodiscard]] ClockSource source() const noexcept override { return source_.load(); }
  void set_source(ClockSource source) noexcept { source_ = source; }

 private:
  std::atomic<std::int64_t> monotonic_;
  std::atomic<std::int64_t> utc_;
  std::atomic<ClockSource> source_{ClockSource::own_clock};
};

inline constexpr auto monday = FakeClock::monday_midnight;

inline constexpr std::int64_t kwh = 1'000'000;  // in milliwatt-hours, as counters and windows count

}  // namespace gateway::test
