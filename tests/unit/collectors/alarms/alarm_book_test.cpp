#include "collectors/alarms/alarm_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using enum AlarmState;
using Action = AlarmCommand::Action;
using testing::ElementsAre;
using testing::IsEmpty;

std::string many_doors(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "[[sensor]]\nid = \"d" + std::to_string(i) + "\"\nkind = \"door\"\ntopic = \"zigbee2mqtt/d" +
            std::to_string(i) + "\"\n";
  return text;
}

constexpr std::string_view rules = R"(
[[alarm]]
id = "door"
kind = "door_open"
remind_after = "4h"
longest_shelving = "8h"
[[alarm]]
id = "leak"
kind = "leak_wet"
latched = true
)";

class AlarmBookTest : public testing::Test {
 protected:
  explicit AlarmBookTest(int doors = 0) : site(test::sensor_site(many_doors(doors) + std::string(rules))) {}

  Site site;
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmBook book{site, [this](const AlarmRecord& record) { journal.push_back(record); }};
  const AlarmId door = site.alarm_named("door", "east");
  const AlarmId leak = site.alarm_named("leak", "pump-room");

  void set(AlarmId alarm, bool on) {
    book.set(alarm.index(), {on, clock.monotonic(), on ? 1.0 : 0.0, 0, {}}, {}, clock.now());
  }
  Expected<AlarmRecord> run(Action action, AlarmId alarm, std::string reason = "reason",
                            std::chrono::nanoseconds duration = 0ns) {
    return book.run({action, alarm, "Chen", std::move(reason), duration}, clock.now());
  }
  void wait(std::chrono::seconds time) {
    for (auto left = time; left > 0s; left -= 1s) {
      clock.advance(1s);
      book.advance(clock.now());
      book.every_second(clock.now());
    }
  }
  std::vector<AlarmState> states() {
    std::vector<AlarmState> out;
    for (const auto& record : journal) out.push_back(record.state);
    journal.clear();
    return out;
  }
  std::size_t announced() {
    const auto count = std::ranges::count_if(journal, &AlarmRecord::announced);
    journal.clear();
    return static_cast<std::size_t>(count);
  }
};

TEST_F(AlarmBookTest, AShelvedAlarmIsQuietGoesOnBeneathAndCallsAgainWhenItsTimeIsOver) {
  set(door, true);
  const auto shelved_record = run(Action::shelve, door, "lock is being mended", 1h);
  ASSERT_TRUE(shelved_record.has_value());
  EXPECT_EQ(shelved_record->held_by, "Chen");
  EXPECT_EQ(shelved_record->held_reason, "lock is being mended");
  EXPECT_EQ(shelved_record->shelved_until, clock.utc() + 1h);
  EXPECT_THAT(states(), ElementsAre(unacknowledged, shelved));
  set(door, false);
  set(door, true);
  ASSERT_EQ(journal.size(), 2u) << "beneath it the life goes on, and the journal knows";
  EXPECT_EQ(journal[0].process, returned_unacknowledged);
  EXPECT_EQ(journal[1].process, unacknowledged);
  EXPECT_EQ(journal[1].state, shelved);
  EXPECT_EQ(journal[1].held_by, "Chen") << "as long as it holds, it is known who shelved it";
  EXPECT_EQ(announced(), 0u);
  wait(1h);
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].state, unacknowledged);
  EXPECT_EQ(journal[0].change, AlarmChange::shelving_ended);
  EXPECT_TRUE(journal[0].announced);
  EXPECT_EQ(journal[0].held_by, "");
}

TEST_F(AlarmBookTest, AShelvedAlarmThatReturnedIsOverWhenItIsUnshelved) {
  set(door, true);
  ASSERT_TRUE(run(Action::shelve, door, "mending", 1h));
  set(door, false);
  journal.clear();
  ASSERT_TRUE(run(Action::unshelve, door));
  EXPECT_THAT(states(), ElementsAre(normal));
}

TEST_F(AlarmBookTest, ANormalAlarmCanBeShelvedAndRaisesNothingMeanwhile) {
  ASSERT_TRUE(run(Action::shelve, door, "moving furniture", 2h));
  set(door, true);
  EXPECT_THAT(states(), ElementsAre(shelved, shelved));
  set(door, false);
  wait(2h);
  EXPECT_EQ(book.record(door.index()).state, normal);
  EXPECT_EQ(announced(), 0u);
}

TEST_F(AlarmBookTest, ShelvingNeedsAReasonAndAnEnd) {
  EXPECT_EQ(run(Action::shelve, door, "", 1h).error().code, std::errc::invalid_argument);
  EXPECT_EQ(run(Action::shelve, door, "reason", 0ns).error().code, std::errc::invalid_argument);
  EXPECT_EQ(run(Action::shelve, door, "reason", 9h).error().code, std::errc::invalid_argument);
  EXPECT_EQ(run(Action::unshelve, door).error().code, std::errc::operation_not_permitted);
  EXPECT_THAT(journal, IsEmpty());
}

TEST_F(AlarmBookTest, OutOfServiceHoldsUntilItIsReturned) {
  EXPECT_EQ(run(Action::take_out_of_service, door, "").error().code, std::errc::invalid_argument);
  ASSERT_TRUE(run(Action::take_out_of_service, door, "door is being replaced"));
  EXPECT_EQ(run(Action::shelve, door, "reason", 1h).error().code, std::errc::operation_not_permitted);
  EXPECT_EQ(run(Action::acknowledge, door).error().code, std::errc::operation_not_permitted);
  set(door, true);
  wait(48h);
  EXPECT_EQ(book.record(door.index()).state, out_of_service);
  EXPECT_EQ(announced(), 0u);
  ASSERT_TRUE(run(Action::return_to_service, door));
  EXPECT_EQ(announced(), 1u) << "it is still open";
  EXPECT_EQ(run(Action::return_to_service, door).error().code, std::errc::operation_not_permitted);
}

TEST_F(AlarmBookTest, ALatchedAlarmStaysUntilItIsAcknowledgedAndReset) {
  set(leak, true);
  EXPECT_EQ(run(Action::reset, leak).error().code, std::errc::operation_not_permitted);
  set(leak, false);
  EXPECT_EQ(run(Action::reset, leak).error().code, std::errc::operation_not_permitted);
  ASSERT_TRUE(run(Action::acknowledge, leak));
  EXPECT_EQ(journal.back().value, 1) << "what it had been stays to be seen";
  ASSERT_TRUE(run(Action::reset, leak));
  EXPECT_THAT(states(), ElementsAre(unacknowledged, latched_unacknowledged, latched_acknowledged, normal));
  set(leak, true);
  ASSERT_TRUE(run(Action::acknowledge, leak));
  set(leak, false);
  set(leak, true);
  EXPECT_THAT(states(), ElementsAre(unacknowledged, acknowledged, latched_acknowledged, unacknowledged));
}

TEST_F(AlarmBookTest, AnAcknowledgedAlarmThatStandsForLongRemindsOfItself) {
  set(door, true);
  ASSERT_TRUE(run(Action::acknowledge, door));
  journal.clear();
  wait(4h - 1s);
  EXPECT_THAT(journal, IsEmpty());
  wait(1s);
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].change, AlarmChange::reminded);
  EXPECT_TRUE(journal[0].announced);
}

TEST_F(AlarmBookTest, EventsGrowAndAnOccurrenceKeepsItsNumber) {
  set(door, true);
  ASSERT_TRUE(run(Action::acknowledge, door));
  set(door, false);
  set(door, true);
  ASSERT_EQ(journal.size(), 4u);
  for (std::size_t i = 1; i < journal.size(); ++i) EXPECT_GT(journal[i].event, journal[i - 1].event);
  EXPECT_EQ(journal[0].occurrence, journal[0].event);
  EXPECT_EQ(journal[2].occurrence, journal[0].event);
  EXPECT_EQ(journal[3].occurrence, journal[3].event);
  // Also when the clock was set back, or the store with the last number in it was lost.
  clock.step_wall_clock(-24h);
  set(leak, true);
  EXPECT_GT(journal.back().event, journal[3].event);
  EXPECT_LT(journal.back().event, 1ULL << 53);
}

// Fault 38: a value that chatters round its setpoint.
TEST_F(AlarmBookTest, AChatteringAlarmIsJournalledEachTimeAndAnnouncedOnce) {
  for (int i = 0; i < 100; ++i) {
    set(door, true);
    wait(5s);
    set(door, false);
    wait(5s);
  }
  EXPECT_EQ(journal.size(), 200u);
  EXPECT_EQ(book.metrics(clock.now()).chattering, 1u);
  EXPECT_EQ(announced(), 1u);
  wait(10min);
  EXPECT_EQ(book.metrics(clock.now()).chattering, 0u);
  set(door, true);
  EXPECT_EQ(announced(), 1u) << "after ten quiet minutes it is believed again";
}

// Wet, dry, and wet again within a minute, then wet for good: people heard last that it was over.
TEST_F(AlarmBookTest, AnAlarmThatStaysAfterItChatteredIsAnnounced) {
  for (const bool on : {true, false, true}) {
    set(leak, on);
    wait(5s);
  }
  EXPECT_EQ(announced(), 1u);
  wait(10min - 6s);
  EXPECT_TRUE(journal.empty());
  wait(2s);
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].change, AlarmChange::reminded);
  EXPECT_EQ(journal[0].state, unacknowledged);
  EXPECT_EQ(announced(), 1u);
  wait(24h);
  EXPECT_TRUE(journal.empty()) << "once";
}

TEST_F(AlarmBookTest, AnAlarmThatChatteredAndWasAcknowledgedIsNotAnnouncedAgain) {
  for (const bool on : {true, false, true}) set(leak, on);
  ASSERT_TRUE(run(Action::acknowledge, leak));
  journal.clear();
  wait(1h);
  EXPECT_TRUE(journal.empty());
}

TEST_F(AlarmBookTest, AShelvingIsOverAfterItsTimeThoughTheClockWasSetBack) {
  set(door, true);
  ASSERT_TRUE(run(Action::shelve, door, "mending", 1h));
  journal.clear();
  clock.step_wall_clock(-72h);
  wait(1h - 1s);
  EXPECT_TRUE(journal.empty());
  wait(1s);
  EXPECT_EQ(announced(), 1u);
  // Set back while the gateway was off: nobody knows for how long it has been shelved; the longest time counts.
  ASSERT_TRUE(run(Action::shelve, door, "mending", 1h));
  std::vector<AlarmRecord> after_restart;
  AlarmBook again(site, [&](const AlarmRecord& record) { after_restart.push_back(record); });
  again.restore(std::vector{book.record(door.index())});
  clock.step_wall_clock(-72h);
  again.every_second(clock.now());
  clock.advance(8h - 1s);
  again.every_second(clock.now());
  EXPECT_TRUE(after_restart.empty());
  clock.advance(1s);
  again.every_second(clock.now());
  EXPECT_EQ(after_restart.size(), 1u);
}

TEST_F(AlarmBookTest, WhatStandsForMoreThanADayIsStale) {
  set(door, true);
  wait(24h);
  EXPECT_EQ(book.metrics(clock.now()).stale, 0u);
  wait(1s);
  EXPECT_EQ(book.metrics(clock.now()).stale, 1u);
  ASSERT_TRUE(run(Action::shelve, door, "known", 1h));
  EXPECT_EQ(book.metrics(clock.now()).stale, 0u);
}

TEST_F(AlarmBookTest, EverythingComesBackFromTheNewestRecords) {
  set(door, true);
  ASSERT_TRUE(run(Action::shelve, door, "mending", 1h));
  set(leak, true);
  ASSERT_TRUE(run(Action::acknowledge, leak));
  const auto before = book.standing();
  std::vector<AlarmRecord> after_restart;
  AlarmBook again(site, [&](const AlarmRecord& record) { after_restart.push_back(record); });
  again.restore(before);
  EXPECT_THAT(after_restart, IsEmpty());
  ASSERT_EQ(again.standing().size(), 2u);
  EXPECT_EQ(again.record(door.index()).state, shelved);
  EXPECT_EQ(again.record(door.index()).held_reason, "mending");
  EXPECT_EQ(again.record(leak.index()).state, acknowledged);
  clock.advance(1h);
  again.every_second(clock.now());
  ASSERT_EQ(after_restart.size(), 1u) << "a shelving ends on time, whatever happened in between";
  EXPECT_EQ(after_restart[0].state, unacknowledged);
  EXPECT_GT(after_restart[0].event, before.back().event);
}

class FloodTest : public AlarmBookTest {
 protected:
  FloodTest() : AlarmBookTest(500) {}
  AlarmId at(int i) const { return site.alarm_named("door", "d" + std::to_string(i)); }
};

// Fault 38: 500 alarms in a second.
TEST_F(FloodTest, FiveHundredAlarmsInASecondAreAllJournalledAndNotToldOneByOne) {
  for (int i = 0; i < 500; ++i) {
    clock.advance(2ms);
    set(at(i), true);
  }
  EXPECT_EQ(journal.size(), 500u);
  EXPECT_EQ(book.flood_size(), 500u);
  EXPECT_TRUE(book.flooded());
  EXPECT_EQ(announced(), 9u) << "the flood begins with the tenth";
  // A critical one is not drowned by them.
  set(leak, true);
  EXPECT_EQ(announced(), 1u);
  EXPECT_EQ(book.metrics(clock.now()).standing, 501u);
  wait(10min);
  EXPECT_FALSE(book.flooded());
  EXPECT_EQ(book.metrics(clock.now()).floods, 1u);
}

TEST_F(FloodTest, FewAlarmsAreToldOneByOne) {
  for (int i = 0; i < 30; ++i) {
    set(at(i), true);
    wait(119s);
  }
  EXPECT_EQ(announced(), 30u);
  EXPECT_EQ(book.metrics(clock.now()).last_hour, 30u);
}

}  // namespace
}  // namespace gateway
