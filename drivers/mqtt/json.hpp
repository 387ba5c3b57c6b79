// JSON from outside, limited in depth and size: what a device sends may be anything. Small payloads are parsed into
// memory on the stack. For the decoders in this folder only; library errors end here.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "drivers/mqtt/payload.hpp"

namespace gateway {

inline constexpr std::size_t largest_payload = std::size_t{64} * 1024;
inline constexpr std::size_t deepest_payload = 8;  // Frigate's path_data is the deepest known: 5

class JsonPayload {
 public:
  explicit JsonPayload(std::string_view payload) : memory_(buffer_.data(), buffer_.size()) {
    if (payload.size() > largest_payload) {
      problem_ = {PayloadFault::too_long, "longer than 64 KiB"};
      return;
    }
    boost::json::parse_options options;
    options.max_depth = deepest_payload;
    boost::system::error_code error;
    value_ = boost::json::parse({payload.data(), payload.size()}, error, &memory_, options);
    if (error == boost::json::error::too_deep)
      problem_ = {PayloadFault::too_deep, "nested deeper than 8 levels"};
    else if (error)
      problem_ = {PayloadFault::not_json, "not JSON: " + error.message()};
  }
  JsonPayload(const JsonPayload&) = delete;
  JsonPayload& operator=(const JsonPayload&) = delete;

  // Why there is no value.
  [[nodiscard]] const std::optional<PayloadProblem>& problem() const noexcept { return problem_; }
  [[nodiscard]] const boost::json::value& value() const noexcept { return value_; }
  // nullptr when it is something else, or nothing.
  [[nodiscard]] const boost::json::object* object() const noexcept { return value_.if_object(); }
  // The object; nullptr, and the problem in `out`, when there is none.
  [[nodiscard]] const boost::json::object* object_for(Decoded& out) const {
    if (problem_)
      out.problem = problem_;
    else if (object() == nullptr)
      out.fail(PayloadFault::wrong_shape, "not a JSON object");
    return problem_ ? nullptr : object();
  }

 private:
  std::array<unsigned char, 2048> buffer_;
  boost::json::monotonic_resource memory_;
  boost::json::value value_;
  std::optional<PayloadProblem> problem_;
};

// The member of that name; nullptr when `object` is nullptr or has none.
[[nodiscard]] inline const boost::json::value* member(const boost::json::object* object,
                                                      std::string_view key) noexcept {
  return object == nullptr ? nullptr : object->if_contains({key.data(), key.size()});
}
[[nodiscard]] inline const boost::json::object* object_member(const boost::json::object* object,
                                                              std::string_view key) noexcept {
  const auto* value = member(object, key);
  return value == nullptr ? nullptr : value->if_object();
}
[[nodiscard]] inline std::string_view text_of(const boost::json::value* value) noexcept {
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}
// The text of that member; "" when it is no text. Lives as long as the object.
[[nodiscard]] inline std::string_view text_member(const boost::json::object* object, std::string_view key) noexcept {
  return text_of(member(object, key));
}
// A finite number.
[[nodiscard]] inline std::optional<double> number_of(const boost::json::value& value) noexcept {
  boost::system::error_code error;
  const auto number = value.to_number<double>(error);
  if (error || !std::isfinite(number)) return std::nullopt;
  return number;
}
// true, false, or a number: 0 is false.
[[nodiscard]] inline std::optional<bool> truth_of(const boost::json::value& value) noexcept {
  if (value.is_bool()) return value.get_bool();
  const auto number = number_of(value);
  if (!number || (*number != 0 && *number != 1)) return std::nullopt;
  return *number == 1;
}

// Takes the number, or the flag, under `key` into `out`; null and absent are nothing, anything else is a problem.
inline void take_number(Decoded& out, const boost::json::object* object, std::string_view key, Quantity quantity,
                        double scale = 1) {
  const auto* value = member(object, key);
  if (value == nullptr || value->is_null()) return;  // null: not known yet
  if (const auto number = number_of(*value))
    out.values.push_back({quantity, *number * scale});
  else
    out.fail(PayloadFault::wrong_value, "'" + std::string(key) + "' is not a number");
}
inline void take_flag(Decoded& out, const boost::json::object* object, std::string_view key, Quantity quantity,
                      bool inverted = false) {
  const auto* value = member(object, key);
  if (value == nullptr || value->is_null()) return;
  if (const auto flag = truth_of(*value))
    out.values.push_back({quantity, *flag != inverted ? 1.0 : 0.0});
  else
    out.fail(PayloadFault::wrong_value, "'" + std::string(key) + "' is not true or false");
}

}  // namespace gateway
