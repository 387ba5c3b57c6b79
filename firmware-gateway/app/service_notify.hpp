// Tells systemd how the service is (sd_notify's protocol: a datagram to $NOTIFY_SOCKET, systemd.service(5)). Without
// systemd it does nothing.
#pragma once

#include <string_view>

namespace gateway {

// "READY=1", "STOPPING=1", "RELOADING=1", "WATCHDOG=1", "STATUS=..."; several lines may come in one call.
void notify_service(std::string_view state) noexcept;

}  // namespace gateway
