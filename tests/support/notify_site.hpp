// A site with alarms and ways of telling people, and journal entries of it, for tests of cloud-sync/notify.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cloud-sync/notify/journal_follower.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway::test {

inline constexpr std::string_view notify_site_text = R"([site]
id = "cangshan"
name = "仓山政务中心"
name_en = "Cangshan Centre"
[[area]]
id = "b1"
name = "一号楼"
name_en = "Building 1"
[[area]]
id = "b1-f1"
name = "一层"
name_en = "Floor 1"
parent = "b1"
[broker]
url = "mqtt://127.0.0.1:1883"
[[sensor]]
id = "east"
kind = "door"
topic = "zigbee2mqtt/east"
name = "东门"
name_en = "East door"
area = "b1-f1"
[[sensor]]
id = "pump"
kind = "leak"
topic = "zigbee2mqtt/pump"
name = "泵房"
name_en = "Pump room"
[[alarm]]
id = "door-open"
kind = "door_open"
name = "门未关"
name_en = "Door open"
priority = "medium"
[[alarm]]
id = "leak"
kind = "leak_wet"
name = "漏水"
name_en = "Leak"
priority = "critical"
)";
inline constexpr AlarmId door_alarm{0};
inline constexpr AlarmId leak_alarm{1};

inline Site notify_site(std::string_view notify) {
  return make_site(std::string(notify_site_text) + std::string(notify));
}

// An alarm journal in memory, and the place that a notifier has saved.
class FakeJournal {
 public:
  explicit FakeJournal(const Site& site) : site_(site) {}

  const AlarmEvent& add(AlarmId alarm, AlarmState state, UtcTime at, std::string by = "") {
    AlarmEvent event;
    event.number = ++number_;
    event.rule = site_.rule_of(alarm).id;
    event.source = site_.source_of(alarm).id;
    event.record.event = static_cast<std::uint64_t>(event.number);
    event.record.alarm = alarm;
    event.record.state = event.record.process = state;
    event.record.change = change_to(state, states_[alarm.index()]);
    states_[alarm.index()] = state;
    event.record.announced = announced && state == AlarmState::unacknowledged;
    auto& raised = raised_[alarm.index()];
    if (state == AlarmState::unacknowledged) raised = at;
    event.record.raised = raised;
    event.record.changed = at;
    event.record.by = std::move(by);
    events_.push_back(event);
    return events_.back();
  }
  JournalAccess access() {
    JournalAccess out;
    out.read = [this](std::int64_t after, std::size_t most) -> Expected<std::vector<AlarmEvent>> {
      std::vector<AlarmEvent> found;
      for (const auto& event : events_)
        if (event.number > after && found.size() < most) found.push_back(event);
      return found;
    };
    out.save = [this](const NotifierPosition& position) { saved = position; };
    return out;
  }
  NotifierPosition saved;
  bool announced = true;  // whether what is raised is to be told to people

 private:
  static AlarmChange change_to(AlarmState state, AlarmState before) {
    switch (state) {
      case AlarmState::unacknowledged:
        return AlarmChange::raised;
      case AlarmState::acknowledged:
        return AlarmChange::acknowledged;
      case AlarmState::shelved:
        return AlarmChange::shelved;
      case AlarmState::normal:
        return before == AlarmState::acknowledged ? AlarmChange::returned : AlarmChange::acknowledged;
      default:
        return AlarmChange::returned;
    }
  }
  const Site& site_;
  std::int64_t number_ = 4710;
  std::vector<AlarmEvent> events_;
  UtcTime raised_[2]{};
  AlarmState states_[2]{};
};

}  // namespace gateway::test
