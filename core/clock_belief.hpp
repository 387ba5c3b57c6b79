// Whether the wall clock can be believed. Until it can, nothing is stamped with it (docs/decisions.md 65).
//
// Boards without a real-time clock boot in 1970, on the day their system was built, or where they were switched off.
// Once believed, always believed: from then on the offset to the monotonic clock is known, and a step of the wall
// clock is a step, not a doubt. For one thread; no clock of its own.
#pragma once

#include <string>

#include "core/clock.hpp"

namespace gateway {

enum class ClockPolicy : std::uint8_t {
  automatic,     // believed when synchronised, or from a clock of its own that is not behind what is stored
  trust,         // believed as it is, unless it is before this program was written
  synchronised,  // believed only when synchronised
};

// No gateway ran before this; a clock that says so is wrong.
inline constexpr UtcTime first_believable{std::chrono::sys_days{std::chrono::January / 1 / 2025}};

class ClockBelief {
 public:
  // last_stored: the latest time that the store holds; UtcTime{} for none. believed_this_boot: an earlier process of
  // this boot believed the clock, so it has been right since.
  ClockBelief(ClockPolicy policy, UtcTime last_stored, bool believed_this_boot) noexcept
      : policy_(policy), last_stored_(last_stored), this_boot_(believed_this_boot) {}

  // Whether the clock is believed now.
  bool look(UtcTime utc, ClockSource source) noexcept {
    if (!believed_) doubt_ = doubt_about(utc, source);
    believed_ = believed_ || doubt_ == Doubt::none;
    return believed_;
  }
  [[nodiscard]] bool believed() const noexcept { return believed_; }

  enum class Doubt : std::uint8_t { none, before_first, before_stored, not_synchronised };
  [[nodiscard]] Doubt doubt() const noexcept { return believed_ ? Doubt::none : doubt_; }

 private:
  [[nodiscard]] Doubt doubt_about(UtcTime utc, ClockSource source) const noexcept {
    // A minute of grace: what is stored may have been stamped while the clock ran ahead by a little.
    constexpr std::chrono::minutes grace{1};
    if (utc < first_believable) return Doubt::before_first;
    if (policy_ == ClockPolicy::trust || source == ClockSource::synchronised) return Doubt::none;
    if (policy_ == ClockPolicy::synchronised && !this_boot_) return Doubt::not_synchronised;
    if (utc + grace < last_stored_) return Doubt::before_stored;
    return source == ClockSource::nothing && !this_boot_ ? Doubt::not_synchronised : Doubt::none;
  }

  ClockPolicy policy_;
  UtcTime last_stored_;
  bool this_boot_;
  bool believed_ = false;
  Doubt doubt_ = Doubt::not_synchronised;
};

// For the log, the sync page and /healthz. "" when there is no doubt.
[[nodiscard]] std::string describe(ClockBelief::Doubt doubt, bool english);

}  // namespace gateway
