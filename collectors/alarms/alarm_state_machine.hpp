// The process side of one alarm's life by ISA-18.2 / IEC 62682: normal, unacknowledged, acknowledged,
// returned-unacknowledged, latched. Shelving, suppression and out of service lie above it (alarm_life.hpp); beneath
// them this machine goes on.
//
// On-delay and off-delay are timers of the condition. Pure: no clock of its own. Each call returns whether the state
// changed.
#pragma once

#include <optional>

#include "core/clock.hpp"
#include "core/records.hpp"

namespace gateway {

class AlarmStateMachine {
 public:
  AlarmStateMachine() = default;
  explicit AlarmStateMachine(bool latches) noexcept : latches_(latches) {}

  [[nodiscard]] AlarmState state() const noexcept { return state_; }
  [[nodiscard]] bool condition() const noexcept { return condition_; }
  // When advance() has to be called next, if nothing else happens.
  [[nodiscard]] std::optional<MonotonicTime> deadline() const noexcept { return deadline_; }
  // The condition holds and the on-delay still runs.
  [[nodiscard]] bool pending() const noexcept { return condition_ && deadline_.has_value(); }

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
    using enum AlarmState;
    if (condition_) {
      state_ = unacknowledged;
    } else if (state_ == acknowledged) {
      state_ = latches_ ? latched_acknowledged : normal;
    } else {
      state_ = latches_ ? latched_unacknowledged : returned_unacknowledged;
    }
    return true;
  }

  // Another end of the delay that runs.
  void retime(MonotonicTime deadline) noexcept {
    if (deadline_) deadline_ = deadline;
  }

  // Before the on-delay ends it says that somebody knows and need not be told: a door that is left open on purpose. It
  // holds for this one time; once the condition has gone, the next one is announced as ever.
  bool acknowledge() noexcept {
    using enum AlarmState;
    if (state_ == normal && condition_ && deadline_) {
      state_ = acknowledged;
      deadline_.reset();
    } else if (state_ == unacknowledged) {
      state_ = acknowledged;
    } else if (state_ == returned_unacknowledged) {
      state_ = normal;
    } else if (state_ == latched_unacknowledged) {
      state_ = latched_acknowledged;
    } else {
      return false;
    }
    return true;
  }

  // Lets go of a latched alarm that has been acknowledged.
  bool reset() noexcept {
    if (state_ != AlarmState::latched_acknowledged) return false;
    state_ = AlarmState::normal;
    return true;
  }

  // Acknowledged, and still there after a long time: it calls again.
  bool remind() noexcept {
    if (state_ != AlarmState::acknowledged) return false;
    state_ = AlarmState::unacknowledged;
    return true;
  }

  // After it was set aside: what stands calls again, what has returned meanwhile is over (ISA-18.2: "normal if normal,
  // unacknowledged if abnormal").
  void begin_anew() noexcept {
    if (active()) {
      state_ = AlarmState::unacknowledged;
    } else if (!latched()) {
      state_ = AlarmState::normal;
    }
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
  [[nodiscard]] bool latched() const noexcept {
    return state_ == AlarmState::latched_unacknowledged || state_ == AlarmState::latched_acknowledged;
  }

 private:
  AlarmState state_ = AlarmState::normal;
  bool condition_ = false;
  bool latches_ = false;
  std::optional<MonotonicTime> deadline_;
};

}  // namespace gateway
