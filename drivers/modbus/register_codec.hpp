// Registers to numbers and back. A register is 16 bits, big-endian on the wire (Modbus Application
// Protocol 1.1b3, 4.2); how makers put larger values into several of them differs, and is said by an encoding and a
// word order. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gateway {

enum class Encoding : std::uint8_t { u16, i16, u32, i32, u64, i64, f32, f64, bcd32 };

// Order of the bytes of a 32-bit value A B C D (A highest), in the order they come over the wire. 64-bit values
// likewise: ABCD high word first, CDAB low word first, BADC and DCBA the same with the bytes of each word swapped.
enum class WordOrder : std::uint8_t { ABCD, CDAB, BADC, DCBA };

[[nodiscard]] std::optional<Encoding> encoding_named(std::string_view name) noexcept;
[[nodiscard]] std::string_view name_of(Encoding encoding) noexcept;
[[nodiscard]] std::optional<WordOrder> word_order_named(std::string_view name) noexcept;
[[nodiscard]] std::string_view name_of(WordOrder order) noexcept;

[[nodiscard]] constexpr std::size_t register_count(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::u16:
    case Encoding::i16:
      return 1;
    case Encoding::u64:
    case Encoding::i64:
    case Encoding::f64:
      return 4;
    default:
      return 2;
  }
}

// The bits of the value, highest byte first, whatever the order they came in. Exactly register_count(encoding)
// registers.
[[nodiscard]] std::uint64_t bits_of(std::span<const std::uint16_t> registers, WordOrder order) noexcept;

// nullopt: not a number (NaN, infinity, a BCD digit above 9).
[[nodiscard]] std::optional<double> decode_real(std::span<const std::uint16_t> registers, Encoding encoding,
                                                WordOrder order) noexcept;

// raw * factor, rounded to nearest once. With an integer encoding and a whole factor no rounding happens at all.
// nullopt: not a number, or it does not fit.
[[nodiscard]] std::optional<std::int64_t> decode_whole(std::span<const std::uint16_t> registers, Encoding encoding,
                                                       WordOrder order, double factor) noexcept;

}  // namespace gateway
