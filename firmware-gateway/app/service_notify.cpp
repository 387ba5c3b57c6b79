#include "firmware-gateway/app/service_notify.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gateway {
namespace {

void send(std::string_view state, int flags) noexcept {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL | flags, reinterpret_cast<const sockaddr*>(&address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
  ::close(socket);
}

}  // namespace

void notify_service(std::string_view state) noexcept { send(state, 0); }

void show_status(const std::string& status) { send("STATUS=" + status, MSG_DONTWAIT); }

std::filesystem::path runtime_folder() {
  const char* folders = std::getenv("RUNTIME_DIRECTORY");
  if (folders == nullptr) return {};
  const std::string_view all{folders};
  return all.substr(0, all.find(':'));  // several are told with colons between them
}

WatchdogPause::WatchdogPause(std::chrono::seconds patience) noexcept {
  if (std::getenv("WATCHDOG_USEC") == nullptr) return;
  const auto usec = std::chrono::microseconds(patience).count();
  notify_service("WATCHDOG_USEC=" + std::to_string(usec) + "\nWATCHDOG=1");
}

WatchdogPause::~WatchdogPause() {
  const char* usec = std::getenv("WATCHDOG_USEC");
  if (usec != nullptr) notify_service(std::string("WATCHDOG_USEC=") + usec + "\nWATCHDOG=1");
}

}  // namespace gateway
