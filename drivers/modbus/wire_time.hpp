// How long bytes take on a serial line. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/bus_url.hpp"

namespace gateway {

// A start bit, the data bits, a parity bit when there is one, the stop bits.
[[nodiscard]] constexpr unsigned bits_a_character(const BusUrl& url) noexcept {
  return 1u + url.data_bits + (url.parity == Parity::none ? 0u : 1u) + url.stop_bits;
}

[[nodiscard]] constexpr std::chrono::nanoseconds characters(const BusUrl& url, std::size_t count) noexcept {
  return std::chrono::nanoseconds{
      static_cast<std::int64_t>(count * bits_a_character(url) * 1'000'000'000ull / url.baud)};
}

// What separates two frames: 3.5 characters of 11 bits; fixed above 19200 baud (Modbus over Serial Line 1.02, 2.5.1.1).
[[nodiscard]] constexpr std::chrono::nanoseconds frame_silence(const BusUrl& url) noexcept {
  if (url.baud > 19'200) return std::chrono::microseconds{1750};
  return std::chrono::nanoseconds{static_cast<std::int64_t>(3.5 * 11 * 1e9 / url.baud)};
}

}  // namespace gateway
