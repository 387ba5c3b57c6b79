// Watches what comes in for the site's alarm rules: readings, consumption windows, the live picture, and what the app
// knows about the gateway itself. What a condition leads to is the book's (alarm_book.hpp).
//
// Core thread only. A reading costs as much as there are alarms on its point; nothing is allocated for it unless an
// alarm changes.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "collectors/alarms/alarm_book.hpp"
#include "collectors/alarms/consumption_rules.hpp"
#include "core/error.hpp"
#include "core/reading.hpp"
#include "core/site.hpp"
#include "core/site_mode.hpp"

namespace gateway {

class AlarmEngine {
 public:
  using Changed = AlarmBook::Changed;
  using ModeChanged = std::function<void(const ModeRecord&)>;
  // The site must outlive the engine.
  AlarmEngine(
      const Site& site, Changed changed, ModeChanged mode_changed = [](const ModeRecord&) {});

  // Before the first reading: the newest record of each alarm and of each thing about the mode. Nothing is announced.
  void restore(std::span<const AlarmRecord> records, std::span<const ModeRecord> modes, TimeNow now);
  void restore(std::span<const AlarmRecord> records, TimeNow now) { restore(records, {}, now); }

  // A reading of bad quality neither raises nor clears anything. A retained one (a broker's word about the past) says
  // how things stand: a door that is open counts as open from now on; an alarm that stood before the restart goes on
  // standing, unannounced.
  void on_reading(const Reading& reading, TimeNow now);

  // The wall clock is believed from now on: records with provisional stamps get their dates. Nothing is announced.
  void date_back(std::chrono::nanoseconds utc_offset) noexcept;

  // What the app knows about a part that sends no readings: a bus, the broker, the store, a sink, the clock.
  // `place`: bus id or sink number, else 0. value: seconds, lines, whatever the text shows. May be told as
  // often as one likes; only changes count.
  struct Fact {
    AlarmSource::Part part{};
    std::size_t place = 0;
    bool bad = false;
    double value = 0;
  };
  void observe(const Fact& fact, TimeNow now);

  // Consumption windows that the aggregator has just made, and its live picture, once a second.
  void on_windows(std::span<const WindowRecord> windows, TimeNow now) { consumption_.on_windows(windows, now); }
  void on_snapshot(const LiveSnapshot& live, TimeNow now) { consumption_.on_snapshot(live, now); }
  // What the rules have learned of nights and base loads, for the store; empty: nothing learns here.
  void save_learned(std::vector<std::byte>& out) const { consumption_.save(out); }
  // After restore(). invalid_argument: it is nothing of ours; the rules begin anew.
  Expected<void> restore_learned(std::span<const std::byte> learned) { return consumption_.restore(learned); }

  // Timers: delays, silence, the calendar. Call when next_deadline() has come, and at least once a second.
  void advance(TimeNow now);
  [[nodiscard]] std::optional<MonotonicTime> next_deadline() const noexcept;

  // Acknowledging is possible before the on-delay ends: the alarm is then acknowledged without ever having been
  // announced, and counts as raised at that moment. Errors: as AlarmBook::run.
  Expected<AlarmRecord> run(const AlarmCommand& command, TimeNow now) { return book_.run(command, now); }
  Expected<AlarmRecord> acknowledge(AlarmId alarm, std::string by, std::string comment, TimeNow now) {
    return run({AlarmCommand::Action::acknowledge, alarm, std::move(by), std::move(comment), {}}, now);
  }
  // Switches the mode, arms or disarms an area, ticks off a place; kind, subject, value, by and comment are taken from
  // `wish`. invalid_argument: the site does not have it.
  Expected<ModeRecord> run(const ModeRecord& wish, TimeNow now);

  [[nodiscard]] bool chatters(AlarmId alarm) const noexcept { return book_.chatters(alarm.index()); }
  [[nodiscard]] const SiteMode& mode() const noexcept { return mode_; }
  // Every alarm that is not back to normal and acknowledged.
  [[nodiscard]] std::vector<AlarmRecord> standing() const { return book_.standing(); }
  [[nodiscard]] std::vector<PendingAlarm> pending(TimeNow now) const { return book_.pending(now); }
  [[nodiscard]] AlarmMetrics metrics(TimeNow now) const { return book_.metrics(now); }

 private:
  // A rule as the mode in force has it.
  struct RuleNow {
    AlarmBook::Delays delays;
    double limit = 0;
    When when = When::always;
  };
  struct Alarm {
    bool on = false;    // what the rule looks at says so, whatever the hour
    bool gate = true;   // the hour, or the arming, lets it count
    bool fact = false;  // of a bus or the broker: somebody says that it is down
    MonotonicTime since{};
    MonotonicTime gate_since{};
    double value = 0;
    double limit = 0;
    AlarmFinding finding{};
    MonotonicTime heard_at{};                // silence: the last sign of life, or the gateway's start
    std::optional<MonotonicTime> silent_at;  // silence: when it begins unless the device is heard
    bool fell_silent = false;                // by its timer, not by a word
    std::optional<double> measured;          // against a limit: the last good value, while it is good
  };
  // What an alarm wants of a point. Most of thousands of points have none: one list for all.
  struct Interest {
    // That the device speaks; its flag; its value against a limit.
    enum class What : std::uint8_t { speaks, flag, limit };
    std::uint32_t point = 0;
    What what{};
    std::uint32_t alarm = 0;
    auto operator<=>(const Interest&) const = default;
  };
  // Devices that go silent together when one thing is dead: a bus, a bridge, the broker.
  struct Group {
    std::size_t alarm = 0;  // of the thing itself
    bool down = false;      // says its own `online`; a bus has none
    std::uint32_t members = 0;
    std::uint32_t online = 0;  // that have said so; those that said nothing yet are neither
    std::uint32_t offline = 0;
    [[nodiscard]] bool all_gone() const noexcept { return members > 1 && offline == members; }
    // Since the start: one of it is there, or all have said that they are not.
    [[nodiscard]] bool known() const noexcept { return online > 0 || offline == members; }
  };

  void wire(std::size_t alarm);
  void sort_interests();
  void found(std::size_t alarm, bool on, MonotonicTime since, double value, AlarmFinding finding, TimeNow now);
  void take(const ConsumptionRules::Finding& finding, TimeNow now);
  void consider(std::size_t alarm, TimeNow now);
  void heard(std::size_t alarm, const Reading& reading, TimeNow now);
  void compare(std::size_t alarm, double value, MonotonicTime since, TimeNow now);
  void group_word(const Point& about, const Reading& reading, TimeNow now);
  void judge(const Group& group, MonotonicTime since, TimeNow now);
  void make_groups();
  void set_rules();
  void set_gates(TimeNow now, bool all);
  void every_second(TimeNow now);
  void watch_flood(TimeNow now);
  void forgive_silence(std::size_t alarm, TimeNow now);
  void look_ahead();
  [[nodiscard]] bool lets_through(When when, AreaId where) const noexcept;
  [[nodiscard]] std::chrono::nanoseconds patience(std::size_t index) const;

  const Site& site_;
  ModeChanged mode_changed_;
  AlarmBook book_;
  SiteMode mode_;
  ConsumptionRules consumption_;
  bool working_ = true;
  bool hours_known_ = true;                    // the wall clock is believed
  std::vector<RuleNow> rules_;                 // by place in Site::rules
  std::vector<Alarm> alarms_;                  // by AlarmId
  std::vector<Interest> interests_;            // by point, then in the order in which they are told
  std::vector<std::uint32_t> interests_from_;  // by PointId: where its interests begin
  std::vector<std::uint32_t> flood_alarms_;
  std::vector<Group> groups_;
  std::vector<std::int32_t> group_of_alarm_;           // by AlarmId; -1: it is no such thing
  std::vector<std::vector<std::uint32_t>> groups_of_;  // by device: meters, then sensors
  std::vector<std::int32_t> own_group_;                // likewise: what it is itself; -1: a device like others
  std::vector<signed char> online_;                    // likewise; -1: not heard of yet
  std::optional<MonotonicTime> next_silence_;
  MonotonicTime next_second_{};
};

}  // namespace gateway
