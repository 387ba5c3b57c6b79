// Which requests may be answered at all: the checks that keep a foreign web page, opened in the browser of someone
// inside, from using the gateway. Pure functions; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway {

// A Host header that a URL may have: letters, digits, dots, hyphens, an IPv6 address in brackets, a port.
[[nodiscard]] bool is_well_formed_host(std::string_view host) noexcept;

// A page of a foreign domain whose name was made to point at this box (DNS rebinding) is of the same origin for the
// browser, and still sends its own name in Host. So a Host has to be one of these names, whatever its case and port, or
// be what nobody can make point elsewhere: localhost, an address.
[[nodiscard]] bool is_own_host(std::string_view host, std::span<const std::string> names) noexcept;

// localhost, 127.x.x.x or [::1], with any port.
[[nodiscard]] bool is_loopback_host(std::string_view host) noexcept;

// The Origin header names the host that the request was sent to. Browsers send it with every WebSocket and every POST;
// other clients leave it out (empty: nothing to object to).
[[nodiscard]] bool is_same_origin(std::string_view origin, std::string_view host) noexcept;

}  // namespace gateway
