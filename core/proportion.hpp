#pragma once
// amount * part / whole in integers, exact although the product does not fit 64 bits. 64-bit targets have a 128-bit
// type for it, 32-bit ARM has not: there it is a long division by hand. Both give the same. Any thread.
#include <cstdint>

namespace gateway {

// By long division. `0 <= part <= whole`, `0 < whole < 2^62`; rounded toward zero.
constexpr std::int64_t proportion_by_division(std::int64_t amount, std::int64_t part, std::int64_t whole) noexcept {
  const auto divisor = static_cast<std::uint64_t>(whole);
  const auto step = static_cast<std::uint64_t>(part);
  const auto magnitude = amount < 0 ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  std::uint64_t quotient = 0, remainder = 0;  // remainder < divisor, so that 2 * remainder + step < 3 * 2^62
  for (int bit = 63; bit >= 0; --bit) {
    quotient *= 2;
    remainder = 2 * remainder + ((magnitude >> bit & 1) != 0 ? step : 0);
    for (; remainder >= divisor; remainder -= divisor) ++quotient;
  }
  return static_cast<std::int64_t>(amount < 0 ? 0 - quotient : quotient);
}

// The same, by the fastest way there is.
constexpr std::int64_t proportion(std::int64_t amount, std::int64_t part, std::int64_t whole) noexcept {
#ifdef __SIZEOF_INT128__
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(static_cast<Wide>(amount) * part / whole);
#else
  return proportion_by_division(amount, part, whole);
#endif
}

}  // namespace gateway
