// When the outbox will be full, going by how it has grown in the last hour. Pure; for one thread.
#pragma once

#include <deque>
#include <optional>

#include "core/clock.hpp"

namespace gateway {

class FillForecast {
 public:
  static constexpr std::chrono::minutes between{1};
  static constexpr std::size_t most_samples = 61;

  // At any rhythm; one a minute is remembered. `room`: bytes that may still come before the oldest has to go.
  void look(MonotonicTime now, std::uint64_t queued_bytes, std::uint64_t room) {
    newest_ = {now, queued_bytes};
    room_ = room;
    // What was sent begins a new count: an outage that is over says nothing about the next one.
    if (!samples_.empty() && queued_bytes < samples_.back().bytes) samples_.clear();
    if (!samples_.empty() && now < samples_.back().at + between) return;
    samples_.push_back(newest_);
    if (samples_.size() > most_samples) samples_.pop_front();
  }
  // nullopt: nothing piles up, or not for long enough to tell.
  [[nodiscard]] std::optional<std::chrono::seconds> full_in() const noexcept {
    if (samples_.empty()) return std::nullopt;
    const auto& first = samples_.front();
    const auto time = std::chrono::duration<double>(newest_.at - first.at).count();
    if (time < 2 * 60 || newest_.bytes <= first.bytes) return std::nullopt;
    const double rate = static_cast<double>(newest_.bytes - first.bytes) / time;
    return std::chrono::seconds{static_cast<std::int64_t>(static_cast<double>(room_) / rate)};
  }

 private:
  struct Sample {
    MonotonicTime at{};
    std::uint64_t bytes = 0;
  };
  std::deque<Sample> samples_;
  Sample newest_;
  std::uint64_t room_ = 0;
};

}  // namespace gateway
