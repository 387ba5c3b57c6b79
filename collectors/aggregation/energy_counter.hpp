// One meter's counter: what each new reading adds. Tells a register wrap from a reset, a meter exchange and a glitch,
// and keeps the energy.
//
// Integers only, in thousandths of the unit. A reading that fits (not less than the last, not more than the meter's
// highest rate allows) is booked at once. One that does not is held back until a second reading confirms it, so a
// single wrong answer never enters the books. Not thread-safe; no allocation, no clock of its own. Its state is the
// caller's, in two parts: the position, which every reading touches, and the doubts, which few do.
#pragma once

#include <cstdint>
#include <expected>
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

struct CounterPosition {  // of the last reading that was accepted
  MonotonicTime time{};
  std::int64_t reading = 0;
};

struct CounterDoubts {
  MonotonicTime candidate_time{};  // held back: the first reading that did not fit, and the last that agreed with it
  std::int64_t candidate = 0;
  MonotonicTime candidate_last_time{};
  std::int64_t candidate_last = 0;
  MonotonicTime former_time{};  // where the series stood before the last reset, exchange or jump
  std::int64_t former = 0;
  std::int64_t former_base = 0;  // booked since then: position.reading + former_base
  std::uint8_t candidate_seen = 0;
  bool started = false;
  bool has_former = false;
  bool below = false;  // stepped back, not yet past the highest reading again

  // Nothing is held back: a reading that fits may be booked without looking in here.
  [[nodiscard]] bool settled() const noexcept { return started && candidate_seen == 0 && !below; }
};

struct Booking {
  MonotonicTime from{};
  MonotonicTime to{};       // when it was decided
  std::int64_t amount = 0;  // never negative
  bool accepted = false;    // the position moved: what was used in [from, to) is known
  bool has_event = false;
  QualityKind event{};
  // For the event: two readings, as the meter gave them. Where a series of readings ended and the next one stood when
  // it was believed (wrap, reset, exchange, jump, returned), so that the journal chains: what was used is before minus
  // the first reading, plus `amount`, plus the last reading minus after. Of a glitch the wrong one and the next.
  std::int64_t before = 0;
  std::int64_t after = 0;
  MonotonicTime before_time{};
  MonotonicTime after_time{};
};

// Why an announced exchange can't have been.
enum class ExchangeRefusal : std::uint8_t {
  old_reading,  // the old meter can't have ended there
  new_reading,  // no meter begins there
};

class EnergyCounter {
 public:
  EnergyCounter(CounterPosition& position, CounterDoubts& doubts, const CounterLimits& limits) noexcept
      : at_(position), doubts_(doubts), limits_(limits) {}

  [[nodiscard]] Booking take(MonotonicTime time, std::int64_t reading) noexcept;

  // A person announces that the meter was exchanged: the old one's last reading, the new one's first. The amount up to
  // the exchange is booked. Refused, and nothing has changed, when that can't be: a reading below zero or beyond what a
  // meter can show; an old one below what was booked already, or above what the meter can have measured since. A slip
  // of the pen must not become a thousand kilowatt-hours.
  [[nodiscard]] std::expected<Booking, ExchangeRefusal> exchange(MonotonicTime time, std::int64_t old_last,
                                                                 std::int64_t new_first) noexcept;

 private:
  [[nodiscard]] bool fits(std::int64_t delta, std::chrono::nanoseconds elapsed) const noexcept {
    return static_cast<double>(delta) <=
           limits_.highest_rate * 1e-9 * static_cast<double>(elapsed.count()) + static_cast<double>(limits_.slack);
  }
  void accept(MonotonicTime time, std::int64_t reading, std::int64_t amount) noexcept {
    doubts_.former_base += amount - (reading - at_.reading);
    at_ = {time, reading};
    doubts_.below = false;
  }
  [[nodiscard]] bool can_show(std::int64_t reading) const noexcept;
  [[nodiscard]] bool can_end_at(MonotonicTime time, std::int64_t old_last) const noexcept;
  Booking confirmed(MonotonicTime time, std::int64_t reading) noexcept;
  // What the series before the last reset, exchange or jump has counted and is not booked yet, if `reading` can be its
  // continuation.
  [[nodiscard]] std::optional<std::int64_t> since_former(MonotonicTime time, std::int64_t reading) const noexcept;
  [[nodiscard]] bool confirms(MonotonicTime time, std::int64_t reading) const noexcept;
  // Where the counter wrapped between the position and the candidate; 0: it did not.
  [[nodiscard]] std::int64_t wrapped_at() const noexcept;

  CounterPosition& at_;
  CounterDoubts& doubts_;
  const CounterLimits& limits_;
};

}  // namespace gateway
