// One cause is one alarm: what a dead bus, bridge or broker takes along is suppressed by design, and not cleared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/alarms/alarm_engine.hpp"
#include "collectors/alarms/alarm_text.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using enum AlarmState;
using testing::IsEmpty;

std::string forty_meters() {
  std::string text = "[site]\nid = \"s\"\nname = \"S\"\n[[bus]]\nid = \"b\"\nurl = \"tcp://127.0.0.1:1502\"\n";
  for (int i = 1; i <= 40; ++i)
    text += "[[meter]]\nid = \"m" + std::to_string(i) + "\"\nbus = \"b\"\nunit = " + std::to_string(i) +
            "\nmodel = \"electric\"\n";
  return text + "[[alarm]]\nid = \"silent\"\nkind = \"device_silent\"\nafter = \"30s\"\n";
}

class SuppressionTest : public testing::Test {
 protected:
  Site site = test::make_site(forty_meters());
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmEngine engine{site, [this](const AlarmRecord& record) { journal.push_back(record); }};
  const AlarmId bus = site.alarm_named("bus-fault", "b");

  SuppressionTest() { engine.restore({}, clock.now()); }
  void online(std::size_t meter, bool value) {
    engine.on_reading(Reading::flag(site.point_of(MeterId{meter}, Quantity::online), clock.monotonic(), value),
                      clock.now());
  }
  void all(bool value) {
    for (std::size_t i = 0; i < site.meters.size(); ++i) online(i, value);
  }
  // Time goes on, the meters say the same as before.
  void wait(std::chrono::seconds time, bool value) {
    for (auto left = time; left > 0s; left -= 1s) {
      clock.advance(1s);
      all(value);
      engine.advance(clock.now());
    }
  }
  std::size_t count(AlarmState state) const {
    return static_cast<std::size_t>(std::ranges::count(engine.standing(), state, &AlarmRecord::state));
  }
  std::size_t announced() const {
    return static_cast<std::size_t>(std::ranges::count_if(journal, &AlarmRecord::announced));
  }
};

TEST_F(SuppressionTest, ADeadBusIsOneAlarmNotForty) {
  wait(5s, true);
  wait(5min, false);
  EXPECT_EQ(announced(), 1u);
  EXPECT_EQ(count(unacknowledged), 1u);
  EXPECT_EQ(count(suppressed), 40u) << "suppressed, and not cleared";
  const auto standing = engine.standing();
  for (const auto& record : standing) {
    if (record.alarm == bus) continue;
    EXPECT_EQ(record.cause, bus);
    EXPECT_TRUE(is_active(record));
  }
  EXPECT_EQ(engine.metrics(clock.now()).standing, 1u);
}

TEST_F(SuppressionTest, WhenTheBusIsBackNothingIsAnnouncedOfItsMeters) {
  wait(5s, true);
  wait(5min, false);
  wait(5min, true);
  EXPECT_EQ(announced(), 1u);
  ASSERT_EQ(engine.standing().size(), 1u);
  EXPECT_EQ(engine.standing()[0].alarm, bus);
  EXPECT_EQ(engine.standing()[0].state, returned_unacknowledged);
}

TEST_F(SuppressionTest, AMeterThatStaysAwayAfterItsBusIsBackSpeaksForItself) {
  wait(5s, true);
  wait(5min, false);
  journal.clear();
  for (int second = 0; second < 120; ++second) {
    clock.advance(1s);
    for (std::size_t i = 0; i < 39; ++i) online(i, true);
    online(39, false);
    engine.advance(clock.now());
  }
  EXPECT_EQ(announced(), 1u);
  const auto standing = engine.standing();
  const auto last = std::ranges::find(standing, site.alarm_named("silent", "m40"), &AlarmRecord::alarm);
  ASSERT_NE(last, standing.end());
  EXPECT_EQ(last->state, unacknowledged);
  EXPECT_FALSE(last->cause.valid());
}

TEST_F(SuppressionTest, OneDeadMeterIsItsOwnAlarm) {
  wait(5s, true);
  for (int second = 0; second < 60; ++second) {
    clock.advance(1s);
    for (std::size_t i = 0; i < 40; ++i) online(i, i != 7);
    engine.advance(clock.now());
  }
  ASSERT_EQ(engine.standing().size(), 1u);
  EXPECT_EQ(engine.standing()[0].alarm, site.alarm_named("silent", "m8"));
}

TEST_F(SuppressionTest, WhatTheAppKnowsOfABusCountsToo) {
  engine.observe({AlarmSource::Part::bus, 0, true, 0}, clock.now());
  wait(10s, true);
  ASSERT_EQ(engine.standing().size(), 1u);
  EXPECT_EQ(engine.standing()[0].alarm, bus);
  EXPECT_EQ(engine.standing()[0].value, 40) << "meters that can't be read";
  engine.observe({AlarmSource::Part::bus, 0, false, 0}, clock.now());
  EXPECT_EQ(engine.standing()[0].state, returned_unacknowledged);
}

// After a restart in the middle of it the meters are still its children.
TEST_F(SuppressionTest, SuppressionSurvivesARestart) {
  wait(5s, true);
  wait(5min, false);
  const auto before = engine.standing();
  journal.clear();
  AlarmEngine again(site, [this](const AlarmRecord& record) { journal.push_back(record); });
  again.restore(before, clock.now());
  for (int second = 0; second < 120; ++second) {
    clock.advance(1s);
    for (std::size_t i = 0; i < 40; ++i)
      again.on_reading(Reading::flag(site.point_of(MeterId{i}, Quantity::online), clock.monotonic(), false),
                       clock.now());
    again.advance(clock.now());
  }
  EXPECT_THAT(journal, IsEmpty());
  EXPECT_EQ(again.standing().size(), 41u);
}

// The person who let go of it wants it to call again; that its bus is dead at the moment only puts that off.
TEST_F(SuppressionTest, WhatIsReturnedToServiceUnderADeadBusCallsWhenTheBusIsBack) {
  const auto silent = site.alarm_named("silent", "m8");
  const auto without = [&](std::chrono::seconds time, bool others) {
    for (auto left = time; left > 0s; left -= 1s) {
      clock.advance(1s);
      for (std::size_t i = 0; i < 40; ++i) online(i, i != 7 && others);
      engine.advance(clock.now());
    }
  };
  without(60s, true);
  ASSERT_EQ(announced(), 1u);
  ASSERT_TRUE(engine.run({AlarmCommand::Action::take_out_of_service, silent, "Chen", "new meter", {}}, clock.now()));
  without(60s, false);
  ASSERT_TRUE(engine.run({AlarmCommand::Action::return_to_service, silent, "Chen", "", {}}, clock.now()));
  journal.clear();
  without(120s, true);
  const auto called = std::ranges::find(journal, true, &AlarmRecord::announced);
  ASSERT_NE(called, journal.end());
  EXPECT_EQ(called->alarm, silent);
  EXPECT_EQ(called->change, AlarmChange::unsuppressed);
}

// A serial port opens whatever becomes of the cable behind it.
TEST_F(SuppressionTest, ADeadBusIsStillThatAfterARestartThoughItsPortIsOpen) {
  wait(5s, true);
  wait(5min, false);
  const auto before = engine.standing();
  journal.clear();
  AlarmEngine again(site, [this](const AlarmRecord& record) { journal.push_back(record); });
  again.restore(before, clock.now());
  again.observe({AlarmSource::Part::bus, 0, true, 0}, clock.now());
  clock.advance(1s);
  again.observe({AlarmSource::Part::bus, 0, false, 0}, clock.now());
  EXPECT_THAT(journal, IsEmpty());
  const auto say = [&](std::size_t meter, bool value) {
    again.on_reading(Reading::flag(site.point_of(MeterId{meter}, Quantity::online), clock.monotonic(), value),
                     clock.now());
  };
  for (int second = 0; second < 60; ++second) {
    clock.advance(1s);
    for (std::size_t i = 0; i < 40; ++i) say(i, false);
    again.advance(clock.now());
  }
  EXPECT_THAT(journal, IsEmpty());
  say(7, true);  // and the first that is heard ends it
  const auto ended = std::ranges::find(journal, bus, &AlarmRecord::alarm);
  ASSERT_NE(ended, journal.end());
  EXPECT_EQ(ended->change, AlarmChange::returned);
}

// Somebody took the rule of the cause out of site.toml while it stood.
TEST_F(SuppressionTest, WhatWasSuppressedByARuleThatIsGoneSpeaksForItself) {
  AlarmRecord kept;
  kept.alarm = site.alarm_named("silent", "m8");
  kept.event = kept.occurrence = 1;
  kept.state = suppressed;
  kept.process = unacknowledged;
  kept.finding = AlarmFinding::offline;
  AlarmEngine again(site, [this](const AlarmRecord& record) { journal.push_back(record); });
  again.restore({&kept, 1}, clock.now());
  for (int second = 0; second < 62; ++second) {
    clock.advance(1s);
    for (std::size_t i = 0; i < 40; ++i)
      again.on_reading(Reading::flag(site.point_of(MeterId{i}, Quantity::online), clock.monotonic(), i != 7),
                       clock.now());
    again.advance(clock.now());
  }
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].change, AlarmChange::unsuppressed);
  EXPECT_TRUE(journal[0].announced);
}

TEST_F(SuppressionTest, ACauseThatWentWhileTheGatewayWasAwayDoesNotSuppressForEver) {
  wait(5s, true);
  wait(5min, false);
  auto before = engine.standing();
  std::erase_if(before, [&](const AlarmRecord& record) { return record.alarm == bus; });
  journal.clear();
  AlarmEngine again(site, [this](const AlarmRecord& record) { journal.push_back(record); });
  again.restore(before, clock.now());
  for (int second = 0; second < 120; ++second) {
    clock.advance(1s);
    for (std::size_t i = 0; i < 40; ++i)
      again.on_reading(Reading::flag(site.point_of(MeterId{i}, Quantity::online), clock.monotonic(), i != 3),
                       clock.now());
    again.advance(clock.now());
  }
  ASSERT_EQ(again.standing().size(), 1u);
  EXPECT_EQ(again.standing()[0].alarm, site.alarm_named("silent", "m4"));
  EXPECT_EQ(again.standing()[0].state, unacknowledged);
  EXPECT_EQ(announced(), 1u);
}

// Fault 38: one dead bridge is one alarm, not forty; nothing that was silent meanwhile is held against the sensors.
TEST(BridgeSuppression, ADeadBridgeIsOneAlarmAndItsSensorsGetTheirTimeAnew) {
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += "[[sensor]]\nid = \"d" + std::to_string(i) + "\"\nkind = \"door\"\ntopic = \"zigbee2mqtt/d" +
            std::to_string(i) + "\"\nsilent_after = \"10min\"\n";
  const Site site = test::sensor_site(text + "[[alarm]]\nid = \"silent\"\nkind = \"device_silent\"\nafter = \"30s\"\n");
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmEngine engine(site, [&](const AlarmRecord& record) { journal.push_back(record); });
  engine.restore({}, clock.now());
  const auto say = [&](PointId point, bool online) {
    engine.on_reading(Reading::flag(point, clock.monotonic(), online), clock.now());
  };
  const auto all = [&](bool online) {
    for (std::size_t i = 0; i < site.sensors.size(); ++i)
      if (site.sensors[i].family == Sensor::Family::zigbee2mqtt)
        say(site.point_of(SensorId{i}, Quantity::online), online);
  };
  const auto wait = [&](std::chrono::seconds time) {
    for (auto left = time; left > 0s; left -= 1s) {
      clock.advance(1s);
      say(site.point_of(MeterId{0}, Quantity::online), true);
      engine.advance(clock.now());
    }
  };
  all(true);
  wait(10s);
  all(false);
  wait(20min);
  EXPECT_EQ(std::ranges::count_if(journal, &AlarmRecord::announced), 1);
  EXPECT_EQ(std::ranges::count(engine.standing(), suppressed, &AlarmRecord::state), 43);
  all(true);
  wait(9min);
  EXPECT_EQ(std::ranges::count_if(journal, &AlarmRecord::announced), 1);
  ASSERT_EQ(engine.standing().size(), 1u);
  EXPECT_EQ(site.rule_of(engine.standing()[0].alarm).kind, AlarmRule::Kind::broker_fault);
}

// Forty doors and their bridge: what the router says, in its order (parents before children).
class DeadBridge : public testing::Test {
 protected:
  static std::string forty_doors(const std::string& family) {
    std::string text;
    for (int i = 0; i < 40; ++i)
      text += "[[sensor]]\nid = \"d" + std::to_string(i) + "\"\nkind = \"door\"\nsilent_after = \"10min\"\n" + family +
              "\n";
    // Each door's silence is an alarm nearly at once: the harshest that a site can ask for.
    return text + "[[alarm]]\nid = \"silent\"\nkind = \"device_silent\"\nafter = \"1ms\"\n";
  }
  explicit DeadBridge(const std::string& family = "topic = \"zigbee2mqtt/d\"")
      : site(test::sensor_site(forty_doors(family))),
        engine(site, [this](const AlarmRecord& record) { journal.push_back(record); }) {
    engine.restore({}, clock.now());
    for (std::size_t i = 0; i < site.sensors.size(); ++i) say(i, true);
    pass(10s);
    journal.clear();
  }
  void say(std::size_t sensor, bool online) {
    clock.advance(2ms);  // one after the other
    engine.on_reading(Reading::flag(site.point_of(SensorId{sensor}, Quantity::online), clock.monotonic(), online),
                      clock.now());
    engine.advance(clock.now());
  }
  void say(std::string_view id, bool online) {
    for (std::size_t i = 0; i < site.sensors.size(); ++i)
      if (site.sensors[i].id == id) return say(i, online);
    FAIL() << id;
  }
  void all_behind(std::string_view parent, bool online) {
    for (std::size_t i = 0; i < site.sensors.size(); ++i)
      if (const auto above = site.sensors[i].parent; above.valid() && site.sensor(above).id == parent) say(i, online);
  }
  void pass(std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) {
      clock.advance(1s);
      // The meter of this site answers all the time.
      engine.on_reading(Reading::flag(site.point_of(MeterId{0}, Quantity::online), clock.monotonic(), true),
                        clock.now());
      engine.advance(clock.now());
    }
  }
  std::vector<AlarmRecord> announced() const {
    std::vector<AlarmRecord> out;
    std::ranges::copy_if(journal, std::back_inserter(out), &AlarmRecord::announced);
    return out;
  }

  Site site;
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmEngine engine;
};

TEST_F(DeadBridge, ItsOwnWordIsOneAlarmThatNamesItAndHowManyAreBehindIt) {
  say("zigbee2mqtt-bridge", false);
  all_behind("zigbee2mqtt-bridge", false);
  pass(20s);
  const auto told = announced();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].alarm, site.alarm_named("broker-fault", "zigbee2mqtt"));
  EXPECT_EQ(told[0].value, 43) << "forty doors and the three of the site";
  EXPECT_EQ(alarm_message(site, told[0], true), "Zigbee bridge is down: 43 devices behind it can't be heard");
  EXPECT_EQ(alarm_message(site, told[0], false), "Zigbee 网桥 断开，其后 43 个设备无法上报");
  for (const auto& record : engine.standing())
    if (record.alarm != told[0].alarm) {
      EXPECT_EQ(record.state, suppressed);
      EXPECT_EQ(record.cause, told[0].alarm);
    }
}

// Sleeping devices have no availability of their own: nobody tells that they are gone, and the bridge is dead all the
// same.
TEST_F(DeadBridge, IsAnAlarmAlsoWhenNotOneDeviceSaysThatItIsGone) {
  say("zigbee2mqtt-bridge", false);
  pass(20s);
  ASSERT_EQ(announced().size(), 1u);
  EXPECT_EQ(announced()[0].alarm, site.alarm_named("broker-fault", "zigbee2mqtt"));
  say("zigbee2mqtt-bridge", true);
  pass(1s);
  ASSERT_EQ(engine.standing().size(), 1u);
  EXPECT_EQ(engine.standing()[0].state, returned_unacknowledged);
}

TEST_F(DeadBridge, ThatIsBackBeforeItsDelayIsOverIsNoAlarmAtAll) {
  for (int i = 0; i < 3; ++i) {
    say("zigbee2mqtt-bridge", false);
    all_behind("zigbee2mqtt-bridge", false);
    pass(5s);
    say("zigbee2mqtt-bridge", true);
    all_behind("zigbee2mqtt-bridge", true);
    pass(30s);
  }
  EXPECT_THAT(announced(), IsEmpty());
  EXPECT_THAT(engine.standing(), IsEmpty());
}

TEST_F(DeadBridge, ADeadBrokerIsOneAlarmForItsBridgesAndTheirDevices) {
  say("mqtt-broker", false);
  for (const auto* each : {"zigbee2mqtt-bridge", "frigate-recorder"}) {
    say(each, false);
    all_behind(each, false);
  }
  engine.observe({AlarmSource::Part::broker, 0, true, 0}, clock.now());  // the app says so, too, a second later
  pass(60s);
  ASSERT_EQ(announced().size(), 1u);
  EXPECT_EQ(announced()[0].alarm, site.alarm_named("broker-fault", "broker"));
  EXPECT_EQ(announced()[0].value, 44) << "and the camera";
  // The broker is back, the bridge is not: now that one tells.
  say("mqtt-broker", true);
  engine.observe({AlarmSource::Part::broker, 0, false, 0}, clock.now());
  say("frigate-recorder", true);
  all_behind("frigate-recorder", true);
  pass(120s);
  ASSERT_EQ(announced().size(), 2u);
  EXPECT_EQ(announced()[1].alarm, site.alarm_named("broker-fault", "zigbee2mqtt"));
}

TEST_F(DeadBridge, OneDeadDoorIsItsOwnAlarm) {
  say("d7", false);
  pass(20s);
  ASSERT_EQ(announced().size(), 1u);
  EXPECT_EQ(announced()[0].alarm, site.alarm_named("silent", "d7"));
}

class DeadTasmotaBridge : public DeadBridge {
 protected:
  DeadTasmotaBridge() : DeadBridge("family = \"tasmota\"\ntopic = \"zb\"\nzigbee_device = \"0x1234\"") {}
};

TEST_F(DeadTasmotaBridge, IsOneAlarmToo) {
  say("zb-bridge", false);
  all_behind("zb-bridge", false);
  pass(20s);
  ASSERT_EQ(announced().size(), 1u);
  EXPECT_EQ(announced()[0].alarm, site.alarm_named("broker-fault", "zb-bridge"));
  EXPECT_EQ(announced()[0].value, 40);
}

class FloodSummaryTest : public testing::Test {};

TEST_F(FloodSummaryTest, AFloodIsAnnouncedAsOneSummary) {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "[[sensor]]\nid = \"d" + std::to_string(i) + "\"\nkind = \"door\"\ntopic = \"zigbee2mqtt/d" +
            std::to_string(i) + "\"\n";
  // Without a delay: all at once.
  const Site site = test::sensor_site(text +
                                      "[[alarm]]\nid = \"wet\"\nkind = \"leak_wet\"\n"
                                      "[[alarm]]\nid = \"door\"\nkind = \"door_open\"\nafter = \"1ms\"\n");
  test::FakeClock clock;
  std::vector<AlarmRecord> journal;
  AlarmEngine engine(site, [&](const AlarmRecord& record) { journal.push_back(record); });
  engine.restore({}, clock.now());
  for (std::size_t i = 0; i < site.sensors.size(); ++i) {
    if (site.sensors[i].kind != Sensor::Kind::door) continue;
    engine.on_reading(Reading::flag(site.point_of(SensorId{i}, Quantity::open), clock.monotonic(), true), clock.now());
    clock.advance(2ms);
    engine.advance(clock.now());
  }
  const auto alone = std::ranges::count_if(journal, &AlarmRecord::announced);
  EXPECT_EQ(journal.size(), 502u) << "all of them are in the journal";
  EXPECT_LE(alone, 9);
  journal.clear();
  for (int second = 0; second < 5; ++second) {
    clock.advance(1s);
    engine.advance(clock.now());
  }
  ASSERT_EQ(std::ranges::count_if(journal, &AlarmRecord::announced), 1);
  EXPECT_EQ(site.rule_of(journal[0].alarm).kind, AlarmRule::Kind::alarm_flood);
  EXPECT_EQ(journal[0].value, 502);
}

}  // namespace
}  // namespace gateway
