#include <algorithm>
#include <array>
#include <charconv>

#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"

namespace gateway {
namespace {

// A value as site.toml would write it: true, 1, "OPEN".
std::optional<std::string> word_of(const boost::json::value& value) {
  if (value.is_string()) return std::string(text_of(&value));
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_int64() || value.is_uint64() || value.is_double()) return boost::json::serialize(value);
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::optional<bool> flag_of(std::string_view word, const ValueMapping& mapping) {
  if (!mapping.true_when.empty() || !mapping.false_when.empty()) {
    if (std::ranges::find(mapping.true_when, word) != mapping.true_when.end()) return true;
    if (std::ranges::find(mapping.false_when, word) != mapping.false_when.end()) return false;
    return std::nullopt;
  }
  static constexpr std::array<std::string_view, 4> on{"true", "1", "on", "yes"};
  static constexpr std::array<std::string_view, 4> off{"false", "0", "off", "no"};
  const auto plain = lower(word);
  if (std::ranges::find(on, plain) != on.end()) return true;
  if (std::ranges::find(off, plain) != off.end()) return false;
  return std::nullopt;
}

void take(Decoded& out, std::string_view word, const ValueMapping& mapping) {
  const auto name = std::string(traits(mapping.quantity).name);
  if (traits(mapping.quantity).kind == ValueKind::flag) {
    if (const auto flag = flag_of(word, mapping))
      out.values.push_back({mapping.quantity, *flag != mapping.inverted ? 1.0 : 0.0});
    else
      out.fail(PayloadFault::wrong_value,
               "'" + payload_excerpt(word.substr(0, 60)) + "' is no known value for " + name);
    return;
  }
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const auto value = number * mapping.scale + mapping.offset;
  if (error == std::errc{} && end == word.data() + word.size() && std::isfinite(value))
    out.values.push_back({mapping.quantity, value});
  else
    out.fail(PayloadFault::wrong_value, name + " is not a number");
}

}  // namespace

Decoded decode_mapped(std::string_view topic, std::string_view payload, std::span<const ValueMapping> values) {
  Decoded out;
  std::optional<JsonPayload> parsed;  // when a mapping asks for it
  for (const auto& mapping : values) {
    if (mapping.topic != topic) continue;
    if (mapping.pointer.empty()) {
      if (payload.size() > 256)
        out.fail(PayloadFault::too_long, "longer than 256 bytes, and no pointer into it");
      else
        take(out, payload, mapping);
      continue;
    }
    if (!parsed) parsed.emplace(payload);
    if (parsed->problem()) {
      out.fail(parsed->problem()->kind, parsed->problem()->text);
      continue;
    }
    boost::system::error_code error;
    const auto* found = parsed->value().find_pointer({mapping.pointer.data(), mapping.pointer.size()}, error);
    if (found == nullptr || found->is_null()) continue;  // a message about something else
    if (const auto word = word_of(*found))
      take(out, *word, mapping);
    else
      out.fail(PayloadFault::wrong_value, mapping.pointer + " is an object or a list");
  }
  return out;
}

}  // namespace gateway
