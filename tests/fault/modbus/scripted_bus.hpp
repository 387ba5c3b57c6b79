// Meters on a line, TCP or RTU on a pty, that answer as a test says: late, broken, as somebody else, or not at all.
//
// A good answer holds unit * 256 + the low byte of its address in each register, so that a value tells whose it is.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "core/bus_url.hpp"

namespace gateway::test {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

inline std::uint16_t rtu_crc(const Bytes& bytes) {  // Modbus over Serial Line 1.02, 6.2.2; not the product's own
  std::uint16_t crc = 0xFFFF;
  for (const auto byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ byte);
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<std::uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
  }
  return crc;
}

struct Asked {
  int number = 0;  // of the request, from 0
  std::uint8_t unit = 0, function = 0;
  std::uint16_t address = 0, count = 0, transaction = 0;
};

// Answers in the line's own framing.
class Frames {
 public:
  explicit Frames(bool tcp) : tcp_(tcp) {}
  [[nodiscard]] Bytes pdu(const Asked& to, std::uint8_t unit, const Bytes& pdu) const {
    Bytes out;
    if (tcp_) {
      const auto length = pdu.size() + 1;
      out = {static_cast<std::uint8_t>(to.transaction >> 8), static_cast<std::uint8_t>(to.transaction), 0, 0,
             static_cast<std::uint8_t>(length >> 8),         static_cast<std::uint8_t>(length)};
    }
    out.push_back(unit);
    out.insert(out.end(), pdu.begin(), pdu.end());
    if (!tcp_) {
      const auto crc = rtu_crc(out);
      out.push_back(static_cast<std::uint8_t>(crc));
      out.push_back(static_cast<std::uint8_t>(crc >> 8));
    }
    return out;
  }
  [[nodiscard]] Bytes good(const Asked& to) const {
    Bytes body{to.function, static_cast<std::uint8_t>(2 * to.count)};
    for (int i = 0; i < to.count; ++i) {
      body.push_back(to.unit);
      body.push_back(static_cast<std::uint8_t>(to.address + i));
    }
    return pdu(to, to.unit, body);
  }
  [[nodiscard]] Bytes exception(const Asked& to, std::uint8_t code) const {
    return pdu(to, to.unit, {static_cast<std::uint8_t>(to.function | 0x80), code});
  }

 private:
  bool tcp_;
};

struct Reply {
  Bytes bytes;
  std::chrono::milliseconds after{};
  bool hang_up = false;  // TCP: afterwards
};

class ScriptedBus {
 public:
  using Script = std::function<std::vector<Reply>(const Asked&, const Frames&)>;

  ScriptedBus(BusKind kind, Script script) : kind_(kind), frames_(kind == BusKind::tcp), script_(std::move(script)) {
    if (kind == BusKind::rtu) {
      open_pty();
    } else {
      listen_on_loopback();
    }
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedBus() {
    stopping_ = true;
    thread_.join();
    for (auto& answer : answers_) answer.join();
    if (kept_ >= 0) ::close(kept_);
    ::close(file_);
    if (listener_ >= 0) ::close(listener_);
  }
  ScriptedBus(const ScriptedBus&) = delete;
  ScriptedBus& operator=(const ScriptedBus&) = delete;

  [[nodiscard]] BusUrl url() const {
    BusUrl url;
    url.kind = kind_;
    url.device = name_;
    url.host = "127.0.0.1";
    url.port = port_;
    return url;
  }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void open_pty() {
    file_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ::grantpt(file_);
    ::unlockpt(file_);
    name_ = ::ptsname(file_);
    kept_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    termios raw{};
    ::tcgetattr(kept_, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(kept_, TCSANOW, &raw);
  }
  void listen_on_loopback() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  void run() {
    Bytes pending;
    while (!stopping_) {
      pollfd waits[2] = {{file_, POLLIN, 0}, {listener_, POLLIN, 0}};
      if (::poll(waits, 2, 10) <= 0) continue;
      if (listener_ >= 0 && waits[1].revents != 0) {
        const std::scoped_lock lock(mutex_);
        if (file_ >= 0) ::close(file_);
        file_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        ++connections_;
        pending.clear();
        continue;
      }
      if (waits[0].revents == 0) continue;
      std::uint8_t bytes[512];
      const auto got = ::read(file_, bytes, sizeof bytes);
      if (got <= 0) {
        if (kind_ != BusKind::rtu) {
          const std::scoped_lock lock(mutex_);
          ::close(file_);
          file_ = -1;
        }
        continue;
      }
      pending.insert(pending.end(), bytes, bytes + got);
      const std::size_t length = kind_ == BusKind::tcp ? 12 : 8;
      while (pending.size() >= length) {
        take({pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(length)});
        pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(length));
      }
    }
  }
  void take(const Bytes& request) {
    const auto* pdu = request.data() + (kind_ == BusKind::tcp ? 6 : 0);
    Asked asked;
    asked.number = requests_++;
    asked.unit = pdu[0];
    asked.function = pdu[1];
    asked.address = static_cast<std::uint16_t>(pdu[2] << 8 | pdu[3]);
    asked.count = static_cast<std::uint16_t>(pdu[4] << 8 | pdu[5]);
    if (kind_ == BusKind::tcp) asked.transaction = static_cast<std::uint16_t>(request[0] << 8 | request[1]);
    for (auto& reply : script_(asked, frames_)) {
      if (reply.after == 0ms) {
        send(reply);
      } else {
        answers_.emplace_back([this, reply] {
          std::this_thread::sleep_for(reply.after);
          send(reply);
        });
      }
    }
  }
  void send(const Reply& reply) {
    const std::scoped_lock lock(mutex_);
    if (file_ < 0) return;
    [[maybe_unused]] const auto sent = kind_ == BusKind::rtu
                                           ? ::write(file_, reply.bytes.data(), reply.bytes.size())
                                           : ::send(file_, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
    if (reply.hang_up) ::shutdown(file_, SHUT_RDWR);
  }

  BusKind kind_;
  Frames frames_;
  Script script_;
  std::mutex mutex_;  // of file_, between the two that send
  int file_ = -1, listener_ = -1, kept_ = -1;
  std::string name_;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0}, connections_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  std::vector<std::thread> answers_;
};

}  // namespace gateway::test
