// Faults 35 and 36 against a real mosquitto.
#include <algorithm>
#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "collectors/alarms/alarm_engine.hpp"
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

// Half open: the connection stands, and nothing comes any more. Only the keep-alive can tell.
TEST_F(BrokerFault, ABrokerThatFallsSilentIsNoticedByTheKeepAliveAndSubscribedToAnew) {
  broker.start();
  auto site = site_at_broker();
  site.broker->keep_alive = 1s;
  Mailbox<Reading> mailbox(1024);
  SensorListener listener(site, clock, mailbox, doorbell);
  listener.start();
  ASSERT_TRUE(eventually([&] { return listener.broker_status().connected; }));
  broker.freeze();
  EXPECT_TRUE(eventually([&] { return !listener.broker_status().connected; }));
  const auto broker_online = site.point_of(SensorId{site.sensors.size() - 3}, Quantity::online);
  EXPECT_EQ(site.sensor(site.point(broker_online).sensor).id, "mqtt-broker");
  bool told = false;
  mailbox.drain([&](const Reading& reading) {
    told = told || (reading.point() == broker_online && reading.good() && !reading.as_flag());
  });
  EXPECT_TRUE(told);
  broker.thaw();
  ASSERT_TRUE(eventually([&] { return listener.broker_status().connected; }));
  EXPECT_EQ(listener.broker_status().reconnects, 1u);
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  EXPECT_TRUE(eventually([&] {
    sender.session().publish("zigbee2mqtt/b1/east", R"({"contact":true})", false);
    return listener.sensor_status()[0].messages > 0;
  })) << broker.log();
  // Paho once connected beside the session, in MQTT 3.1 (p1), and took the client id from what was subscribed.
  EXPECT_EQ(broker.log().find("as gateway (p1"), std::string::npos) << broker.log();
  listener.stop();
}

TEST_F(BrokerFault, EveryFamilyTakesNonsenseAsCountedNonsenseAndWorksOn) {
  broker.start();
  const auto site = site_at_broker(R"([[sensor]]
id = "tasmota"
kind = "door"
family = "tasmota"
topic = "lobby"
[[sensor]]
id = "shelly1"
kind = "leak"
family = "shelly1"
topic = "shellies/shellyflood-1"
[[sensor]]
id = "shelly2"
kind = "leak"
family = "shelly2"
topic = "shellyfloodg4-1"
[[sensor]]
id = "generic"
kind = "door"
family = "generic"
topic = "plc/roof"
[[sensor.value]]
quantity = "open"
pointer = "/open"
)");
  struct Family {
    std::string_view id, topic, good;
    Quantity quantity;
  };
  constexpr Family families[] = {{"tasmota", "tele/lobby/SENSOR", R"({"Switch1":"ON"})", Quantity::open},
                                 {"shelly1", "shellies/shellyflood-1/sensor/flood", "true", Quantity::wet},
                                 {"shelly2", "shellyfloodg4-1/events/rpc",
                                  R"({"method":"NotifyStatus","params":{"flood:0":{"alarm":true}}})", Quantity::wet},
                                 {"generic", "plc/roof", R"({"open":true})", Quantity::open},
                                 {"gate", "frigate/gate/person", "1", Quantity::person}};
  const std::string nonsense[] = {std::string(1'000'000, '{'), std::string(60'000, '['), std::string("\x00\xff", 2),
                                  "{\"a\":"};
  Mailbox<Reading> mailbox(4096);
  SensorListener listener(site, clock, mailbox, doorbell);
  listener.start();
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  const auto number = [&](std::string_view id) {
    return static_cast<std::size_t>(std::ranges::find(site.sensors, id, &Sensor::id) - site.sensors.begin());
  };
  for (const auto& family : families) {
    const auto sensor = number(family.id);
    const auto point = site.point_of(SensorId{sensor}, family.quantity);
    ASSERT_TRUE(eventually([&] {  // a subscription takes effect a moment after the connection
      sender.session().publish(family.topic, nonsense[3], false);
      return listener.sensor_status()[sensor].undecodable > 0;
    })) << family.id;
    for (const auto& payload : nonsense)
      ASSERT_TRUE(eventually([&] { return sender.session().publish(family.topic, payload, false); }));
    ASSERT_TRUE(eventually([&] { return sender.session().publish(family.topic, family.good, false); }));
    bool told = false;
    EXPECT_TRUE(eventually([&] {
      mailbox.drain([&](const Reading& reading) {
        if (reading.point() != point || !reading.good()) return;
        EXPECT_TRUE(reading.as_flag()) << family.id << " made a value of nonsense";
        told = true;
      });
      return told;
    })) << family.id;
    const auto status = listener.sensor_status()[sensor];
    EXPECT_GE(status.undecodable, std::size(nonsense)) << family.id;
    EXPECT_LE(status.last_bad.size(), 203u);
  }
  listener.stop();
}

TEST_F(BrokerFault, WhatABrokerNeverAcknowledgedIsSaidToBeLost) {
  broker.start();
  auto options = sender_options();
  options.keep_alive = 1s;
  test::MqttClient sender(options);
  ASSERT_TRUE(sender.wait_connects(1));
  std::atomic<int> acknowledged{0}, lost{0};
  const auto publish = [&] {
    sender.session().publish("a", "b", true, [&](Expected<void> taken) { ++(taken ? acknowledged : lost); });
  };
  publish();
  ASSERT_TRUE(eventually([&] { return acknowledged == 1; }));
  broker.freeze();
  for (int i = 0; i < 5; ++i) publish();
  EXPECT_TRUE(eventually([&] { return lost == 5; }));
  EXPECT_EQ(acknowledged, 1);
  broker.thaw();
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

// Fault 38, from the broker to what people are told.
TEST_F(BrokerFault, ABridgeThatGoesOfflineIsOneAlarmWhateverIsBehindIt) {
  broker.start();
  const auto site = site_at_broker("[[alarm]]\nid = \"silent\"\nkind = \"device_silent\"\nafter = \"1ms\"\n");
  Mailbox<Reading> mailbox(1024);
  SensorListener listener(site, clock, mailbox, doorbell);
  std::vector<AlarmRecord> announced;
  AlarmEngine engine(site, [&](const AlarmRecord& record) {
    if (record.announced) announced.push_back(record);
  });
  engine.restore({}, clock.now());
  const auto online = [&](std::string_view id) {
    mailbox.drain([&](const Reading& reading) { engine.on_reading(reading, clock.now()); });
    engine.advance(clock.now());
    for (std::size_t i = 0; i < site.sensors.size(); ++i)
      if (site.sensors[i].id == id) return listener.sensor_status()[i].online;
    return std::optional<bool>{};
  };
  listener.start();
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  ASSERT_TRUE(eventually([&] { return listener.broker_status().connected; }));
  const auto say = [&](const std::string& topic, const std::string& state) {
    ASSERT_TRUE(eventually(
        [&] { return sender.session().publish("zigbee2mqtt/" + topic, "{\"state\":\"" + state + "\"}", true); }));
  };
  say("bridge/state", "online");
  for (const auto* device : {"b1/east", "b1/west", "pump-room"}) say(std::string(device) + "/availability", "online");
  for (const auto* id : {"zigbee2mqtt-bridge", "east", "west", "pump-room"})
    ASSERT_TRUE(eventually([&] { return online(id) == true; })) << id;

  say("bridge/state", "offline");
  ASSERT_TRUE(eventually([&] { return online("pump-room") == false; }));
  for (int second = 0; second < 60; ++second) {
    clock.advance(1s);
    engine.on_reading(Reading::flag(site.point_of(MeterId{0}, Quantity::online), clock.monotonic(), true), clock.now());
    online("");
  }
  ASSERT_EQ(announced.size(), 1u);
  EXPECT_EQ(announced[0].alarm, site.alarm_named("broker-fault", "zigbee2mqtt"));
  EXPECT_EQ(announced[0].value, 3);
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

// Doors and leaks would be blind, and nobody would know.
TEST_F(BrokerFault, ASessionWhoseMessagesAreNotTakenAnyMoreDoesNotMove) {
  broker.start();
  std::atomic<bool> held{true};
  auto options = sender_options();
  options.client_id = "receiver";
  options.subscriptions = {"door"};
  std::atomic<int> begun{0};
  MqttSession session(options, {[&](std::string_view, std::string_view, bool) {
                                  ++begun;
                                  while (held) std::this_thread::sleep_for(1ms);
                                },
                                [](MqttState, std::string_view) {}});
  session.start();
  test::MqttClient sender(sender_options());
  ASSERT_TRUE(sender.wait_connects(1));
  const auto grows = [&] {
    const auto before = session.beats();
    return eventually([&] { return session.beats() > before; });
  };
  ASSERT_TRUE(grows());
  // Paho calls with its lock held: whoever publishes meanwhile is held up, too.
  auto publishing = std::async(std::launch::async, [&] {
    return eventually([&] {
      sender.session().publish("door", "open", false);
      return begun > 0;
    });
  });
  ASSERT_TRUE(eventually([&] { return begun > 0; }));
  const auto stands_still = [&] {
    const auto before = session.beats();
    std::this_thread::sleep_for(2500ms);
    return session.beats() == before;
  };
  EXPECT_TRUE(stands_still() || stands_still());
  held = false;
  EXPECT_TRUE(publishing.get());
  EXPECT_TRUE(grows());
}

}  // namespace
}  // namespace gateway
