// A line-protocol endpoint that answers as a test wants, with an oracle: it remembers every line that it accepted, and
// how often. Loopback, a free port, a thread a connection.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>

#include <poll.h>

#include "cloud-sync/influx/gzip.hpp"
#include "tests/support/real_server.hpp"

namespace gateway::test {

struct WriteRequest {
  int number = 0;         // 1 is the first
  std::string head;       // request line and headers
  std::string text;       // the body, unpacked
  std::size_t bytes = 0;  // as it was sent
};

class ScriptedStore {
 public:
  static constexpr std::string_view accept = "HTTP/1.1 204 No Content\r\n\r\n";
  static constexpr std::string_view reset_after_storing = "reset";  // stores, then resets the connection
  static constexpr std::string_view hang = "hang";                  // stores nothing, says nothing

  using Script = std::function<std::string(const WriteRequest&)>;
  explicit ScriptedStore(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { listen(); });
  }
  ~ScriptedStore() {
    stopping_ = true;
    thread_.join();
    for (auto& connection : connections_) connection.join();
    ::close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::map<std::string, int> stored() const {
    const std::scoped_lock lock(mutex_);
    return stored_;
  }
  [[nodiscard]] int requests() const noexcept { return requests_; }

 private:
  static bool readable(int socket) {
    pollfd wait{socket, POLLIN, 0};
    return ::poll(&wait, 1, 20) > 0;
  }
  void listen() {
    while (!stopping_) {
      if (!readable(listener_)) continue;
      const int socket = ::accept(listener_, nullptr, nullptr);
      connections_.emplace_back([this, socket] {
        serve(socket);
        ::close(socket);
      });
    }
  }
  bool more(int socket, std::string& into) {
    while (!stopping_ && !readable(socket)) {
    }
    char part[65536];
    const ssize_t n = stopping_ ? 0 : ::recv(socket, part, sizeof part, 0);
    if (n > 0) into.append(part, static_cast<std::size_t>(n));
    return n > 0;
  }
  void serve(int socket) {
    std::string input;
    for (;;) {
      std::size_t end = 0;
      while ((end = input.find("\r\n\r\n")) == std::string::npos)
        if (!more(socket, input)) return;
      WriteRequest request;
      request.head = input.substr(0, end + 2);
      const auto length = request.head.find("Content-Length: ");
      request.bytes = length == std::string::npos ? 0 : std::stoul(request.head.substr(length + 16));
      while (input.size() < end + 4 + request.bytes)
        if (!more(socket, input)) return;
      request.text =
          gunzip(std::as_bytes(std::span{input}).subspan(end + 4, request.bytes), 1 << 26).value_or("damaged");
      input.erase(0, end + 4 + request.bytes);
      request.number = ++requests_;
      const std::string answer = script_(request);
      if (answer.starts_with("HTTP/1.1 204") || answer == reset_after_storing) store(request.text);
      if (answer == reset_after_storing) {
        const linger now{1, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return;
      }
      if (answer == hang) {
        std::string ignored;
        while (more(socket, ignored)) {
        }
        return;
      }
      ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  void store(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      ++stored_[text.substr(at, end - at)];
      at = end + 1;
    }
  }

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> requests_{0};
  mutable std::mutex mutex_;
  std::map<std::string, int> stored_;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

inline std::string http_answer(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace gateway::test
