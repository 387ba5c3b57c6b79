// What is added up for one window of one node. Merging two is adding; an empty one changes nothing.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/records.hpp"

namespace gateway {

struct Accumulator {
  std::int64_t amount = 0;
  std::int64_t estimated = 0;
  double rate_sum = 0;
  double rate_min = 0;
  double rate_max = 0;
  std::uint32_t samples = 0;

  void sample(double rate) noexcept {
    rate_min = samples == 0 ? rate : std::min(rate_min, rate);
    rate_max = samples == 0 ? rate : std::max(rate_max, rate);
    rate_sum += rate;
    ++samples;
  }
  void merge(const Accumulator& other) noexcept {
    amount += other.amount;
    estimated += other.estimated;
    if (other.samples == 0) return;
    rate_min = samples == 0 ? other.rate_min : std::min(rate_min, other.rate_min);
    rate_max = samples == 0 ? other.rate_max : std::max(rate_max, other.rate_max);
    rate_sum += other.rate_sum;
    samples += other.samples;
  }
  [[nodiscard]] bool empty() const noexcept { return amount == 0 && estimated == 0 && samples == 0; }
  [[nodiscard]] WindowRecord record(NodeId node, WindowLength length, UtcTime start) const noexcept {
    return {node, length, start, amount, estimated, rate_sum, rate_min, rate_max, samples};
  }
};

}  // namespace gateway
