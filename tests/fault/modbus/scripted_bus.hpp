// Meters on a line, TCP or RTU on a pty, that answer as a test says: late, broken, as somebody else, or not at all.
//
// PacedLine is the way to it in a time of its own: an answer is late by exactly as much as the script says, however
// busy the machine is.
//
// A good answer holds unit * 256 + the low byte of its address in each register, so that a value tells whose it is.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "core/bus_url.hpp"
#include "drivers/modbus/line.hpp"
#include "tests/support/loopback.hpp"

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
  std::chrono::milliseconds after{};  // later than at once: only over a PacedLine, in its time
  bool hang_up = false;               // TCP: afterwards
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

  // ---- for PacedLine

  struct Held {
    int number = 0;  // of the request
    Reply reply;
  };
  // Requests that are done with, but for what is held; bytes sent so far.
  [[nodiscard]] int handled() const { return handled_; }
  [[nodiscard]] std::size_t written() const { return written_; }
  [[nodiscard]] std::vector<Held> held() const {
    const std::scoped_lock lock(mutex_);
    return held_;
  }
  void release(std::size_t place) {
    const std::scoped_lock lock(mutex_);
    send(held_[place].reply);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(place));
  }
  void forget_held() {
    const std::scoped_lock lock(mutex_);
    held_.clear();
  }

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
    listener_ = test::tcp_socket();
    port_ = test::listen_on_loopback(listener_, 8);
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
    const std::scoped_lock lock(mutex_);
    for (auto& reply : script_(asked, frames_)) {
      if (reply.after == 0ms) {
        send(reply);
      } else {
        held_.push_back({asked.number, std::move(reply)});
      }
    }
    ++handled_;
  }
  void send(const Reply& reply) {  // with the lock held
    if (file_ < 0) return;
    const auto sent = kind_ == BusKind::rtu ? ::write(file_, reply.bytes.data(), reply.bytes.size())
                                            : ::send(file_, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) written_ += static_cast<std::size_t>(sent);
    if (reply.hang_up) ::shutdown(file_, SHUT_RDWR);
  }

  BusKind kind_;
  Frames frames_;
  Script script_;
  mutable std::mutex mutex_;  // of file_ and held_
  int file_ = -1, listener_ = -1, kept_ = -1;
  std::string name_;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0}, handled_{0}, connections_{0};
  std::atomic<std::size_t> written_{0};
  std::vector<Held> held_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// The real line to a ScriptedBus, with a clock that moves only when nothing more can come by itself: then to the next
// held answer, or to the end of the wait. One line a bus.
class PacedLine final : public Line {
 public:
  explicit PacedLine(ScriptedBus& bus) : bus_(bus), line_(bus.url()) {}

  [[nodiscard]] Steady::time_point now() const override { return now_; }
  // What is held until then comes meanwhile.
  void pass(std::chrono::nanoseconds time) {
    now_ += time;
    for (auto due = next_held(); due && due->at <= now_; due = next_held()) bus_.release(due->place);
  }
  std::expected<void, std::string> open(Steady::time_point) override {
    return line_.open(Steady::now() + std::chrono::seconds{20});
  }
  void close() noexcept override {
    line_.close();
    bus_.forget_held();
    fresh_ = true;
  }
  [[nodiscard]] bool is_open() const noexcept override { return line_.is_open(); }
  std::expected<void, std::string> send(std::span<const std::uint8_t> bytes) override {
    if (fresh_) {
      asked_ = bus_.handled();
      received_ = bus_.written();
      fresh_ = false;
    }
    sent_.resize(static_cast<std::size_t>(++asked_), now_);
    return line_.send(bytes);
  }
  std::expected<std::size_t, std::string> receive(std::span<std::uint8_t> into, Steady::time_point deadline) override {
    const auto give_up = Steady::now() + std::chrono::seconds{60};
    while (Steady::now() < give_up) {
      const auto got = line_.receive(into, Steady::now() + std::chrono::milliseconds{1});
      if (!got) return got;
      received_ += *got;
      if (*got > 0 || line_.interrupted()) return got;
      if (!fresh_ && (bus_.handled() < asked_ || bus_.written() > received_)) continue;
      const auto next = next_held();
      if (!next || next->at > std::max(now_, deadline)) {
        now_ = std::max(now_, deadline);
        return 0;
      }
      now_ = std::max(now_, next->at);
      bus_.release(next->place);
    }
    return std::unexpected("the scripted bus hangs");
  }
  void interrupt() noexcept override { line_.interrupt(); }
  [[nodiscard]] bool interrupted() const noexcept override { return line_.interrupted(); }

 private:
  struct Next {
    Steady::time_point at;
    std::size_t place = 0;
  };
  [[nodiscard]] std::optional<Next> next_held() const {
    std::optional<Next> first;
    const auto held = bus_.held();
    for (std::size_t i = 0; i < held.size(); ++i) {
      const auto at = sent_[static_cast<std::size_t>(held[i].number)] + held[i].reply.after;
      if (!first || at < first->at) first = {at, i};
    }
    return first;
  }

  ScriptedBus& bus_;
  SystemLine line_;
  Steady::time_point now_{std::chrono::hours{1}};
  bool fresh_ = true;  // nothing was sent since it was opened
  int asked_ = 0;
  std::size_t received_ = 0;
  std::vector<Steady::time_point> sent_;  // by number of the request
};

}  // namespace gateway::test
