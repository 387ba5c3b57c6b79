// Meters of the model generic-10 on a pty that takes as long as a serial line would: a request is heard when its last
// character would be over, the answer comes when its own would.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "drivers/modbus/modbus_frame.hpp"
#include "drivers/modbus/wire_time.hpp"

namespace gateway::bench {

class SimulatedWire {
 public:
  using Steady = std::chrono::steady_clock;

  SimulatedWire(BusUrl url, std::chrono::nanoseconds turnaround) : url_(std::move(url)), turnaround_(turnaround) {
    file_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ::grantpt(file_);
    ::unlockpt(file_);
    url_.device = ::ptsname(file_);
    kept_ = ::open(url_.device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    termios raw{};
    ::tcgetattr(kept_, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(kept_, TCSANOW, &raw);
    thread_ = std::thread([this] { run(); });
  }
  ~SimulatedWire() {
    stopping_ = true;
    thread_.join();
    ::close(kept_);
    ::close(file_);
  }
  SimulatedWire(const SimulatedWire&) = delete;
  SimulatedWire& operator=(const SimulatedWire&) = delete;

  [[nodiscard]] const BusUrl& url() const { return url_; }
  // From now on this unit is silent.
  void kill(std::uint8_t unit) { dead_ = unit; }
  // Requests heard, by unit, with their times. After the wire's end only.
  [[nodiscard]] const std::vector<std::vector<Steady::time_point>>& heard() const { return heard_; }
  // Requests that began less than 3.5 characters after the last answer.
  [[nodiscard]] int too_soon() const { return too_soon_; }

 private:
  void run() {
    ::prctl(PR_SET_TIMERSLACK, 1);
    Steady::time_point quiet_since{};
    std::uint8_t request[8];
    std::size_t filled = 0;
    while (!stopping_) {
      pollfd wait{file_, POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      const auto got = ::read(file_, request + filled, sizeof request - filled);
      if (got <= 0) continue;
      const auto begun = Steady::now();
      if (filled == 0 && begun < quiet_since + frame_silence(url_) - std::chrono::microseconds{50}) ++too_soon_;
      filled += static_cast<std::size_t>(got);
      if (filled < sizeof request) continue;
      filled = 0;
      heard_[request[0]].push_back(begun);
      if (request[0] == dead_) continue;
      std::vector<std::uint8_t> answer{request[0], request[1], static_cast<std::uint8_t>(2 * request[5])};
      answer.resize(3 + answer[2]);
      const auto crc = crc16(answer);
      answer.push_back(static_cast<std::uint8_t>(crc));
      answer.push_back(static_cast<std::uint8_t>(crc >> 8));
      quiet_since = begun + characters(url_, 8) + turnaround_ + characters(url_, answer.size());
      std::this_thread::sleep_until(quiet_since);
      [[maybe_unused]] const auto sent = ::write(file_, answer.data(), answer.size());
    }
  }

  BusUrl url_;
  std::chrono::nanoseconds turnaround_;
  int file_ = -1, kept_ = -1;
  std::atomic<int> dead_{-1};
  std::vector<std::vector<Steady::time_point>> heard_{256};
  std::atomic<int> too_soon_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace gateway::bench
