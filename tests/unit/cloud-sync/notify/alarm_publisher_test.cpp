#include "cloud-sync/notify/alarm_publisher.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/notify_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using enum AlarmState;
using test::door_alarm;
using test::leak_alarm;

class AlarmPublisherTest : public testing::Test {
 protected:
  AlarmPublisherTest() { start(); }
  void start(std::vector<AlarmRecord> states = {}) {
    publisher.reset();
    publisher.emplace(site.notifiers[0], site, clock, journal.access(), journal.saved, describe, states);
    MqttChannel channel;
    channel.publish = [this](const std::string& topic, const std::string& payload, bool retained,
                             std::function<void(bool)> done) {
      EXPECT_TRUE(retained);
      published.emplace_back(topic, payload);
      answer = std::move(done);
      if (acknowledges) answer(true);
    };
    publisher->use(channel);
  }
  void settle() {
    for (int i = 0; i < 100; ++i) (void)publisher->step();
  }
  [[nodiscard]] std::vector<std::string> payloads_of(std::string_view topic) const {
    std::vector<std::string> out;
    for (const auto& [each, payload] : published)
      if (each == topic) out.push_back(payload);
    return out;
  }

  Site site = test::notify_site("[[notify]]\nid = \"ha\"\nkind = \"mqtt\"\n");
  test::FakeClock clock;
  test::FakeJournal journal{site};
  DescribeAlarm describe = [](const AlarmRecord&, bool) { return std::string("text"); };
  std::optional<AlarmPublisher> publisher;
  std::vector<std::pair<std::string, std::string>> published;
  std::function<void(bool)> answer;
  bool acknowledges = true;
};

constexpr std::string_view door_topic = "gateway/cangshan/alarm/door-open/east";

TEST_F(AlarmPublisherTest, OnEveryConnectEachAlarmAnnouncesItselfAndSaysHowItStands) {
  publisher->connected(true, "");
  settle();
  EXPECT_EQ(published.size(), 1u + 2 * site.alarms.size());
  EXPECT_EQ(published[0], std::pair(std::string("gateway/cangshan/alarms/status"), std::string("online")));
  const auto config =
      boost::json::parse(payloads_of("homeassistant/binary_sensor/gateway_cangshan/door-open_east/config").at(0))
          .as_object();
  EXPECT_EQ(std::string(config.at("state_topic").as_string()), door_topic);
  EXPECT_EQ(config.at("device_class"), "problem");
  EXPECT_EQ(boost::json::parse(payloads_of(door_topic).at(0)).at("active"), "OFF");
  published.clear();
  publisher->connected(false, "gone");
  publisher->connected(true, "");
  settle();
  EXPECT_EQ(published.size(), 1u + 2 * site.alarms.size());
}

TEST_F(AlarmPublisherTest, EveryChangeIsPublishedInOrderWithItsId) {
  publisher->connected(true, "");
  settle();
  published.clear();
  journal.add(door_alarm, unacknowledged, clock.utc());
  journal.add(door_alarm, acknowledged, clock.utc(), "王伟");
  settle();
  const auto said = payloads_of(door_topic);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(boost::json::parse(said[0]).at("id"), "cangshan-4711");
  EXPECT_EQ(boost::json::parse(said[1]).at("by"), "王伟");
  EXPECT_EQ(boost::json::parse(said[1]).at("active"), "ON");
  EXPECT_EQ(journal.saved.event, 4712);
  EXPECT_EQ(publisher->status().sent, 2u);
}

TEST_F(AlarmPublisherTest, WhatTheBrokerHasNotAcknowledgedIsPublishedAgainAndThePlaceIsNotSaved) {
  publisher->connected(true, "");
  settle();
  published.clear();
  acknowledges = false;
  journal.add(door_alarm, unacknowledged, clock.utc());
  settle();
  EXPECT_EQ(payloads_of(door_topic).size(), 1u);
  EXPECT_EQ(journal.saved.event, 0);
  const auto late = answer;
  clock.advance(11s);
  settle();
  EXPECT_EQ(payloads_of(door_topic).size(), 2u);
  late(true);  // of the attempt that was given up
  settle();
  EXPECT_EQ(journal.saved.event, 0);
  answer(true);
  settle();
  EXPECT_EQ(journal.saved.event, 4711);
}

TEST_F(AlarmPublisherTest, ALostConnectionLosesNoChange) {
  publisher->connected(true, "");
  settle();
  acknowledges = false;
  journal.add(leak_alarm, unacknowledged, clock.utc());
  settle();
  publisher->connected(false, "gone");
  journal.add(leak_alarm, acknowledged, clock.utc(), "王伟");
  settle();
  EXPECT_EQ(publisher->status().state, NotifierStatus::State::retrying);
  acknowledges = true;
  published.clear();
  publisher->connected(true, "");
  settle();
  const auto said = payloads_of("gateway/cangshan/alarm/leak/pump");
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(boost::json::parse(said[0]).at("id"), "cangshan-4711");
  EXPECT_EQ(boost::json::parse(said[1]).at("id"), "cangshan-4712");
}

// A week without a broker, with a signal that chatters all the while.
TEST_F(AlarmPublisherTest, WhatABrokerThatIsAwayMissesWaitsInTheJournalAndNotInMemory) {
  for (int i = 0; i < 5'000; ++i)
    journal.add(door_alarm, i % 2 == 0 ? unacknowledged : returned_unacknowledged, clock.utc());
  settle();
  EXPECT_LE(publisher->status().pending, AlarmPublisher::most_waiting + 500 + 2 * site.alarms.size());
  publisher->connected(true, "");
  for (int i = 0; i < 6'000 && journal.saved.event == 0; ++i) (void)publisher->step();
  EXPECT_EQ(journal.saved.event, 4'710 + 5'000);
  std::size_t next = 4'711;
  for (const auto& payload : payloads_of(door_topic)) {
    const auto id = boost::json::parse(payload).at("id");
    if (!id.is_string()) continue;
    EXPECT_EQ(id.as_string(), "cangshan-" + std::to_string(next++));
  }
  EXPECT_EQ(next, 4'711u + 5'000);
}

TEST_F(AlarmPublisherTest, AnAlarmThatTheSiteDoesNotHaveAnyMoreIsTakenBackOnce) {
  journal.saved.memory = "door-open east\ndoor-open gone\n";
  start();
  settle();
  EXPECT_TRUE(published.empty()) << "without a broker";
  start();
  publisher->connected(true, "");
  settle();
  EXPECT_EQ(payloads_of("gateway/cangshan/alarm/door-open/gone"), std::vector<std::string>{""});
  EXPECT_EQ(payloads_of("homeassistant/binary_sensor/gateway_cangshan/door-open_gone/config"),
            std::vector<std::string>{""});
  EXPECT_EQ(payloads_of(door_topic).size(), 1u);
  EXPECT_NE(payloads_of(door_topic)[0], "");
  published.clear();
  start();
  publisher->connected(true, "");
  settle();
  EXPECT_TRUE(payloads_of("gateway/cangshan/alarm/door-open/gone").empty());
  EXPECT_EQ(published.size(), 1u + 2 * site.alarms.size());
}

TEST_F(AlarmPublisherTest, AStandingAlarmIsThereAgainAfterARestartWithoutBeingNews) {
  AlarmRecord standing;
  standing.alarm = leak_alarm;
  standing.state = standing.process = acknowledged;
  standing.by = "王伟";
  standing.raised = standing.changed = clock.utc();
  start({standing});
  publisher->connected(true, "");
  settle();
  const auto state = boost::json::parse(payloads_of("gateway/cangshan/alarm/leak/pump").at(0));
  EXPECT_EQ(state.at("active"), "ON");
  EXPECT_TRUE(state.at("id").is_null());
  EXPECT_EQ(publisher->status().sent, 0u);
}

}  // namespace
}  // namespace gateway
