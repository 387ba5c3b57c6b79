// The part of an address behind the question mark. Pure functions; any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// The first value of `name`, with %xx and + decoded. nullopt: it is not there, or it is not validly encoded.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

// All of `text` as a decimal integer that fits; nothing else around it.
template <std::integral T>
[[nodiscard]] std::optional<T> whole_integer(std::string_view text) noexcept {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace gateway
