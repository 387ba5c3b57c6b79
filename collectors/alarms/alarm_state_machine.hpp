// The life of one alarm by ISA-18.2 / IEC 62682: normal, unacknowledged, acknowledged, returned-unacknowledged.
// On-delay and off-delay are timers of the condition. Pure: no clock of its own. Each call returns whether the state
// changed.
#pragma once

#include <optional>

#include "core/clock.hpp"
#include "core/records.hpp"

namespace gateway {

class AlarmStateMachine {
 public:
  [[nodiscard]] AlarmState state() const noexcept { return state_; }
  [[nodiscard]] bool condition() const noexcept { return condition_; }
  // When advance() has to be called next, if nothing else happens.
  [[nodiscard]] std::optional<MonotonicTime> deadline() const noexcept { return deadline_; }

  // The process says: the condition is (not) fulfilled, since `since`.
  bool set_condition(bool condition, MonotonicTime since, std::chrono::nanoseconds on_delay,
                     std::chrono::nanoseconds off_delay, MonotonicTime now) noexcept {
    if (condition != condition_) {
      condition_ = condition;
      // Inactive and active are the alarm's sides; the delay only runs towards the other side.
      if (condition == active()) {
        deadline_.reset();
      } else {
        deadline_ = since + (condition ? on_delay : off_delay);
      }
    }
    return advance(now);
  }

  bool advance(MonotonicTime now) noexcept {
    if (!deadline_ || now < *deadline_) return false;
    deadline_.reset();
    if (condition_ == active()) return false;
    if (condition_) {
      state_ = AlarmState::unacknowledged;
    } else {
      state_ = state_ == AlarmState::acknowledged ? AlarmState::normal : AlarmState::returned_unacknowledged;
    }
    return true;
  }

  // Before the on-delay ends it says that somebody knows and need not be told: a door that is left open on purpose. It
  // holds for this one time; once the condition has gone, the next one is announced as ever.
  bool acknowledge() noexcept {
    if (state_ == AlarmState::normal && condition_ && deadline_) {
      state_ = AlarmState::acknowledged;
      deadline_.reset();
    } else if (state_ == AlarmState::unacknowledged) {
      state_ = AlarmState::acknowledged;
    } else if (state_ == AlarmState::returned_unacknowledged) {
      state_ = AlarmState::normal;
    } else {
      return false;
    }
    return true;
  }

  // After a restart: the state of before. What the process says now is not known yet; an active alarm stays active
  // until it says otherwise.
  void restore(AlarmState state) noexcept {
    state_ = state;
    condition_ = active();
    deadline_.reset();
  }

  [[nodiscard]] bool active() const noexcept {
    return state_ == AlarmState::unacknowledged || state_ == AlarmState::acknowledged;
  }

 private:
  AlarmState state_ = AlarmState::normal;
  bool condition_ = false;
  std::optional<MonotonicTime> deadline_;
};

}  // namespace gateway
