// Watches the readings for the site's alarm rules and leads each alarm through its life.
//
// Core thread only. A reading costs as much as there are alarms on its point; nothing is allocated for it unless an
// alarm changes. Every change goes to the function that was handed in, complete, so that the newest record of an alarm
// is all that is needed to show or restore it.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "collectors/alarms/alarm_state_machine.hpp"
#include "core/error.hpp"
#include "core/reading.hpp"
#include "core/site.hpp"

namespace gateway {

class AlarmEngine {
 public:
  using Changed = std::function<void(const AlarmRecord&)>;
  // The site must outlive the engine.
  AlarmEngine(const Site& site, Changed changed);

  // Before the first reading: the newest record of each alarm. Nothing is announced.
  void restore(std::span<const AlarmRecord> records, TimeNow now);

  // A reading of bad quality neither raises nor clears anything. A retained one (a broker's word about the past) says
  // how things stand: a door that is open counts as open from now on; an alarm that stood before the restart goes on
  // standing, unannounced.
  void on_reading(const Reading& reading, TimeNow now);
  // Timers: delays, silence. Call when next_deadline() has come.
  void advance(TimeNow now);
  [[nodiscard]] std::optional<MonotonicTime> next_deadline() const noexcept { return next_deadline_; }

  // Also before the on-delay ends; the alarm is then acknowledged without ever having been announced, and counts as
  // raised at that moment.
  // invalid_argument: no such alarm; operation_not_permitted: there is nothing to acknowledge.
  Expected<AlarmRecord> acknowledge(AlarmId alarm, std::string by, std::string comment, TimeNow now);

  // The wall clock is believed from now on: records with provisional stamps get their dates. Nothing is announced.
  void date_back(std::chrono::nanoseconds utc_offset) noexcept;

  // Every alarm that is not back to normal and acknowledged.
  [[nodiscard]] std::vector<AlarmRecord> standing() const;

 private:
  struct Alarm {
    AlarmStateMachine machine;
    AlarmRecord record;
    MonotonicTime condition_since{};
    MonotonicTime heard_at{};                // device_silent: the last sign of life, or the gateway's start
    std::optional<MonotonicTime> silent_at;  // device_silent: when silence begins unless the device is heard
    double value = 0;
  };

  void condition(std::size_t index, bool fulfilled, MonotonicTime since, double value, TimeNow now);
  void heard(std::size_t index, const Reading& reading, TimeNow now);
  void changed(std::size_t index, TimeNow now);
  void look_ahead();
  void raised(std::size_t index, TimeNow now);
  [[nodiscard]] std::chrono::nanoseconds patience(std::size_t index) const;

  const Site& site_;
  Changed changed_;
  std::vector<Alarm> alarms_;                          // by AlarmId
  std::vector<std::vector<std::uint32_t>> watchers_;   // by PointId: alarms whose condition is this point's value
  std::vector<std::vector<std::uint32_t>> listeners_;  // by PointId: alarms that want to know that the device speaks
  std::optional<MonotonicTime> next_deadline_;
};

}  // namespace gateway
