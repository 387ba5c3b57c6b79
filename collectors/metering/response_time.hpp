// How long to wait for a device's answer: what its answers took so far, and how much that varied, within bounds. After
// RFC 6298 (the retransmission timer of TCP). Pure; one thread.
#pragma once

#include <algorithm>
#include <chrono>

namespace gateway {

class ResponseTime {
 public:
  using Duration = std::chrono::nanoseconds;

  // longest: what the site allows; also the wait as long as nothing is known.
  explicit ResponseTime(Duration longest) noexcept : longest_(longest), wait_(longest) {}

  [[nodiscard]] Duration timeout() const noexcept { return wait_; }
  // The smoothed time to an answer; 0: it never answered.
  [[nodiscard]] Duration mean() const noexcept { return mean_; }

  void answered(Duration took) noexcept {
    if (mean_.count() == 0) {
      mean_ = std::max(took, Duration{1});
      deviation_ = took / 2;
    } else {
      const auto off = took > mean_ ? took - mean_ : mean_ - took;
      deviation_ += (off - deviation_) / 4;
      mean_ += (took - mean_) / 8;
    }
    wait_ = std::min(longest_, mean_ + std::max(4 * deviation_, margin));
  }
  // It may have become slower: wait longer next time.
  void timed_out() noexcept { wait_ = std::min(longest_, 2 * wait_); }
  // What a device that was given up gets to show that it is back.
  [[nodiscard]] Duration probe() const noexcept {
    if (mean_.count() == 0) return longest_;
    return std::min(longest_, mean_ + std::max(4 * deviation_, margin));
  }

 private:
  // Meters measure between answers and are now and then late by that; a serial server adds its own.
  static constexpr Duration margin = std::chrono::milliseconds{100};

  Duration longest_;
  Duration wait_;
  Duration mean_{};
  Duration deviation_{};
};

}  // namespace gateway
