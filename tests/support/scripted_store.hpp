// A line-protocol endpoint that answers as a test wants, with an oracle: it remembers every line that it accepted, and
// how often. Loopback, a free port, a thread a connection; TLS when it is given a certificate.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include <openssl/ssl.h>
#include <poll.h>

#include "cloud-sync/influx/gzip.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/real_server.hpp"

namespace gateway::test {

struct WriteRequest {
  int number = 0;         // 1 is the first
  std::string head;       // request line and headers
  std::string text;       // the body, unpacked
  std::size_t bytes = 0;  // as it was sent
  std::chrono::steady_clock::time_point at;
};

class ScriptedStore {
 public:
  static constexpr std::string_view accept = "HTTP/1.1 204 No Content\r\n\r\n";
  static constexpr std::string_view reset_after_storing = "reset";  // stores, then resets the connection
  static constexpr std::string_view hang = "hang";                  // stores nothing, says nothing
  static constexpr std::string_view drip = "drip";                  // stores nothing, a byte every 50 ms

  using Script = std::function<std::string(const WriteRequest&)>;
  explicit ScriptedStore(Script script, const Certificate* certificate = nullptr) : script_(std::move(script)) {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections that the other side has closed
    if (certificate != nullptr) {
      tls_.reset(SSL_CTX_new(TLS_server_method()));
      SSL_CTX_use_certificate(tls_.get(), certificate->x509());
      SSL_CTX_use_PrivateKey(tls_.get(), certificate->key());
    }
    listener_ = tcp_socket();
    port_ = listen_on_loopback(listener_, 16);
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
  [[nodiscard]] std::size_t stored_lines() const {
    const std::scoped_lock lock(mutex_);
    return stored_.size();
  }
  [[nodiscard]] bool has(std::string_view part) const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(stored_, [&](const auto& line) { return line.first.find(part) != std::string::npos; });
  }
  // Fields of the newest line that was stored of "series time"; "" when there is none.
  [[nodiscard]] std::string latest(const std::string& point) const {
    const std::scoped_lock lock(mutex_);
    const auto found = latest_.find(point);
    return found == latest_.end() ? std::string{} : found->second;
  }
  [[nodiscard]] int requests() const noexcept { return requests_; }
  [[nodiscard]] int connections() const noexcept { return accepted_; }
  // Writes it to a connection that waits for a request; returns when it is written.
  void say_unasked(std::string_view text) {
    const std::scoped_lock one(unasked_turn_);
    unasked_ = text;
    unasked_waits_ = true;
    while (unasked_waits_ && !stopping_) std::this_thread::yield();
  }
  // What came in before any TLS, in the clear: "" when nothing did.
  [[nodiscard]] std::string clear_text() const {
    const std::scoped_lock lock(mutex_);
    return clear_text_;
  }

 private:
  // One connection, with or without TLS.
  struct Wire {
    int socket;
    std::unique_ptr<SSL, decltype(&SSL_free)> tls{nullptr, SSL_free};

    [[nodiscard]] bool readable() const {
      if (tls && SSL_pending(tls.get()) > 0) return true;
      pollfd wait{socket, POLLIN, 0};
      return ::poll(&wait, 1, 20) > 0;
    }
    int read(char* into, int size) const {
      return tls ? SSL_read(tls.get(), into, size)
                 : static_cast<int>(::recv(socket, into, static_cast<std::size_t>(size), 0));
    }
    void write(std::string_view text) const {
      if (tls) {
        SSL_write(tls.get(), text.data(), static_cast<int>(text.size()));
      } else {
        ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
      }
    }
  };

  void listen() {
    while (!stopping_) {
      pollfd wait{listener_, POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      ++accepted_;
      connections_.emplace_back([this, socket] {
        Wire wire{.socket = socket};
        if (!tls_ || secured(wire)) serve(wire);
        wire.tls.reset();
        ::close(socket);
      });
    }
  }
  bool secured(Wire& wire) {
    char first[16] = {};
    const timeval patience{2, 0};
    ::setsockopt(wire.socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const ssize_t n = ::recv(wire.socket, first, sizeof first, MSG_PEEK);
    constexpr char handshake_record = 0x16;
    if (n > 0 && first[0] != handshake_record) {
      const std::scoped_lock lock(mutex_);
      clear_text_.assign(first, static_cast<std::size_t>(n));
      return false;
    }
    wire.tls.reset(SSL_new(tls_.get()));
    SSL_set_fd(wire.tls.get(), wire.socket);
    return SSL_accept(wire.tls.get()) == 1;
  }
  bool more(const Wire& wire, std::string& into) {
    while (!stopping_ && !wire.readable()) {
      if (!unasked_waits_) continue;
      wire.write(unasked_);
      unasked_waits_ = false;
    }
    char part[65536];
    const int n = stopping_ ? 0 : wire.read(part, sizeof part);
    if (n > 0) into.append(part, static_cast<std::size_t>(n));
    return n > 0;
  }
  std::optional<WriteRequest> request(const Wire& wire, std::string& input) {
    std::size_t end = 0;
    while ((end = input.find("\r\n\r\n")) == std::string::npos)
      if (!more(wire, input)) return std::nullopt;
    WriteRequest found;
    found.head = input.substr(0, end + 2);
    const auto length = found.head.find("Content-Length: ");
    found.bytes = length == std::string::npos ? 0 : std::stoul(found.head.substr(length + 16));
    while (input.size() < end + 4 + found.bytes)
      if (!more(wire, input)) return std::nullopt;
    const std::string body = input.substr(end + 4, found.bytes);
    found.text = found.head.find("Content-Encoding: gzip") == std::string::npos
                     ? body
                     : gunzip(std::as_bytes(std::span{body}), 1 << 26).value_or("damaged");
    input.erase(0, end + 4 + found.bytes);
    found.number = ++requests_;
    found.at = std::chrono::steady_clock::now();
    return found;
  }
  void serve(const Wire& wire) {
    std::string input;
    while (const auto asked = request(wire, input)) {
      const std::string answer = script_(*asked);
      if (answer.starts_with("HTTP/1.1 204") || answer == reset_after_storing) store(asked->text);
      if (answer == reset_after_storing) {
        const linger now{1, 0};
        ::setsockopt(wire.socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return;
      }
      if (answer == hang || answer == drip) {
        const std::string_view slow = "HTTP/1.1 204 No Content\r\nX-Slow: 1\r\n\r\n";
        for (std::size_t i = 0; !stopping_ && (answer == hang || i < slow.size()); ++i) {
          if (wire.readable()) return;  // the other side has given up
          if (answer == drip) wire.write(slow.substr(i, 1));
          std::this_thread::sleep_for(std::chrono::milliseconds{30});
        }
        return;
      }
      wire.write(answer);
    }
  }
  void store(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      ++stored_[line];
      const auto fields = line.find(' ');
      const auto time = line.rfind(' ');
      latest_[line.substr(0, fields) + line.substr(time)] = line.substr(fields + 1, time - fields - 1);
      at = end + 1;
    }
  }

  Script script_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_{nullptr, SSL_CTX_free};
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> requests_{0};
  std::atomic<int> accepted_{0};
  mutable std::mutex mutex_;
  std::map<std::string, int> stored_;
  std::map<std::string, std::string> latest_;
  std::string clear_text_;
  std::mutex unasked_turn_;
  std::string unasked_;
  std::atomic<bool> unasked_waits_{false};
  std::vector<std::thread> connections_;
  std::thread thread_;
};

inline std::string http_answer(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace gateway::test
