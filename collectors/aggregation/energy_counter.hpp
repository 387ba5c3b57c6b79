// One meter's counter: what each new reading adds. Tells a register wrap from a reset, a meter exchange and a glitch,
// and keeps the energy.
//
// Integers only, in thousandths of the unit. A reading that fits (not less than the last, not more than the meter's
// highest rate allows) is booked at once. One that does not is held back until a second reading confirms it, so a
// single wrong answer never enters the books. Not thread-safe; no allocation, no clock of its own.
#pragma once

#include <cstdint>
#include <optional>

#include "core/clock.hpp"
#include "core/quantity.hpp"
#include "core/records.hpp"

namespace gateway {

struct CounterLimits {
  double highest_rate = 0;     // thousandths a second that the meter can measure at most, margin included
  std::int64_t slack = 0;      // what a coarse register may jump on top of that
  std::int64_t step_back = 0;  // a step back by no more than this is noise of the register, not an event
  std::int64_t modulus = 0;    // where the counter wraps; 0: not known
};

// The usual limits for a meter. rated_max in W or L/h, 0 when the site does not say (then 10 MW, 1,000 m3/h).
[[nodiscard]] CounterLimits counter_limits(Utility utility, double rated_max, std::int64_t modulus) noexcept;

struct Booking {
  MonotonicTime from{};
  MonotonicTime to{};
  std::int64_t amount = 0;  // never negative; 0: nothing to book
  bool has_event = false;
  QualityKind event{};
  std::int64_t before = 0;  // for the event
  std::int64_t after = 0;
  std::int64_t unbooked = 0;  // of a jump
};

class EnergyCounter {
 public:
  struct State {           // what a restart needs; first what every reading touches
    MonotonicTime time{};  // of the last reading that was accepted
    std::int64_t reading = 0;
    std::int64_t since_former = 0;  // booked since the series before the last reset, exchange or jump
    std::uint8_t candidate_seen = 0;
    bool started = false;
    bool has_former = false;
    bool below = false;  // stepped back, not yet past the highest reading again
    MonotonicTime candidate_time{};
    std::int64_t candidate = 0;
    MonotonicTime candidate_last_time{};
    std::int64_t candidate_last = 0;
    MonotonicTime former_time{};
    std::int64_t former = 0;
  };

  [[nodiscard]] Booking take(MonotonicTime time, std::int64_t reading, const CounterLimits& limits) noexcept {
    const std::int64_t delta = reading - state_.reading;
    if (state_.started && state_.candidate_seen == 0 && delta >= 0 && time > state_.time &&
        fits(delta, time - state_.time, limits)) [[likely]] {
      const Booking booking{state_.time, time, delta};
      accept(time, reading, delta);
      return booking;
    }
    return take_unusual(time, reading, limits);
  }

  // A person announces that the meter was exchanged: the old one's last reading, the new one's first. The amount up to
  // the exchange is booked.
  [[nodiscard]] Booking exchange(MonotonicTime time, std::int64_t old_last, std::int64_t new_first,
                                 const CounterLimits& limits) noexcept;

  [[nodiscard]] const State& state() const noexcept { return state_; }
  void restore(const State& state) noexcept { state_ = state; }

 private:
  static bool fits(std::int64_t delta, std::chrono::nanoseconds elapsed, const CounterLimits& limits) noexcept {
    return static_cast<double>(delta) <=
           limits.highest_rate * 1e-9 * static_cast<double>(elapsed.count()) + static_cast<double>(limits.slack);
  }
  void accept(MonotonicTime time, std::int64_t reading, std::int64_t amount) noexcept {
    state_.time = time;
    state_.reading = reading;
    state_.since_former += amount;
    state_.below = false;
  }
  Booking take_unusual(MonotonicTime time, std::int64_t reading, const CounterLimits& limits) noexcept;
  Booking confirmed(MonotonicTime time, std::int64_t reading, const CounterLimits& limits) noexcept;
  // What the series before the last reset, exchange or jump has counted and is not booked yet, if `reading` can be its
  // continuation.
  std::optional<std::int64_t> since_former(MonotonicTime time, std::int64_t reading,
                                           const CounterLimits& limits) const noexcept;
  bool confirms(MonotonicTime time, std::int64_t reading, const CounterLimits& limits) const noexcept;

  State state_;
};

}  // namespace gateway
