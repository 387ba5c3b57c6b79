// What a meter can show at all. Not what is usual at a site: only what tells a wrong word order, a wrong register or a
// broken meter from a measurement. Pure; any thread.
#pragma once

#include <cmath>
#include <limits>

#include "drivers/modbus/meter_model.hpp"

namespace gateway {

// The meter has no such value, and says so as its model knows: all ones, or the highest number when signed.
[[nodiscard]] inline bool means_not_available(const MeterRegister& entry, std::uint64_t bits) noexcept {
  if (!entry.not_available_when_all_ones) return false;
  const auto ones = std::numeric_limits<std::uint64_t>::max() >> (64 - 16 * register_count(entry.encoding));
  const bool is_signed =
      entry.encoding == Encoding::i16 || entry.encoding == Encoding::i32 || entry.encoding == Encoding::i64;
  return bits == (is_signed ? ones >> 1 : ones);
}

// raw: the register's number before scaling, on the meter's own side of any transformer.
[[nodiscard]] inline bool is_plausible(const MeterRegister& entry, double raw) noexcept {
  // Floats with swapped words come out as next to nothing or beyond all bounds; no meter resolves 10^-9 of a unit.
  if (raw != 0 && std::abs(raw) < 1e-9) return false;
  const auto& quantity = traits(entry.quantity);
  const double value = raw * entry.factor;
  if (quantity.kind == ValueKind::counter) return value >= 0 && value < 9e18;
  const double size = std::abs(value);
  if (quantity.unit == "V") return size <= 100e3;  // meters on medium voltage show the primary side
  if (quantity.unit == "A") return size <= 100e3;
  if (quantity.unit == "Hz") return value >= 0 && value <= 500;
  if (quantity.unit == "W" || quantity.unit == "var" || quantity.unit == "VA") return size <= 1e9;
  if (quantity.unit == "L/h") return size <= 1e9;
  if (quantity.unit == "kPa") return size <= 1e5;
  if (quantity.unit == "degC") return size <= 1000;
  if (quantity.unit.empty()) return size <= 1.01;  // power factor; some round up
  return true;
}

}  // namespace gateway
