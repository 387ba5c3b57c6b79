#include "core/quantity.hpp"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

using enum Quantity;
constexpr auto gauge = ValueKind::gauge;
constexpr auto counter = ValueKind::counter;
constexpr auto flag = ValueKind::flag;

constexpr std::array<QuantityTraits, quantity_count> table{{
    {active_power, "active_power", "power_w", "W", gauge},
    {active_power_l1, "active_power_l1", "power_l1_w", "W", gauge},
    {active_power_l2, "active_power_l2", "power_l2_w", "W", gauge},
    {active_power_l3, "active_power_l3", "power_l3_w", "W", gauge},
    {reactive_power, "reactive_power", "reactive_power_var", "var", gauge},
    {reactive_power_l1, "reactive_power_l1", "reactive_power_l1_var", "var", gauge},
    {reactive_power_l2, "reactive_power_l2", "reactive_power_l2_var", "var", gauge},
    {reactive_power_l3, "reactive_power_l3", "reactive_power_l3_var", "var", gauge},
    {apparent_power, "apparent_power", "apparent_power_va", "VA", gauge},
    {apparent_power_l1, "apparent_power_l1", "apparent_power_l1_va", "VA", gauge},
    {apparent_power_l2, "apparent_power_l2", "apparent_power_l2_va", "VA", gauge},
    {apparent_power_l3, "apparent_power_l3", "apparent_power_l3_va", "VA", gauge},
    {power_factor, "power_factor", "power_factor", "", gauge},
    {power_factor_l1, "power_factor_l1", "power_factor_l1", "", gauge},
    {power_factor_l2, "power_factor_l2", "power_factor_l2", "", gauge},
    {power_factor_l3, "power_factor_l3", "power_factor_l3", "", gauge},
    {voltage_l1, "voltage_l1", "voltage_l1_v", "V", gauge},
    {voltage_l2, "voltage_l2", "voltage_l2_v", "V", gauge},
    {voltage_l3, "voltage_l3", "voltage_l3_v", "V", gauge},
    {voltage_l12, "voltage_l12", "voltage_l12_v", "V", gauge},
    {voltage_l23, "voltage_l23", "voltage_l23_v", "V", gauge},
    {voltage_l31, "voltage_l31", "voltage_l31_v", "V", gauge},
    {current_l1, "current_l1", "current_l1_a", "A", gauge},
    {current_l2, "current_l2", "current_l2_a", "A", gauge},
    {current_l3, "current_l3", "current_l3_a", "A", gauge},
    {current_n, "current_n", "current_n_a", "A", gauge},
    {frequency, "frequency", "frequency_hz", "Hz", gauge},
    {active_power_demand, "active_power_demand", "power_demand_w", "W", gauge},
    {energy_import, "energy_import", "energy_import_wh", "Wh", counter},
    {energy_export, "energy_export", "energy_export_wh", "Wh", counter},
    {energy_import_l1, "energy_import_l1", "energy_import_l1_wh", "Wh", counter},
    {energy_import_l2, "energy_import_l2", "energy_import_l2_wh", "Wh", counter},
    {energy_import_l3, "energy_import_l3", "energy_import_l3_wh", "Wh", counter},
    {energy_import_critical_peak, "energy_import_critical_peak", "energy_import_critical_peak_wh", "Wh", counter},
    {energy_import_peak, "energy_import_peak", "energy_import_peak_wh", "Wh", counter},
    {energy_import_flat, "energy_import_flat", "energy_import_flat_wh", "Wh", counter},
    {energy_import_valley, "energy_import_valley", "energy_import_valley_wh", "Wh", counter},
    {reactive_energy_import, "reactive_energy_import", "reactive_energy_import_varh", "varh", counter},
    {reactive_energy_export, "reactive_energy_export", "reactive_energy_export_varh", "varh", counter},
    {flow, "flow", "flow_l_per_h", "L/h", gauge},
    {volume, "volume", "volume_l", "L", counter},
    {volume_reverse, "volume_reverse", "volume_reverse_l", "L", counter},
    {pressure, "pressure", "pressure_kpa", "kPa", gauge},
    {online, "online", "online", "", flag},
    {open, "open", "open", "", flag},
    {wet, "wet", "wet", "", flag},
    {person, "person", "person", "", flag},
    {vehicle, "vehicle", "vehicle", "", flag},
    {motion, "motion", "motion", "", flag},
    {tamper, "tamper", "tamper", "", flag},
    {battery_low, "battery_low", "battery_low", "", flag},
    {battery_pct, "battery_pct", "battery_pct", "%", gauge},
    {battery_voltage, "battery_voltage", "battery_v", "V", gauge},
    {link_quality, "link_quality", "link_quality", "", gauge},
    {temperature, "temperature", "temperature_c", "degC", gauge},
    {humidity, "humidity", "humidity_pct", "%", gauge},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].quantity) != i) return false;
  return true;
}
static_assert(in_order(), "the table is indexed by Quantity");

}  // namespace

const QuantityTraits& traits(Quantity quantity) noexcept { return table[static_cast<std::size_t>(quantity)]; }

std::optional<Quantity> quantity_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(table, name, &QuantityTraits::name);
  if (found == table.end()) return std::nullopt;
  return found->quantity;
}

std::span<const QuantityTraits> all_quantities() noexcept { return table; }

std::string_view name_of(Utility utility) noexcept { return utility == Utility::electricity ? "electricity" : "water"; }

}  // namespace gateway
