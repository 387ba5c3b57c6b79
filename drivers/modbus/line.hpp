// A byte line to Modbus devices: a serial port or a TCP connection. Opens, sends, receives, each bounded in time and
// each cut short by interrupt(), which may come from any thread; the rest is for one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "core/bus_url.hpp"

namespace gateway {

class Line {
 public:
  using Steady = std::chrono::steady_clock;

  explicit Line(BusUrl url);  // throws std::system_error when the process is out of file descriptors
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // Serial: takes the port for itself; a second program is refused. The error is for people.
  std::expected<void, std::string> open(Steady::time_point deadline);
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_relaxed); }

  std::expected<void, std::string> send(std::span<const std::uint8_t> bytes);
  // How many bytes came; 0: none until `deadline`, or interrupted. An error: the line is gone.
  std::expected<std::size_t, std::string> receive(std::span<std::uint8_t> into, Steady::time_point deadline);
  // What is there already is read and thrown away, then waits until nothing came for `quiet`, at most until `latest`.
  // Returns the bytes thrown away.
  std::size_t drain(std::chrono::nanoseconds quiet, Steady::time_point latest);

  void interrupt() noexcept;
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_.load(); }

 private:
  enum class Wake : std::uint8_t { ready, lost, time, interrupted };
  Wake wait(int file, short events, Steady::time_point deadline) noexcept;
  std::expected<void, std::string> open_serial();
  std::expected<void, std::string> open_network(Steady::time_point deadline);

  BusUrl url_;
  int file_ = -1;
  int wake_ = -1;  // an eventfd: readable from interrupt() on
  std::atomic<bool> open_{false};
  std::atomic<bool> interrupted_{false};
  struct Lookup;
  std::shared_ptr<Lookup> lookup_;  // of a host name; may outlive the line when the resolver hangs
};

}  // namespace gateway
