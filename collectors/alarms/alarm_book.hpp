// The lives of all alarms: conditions come in, records of what changed go out. Delays, acknowledgement, shelving,
// suppression by design, floods and chattering are decided here; what makes a condition true is not
// (alarm_engine.hpp).
//
// Core thread only. Nothing is allocated unless an alarm changes. Every change goes to the function that was handed in,
// complete, so that the newest record of an alarm is all that is needed to show or restore it.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "collectors/alarms/alarm_flood.hpp"
#include "collectors/alarms/alarm_life.hpp"
#include "core/alarm_command.hpp"
#include "core/alarm_metrics.hpp"
#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

class AlarmBook {
 public:
  using Changed = std::function<void(const AlarmRecord&)>;
  static constexpr std::chrono::seconds settle{60};       // after its cause is gone, before a suppressed one speaks
  static constexpr std::chrono::minutes calm{10};         // without a change, and a chattering one is believed again
  static constexpr std::chrono::minutes chatter_span{1};  // ISA-18.2: three changes in it are chattering
  static constexpr std::chrono::hours stale_after{24};

  // The site must outlive the book.
  AlarmBook(const Site& site, Changed changed);

  // Before anything else: the newest record of each alarm. Nothing is announced.
  void restore(std::span<const AlarmRecord> records);

  // Records with provisional stamps get their dates.
  void date_back(std::chrono::nanoseconds utc_offset) noexcept;

  struct Condition {
    bool fulfilled = false;
    MonotonicTime since{};
    double value = 0;
    double limit = 0;
    AlarmFinding finding{};
  };
  struct Delays {
    std::chrono::nanoseconds on{};
    std::chrono::nanoseconds off{};
  };
  void set(std::size_t alarm, const Condition& condition, Delays delays, TimeNow now);
  // The newest value of a condition that goes on: shown, not journalled.
  void set_value(std::size_t alarm, double value) { alarms_[alarm].value = value; }
  // Another on-delay for a condition that waits.
  void retime(std::size_t alarm, Delays delays, TimeNow now);

  // Delays.
  void advance(TimeNow now);
  // Not later than when advance() has to be called.
  [[nodiscard]] std::optional<MonotonicTime> next_deadline() const noexcept { return next_deadline_; }
  // The ends of shelvings, reminders, suppressions that end, floods. Call about once a second.
  void every_second(TimeNow now);

  // invalid_argument: no such alarm, no reason, a shelving that is too long. operation_not_permitted: its state does
  // not allow it; nothing has changed.
  Expected<AlarmRecord> run(const AlarmCommand& command, TimeNow now);

  [[nodiscard]] bool active(std::size_t alarm) const noexcept { return alarms_[alarm].life.machine.active(); }
  [[nodiscard]] bool condition(std::size_t alarm) const noexcept { return alarms_[alarm].life.machine.condition(); }
  [[nodiscard]] const AlarmRecord& record(std::size_t alarm) const noexcept { return alarms_[alarm].record; }
  // It changed three times within a minute, and has not been quiet for ten since.
  [[nodiscard]] bool chatters(std::size_t alarm) const noexcept { return alarms_[alarm].chattering_until.has_value(); }
  // Its cause has gone, and it will soon speak for itself again.
  [[nodiscard]] bool settling(std::size_t alarm) const noexcept { return alarms_[alarm].suppressed_until.has_value(); }
  // Its cause is there, or was until a moment ago.
  [[nodiscard]] bool suppressed(std::size_t alarm) const noexcept { return alarms_[alarm].life.suppressed; }

  // Every alarm that is not back to normal and acknowledged.
  [[nodiscard]] std::vector<AlarmRecord> standing() const;
  [[nodiscard]] std::vector<PendingAlarm> pending(TimeNow now) const;
  [[nodiscard]] AlarmMetrics metrics(TimeNow now) const;
  [[nodiscard]] bool flooded() const noexcept { return floods_[0].flooded() || floods_[1].flooded(); }
  [[nodiscard]] std::size_t flood_size() const noexcept;
  // The next number of a change, for mode records too.
  [[nodiscard]] std::uint64_t next_event(UtcTime now) noexcept;
  // Numbers that were given before the start.
  void events_until(std::uint64_t event) noexcept { last_event_ = std::max(last_event_, event); }

 private:
  struct Alarm {
    AlarmLife life;
    AlarmRecord record;
    MonotonicTime since{};  // the condition began
    double value = 0;
    double limit = 0;
    AlarmFinding finding{};
    std::array<MonotonicTime, 3> changes{};  // the newest last
    std::size_t change_count = 0;
    std::optional<MonotonicTime> chattering_until;
    std::optional<MonotonicTime> acknowledged_at;  // for reminders
    std::optional<MonotonicTime> suppressed_until;
    std::optional<MonotonicTime> shelving_ends;  // at the latest, whatever becomes of the wall clock
    std::vector<std::uint32_t> children;
  };

  void earlier(const Alarm& alarm) noexcept;
  void crossed(std::size_t alarm, TimeNow now);
  // rises: a new occurrence begins with it.
  void tell(std::size_t alarm, AlarmChange change, TimeNow now, const AlarmCommand* command = nullptr,
            bool rises = false);
  [[nodiscard]] bool calls(Alarm& alarm, AlarmChange change, const AlarmRule& rule, TimeNow now);
  void note_change(Alarm& alarm, MonotonicTime now) noexcept;
  [[nodiscard]] AlarmId cause_of(std::size_t alarm) const noexcept;
  void look_at_children(std::size_t parent, TimeNow now);
  void suppress_or_release(std::size_t alarm, TimeNow now);
  void release(std::size_t alarm, TimeNow now);
  static void let_go(Alarm& alarm) noexcept;
  Expected<AlarmChange> act(Alarm& alarm, const AlarmCommand& command, const AlarmRule& rule, TimeNow now);

  const Site& site_;
  Changed changed_;
  std::vector<Alarm> alarms_;         // by AlarmId
  std::array<AlarmFlood, 2> floods_;  // critical alarms have one of their own: they are not drowned by others
  std::deque<MonotonicTime> day_;     // new alarms of the last 24 hours
  std::optional<MonotonicTime> next_deadline_;
  std::uint64_t last_event_ = 0;
  std::uint64_t raised_ = 0;
  std::uint64_t announced_ = 0;
  std::uint64_t flood_count_ = 0;
  std::size_t peak_ = 0;
};

}  // namespace gateway
