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

bool EnergyCounter::confirms(MonotonicTime time, std::int64_t reading, const CounterLimits& limits) const noexcept {
  const auto delta = reading - state_.candidate_last;
  return state_.candidate_seen > 0 && delta >= 0 && time > state_.candidate_last_time &&
         fits(delta, time - state_.candidate_last_time, limits);
}

Booking EnergyCounter::take_unusual(MonotonicTime time, std::int64_t reading, const CounterLimits& limits) noexcept {
  if (!state_.started) {
    state_.started = true;
    accept(time, reading, 0);
    return {};
  }
  if (time <= state_.time) return {};  // a duplicate, or older than what is booked already
  const auto delta = reading - state_.reading;
  if (delta >= 0 && fits(delta, time - state_.time, limits)) {
    // Back in line: what was held back was wrong. Everything since the last good reading is booked now.
    Booking booking{state_.time, time, delta};
    booking.has_event = true;
    booking.event = QualityKind::glitch;
    booking.before = state_.candidate;
    booking.after = reading;
    state_.candidate_seen = 0;
    accept(time, reading, delta);
    return booking;
  }
  if (delta < 0 && -delta <= limits.step_back && reading > limits.step_back) {
    // Noise of the register. The highest reading stays the reference, so nothing is booked twice when the counter goes
    // on.
    Booking booking;
    booking.has_event = !state_.below;  // told once, not once a poll
    state_.below = true;
    booking.event = QualityKind::stepped_back;
    booking.before = state_.reading;
    booking.after = reading;
    state_.candidate_seen = 0;
    return booking;
  }
  if (!confirms(time, reading, limits)) {
    state_.candidate = state_.candidate_last = reading;
    state_.candidate_time = state_.candidate_last_time = time;
    state_.candidate_seen = 1;
    return {};
  }
  state_.candidate_last = reading;
  state_.candidate_last_time = time;
  state_.candidate_seen = static_cast<std::uint8_t>(std::min<int>(state_.candidate_seen + 1, 250));
  const auto enough = reading > state_.candidate ? enough_when_moving : enough_when_still;
  if (state_.candidate_seen < enough) return {};
  return confirmed(time, reading, limits);
}

Booking EnergyCounter::confirmed(MonotonicTime time, std::int64_t reading, const CounterLimits& limits) noexcept {
  Booking booking{state_.time, time, 0};
  booking.has_event = true;
  booking.before = state_.reading;
  booking.after = state_.candidate;
  const auto until_candidate = state_.candidate_time - state_.time;
  const auto former_delta = reading - state_.former - state_.since_former;
  bool new_series = true;
  if (limits.modulus > 0 && state_.candidate < state_.reading && state_.reading < limits.modulus &&
      fits(state_.candidate + limits.modulus - state_.reading, until_candidate, limits)) {
    booking.event = QualityKind::wrap;
    booking.amount = reading + limits.modulus - state_.reading;
    new_series = false;
  } else if (state_.has_former && former_delta >= 0 &&
             fits(reading - state_.former, time - state_.former_time, limits)) {
    // The reset, exchange or jump of before was a passing fault of the meter: the old series goes on.
    booking.event = QualityKind::returned;
    booking.amount = former_delta;
    state_.has_former = false;
    new_series = false;
  } else if (state_.candidate < state_.reading && fits(state_.candidate, until_candidate, limits)) {
    booking.event = QualityKind::reset;
    booking.amount = reading;
  } else {
    booking.event = state_.candidate < state_.reading ? QualityKind::exchange : QualityKind::jump;
    booking.from = state_.candidate_time;
    booking.amount = reading - state_.candidate;
    booking.unbooked = booking.event == QualityKind::jump ? state_.candidate - state_.reading : 0;
  }
  if (new_series) {
    state_.has_former = true;
    state_.former = state_.reading;
    state_.former_time = state_.time;
    state_.since_former = 0;
  }
  state_.candidate_seen = 0;
  accept(time, reading, booking.amount);
  return booking;
}

Booking EnergyCounter::exchange(MonotonicTime time, std::int64_t old_last, std::int64_t new_first) noexcept {
  Booking booking{state_.time, time, state_.started ? std::max<std::int64_t>(0, old_last - state_.reading) : 0};
  booking.has_event = true;
  booking.event = QualityKind::announced_exchange;
  booking.before = old_last;
  booking.after = new_first;
  state_ = State{};
  state_.started = true;
  accept(time, new_first, 0);
  return booking;
}

}  // namespace gateway
