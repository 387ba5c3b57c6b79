// What can be measured, and how each quantity is held and written. One table; nothing else in the program switches on
// units.
//
// A gauge is a double in the base unit named here (W, V, A, Hz, L/h, ...). A counter only grows and is a 64-bit integer
// in thousandths of its unit (milliwatt-hours, millilitres), so that sums are exact. A flag is 0 or 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gateway {

enum class Utility : std::uint8_t { electricity, water };
inline constexpr std::size_t utility_count = 2;

enum class Quantity : std::uint8_t {
  // electricity
  active_power,
  active_power_l1,
  active_power_l2,
  active_power_l3,
  reactive_power,
  reactive_power_l1,
  reactive_power_l2,
  reactive_power_l3,
  apparent_power,
  apparent_power_l1,
  apparent_power_l2,
  apparent_power_l3,
  power_factor,
  power_factor_l1,
  power_factor_l2,
  power_factor_l3,
  voltage_l1,
  voltage_l2,
  voltage_l3,
  voltage_l12,
  voltage_l23,
  voltage_l31,
  current_l1,
  current_l2,
  current_l3,
  current_n,
  frequency,
  active_power_demand,
  energy_import,
  energy_export,
  energy_import_l1,
  energy_import_l2,
  energy_import_l3,
  energy_import_critical_peak,
  energy_import_peak,
  energy_import_flat,
  energy_import_valley,
  reactive_energy_import,
  reactive_energy_export,
  // water
  flow,
  volume,
  volume_reverse,
  pressure,
  // sensors, and the state of every device
  online,
  open,
  wet,
  person,
  vehicle,
  motion,
  tamper,
  battery_low,
  battery_pct,
  battery_voltage,
  link_quality,
  temperature,
  humidity,
};
inline constexpr std::size_t quantity_count = static_cast<std::size_t>(Quantity::humidity) + 1;

enum class ValueKind : std::uint8_t { gauge, counter, flag };

struct QuantityTraits {
  Quantity quantity;
  std::string_view name;   // in register maps and site.toml: "active_power"
  std::string_view field;  // in line protocol and the API: "power_w"
  std::string_view unit;   // of the field: "W"; a counter is held in thousandths of it
  ValueKind kind;
};

[[nodiscard]] const QuantityTraits& traits(Quantity quantity) noexcept;
[[nodiscard]] std::optional<Quantity> quantity_named(std::string_view name) noexcept;
[[nodiscard]] std::span<const QuantityTraits> all_quantities() noexcept;

[[nodiscard]] std::string_view name_of(Utility utility) noexcept;  // "electricity", "water": measurement names too

// The quantities that consumption is made of.
[[nodiscard]] constexpr Quantity counter_of(Utility utility) noexcept {
  return utility == Utility::electricity ? Quantity::energy_import : Quantity::volume;
}
[[nodiscard]] constexpr Quantity rate_of(Utility utility) noexcept {
  return utility == Utility::electricity ? Quantity::active_power : Quantity::flow;
}

}  // namespace gateway
