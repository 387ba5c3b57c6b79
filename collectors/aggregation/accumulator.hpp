// What is added up for one window of one node. Merging two is adding; an empty one changes nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/records.hpp"

namespace gateway {

// The rate's samples. So that the first needs no case of its own, minimum and maximum begin at the far ends.
struct RateSum {
  double sum = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void add(double rate) noexcept {
    min = std::min(min, rate);
    max = std::max(max, rate);
    sum += rate;
  }
  void merge(const RateSum& other) noexcept {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
    sum += other.sum;
  }
};

// One open minute of one node.
struct MinuteSum {
  std::int64_t amount = 0;
  std::int64_t estimated = 0;
  RateSum rate;
  std::uint32_t samples = 0;
  // While it is open, of a meter: milliseconds that are known not to be metered. Once it closes: microseconds that are.
  std::uint32_t covered = 0;

  void sample(double value) noexcept {
    rate.add(value);
    ++samples;
  }
};
static_assert(sizeof(MinuteSum) == 48);

// One open window of one node.
struct Accumulator {
  std::int64_t amount = 0;
  std::int64_t estimated = 0;
  RateSum rate;
  std::uint32_t samples = 0;
  std::int64_t cost = 0;        // millionths of a yuan
  std::int64_t covered_us = 0;  // metered time

  void merge(const Accumulator& other) noexcept {
    amount += other.amount;
    estimated += other.estimated;
    rate.merge(other.rate);
    samples += other.samples;
    cost += other.cost;
    covered_us += other.covered_us;
  }
  void merge(const MinuteSum& minute, std::int64_t minute_cost) noexcept {
    amount += minute.amount;
    estimated += minute.estimated;
    rate.merge(minute.rate);
    samples += minute.samples;
    cost += minute_cost;
    covered_us += minute.covered;
  }
  void merge(const WindowRecord& record) noexcept {
    amount += record.amount;
    estimated += record.estimated;
    if (record.samples > 0) rate.merge({record.rate_sum, record.rate_min, record.rate_max});
    samples += record.samples;
    cost += record.cost;
    covered_us += record.covered.count();
  }
  [[nodiscard]] bool empty() const noexcept {
    return amount == 0 && estimated == 0 && samples == 0 && cost == 0 && covered_us == 0;
  }
  [[nodiscard]] WindowRecord record(NodeId node, WindowLength length, UtcTime start) const noexcept {
    return {node,
            length,
            start,
            amount,
            estimated,
            rate.sum,
            samples > 0 ? rate.min : 0,
            samples > 0 ? rate.max : 0,
            samples,
            cost,
            std::chrono::microseconds{covered_us}};
  }
};
static_assert(sizeof(Accumulator) == 64);

}  // namespace gateway
