#include "collectors/alarms/alarm_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using enum AlarmState;

constexpr SensorId east{0};
constexpr SensorId pump_room{2};
constexpr SensorId gate{3};

constexpr std::string_view engine_rules = R"(
[[alarm]]
id = "door-open"
kind = "door_open"
after = "60s"
clear_after = "5s"
sources = ["east"]
[[alarm]]
id = "leak"
kind = "leak_wet"
[[alarm]]
id = "silent"
kind = "device_silent"
after = "30s"
sources = ["east", "gate", "main"]
)";
// By AlarmId, in the order of the rules.
constexpr AlarmId door_open{0};
constexpr AlarmId leak{1};
constexpr AlarmId east_silent{3};  // after the meter: a rule's meters come first
constexpr AlarmId main_silent{2};
constexpr AlarmId gate_silent{4};

class AlarmEngineTest : public testing::Test {
 protected:
  Site site = test::sensor_site(engine_rules);
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmEngine engine{site, [this](const AlarmRecord& record) { journal.push_back(record); }};

  AlarmEngineTest() { engine.restore({}, clock.now()); }

  void say(SensorId sensor, Quantity quantity, bool value, bool retained = false) {
    auto reading = Reading::flag(site.point_of(sensor, quantity), clock.monotonic(), value);
    if (retained) reading.as_retained();
    engine.on_reading(reading, clock.now());
  }
  // Time goes on in steps, as in the core loop; the meter answers all the while.
  void wait(std::chrono::nanoseconds time) {
    for (const auto end = clock.monotonic() + time; clock.monotonic() < end;) {
      clock.advance(std::min<std::chrono::nanoseconds>(1s, end - clock.monotonic()));
      engine.advance(clock.now());
      engine.on_reading(Reading::flag(site.point_of(MeterId{0}, Quantity::online), clock.monotonic(), true),
                        clock.now());
    }
  }
  std::vector<std::pair<AlarmId, AlarmState>> changes() {
    std::vector<std::pair<AlarmId, AlarmState>> out;
    for (const auto& record : journal) out.emplace_back(record.alarm, record.state);
    journal.clear();
    return out;
  }
};
using Changes = std::pair<AlarmId, AlarmState>;

TEST_F(AlarmEngineTest, TheTestsNumbersAreTheSites) {
  ASSERT_GE(site.alarms.size(), 5u);  // and those that every site has
  EXPECT_EQ(site.alarms[door_open.index()].sensor, east);
  EXPECT_EQ(site.alarms[leak.index()].sensor, pump_room);
  EXPECT_TRUE(site.alarms[main_silent.index()].meter.valid());
  EXPECT_EQ(site.alarms[east_silent.index()].sensor, east);
  EXPECT_EQ(site.alarms[gate_silent.index()].sensor, gate);
}

TEST_F(AlarmEngineTest, DoorOpenShorterThanDelayRaisesNothing) {
  say(east, Quantity::open, true);
  wait(59s);
  say(east, Quantity::open, false);
  wait(120s);
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(AlarmEngineTest, DoorOpenLongerThanDelayRaisesOnceAtTheDelaysEnd) {
  say(east, Quantity::open, true);
  EXPECT_LE(engine.next_deadline(), clock.monotonic() + 60s);
  wait(30s);
  say(east, Quantity::open, true);  // told again: the delay goes on
  wait(29s);
  EXPECT_THAT(changes(), IsEmpty());
  wait(1s);
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].raised, clock.utc());
  EXPECT_EQ(journal[0].value, 1);
  wait(60s);
  EXPECT_THAT(changes(), ElementsAre(Changes(door_open, unacknowledged)));
}

TEST_F(AlarmEngineTest, AnAcknowledgedAlarmReturnsToNormalAfterTheOffDelay) {
  say(east, Quantity::open, true);
  wait(60s);
  const auto acknowledged_record = engine.acknowledge(door_open, "Chen", "delivery", clock.now());
  ASSERT_TRUE(acknowledged_record.has_value());
  EXPECT_EQ(acknowledged_record->by, "Chen");
  EXPECT_EQ(acknowledged_record->comment, "delivery");
  say(east, Quantity::open, false);
  wait(4s);
  say(east, Quantity::open, true);
  say(east, Quantity::open, false);
  wait(4s);
  EXPECT_THAT(changes(), ElementsAre(Changes(door_open, unacknowledged), Changes(door_open, acknowledged)));
  wait(1s);
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].by, "");  // nobody did that
  EXPECT_THAT(changes(), ElementsAre(Changes(door_open, normal)));
  EXPECT_THAT(engine.standing(), IsEmpty());
}

TEST_F(AlarmEngineTest, AnUnseenAlarmThatReturnedStillWantsToBeSeen) {
  say(pump_room, Quantity::wet, true);
  say(pump_room, Quantity::wet, false);
  EXPECT_THAT(changes(), ElementsAre(Changes(leak, unacknowledged), Changes(leak, returned_unacknowledged)));
  EXPECT_EQ(engine.standing().size(), 1u);
  EXPECT_TRUE(engine.acknowledge(leak, "Chen", "", clock.now()).has_value());
  EXPECT_THAT(engine.standing(), IsEmpty());
}

TEST_F(AlarmEngineTest, NothingToAcknowledgeIsAnErrorAndNoRecord) {
  EXPECT_EQ(engine.acknowledge(leak, "Chen", "", clock.now()).error().code, std::errc::operation_not_permitted);
  EXPECT_EQ(engine.acknowledge(AlarmId{99}, "Chen", "", clock.now()).error().code, std::errc::invalid_argument);
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(AlarmEngineTest, BadQualityNeitherRaisesNorClears) {
  const auto bad = [&](SensorId sensor, Quantity quantity, bool value) {
    engine.on_reading(
        Reading::flag(site.point_of(sensor, quantity), clock.monotonic(), value).with_quality(Quality::bad),
        clock.now());
  };
  bad(pump_room, Quantity::wet, true);
  bad(gate, Quantity::online, false);
  wait(60s);
  EXPECT_THAT(changes(), IsEmpty());
  say(pump_room, Quantity::wet, true);
  bad(pump_room, Quantity::wet, false);
  EXPECT_THAT(changes(), ElementsAre(Changes(leak, unacknowledged)));
}

TEST_F(AlarmEngineTest, OfflineLongerThanTheDelayIsSilence) {
  say(gate, Quantity::online, true);
  say(gate, Quantity::online, false);
  wait(29s);
  say(gate, Quantity::online, true);
  say(gate, Quantity::online, false);
  wait(29s);
  for (const auto& [alarm, state] : changes()) EXPECT_NE(alarm, gate_silent);
  wait(1s);
  say(gate, Quantity::online, true);
  EXPECT_THAT(changes(), testing::IsSupersetOf(
                             {Changes(gate_silent, unacknowledged), Changes(gate_silent, returned_unacknowledged)}));
}

TEST_F(AlarmEngineTest, ASensorThatNeverSpeaksIsSilentAfterItsOwnTime) {
  wait(2h + 29s);
  for (const auto& [alarm, state] : changes()) EXPECT_NE(alarm, east_silent);
  wait(1s);
  EXPECT_THAT(changes(), ElementsAre(Changes(east_silent, unacknowledged)));
}

TEST_F(AlarmEngineTest, AMeterThatIsNotPolledAnyMoreIsSilentToo) {
  clock.advance(13s + 30s);  // three intervals and ten seconds, then the rule's delay
  engine.advance(clock.now());
  EXPECT_THAT(changes(), ElementsAre(Changes(main_silent, unacknowledged)));
}

TEST_F(AlarmEngineTest, ASilentDevicesValueIsTheSecondsSinceItWasHeard) {
  wait(1h);
  say(east, Quantity::tamper, false);
  wait(2h + 30s);
  ASSERT_THAT(changes(), testing::Contains(Changes(east_silent, unacknowledged)));
  clock.advance(13s + 30s);
  engine.advance(clock.now());
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].alarm, main_silent);
  EXPECT_EQ(journal[0].value, 13 + 30);
  journal.clear();
  say(east, Quantity::tamper, false);
  clock.advance(2h + 30s);
  engine.advance(clock.now());
  ASSERT_THAT(journal, testing::Contains(testing::Field(&AlarmRecord::alarm, east_silent)));
  EXPECT_EQ(journal.back().value, 7230);
}

TEST_F(AlarmEngineTest, AnAlarmAcknowledgedBeforeItsOnDelayEndsIsNeverAnnounced) {
  say(east, Quantity::open, true);
  wait(20s);
  const auto record = engine.acknowledge(door_open, "Chen", "delivery", clock.now());
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->state, acknowledged);
  EXPECT_EQ(record->raised, clock.utc());
  EXPECT_EQ(record->value, 1);
  wait(10min);
  EXPECT_THAT(changes(), ElementsAre(Changes(door_open, acknowledged)));
  say(east, Quantity::open, false);
  wait(5s);
  EXPECT_THAT(changes(), ElementsAre(Changes(door_open, normal)));
  // It held for that one time.
  say(east, Quantity::open, true);
  wait(60s);
  EXPECT_THAT(changes(), ElementsAre(Changes(door_open, unacknowledged)));
}

TEST_F(AlarmEngineTest, AcknowledgingWhatReturnedDoesNotCoverTheDoorThatOpenedAgain) {
  say(east, Quantity::open, true);
  wait(60s);
  say(east, Quantity::open, false);
  wait(5s);
  say(east, Quantity::open, true);
  ASSERT_TRUE(engine.acknowledge(door_open, "Chen", "", clock.now()).has_value());
  wait(60s);
  EXPECT_THAT(changes(), ElementsAre(Changes(door_open, unacknowledged), Changes(door_open, returned_unacknowledged),
                                     Changes(door_open, normal), Changes(door_open, unacknowledged)));
}

TEST_F(AlarmEngineTest, AnySignOfLifePutsSilenceOffARetainedOneDoesNot) {
  wait(1h);
  say(east, Quantity::tamper, false);
  wait(1h + 59min);
  say(east, Quantity::tamper, false, true);
  changes();
  wait(1min + 30s);
  EXPECT_THAT(changes(), ElementsAre(Changes(east_silent, unacknowledged)));
}

TEST_F(AlarmEngineTest, ARetainedOpenDoorCountsFromNow) {
  say(east, Quantity::open, true, true);
  EXPECT_THAT(changes(), IsEmpty());
  wait(60s);
  EXPECT_THAT(changes(), testing::Contains(Changes(door_open, unacknowledged)));
}

AlarmRecord kept_record(AlarmId alarm, AlarmState state, UtcTime raised, UtcTime changed, double value,
                        std::string by = {}) {
  AlarmRecord record;
  record.alarm = alarm;
  record.state = record.process = state;
  record.raised = raised;
  record.changed = changed;
  record.value = value;
  record.by = std::move(by);
  return record;
}

TEST(AlarmEngineRestart, StatesComeBackAndNothingIsAnnouncedAnew) {
  const Site site = test::sensor_site(engine_rules);
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmEngine engine(site, [&](const AlarmRecord& record) { journal.push_back(record); });
  const std::vector<AlarmRecord> kept{
      kept_record(door_open, acknowledged, clock.utc() - 1h, clock.utc() - 30min, 1, "Chen"),
      kept_record(leak, unacknowledged, clock.utc() - 2h, clock.utc() - 2h, 1),
      kept_record(gate_silent, returned_unacknowledged, clock.utc() - 3h, clock.utc() - 3h, 0)};
  engine.restore(kept, clock.now());
  engine.on_reading(Reading::flag(site.point_of(east, Quantity::open), clock.monotonic(), true).as_retained(),
                    clock.now());
  engine.on_reading(Reading::flag(site.point_of(pump_room, Quantity::wet), clock.monotonic(), true).as_retained(),
                    clock.now());
  clock.advance(10s);
  engine.advance(clock.now());
  EXPECT_THAT(journal, IsEmpty());
  const auto standing = engine.standing();
  ASSERT_EQ(standing.size(), 3u);
  EXPECT_EQ(standing[0].by, "Chen");
  EXPECT_EQ(standing[0].raised, kept[0].raised);
  // The door closed while the gateway was down: that is news.
  engine.on_reading(Reading::flag(site.point_of(east, Quantity::open), clock.monotonic(), false).as_retained(),
                    clock.now());
  clock.advance(5s);
  engine.advance(clock.now());
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].state, normal);
}

// Zigbee2MQTT calls a battery sensor online for 25 hours after its last word, and the broker keeps that.
TEST(AlarmEngineRestart, ARetainedOnlineDoesNotEndASilence) {
  const Site site = test::sensor_site(engine_rules);
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmEngine engine(site, [&](const AlarmRecord& record) { journal.push_back(record); });
  auto silent = kept_record(east_silent, unacknowledged, clock.utc() - 3h, clock.utc() - 3h, 7200);
  silent.finding = AlarmFinding::silent;
  auto offline = kept_record(gate_silent, unacknowledged, clock.utc() - 3h, clock.utc() - 3h, 0);
  offline.finding = AlarmFinding::offline;
  engine.restore(std::vector{silent, offline}, clock.now());
  const auto online = [&](SensorId sensor) {
    return Reading::flag(site.point_of(sensor, Quantity::online), clock.monotonic(), true);
  };
  engine.on_reading(online(east).as_retained(), clock.now());
  EXPECT_THAT(journal, IsEmpty());
  engine.on_reading(online(gate).as_retained(), clock.now());
  ASSERT_EQ(journal.size(), 1u) << "what said that it is gone may say that it is back";
  EXPECT_EQ(journal[0].alarm, gate_silent);
  engine.on_reading(online(east), clock.now());
  ASSERT_EQ(journal.size(), 2u);
  EXPECT_EQ(journal[1].alarm, east_silent);
  EXPECT_EQ(journal[1].change, AlarmChange::returned);
}

}  // namespace
}  // namespace gateway
