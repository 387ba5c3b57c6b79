// JSON from outside, limited in depth and size: what a device sends may be anything. Small payloads are parsed into
// memory on the stack. For the decoders in this folder only; library errors end here.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace gateway {

inline constexpr std::size_t largest_payload = 64 * 1024;
inline constexpr std::size_t deepest_payload = 8;  // Frigate's path_data is the deepest known: 5

class JsonPayload {
 public:
  explicit JsonPayload(std::string_view payload) : memory_(buffer_.data(), buffer_.size()) {
    if (payload.size() > largest_payload) {
      problem_ = "longer than 64 KiB";
      return;
    }
    boost::json::parse_options options;
    options.max_depth = deepest_payload;
    boost::system::error_code error;
    value_ = boost::json::parse({payload.data(), payload.size()}, error, &memory_, options);
    if (error) problem_ = "not JSON: " + error.message();
  }
  JsonPayload(const JsonPayload&) = delete;
  JsonPayload& operator=(const JsonPayload&) = delete;

  // Why there is no value; "" when there is one.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] const boost::json::value& value() const noexcept { return value_; }
  // nullptr when it is something else, or nothing.
  [[nodiscard]] const boost::json::object* object() const noexcept { return value_.if_object(); }

 private:
  std::array<unsigned char, 2048> buffer_;
  boost::json::monotonic_resource memory_;
  boost::json::value value_;
  std::string problem_;
};

// The member of that name; nullptr when `object` is nullptr or has none.
[[nodiscard]] inline const boost::json::value* member(const boost::json::object* object,
                                                      std::string_view key) noexcept {
  return object == nullptr ? nullptr : object->if_contains({key.data(), key.size()});
}
// The text of that member; "" when it is no text. Lives as long as the object.
[[nodiscard]] inline std::string_view text_member(const boost::json::object* object, std::string_view key) noexcept {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

}  // namespace gateway
