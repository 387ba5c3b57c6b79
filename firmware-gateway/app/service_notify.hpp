// Tells systemd how the service is (sd_notify's protocol: a datagram to $NOTIFY_SOCKET, systemd.service(5)). Without
// systemd it does nothing. And what systemd tells the service.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace gateway {

// "READY=1", "STOPPING=1", "RELOADING=1", "WATCHDOG=1", "STATUS=..."; several lines may come in one call.
void notify_service(std::string_view state) noexcept;
// What `systemctl status` shows of it; "": nothing. Waits for nobody, also when systemd takes nothing just now: for any
// thread.
void show_status(const std::string& status);

// The folder that RuntimeDirectory= of the unit is; it outlives the process and not the boot. Empty: there is none.
[[nodiscard]] std::filesystem::path runtime_folder();

// While the main thread is away from feeding the watchdog (a restart in place may have to mend the store): gives it
// `patience` instead of what the unit says, and says so; then back. Nothing happens where no watchdog is asked for.
class WatchdogPause {
 public:
  explicit WatchdogPause(std::chrono::seconds patience) noexcept;
  ~WatchdogPause();
  WatchdogPause(const WatchdogPause&) = delete;
  WatchdogPause& operator=(const WatchdogPause&) = delete;
};

}  // namespace gateway
