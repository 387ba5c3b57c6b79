// Numbers that cannot be mixed up. Every object of the site is numbered when the site is loaded; the number is its
// place in the site's table (Site::points[id.index()]). Valid for one loaded Site only: never stored, never sent;
// outside the process things go by name.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace gateway {

template <class Tag>
class Id {
 public:
  constexpr Id() noexcept = default;
  constexpr explicit Id(std::size_t index) noexcept : value_(static_cast<std::uint32_t>(index)) {}
  [[nodiscard]] constexpr std::size_t index() const noexcept { return value_; }
  [[nodiscard]] constexpr bool valid() const noexcept { return value_ != none; }
  constexpr auto operator<=>(const Id&) const noexcept = default;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  std::uint32_t value_ = none;
};

using PointId = Id<struct PointTag>;  // one measured quantity of one device
using MeterId = Id<struct MeterTag>;
using SensorId = Id<struct SensorTag>;
using AreaId = Id<struct AreaTag>;
using BusId = Id<struct BusTag>;
using NodeId = Id<struct NodeTag>;    // something consumption is added up for
using AlarmId = Id<struct AlarmTag>;  // one rule watching one source

}  // namespace gateway
