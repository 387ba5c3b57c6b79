// One alarm's whole life: the process side (alarm_state_machine.hpp) and the three ways to set it aside, which may hold
// at the same time. Shown is, in this order: out of service, shelved, suppressed by design, the process side.
//
// Pure; times are handed in. Core thread.
#pragma once

#include "collectors/alarms/alarm_state_machine.hpp"

namespace gateway {

struct AlarmLife {
  AlarmLife() = default;
  explicit AlarmLife(bool latches) noexcept : machine(latches) {}

  AlarmStateMachine machine;
  std::optional<UtcTime> shelved_until;  // on the wall clock: an operator said until when, over restarts too
  bool suppressed = false;
  bool out_of_service = false;

  [[nodiscard]] AlarmState shown() const noexcept {
    if (out_of_service) return AlarmState::out_of_service;
    if (shelved_until) return AlarmState::shelved;
    if (suppressed && machine.state() != AlarmState::normal) return AlarmState::suppressed;
    return machine.state();
  }
  [[nodiscard]] bool set_aside() const noexcept { return out_of_service || shelved_until || suppressed; }

  void restore(const AlarmRecord& record) noexcept {
    machine.restore(record.process);
    if (record.shelved_until > UtcTime{}) shelved_until = record.shelved_until;
    // Also when site.toml does not know its cause any more: it speaks for itself soon (AlarmBook::settle).
    suppressed = record.cause.valid() || record.state == AlarmState::suppressed;
    out_of_service = record.out_of_service;
  }
};

}  // namespace gateway
