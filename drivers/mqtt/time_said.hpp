// When a device says that it said something. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "core/clock.hpp"

namespace gateway {

// "2026-11-23T08:00:00Z", "2026-11-23T16:00:00.120+08:00". nullopt without a zone: whose local time it is is not known.
[[nodiscard]] std::optional<UtcTime> parse_iso8601(std::string_view text) noexcept;
// Seconds since 1970, as Shelly and Frigate write them. nullopt outside 2000 to 2200.
[[nodiscard]] std::optional<UtcTime> utc_from_seconds(double seconds) noexcept;

}  // namespace gateway
