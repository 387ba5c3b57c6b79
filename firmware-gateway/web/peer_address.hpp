// Whom a client's address stands for, where clients are counted. Pure; any thread.
#pragma once

#include <string>

namespace gateway {

// An IPv4 address as it is (also one that came mapped into IPv6); of an IPv6 address the network, "2001:db8:1:2::/64":
// whoever has one address there has all of them. What is no address, as it is.
[[nodiscard]] std::string counted_address(const std::string& peer);

// 127.x.x.x or ::1, plain or counted.
[[nodiscard]] bool is_loopback_address(const std::string& peer);

}  // namespace gateway
