// JSON from outside: limited in depth and size, parsed into memory that is reused. Library errors end here.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace gateway {

inline constexpr std::size_t largest_payload = 64 * 1024;

[[nodiscard]] inline std::expected<boost::json::value, std::string> parse_payload(std::string_view payload) {
  if (payload.size() > largest_payload) return std::unexpected("longer than 64 kB");
  boost::json::parse_options options;
  options.max_depth = 8;
  boost::system::error_code error;
  auto value = boost::json::parse({payload.data(), payload.size()}, error, {}, options);
  if (error) return std::unexpected("not JSON: " + error.message());
  return value;
}

}  // namespace gateway
