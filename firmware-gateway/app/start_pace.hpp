// How fast a gateway that does not last is started again. systemd restarts it a second after it ended, for ever, and
// writes some lines each time; so a start waits when those before it did not last: the second at once, then after 5 s,
// 10 s, ... and in the end every five minutes. A gateway that ran for a minute is as good as new, and restarted at once
// whatever ended it; so is one that was ended on purpose.
//
// Waits at the start and not before the end, because what crashes can't wait. How many starts did not last is kept in a
// file that outlives the process and not the boot; what can't be read or written there makes nobody wait. For the main
// thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "core/clock.hpp"

namespace gateway {

class StartPace {
 public:
  static constexpr std::chrono::minutes lasts{1};  // from when it was ready
  static constexpr std::chrono::seconds first_wait{5};
  static constexpr std::chrono::seconds longest_wait{300};
  // For the next start, when so many in a row did not last.
  [[nodiscard]] static std::chrono::seconds wait_after(unsigned failed) noexcept;

  // No file: nothing is counted and nobody waits.
  explicit StartPace(std::filesystem::path file) : file_(std::move(file)) {}

  // A start begins, and counts as one that did not last until the contrary is seen. How long it has to wait first.
  std::chrono::seconds begin();
  // Starts in a row before this one that did not last.
  [[nodiscard]] unsigned failed() const noexcept { return failed_; }
  // It runs; then look() now and then.
  void ready(MonotonicTime now) { ready_ = now; }
  void look(MonotonicTime now);
  // Ended on purpose, or so that only a person starts it again: the next start does not wait.
  void forget();

 private:
  std::filesystem::path file_;
  unsigned failed_ = 0;
  std::optional<MonotonicTime> ready_;
};

}  // namespace gateway
