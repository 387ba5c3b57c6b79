// A line to Modbus devices with a time of its own: it moves only while somebody waits, and an answer comes exactly when
// the test says. So what is late, and by how much, does not depend on the machine.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <vector>

#include "drivers/modbus/line.hpp"

namespace gateway::test {

class TimedLine final : public Line {
 public:
  using Bytes = std::vector<std::uint8_t>;
  struct Arrival {
    std::chrono::nanoseconds after{};  // from when the request was sent
    Bytes bytes;
  };
  // What comes back for a request, in any order; nothing: silence.
  using Device = std::function<std::vector<Arrival>(const Bytes& request)>;

  explicit TimedLine(Device device) : device_(std::move(device)) {}

  [[nodiscard]] Steady::time_point now() const override { return now_; }
  void pass(std::chrono::nanoseconds time) { now_ += time; }

  std::expected<void, std::string> open(Steady::time_point) override {
    if (gone) return std::unexpected("no such line");
    if (!open_) ++opened;
    open_ = true;
    return {};
  }
  void close() noexcept override {
    open_ = false;
    coming_.clear();
  }
  [[nodiscard]] bool is_open() const noexcept override { return open_; }

  std::expected<void, std::string> send(std::span<const std::uint8_t> bytes) override {
    if (gone) return std::unexpected("pulled");
    sent.push_back(now_);
    for (auto& [after, answer] : device_(Bytes(bytes.begin(), bytes.end()))) {
      const Coming coming{now_ + after, std::move(answer)};
      const auto behind = std::ranges::upper_bound(coming_, coming.at, {}, &Coming::at);
      coming_.insert(behind, coming);
    }
    return {};
  }
  std::expected<std::size_t, std::string> receive(std::span<std::uint8_t> into, Steady::time_point deadline) override {
    if (gone) return std::unexpected("pulled");
    if (coming_.empty() || coming_.front().at > std::max(deadline, now_)) {
      now_ = std::max(now_, deadline);
      return 0;
    }
    auto& next = coming_.front();
    now_ = std::max(now_, next.at);
    const auto count = std::min(into.size(), next.bytes.size());
    std::copy_n(next.bytes.begin(), count, into.begin());
    next.bytes.erase(next.bytes.begin(), next.bytes.begin() + static_cast<std::ptrdiff_t>(count));
    if (next.bytes.empty()) coming_.pop_front();
    return count;
  }
  void interrupt() noexcept override { interrupted_ = true; }
  [[nodiscard]] bool interrupted() const noexcept override { return interrupted_; }

  bool gone = false;  // pulled
  int opened = 0;
  std::vector<Steady::time_point> sent;  // each request

 private:
  struct Coming {
    Steady::time_point at;
    Bytes bytes;
  };
  Device device_;
  Steady::time_point now_{std::chrono::hours{1}};
  std::deque<Coming> coming_;
  bool open_ = false;
  bool interrupted_ = false;
};

}  // namespace gateway::test
