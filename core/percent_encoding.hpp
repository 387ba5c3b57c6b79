// Text inside of an address. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

// Every byte but the unreserved characters (RFC 3986, 2.3) as %XX, with capital digits.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace gateway
