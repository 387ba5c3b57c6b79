// How long a request may be, as the far end's 413s teach it. Halved until it passes; doubted after a while, because the
// limit may have been raised since, or have been another proxy's: then each accepted request that needs the size
// doubles it, until it is back where it began or is refused again.
//
// A line alone can't be made shorter. When it is refused and is no longer than what should pass, the size was not the
// reason (one bad line, a proxy that has a bad hour): what was learnt is doubted at once. Pure; for one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "core/clock.hpp"

namespace gateway {

class RequestSize {
 public:
  // Bytes as sent. Never below that: longer than nearly every line.
  static constexpr std::size_t least = 1024;

  RequestSize(std::size_t most, std::chrono::nanoseconds doubted_after) noexcept
      : most_(most), doubted_after_(doubted_after) {}

  // nullopt: nothing was ever refused, or it is forgotten.
  [[nodiscard]] std::optional<std::size_t> learnt() const noexcept { return learnt_; }
  [[nodiscard]] std::size_t most() const noexcept { return learnt_.value_or(most_); }
  // So many requests the far end's limit asks for.
  [[nodiscard]] std::size_t pieces_of(std::size_t bytes) const noexcept {
    return learnt_ && bytes > *learnt_ ? bytes / *learnt_ + 1 : 1;
  }

  // With 413.
  void refused(std::size_t bytes, bool one_line, MonotonicTime now) noexcept {
    if (one_line) {
      doubted_ = doubted_ || (learnt_ && bytes <= *learnt_);
      return;
    }
    learnt_at_ = now;
    doubted_ = false;
    if (learnt_ && bytes > *learnt_) return;  // known
    if (bytes <= passed_) passed_ = 0;        // it did once
    learnt_ = std::max({least, bytes / 2, passed_});
  }
  void accepted(std::size_t bytes) noexcept {
    passed_ = std::max(passed_, bytes);
    if (!learnt_) return;
    learnt_ = std::max(*learnt_, bytes);  // a line that was longer alone
    if (doubted_ && bytes > *learnt_ / 2) double_it();
  }
  // Before a request.
  void look(MonotonicTime now) noexcept {
    if (!learnt_ || now - learnt_at_ < doubted_after_) return;
    learnt_at_ = now;
    doubted_ = true;
    double_it();
  }

 private:
  void double_it() noexcept {
    learnt_ = *learnt_ * 2 < most_ ? std::optional{*learnt_ * 2} : std::nullopt;
    if (!learnt_) doubted_ = false;
  }

  std::size_t most_;
  std::chrono::nanoseconds doubted_after_;
  std::optional<std::size_t> learnt_;
  MonotonicTime learnt_at_{};
  std::size_t passed_ = 0;  // the longest, since one of that length was refused
  bool doubted_ = false;
};

}  // namespace gateway
