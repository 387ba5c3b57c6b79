// HMAC-SHA256 (RFC 2104, FIPS 180-4) and the ways in which receivers want to see it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 bytes
[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] std::string base64(std::string_view bytes);  // RFC 4648, with padding, on one line

}  // namespace gateway
