// How fast old data may go: at a bounded rate, in requests small enough that each takes about a second at most, so that
// on a thin line, too, live data waits for one such request only. Pure; for one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gateway {

class BacklogPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `most_bytes`: of a request, as sent.
  BacklogPace(std::uint64_t bytes_per_s, std::size_t most_bytes) noexcept
      : bytes_per_s_(bytes_per_s), most_bytes_(most_bytes), request_bytes_(most_bytes) {}

  [[nodiscard]] std::size_t request_bytes() const noexcept { return request_bytes_; }
  // The next request of the backlog may begin then.
  [[nodiscard]] Time not_before() const noexcept { return not_before_; }
  void hold(Time until) noexcept { not_before_ = std::max(not_before_, until); }

  void sent(std::size_t bytes, Time begun, Time answered) noexcept {
    using std::chrono::milliseconds;
    if (answered - begun > milliseconds{1000}) {
      request_bytes_ = std::max(least_bytes, std::min(request_bytes_, bytes) / 2);
    } else if (answered - begun < milliseconds{400}) {
      request_bytes_ = std::min(most_bytes_, request_bytes_ * 2);
    }
    // In 64 bits: on 32-bit ARM a size times a million does not fit its own type.
    if (bytes_per_s_ > 0)
      hold(begun +
           std::chrono::microseconds{static_cast<std::int64_t>(std::uint64_t{bytes} * 1'000'000 / bytes_per_s_)});
  }

 private:
  static constexpr std::size_t least_bytes = std::size_t{16} * 1024;

  std::uint64_t bytes_per_s_;  // 0: not bounded
  std::size_t most_bytes_;
  std::size_t request_bytes_;
  Time not_before_{};
};

}  // namespace gateway
