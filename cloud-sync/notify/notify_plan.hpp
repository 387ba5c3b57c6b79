// What one [[notify]] has to say, and when: which changes of alarms it wants, what repeats too soon, what nobody has
// acknowledged in time, what goes together into one message.
//
// Journal entries go in, in order; notices come out. A notice is due until it is settled, so what could not be sent is
// sent later, and as one message when much has gathered. Pure: no clock, no disk. For one thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud-sync/notify/alarm_event.hpp"

namespace gateway {

struct Notice {
  enum class Kind : std::uint8_t {
    raised,        // needs a person
    escalated,     // nobody has acknowledged in time: the next level
    reminded,      // still nobody has
    acknowledged,  // somebody has
    returned,      // it is over
    summary,       // several of the above in one message
  };
  struct Item {
    Kind kind{};
    AlarmEvent event;
    unsigned quieted = 0;    // times it came back meanwhile without being told
    unsigned reminders = 0;  // that went before
  };
  Kind kind{};
  std::vector<Item> items;  // one; of a summary several, oldest first

  // Of the message, for whoever gets it twice: "cangshan-4711", "cangshan-4711-returned", "cangshan-4711-reminded-2".
  [[nodiscard]] std::string id(std::string_view site) const;
};
[[nodiscard]] std::string_view name_of(Notice::Kind kind) noexcept;

// Whether the [[notify]] is about that alarm: priority, areas, rules.
[[nodiscard]] bool is_wanted(const Notify& notify, const Site& site, AlarmId alarm);

class NotifyPlan {
 public:
  // Both must outlive the plan.
  NotifyPlan(const Notify& notify, const Site& site) : notify_(notify), site_(site) {}

  // What memory() gave. What can't be read is left out.
  void restore(std::string_view memory);
  // All that has to be known after a restart besides the journal, when nothing is due.
  [[nodiscard]] std::string memory() const;

  void take(const AlarmEvent& event, UtcTime now);
  // What is to be sent now, oldest first; more than most_at_once become one summary.
  [[nodiscard]] std::optional<Notice> due(UtcTime now) const;
  // Before due(): a clock that was set back puts nothing off for longer than site.toml says.
  void mind_clock(UtcTime now);
  // It was sent, or is not to be tried again.
  void settled(const Notice& notice, UtcTime now);
  // When due() will have something without a new entry.
  [[nodiscard]] std::optional<UtcTime> next() const;

  [[nodiscard]] std::uint64_t quieted() const noexcept { return quieted_; }
  // Alarms that wait to be told or to escalate.
  [[nodiscard]] std::size_t pending() const;

 private:
  struct Standing {
    AlarmEvent event;  // the one that raised it
    bool active = false;
    bool acknowledged = false;
    std::optional<UtcTime> due;      // to be told then
    bool held_back = false;          // because it repeats: not told at all if it goes before
    std::optional<UtcTime> told_at;  // last
    bool told = false;               // this time
    std::optional<UtcTime> remind;
    unsigned reminders = 0;
    unsigned quieted = 0;
  };

  void raised(Standing& standing, const AlarmEvent& event, UtcTime now);
  void answered(Standing& standing, const AlarmEvent& event);
  void over(Standing& standing, const AlarmEvent& event);
  void settled(const Notice::Item& item, UtcTime now);

  const Notify& notify_;
  const Site& site_;
  std::map<std::string, Standing> standing_;  // by "rule source"
  std::deque<Notice::Item> followups_;        // acknowledged, returned: in the order of the journal
  std::uint64_t quieted_ = 0;
};

}  // namespace gateway
