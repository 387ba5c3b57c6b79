// Faults 35 and 36 against a real mosquitto.
#include <gtest/gtest.h>

#include "collectors/sensing/sensor_listener.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/mqtt_client.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class BrokerFault : public testing::Test {
 protected:
  // By default mosquitto queues 1,000 messages a client and drops the rest, also of what is retained.
  test::Mosquitto broker{"allow_anonymous true\nmax_queued_messages 20000\n"};
  test::FakeClock clock;
  Doorbell doorbell;

  MqttOptions sender_options() {
    MqttOptions out;
    out.url = broker.url();
    out.client_id = "sender";
    return out;
  }
  Site site_at_broker(std::string_view more = "") {
    auto site = test::sensor_site(more);
    site.broker->url = broker.url();
    site.broker->client_id = "gateway";
    return site;
  }
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
};

TEST_F(BrokerFault, ARestartedBrokerIsAGapOnRecordAndRetainedValuesComeBackMarked) {
  broker.start();
  const auto site = site_at_broker();
  Mailbox<Reading> mailbox(1024);
  SensorListener listener(site, clock, mailbox, doorbell);
  listener.start();
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  ASSERT_TRUE(eventually([&] { return listener.broker_status().connected; }));
  ASSERT_TRUE(eventually([&] {
    sender.session().publish("zigbee2mqtt/b1/east", R"({"contact":false})", false);
    return listener.sensor_status()[0].online == true;
  }));
  broker.stop();
  ASSERT_TRUE(eventually([&] { return listener.sensor_status()[0].online == false; }));
  EXPECT_FALSE(listener.broker_status().connected);
  mailbox.drain([](const Reading&) {});

  broker.start();
  ASSERT_TRUE(sender.wait_connects(2));
  // Retained before the gateway subscribes or after: at the latest the restart below brings it as retained.
  sender.session().publish("zigbee2mqtt/pump-room", R"({"water_leak":true})", true);
  ASSERT_TRUE(eventually([&] { return listener.broker_status().connected; }));
  EXPECT_EQ(listener.broker_status().reconnects, 1u);
  EXPECT_TRUE(eventually([&] { return listener.sensor_status()[2].messages > 0; }));
  EXPECT_TRUE(eventually([&] { return listener.sensor_status()[0].online == true; }));

  mailbox.drain([](const Reading&) {});
  auto other = site;
  other.broker->client_id = "second";
  SensorListener second(other, clock, mailbox, doorbell);
  listener.stop();
  mailbox.drain([](const Reading&) {});
  second.start();
  ASSERT_TRUE(eventually([&] { return second.sensor_status()[2].messages > 0; }));
  std::vector<Reading> told;
  mailbox.drain([&](const Reading& reading) { told.push_back(reading); });
  const auto wet = site.point_of(SensorId{2}, Quantity::wet);
  ASSERT_FALSE(told.empty());
  for (const auto& reading : told)
    if (reading.point() == wet) {
      EXPECT_TRUE(reading.retained());
      EXPECT_TRUE(reading.as_flag());
    }
  second.stop();
}

TEST_F(BrokerFault, TenThousandRetainedMessagesAtOnceAreTakenOrCountedAndNothingBlocks) {
  broker.start();
  std::string many;
  for (int i = 0; i < 10'000; ++i)
    many += "[[sensor]]\nid = \"d" + std::to_string(i) + "\"\nkind = \"door\"\ntopic = \"many/" + std::to_string(i) +
            "\"\n";
  const auto site = site_at_broker(many);
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  for (int i = 0; i < 10'000; ++i)
    ASSERT_TRUE(eventually([&] {
      return sender.session().publish("many/" + std::to_string(i), R"({"contact":false,"battery":50})", true);
    }));
  Mailbox<Reading> mailbox(1024);  // nobody drains it
  SensorListener listener(site, clock, mailbox, doorbell);
  listener.start();
  EXPECT_TRUE(eventually([&] { return listener.broker_status().messages >= 10'000; }));
  EXPECT_GE(mailbox.dropped(), 2u * 10'000u - 1024u);
  listener.stop();
}

TEST_F(BrokerFault, MegabytesAndBrokenJsonAreCountedAndTheNextMessageStillComesThrough) {
  broker.start();
  const auto site = site_at_broker();
  Mailbox<Reading> mailbox(1024);
  SensorListener listener(site, clock, mailbox, doorbell);
  listener.start();
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  ASSERT_TRUE(eventually([&] {
    sender.session().publish("zigbee2mqtt/b1/east", R"({"contact":true})", false);
    return listener.sensor_status()[0].messages > 0;
  }));
  const std::string payloads[] = {std::string(1'000'000, 'x'), std::string(60'000, '['),
                                  "{\"contact\":", std::string(1000, '\0'), ""};
  for (const auto& payload : payloads)
    ASSERT_TRUE(eventually([&] { return sender.session().publish("zigbee2mqtt/b1/east", payload, false); }));
  EXPECT_TRUE(eventually([&] { return listener.sensor_status()[0].undecodable == std::size(payloads); }));
  mailbox.drain([](const Reading&) {});
  sender.session().publish("zigbee2mqtt/b1/east", R"({"contact":false})", false);
  bool opened = false;
  EXPECT_TRUE(eventually([&] {
    mailbox.drain([&](const Reading& reading) {
      opened = opened || (reading.point() == site.point_of(SensorId{0}, Quantity::open) && reading.as_flag());
    });
    return opened;
  }));
  listener.stop();
}

TEST_F(BrokerFault, ABrokerThatOwesItsAcknowledgementsBoundsWhatWaitsAndDoesNotHoldUpTheEnd) {
  broker.start();
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  broker.freeze();
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += sender.session().publish("a", "b", false) ? 1 : 0;
  EXPECT_EQ(taken, most_unacknowledged);
  const auto before = std::chrono::steady_clock::now();
  sender.session().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  broker.thaw();
}

}  // namespace
}  // namespace gateway
