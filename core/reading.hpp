// One value of one point at one instant: what every driver produces and the hot path takes in. 24 bytes, trivially
// copyable. A reading whose quality is not good carries no value that may be used.
#pragma once

#include <bit>
#include <cstdint>

#include "core/clock.hpp"
#include "core/id.hpp"

namespace gateway {

enum class Quality : std::uint8_t { good, uncertain, bad };

class Reading {
 public:
  Reading() = default;
  // A gauge in the unit of its quantity (core/quantity.hpp).
  static Reading gauge(PointId point, MonotonicTime time, double value) noexcept {
    return Reading{point, time, std::bit_cast<std::int64_t>(value)};
  }
  // A counter in thousandths of its unit.
  static Reading counter(PointId point, MonotonicTime time, std::int64_t thousandths) noexcept {
    return Reading{point, time, thousandths};
  }
  static Reading flag(PointId point, MonotonicTime time, bool value) noexcept {
    return Reading{point, time, value ? 1 : 0};
  }

  [[nodiscard]] PointId point() const noexcept { return point_; }
  [[nodiscard]] MonotonicTime time() const noexcept { return time_; }
  [[nodiscard]] double as_gauge() const noexcept { return std::bit_cast<double>(raw_); }
  [[nodiscard]] std::int64_t as_counter() const noexcept { return raw_; }
  [[nodiscard]] bool as_flag() const noexcept { return raw_ != 0; }
  [[nodiscard]] Quality quality() const noexcept { return quality_; }
  [[nodiscard]] bool good() const noexcept { return quality_ == Quality::good; }

  // Said by a broker about the past: the value is the last known, its age is not known. Never raises an alarm as if
  // new.
  [[nodiscard]] bool retained() const noexcept { return retained_; }

  Reading& with_quality(Quality quality) noexcept {
    quality_ = quality;
    return *this;
  }
  Reading& as_retained() noexcept {
    retained_ = true;
    return *this;
  }

 private:
  Reading(PointId point, MonotonicTime time, std::int64_t raw) noexcept : time_(time), raw_(raw), point_(point) {}
  MonotonicTime time_{};
  std::int64_t raw_ = 0;
  PointId point_;
  Quality quality_ = Quality::good;
  bool retained_ = false;
};
static_assert(sizeof(Reading) == 24);

}  // namespace gateway
