// Where a site sends a secret over the network in plain text. Told and not refused: plain HTTP and MQTT are common in a
// plant's own network, and often all that a store or broker there speaks. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

struct Site;

// One line each: who sends what to where, and what would be right. Not for this machine itself, and not for mail, which
// is never sent without TLS.
[[nodiscard]] std::vector<std::string> plain_secrets(const Site& site);

// Whether the address is this machine: localhost, 127.0.0.0/8, ::1.
[[nodiscard]] bool is_loopback(std::string_view url) noexcept;

}  // namespace gateway
