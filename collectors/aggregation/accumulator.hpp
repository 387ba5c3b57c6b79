// What is added up for one window of one node. Merging two is adding; an empty one changes nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/records.hpp"

namespace gateway {

struct Accumulator {
  std::int64_t amount = 0;
  std::int64_t estimated = 0;
  double rate_sum = 0;
  // So that the first sample needs no case of its own.
  double rate_min = std::numeric_limits<double>::infinity();
  double rate_max = -std::numeric_limits<double>::infinity();
  std::uint32_t samples = 0;

  void sample(double rate) noexcept {
    rate_min = std::min(rate_min, rate);
    rate_max = std::max(rate_max, rate);
    rate_sum += rate;
    ++samples;
  }
  void merge(const Accumulator& other) noexcept {
    amount += other.amount;
    estimated += other.estimated;
    rate_min = std::min(rate_min, other.rate_min);
    rate_max = std::max(rate_max, other.rate_max);
    rate_sum += other.rate_sum;
    samples += other.samples;
  }
  [[nodiscard]] bool empty() const noexcept { return amount == 0 && estimated == 0 && samples == 0; }
  [[nodiscard]] WindowRecord record(NodeId node, WindowLength length, UtcTime start) const noexcept {
    return {node,   length, start, amount, estimated, rate_sum, samples > 0 ? rate_min : 0, samples > 0 ? rate_max : 0,
            samples};
  }
};

}  // namespace gateway
