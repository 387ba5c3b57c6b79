// The times that a request may name, in one place: whatever reads one from outside asks here. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "core/clock.hpp"

namespace gateway {

// 2200-01-01. A time is 64 bits of nanoseconds, which end in 2262: what is computed from a time that was let in (the
// next edge, the end of its day or month) has to fit as well.
inline constexpr std::int64_t latest_request_ms = 7'258'118'400'000;

// nullopt: before 1970 or after latest_request_ms.
[[nodiscard]] constexpr std::optional<UtcTime> request_time(std::optional<std::int64_t> ms) noexcept {
  if (!ms || *ms < 0 || *ms > latest_request_ms) return std::nullopt;
  return utc_from_ms(*ms);
}

}  // namespace gateway
