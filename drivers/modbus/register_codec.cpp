#include "drivers/modbus/register_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace gateway {
namespace {

constexpr std::array<std::string_view, 9> encoding_names{"u16", "i16", "u32", "i32",  "u64",
                                                         "i64", "f32", "f64", "bcd32"};
constexpr std::array<std::string_view, 4> order_names{"ABCD", "CDAB", "BADC", "DCBA"};

template <class E, std::size_t N>
std::optional<E> named(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<E>(found - names.begin());
}

std::optional<std::uint64_t> bcd(std::uint64_t bits) noexcept {
  std::uint64_t value = 0;
  for (int shift = 28; shift >= 0; shift -= 4) {
    const auto digit = bits >> shift & 0xF;
    if (digit > 9) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

// The value of an integer encoding; nullopt when the encoding is a float or the digits are wrong.
struct Whole {
  std::uint64_t magnitude;
  bool negative;
};
std::optional<Whole> whole_of(std::uint64_t bits, Encoding encoding) noexcept {
  const auto with_sign = [](std::int64_t value) {
    return Whole{value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value), value < 0};
  };
  switch (encoding) {
    case Encoding::u16:
    case Encoding::u32:
    case Encoding::u64:
      return Whole{bits, false};
    case Encoding::i16:
      return with_sign(static_cast<std::int16_t>(bits));
    case Encoding::i32:
      return with_sign(static_cast<std::int32_t>(bits));
    case Encoding::i64:
      return with_sign(static_cast<std::int64_t>(bits));
    case Encoding::bcd32:
      if (const auto value = bcd(bits)) return Whole{*value, false};
      return std::nullopt;
    case Encoding::f32:
    case Encoding::f64:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Encoding> encoding_named(std::string_view name) noexcept { return named<Encoding>(encoding_names, name); }
std::string_view name_of(Encoding encoding) noexcept { return encoding_names[static_cast<std::size_t>(encoding)]; }
std::optional<WordOrder> word_order_named(std::string_view name) noexcept {
  return named<WordOrder>(order_names, name);
}
std::string_view name_of(WordOrder order) noexcept { return order_names[static_cast<std::size_t>(order)]; }

std::uint64_t bits_of(std::span<const std::uint16_t> registers, WordOrder order) noexcept {
  const bool low_first = order == WordOrder::CDAB || order == WordOrder::DCBA;
  const bool swap_bytes = order == WordOrder::BADC || order == WordOrder::DCBA;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < registers.size(); ++i) {
    std::uint16_t word = registers[low_first ? registers.size() - 1 - i : i];
    if (swap_bytes) word = static_cast<std::uint16_t>(word << 8 | word >> 8);
    bits = bits << 16 | word;
  }
  return bits;
}

std::optional<double> decode_real(std::span<const std::uint16_t> registers, Encoding encoding,
                                  WordOrder order) noexcept {
  const auto bits = bits_of(registers, order);
  double value = 0;
  if (encoding == Encoding::f32) {
    value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  } else if (encoding == Encoding::f64) {
    value = std::bit_cast<double>(bits);
  } else if (const auto whole = whole_of(bits, encoding)) {
    value = static_cast<double>(whole->magnitude) * (whole->negative ? -1 : 1);
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> decode_whole(std::span<const std::uint16_t> registers, Encoding encoding, WordOrder order,
                                         double factor) noexcept {
  const auto whole_factor = std::llround(factor);
  if (const auto whole = whole_of(bits_of(registers, order), encoding);
      whole && whole_factor > 0 && std::abs(factor - static_cast<double>(whole_factor)) < 1e-9 * factor) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (whole->magnitude > most / static_cast<std::uint64_t>(whole_factor)) return std::nullopt;
    const auto product = static_cast<std::int64_t>(whole->magnitude) * whole_factor;
    return whole->negative ? -product : product;
  }
  const auto value = decode_real(registers, encoding, order);
  if (!value || std::abs(*value * factor) > 9e18) return std::nullopt;
  return std::llround(*value * factor);
}

}  // namespace gateway
