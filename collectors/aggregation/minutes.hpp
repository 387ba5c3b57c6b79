// Minutes as numbers since 1970, and shares of an amount in time. Inside collectors/aggregation.
#pragma once

#include "core/clock.hpp"
#include "core/proportion.hpp"

namespace gateway {

inline std::int64_t minute_number(UtcTime time) noexcept {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}
inline UtcTime minute_start(std::int64_t minute) noexcept { return UtcTime{std::chrono::minutes{minute}}; }

// What of `amount`, spread evenly over [from, to), lies before `at`. Cumulative, so that parts cut at any instants add
// up to the whole.
inline std::int64_t share_before(UtcTime at, UtcTime from, UtcTime to, std::int64_t amount) noexcept {
  if (at >= to) return amount;
  if (at <= from) return 0;
  return proportion(amount, (at - from).count(), (to - from).count());
}

}  // namespace gateway
