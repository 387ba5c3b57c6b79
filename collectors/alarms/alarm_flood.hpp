// When alarms come so fast that telling each one tells nobody anything (ISA-18.2 / EEMUA 191: a flood begins with 10
// new alarms in 10 minutes an operator, and ends below 5). Counts only what would be told. Pure; core thread.
#pragma once

#include <deque>

#include "core/clock.hpp"

namespace gateway {

class AlarmFlood {
 public:
  static constexpr std::chrono::minutes span{10};

  explicit AlarmFlood(std::uint32_t operators) noexcept
      : begins_(10 * static_cast<std::size_t>(operators)), ends_(5 * static_cast<std::size_t>(operators)) {}

  // One more alarm that would be told. Whether it should be told by itself.
  bool tell(MonotonicTime now) {
    forget(now);
    times_.push_back(now);
    if (times_.size() > most) times_.pop_front();
    if (!flooded_ && times_.size() >= begins_) {
      flooded_ = true;
      since_begin_ = times_.size();
      return false;
    }
    if (flooded_) ++since_begin_;
    return !flooded_;
  }
  void advance(MonotonicTime now) {
    forget(now);
    if (times_.size() < ends_) flooded_ = false;
  }
  [[nodiscard]] bool flooded() const noexcept { return flooded_; }
  // New alarms of the last ten minutes.
  [[nodiscard]] std::size_t recent() const noexcept { return times_.size(); }
  // Those that this flood consists of.
  [[nodiscard]] std::size_t size() const noexcept { return since_begin_; }

 private:
  static constexpr std::size_t most = 10'000;
  void forget(MonotonicTime now) {
    while (!times_.empty() && now - times_.front() >= span) times_.pop_front();
  }
  std::deque<MonotonicTime> times_;
  std::size_t begins_;
  std::size_t ends_;
  std::size_t since_begin_ = 0;
  bool flooded_ = false;
};

}  // namespace gateway
