// A byte line to Modbus devices: a serial port or a TCP connection. Opens, sends, receives, each bounded in time and
// each cut short by interrupt(), which may come from any thread; the rest is for one thread. It also says what time it
// is: a line in a test has its own time, in which an answer is late by exactly as much as the test wants.
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

  virtual ~Line() = default;
  [[nodiscard]] virtual Steady::time_point now() const = 0;

  // The error is for people.
  virtual std::expected<void, std::string> open(Steady::time_point deadline) = 0;
  virtual void close() noexcept = 0;
  [[nodiscard]] virtual bool is_open() const noexcept = 0;

  virtual std::expected<void, std::string> send(std::span<const std::uint8_t> bytes) = 0;
  // How many bytes came; 0: none until `deadline`, or interrupted. An error: the line is gone. What is there already is
  // given also when the deadline is past, so whoever receives again and again looks at the time: a line may never fall
  // silent.
  virtual std::expected<std::size_t, std::string> receive(std::span<std::uint8_t> into,
                                                          Steady::time_point deadline) = 0;

  virtual void interrupt() noexcept = 0;
  [[nodiscard]] virtual bool interrupted() const noexcept = 0;

  // What is there already is read and thrown away, then waits until nothing came for `quiet`, at most until `latest`.
  // Returns the bytes thrown away.
  std::size_t drain(std::chrono::nanoseconds quiet, Steady::time_point latest);
};

// The real one.
class SystemLine final : public Line {
 public:
  explicit SystemLine(BusUrl url);  // throws std::system_error when the process is out of file descriptors
  ~SystemLine() override;
  SystemLine(const SystemLine&) = delete;
  SystemLine& operator=(const SystemLine&) = delete;

  [[nodiscard]] Steady::time_point now() const override { return Steady::now(); }
  // Serial: takes the port for itself; a second program is refused.
  std::expected<void, std::string> open(Steady::time_point deadline) override;
  void close() noexcept override;
  [[nodiscard]] bool is_open() const noexcept override { return open_.load(std::memory_order_relaxed); }
  std::expected<void, std::string> send(std::span<const std::uint8_t> bytes) override;
  std::expected<std::size_t, std::string> receive(std::span<std::uint8_t> into, Steady::time_point deadline) override;
  void interrupt() noexcept override;
  [[nodiscard]] bool interrupted() const noexcept override { return interrupted_.load(); }

 private:
  enum class Wake : std::uint8_t { ready, lost, time, interrupted };
  Wake wait(int file, short events, Steady::time_point deadline) noexcept;
  std::expected<void, std::string> open_serial();
  std::expected<void, std::string> open_network(Steady::time_point deadline);

  BusUrl url_;
  int file_ = -1;
  bool exclusive_ = false;  // the serial port is ours alone, by our doing
  int wake_ = -1;           // an eventfd: readable from interrupt() on
  std::atomic<bool> open_{false};
  std::atomic<bool> interrupted_{false};
  struct Lookup;
  std::shared_ptr<Lookup> lookup_;  // of a host name; may outlive the line when the resolver hangs
};

}  // namespace gateway
