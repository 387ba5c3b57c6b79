// What a site's readings cost the flash: an estimate for `gateway check`, from factors that were measured
// (docs/benchmarks.md). Pure; any thread.
#pragma once

#include "core/site.hpp"

namespace gateway {

struct Wear {
  double readings_per_s = 0;
  double bytes_a_day = 0;  // written to the disk by the whole process
};
[[nodiscard]] Wear estimated_wear(const Site& site);

}  // namespace gateway
