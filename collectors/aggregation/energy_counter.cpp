#include "collectors/aggregation/energy_counter.hpp"

#include <algorithm>

namespace gateway {
namespace {

// Readings in a row that must agree before an unusual value is believed. A counter that stands still (0, 0, ...) proves
// less than one that moves.
constexpr std::uint8_t enough_when_moving = 2;
constexpr std::uint8_t enough_when_still = 5;

}  // namespace

CounterLimits counter_limits(Utility utility, double rated_max, std::int64_t modulus) noexcept {
  const bool electricity = utility == Utility::electricity;
  const double rate = rated_max > 0 ? rated_max : electricity ? 10e6 : 1e6;  // W = mWh/s / (1000/3600)
  CounterLimits limits;
  // A fifth above the rating: meters carry overloads for a while, and timestamps are those of the answer, not of the
  // measurement.
  limits.highest_rate = 1.2 * rate * 1000 / 3600;
  // Registers count in steps of up to 1 kWh or 10 L (32-bit floats of large totals too); two steps may fall between two
  // readings.
  limits.slack = electricity ? 2'000'000 : 20'000;
  limits.step_back = limits.slack;
  limits.modulus = modulus;
  return limits;
}

bool EnergyCounter::confirms(MonotonicTime time, std::int64_t reading) const noexcept {
  const auto delta = reading - doubts_.candidate_last;
  return doubts_.candidate_seen > 0 && delta >= 0 && time > doubts_.candidate_last_time &&
         fits(delta, time - doubts_.candidate_last_time);
}

Booking EnergyCounter::take(MonotonicTime time, std::int64_t reading) noexcept {
  if (!doubts_.started) {
    doubts_.started = true;
    accept(time, reading, 0);
    doubts_.former_base = 0;
    return {};
  }
  if (time <= at_.time) return {};  // a duplicate, or older than what is booked already
  const auto delta = reading - at_.reading;
  if (delta >= 0 && fits(delta, time - at_.time)) {
    Booking booking{at_.time, time, delta, true};
    if (doubts_.candidate_seen > 0) {
      // Back in line: what was held back was wrong. Everything since the last good reading is booked now.
      booking.has_event = true;
      booking.event = QualityKind::glitch;
      booking.before = doubts_.candidate;
      booking.before_time = doubts_.candidate_time;
      booking.after = reading;
      booking.after_time = time;
      doubts_.candidate_seen = 0;
    }
    accept(time, reading, delta);
    return booking;
  }
  if (delta < 0 && -delta <= limits_.step_back && reading > limits_.step_back) {
    // Noise of the register. The highest reading stays the reference, so nothing is booked twice when the counter goes
    // on.
    Booking booking{at_.time, time};
    booking.has_event = !doubts_.below;  // told once, not once a poll
    booking.event = QualityKind::stepped_back;
    booking.before = at_.reading;
    booking.before_time = at_.time;
    booking.after = reading;
    booking.after_time = time;
    doubts_.below = true;
    doubts_.candidate_seen = 0;
    return booking;
  }
  if (!confirms(time, reading)) {
    doubts_.candidate = doubts_.candidate_last = reading;
    doubts_.candidate_time = doubts_.candidate_last_time = time;
    doubts_.candidate_seen = 1;
    return {};
  }
  doubts_.candidate_last = reading;
  doubts_.candidate_last_time = time;
  doubts_.candidate_seen = static_cast<std::uint8_t>(std::min<int>(doubts_.candidate_seen + 1, 250));
  const auto enough = reading > doubts_.candidate ? enough_when_moving : enough_when_still;
  if (doubts_.candidate_seen < enough) return {};
  return confirmed(time, reading);
}

std::optional<std::int64_t> EnergyCounter::since_former(MonotonicTime time, std::int64_t reading) const noexcept {
  if (!doubts_.has_former) return std::nullopt;
  auto counted = reading - doubts_.former;
  if (counted < 0 && limits_.modulus > 0) {
    // It may have wrapped meanwhile. More than half the register is no wrap but a second reset, long after the first.
    counted += limits_.modulus;
    if (counted > limits_.modulus / 2) return std::nullopt;
  }
  const auto rest = counted - (at_.reading + doubts_.former_base);
  if (rest < 0 || !fits(counted, time - doubts_.former_time)) return std::nullopt;
  return rest;
}

std::int64_t EnergyCounter::wrapped_at() const noexcept {
  if (doubts_.candidate >= at_.reading) return 0;
  const auto elapsed = doubts_.candidate_time - at_.time;
  const auto possible = [&](std::int64_t modulus) {
    return at_.reading < modulus && fits(doubts_.candidate + modulus - at_.reading, elapsed);
  };
  if (limits_.modulus > 0 && possible(limits_.modulus)) return limits_.modulus;
  // Registers of floats do not tell where they wrap, and a model may tell it wrong: the display's digits do, 999.99 to
  // 99,999,999.99 kWh or m3. It has to have stood right below.
  constexpr std::int64_t unit = 1'000'000;
  for (std::int64_t decimal = 1'000 * unit; decimal <= 100'000'000 * unit; decimal *= 10)
    if (at_.reading >= decimal / 2 && possible(decimal)) return decimal;
  return 0;
}

Booking EnergyCounter::confirmed(MonotonicTime time, std::int64_t reading) noexcept {
  Booking booking{at_.time, time, 0, true};
  booking.has_event = true;
  booking.before = at_.reading;
  booking.before_time = at_.time;
  booking.after = reading;
  booking.after_time = time;
  const auto rest_of_former = since_former(time, reading);
  bool new_series = true;
  if (const auto modulus = wrapped_at(); modulus > 0) {
    booking.event = QualityKind::wrap;
    booking.amount = reading + modulus - at_.reading;
    new_series = false;
  } else if (rest_of_former) {
    // The reset, exchange or jump of before was a passing fault of the meter: the old series goes on.
    booking.event = QualityKind::returned;
    booking.amount = *rest_of_former;
    doubts_.has_former = false;
    new_series = false;
  } else if (doubts_.candidate < at_.reading && fits(doubts_.candidate, doubts_.candidate_time - at_.time)) {
    booking.event = QualityKind::reset;
    booking.amount = reading;
  } else {
    booking.event = doubts_.candidate < at_.reading ? QualityKind::exchange : QualityKind::jump;
    booking.from = doubts_.candidate_time;
    booking.amount = reading - doubts_.candidate;
  }
  if (new_series) {
    doubts_.has_former = true;
    doubts_.former = at_.reading;
    doubts_.former_time = at_.time;
    doubts_.former_base = -at_.reading;  // nothing is booked since
  }
  doubts_.candidate_seen = 0;
  accept(time, reading, booking.amount);
  return booking;
}

bool EnergyCounter::can_show(std::int64_t reading) const noexcept {
  // Ten times the longest display in use; far beyond it sums of readings would overflow.
  constexpr std::int64_t longest_display = 1'000'000'000'000'000;
  return reading >= 0 && reading < std::max(limits_.modulus, longest_display);
}

bool EnergyCounter::can_end_at(MonotonicTime time, std::int64_t old_last) const noexcept {
  if (!doubts_.started) return true;
  const auto amount = old_last - at_.reading;
  const auto elapsed = time - at_.time;
  if (amount >= 0 && fits(amount, elapsed)) return true;
  if (amount < 0 && -amount <= limits_.step_back) return true;  // read off a display with fewer digits
  if (amount < 0 && limits_.modulus > 0 && fits(amount + limits_.modulus, elapsed)) return true;
  return since_former(time, old_last).has_value();
}

std::expected<Booking, ExchangeRefusal> EnergyCounter::exchange(MonotonicTime time, std::int64_t old_last,
                                                                std::int64_t new_first) noexcept {
  if (!can_show(old_last) || !can_end_at(time, old_last)) return std::unexpected(ExchangeRefusal::old_reading);
  if (!can_show(new_first)) return std::unexpected(ExchangeRefusal::new_reading);
  auto amount = doubts_.started ? old_last - at_.reading : 0;
  // The old meter may have wrapped since its last good reading, or have been believed to stand elsewhere by mistake.
  if (amount < 0 && limits_.modulus > 0 && fits(amount + limits_.modulus, time - at_.time)) {
    amount += limits_.modulus;
  } else if (!fits(amount, time - at_.time) || amount < 0) {
    if (const auto rest = since_former(time, old_last)) amount = *rest;
  }
  Booking booking{doubts_.started ? at_.time : time, time, std::max<std::int64_t>(0, amount), doubts_.started};
  booking.has_event = true;
  booking.event = QualityKind::announced_exchange;
  booking.before = old_last;
  booking.after = new_first;
  booking.before_time = booking.after_time = time;
  doubts_ = {};
  doubts_.started = true;
  at_ = {time, new_first};
  return booking;
}

}  // namespace gateway
