#include "drivers/mqtt/host_addresses.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace gateway {

// Shared with the thread.
struct HostAddresses::Asked {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Addresses> answer;

  void answered(Addresses with) {
    const std::scoped_lock lock(mutex);
    answer = std::move(with);
    changed.notify_all();
  }
};

namespace {

HostAddresses::Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
    return std::unexpected(host + ": " + ::gai_strerror(error));
  std::vector<std::string> out;
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    std::string address = each->ai_family == AF_INET6 ? "[" + std::string(text) + "]" : text;
    if (std::ranges::find(out, address) == out.end()) out.push_back(std::move(address));
  }
  ::freeaddrinfo(found);
  if (out.empty()) return std::unexpected(host + ": no address");
  return out;
}

}  // namespace

void HostAddresses::ask() {
  if (asked_) {
    const std::scoped_lock lock(asked_->mutex);
    if (!asked_->answer) return;
  }
  asked_ = std::make_shared<Asked>();
  try {
    std::thread([asked = asked_, host = host_] { asked->answered(look_up(host)); }).detach();
  } catch (const std::system_error&) {
    asked_->answered(std::unexpected(host_ + ": no thread left to look it up"));
  }
}

std::optional<HostAddresses::Addresses> HostAddresses::wait_for(std::chrono::milliseconds longest) {
  std::unique_lock lock(asked_->mutex);
  asked_->changed.wait_for(lock, longest, [&] { return asked_->answer.has_value(); });
  return asked_->answer;
}

std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto from = scheme == std::string::npos ? 0 : scheme + 3;
  if (url.substr(from, 1) == "[") return url.substr(from + 1, url.find(']', from) - from - 1);
  return url.substr(from, url.find_first_of(":/", from) - from);
}

bool is_address(const std::string& host) {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 || ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace gateway
