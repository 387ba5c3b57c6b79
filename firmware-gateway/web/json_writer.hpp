// Writes JSON into one growing string: small, append-only, and quick enough to encode a thousand meters every second.
//
// Commas come by themselves. Text is escaped, and bytes that are not UTF-8 become U+FFFD, so the output is always valid
// JSON. A double that is not finite becomes null. For one thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gateway {

class JsonWriter {
 public:
  JsonWriter() = default;
  explicit JsonWriter(std::size_t expected_bytes) { out_.reserve(expected_bytes); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);  // name is taken as it is: plain ASCII without quotes

  JsonWriter& string(std::string_view text);
  JsonWriter& boolean(bool value) { return literal(value ? "true" : "false"); }
  JsonWriter& null() { return literal("null"); }
  template <std::integral T>
  JsonWriter& integer(T value) {
    if constexpr (std::signed_integral<T>) return signed_integer(value);
    return unsigned_integer(value);
  }
  // The shortest text that reads back as the same double.
  JsonWriter& number(double value);
  // An exact decimal: 1234500 becomes 1234.5.
  JsonWriter& thousandths(std::int64_t value);
  // Rounded to three decimals: what a float32 register holds is not worth 17 digits.
  JsonWriter& rounded(double value);

  // JSON that was made before, as it is. A fragment may hold several members: `"a":1,"b":2`.
  JsonWriter& raw(std::string_view json) { return literal(json); }

  JsonWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, const std::string& text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& member(std::string_view name, double value) { return key(name).number(value); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonWriter& member(std::string_view name, T value) {
    return key(name).integer(value);
  }
  template <class T>
  JsonWriter& member(std::string_view name, const std::optional<T>& value) {
    if (value) return member(name, *value);
    return key(name).null();
  }

  [[nodiscard]] std::string_view text() const noexcept { return out_; }
  [[nodiscard]] std::string take() noexcept { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& literal(std::string_view text);
  JsonWriter& signed_integer(std::int64_t value);
  JsonWriter& unsigned_integer(std::uint64_t value);
  void separate();

  std::string out_;
  bool comma_ = false;  // a value or member came before at this level
};

}  // namespace gateway
