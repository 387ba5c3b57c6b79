// For what takes in local minutes one after the other.
#pragma once

#include <cstdint>

namespace gateway {

// Minutes. A step back by less is an hour that comes twice, or a clock that was a little fast: those minutes were counted. One by more
// means that the clock had been ahead.
inline constexpr std::int64_t farthest_set_back = 90;

}  // namespace gateway
