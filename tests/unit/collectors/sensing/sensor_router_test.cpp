#include "collectors/sensing/sensor_router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using enum Quantity;

constexpr SensorId east{0};
constexpr SensorId west{1};
constexpr SensorId pump_room{2};
constexpr SensorId gate{3};

struct Told {
  SensorId sensor;
  Quantity quantity{};
  double value = 0;
  bool retained = false;

  bool operator==(const Told&) const = default;
};
void PrintTo(const Told& told, std::ostream* out) {
  *out << told.sensor.index() << ' ' << traits(told.quantity).name << ' ' << told.value << (told.retained ? " r" : "");
}

class SensorRouterTest : public testing::Test {
 protected:
  Site site = test::sensor_site();
  test::FakeClock clock;
  Mailbox<Reading> mailbox{64};
  Doorbell doorbell;
  SensorRouter router{site, clock, mailbox, doorbell};
  std::vector<std::pair<std::string, bool>> bridges;
  std::vector<std::pair<SensorId, Quantity>> no_longer_known;

  std::vector<Told> told() {
    std::vector<Told> out;
    mailbox.drain([&](const Reading& reading) {
      const auto& point = site.point(reading.point());
      if (!reading.good()) {
        no_longer_known.emplace_back(point.sensor, point.quantity);
        return;
      }
      if (point.sensor > gate) {  // bridges and the broker come behind the sensors of the file
        bridges.emplace_back(site.sensor(point.sensor).id, reading.as_flag());
        return;
      }
      const bool flag = traits(point.quantity).kind == ValueKind::flag;
      out.push_back({point.sensor, point.quantity, flag ? (reading.as_flag() ? 1.0 : 0.0) : reading.as_gauge(),
                     reading.retained()});
    });
    return out;
  }
  std::vector<Told> after(std::string_view topic, std::string_view payload, bool retained = false) {
    router.message(topic, payload, retained);
    return told();
  }
  // Connected, and every sensor heard of.
  void settle() {
    router.connection(true, "");
    router.message("zigbee2mqtt/b1/east", R"({"contact":true})", false);
    router.message("zigbee2mqtt/b1/west", R"({"contact":true})", false);
    router.message("zigbee2mqtt/pump-room", R"({"water_leak":false})", false);
    router.message("frigate/available", "online", true);
    told();
  }
  static std::string event(std::string_view type, std::string_view id, std::string_view label,
                           std::string_view camera = "gate") {
    return R"({"type":")" + std::string(type) + R"(","after":{"id":")" + std::string(id) + R"(","camera":")" +
           std::string(camera) + R"(","label":")" + std::string(label) + R"("}})";
  }
};

TEST_F(SensorRouterTest, SubscribesToWhatTheSiteNamesAndNoWildcards) {
  EXPECT_THAT(router.subscriptions(),
              UnorderedElementsAre("zigbee2mqtt/b1/east", "zigbee2mqtt/b1/east/availability", "zigbee2mqtt/b1/west",
                                   "zigbee2mqtt/b1/west/availability", "zigbee2mqtt/pump-room",
                                   "zigbee2mqtt/pump-room/availability", "zigbee2mqtt/bridge/state",
                                   "frigate/gate/person", "frigate/gate/motion", "frigate/gate/status/detect",
                                   "frigate/gate/status/record", "frigate/events", "frigate/available"));
}

TEST_F(SensorRouterTest, ALiveMessageGivesItsValuesAndSaysOnline) {
  router.connection(true, "");
  EXPECT_THAT(after("zigbee2mqtt/b1/east", R"({"contact":false,"battery":97})"),
              UnorderedElementsAre(Told{east, open, 1}, Told{east, battery_pct, 97}, Told{east, online, 1}));
  EXPECT_THAT(after("zigbee2mqtt/b1/east", R"({"contact":true})"), ElementsAre(Told{east, open, 0}));
}

TEST_F(SensorRouterTest, ARetainedMessageIsMarkedAndIsNoSignOfLife) {
  router.connection(true, "");
  EXPECT_THAT(after("zigbee2mqtt/b1/east", R"({"contact":false})", true), ElementsAre(Told{east, open, 1, true}));
  EXPECT_EQ(router.sensor_status()[0].last_seen, std::nullopt);
  EXPECT_EQ(router.sensor_status()[0].online, std::nullopt);
  EXPECT_THAT(after("zigbee2mqtt/b1/east/availability", "online", true), ElementsAre(Told{east, online, 1, true}));
}

TEST_F(SensorRouterTest, AvailabilityIsToldOnceAChange) {
  settle();
  EXPECT_THAT(after("zigbee2mqtt/b1/east/availability", R"({"state":"offline"})"), ElementsAre(Told{east, online, 0}));
  EXPECT_THAT(after("zigbee2mqtt/b1/east/availability", R"({"state":"offline"})"), IsEmpty());
  EXPECT_THAT(after("zigbee2mqtt/b1/east/availability", "online"), ElementsAre(Told{east, online, 1}));
}

TEST_F(SensorRouterTest, ADeadBridgeTakesItsSensorsDownAndBringsThemBackAsTheyWere) {
  settle();
  router.message("zigbee2mqtt/b1/west/availability", "offline", false);
  told();
  EXPECT_THAT(after("zigbee2mqtt/bridge/state", R"({"state":"offline"})"),
              UnorderedElementsAre(Told{east, online, 0}, Told{pump_room, online, 0}));
  EXPECT_THAT(after("zigbee2mqtt/bridge/state", R"({"state":"online"})"),
              UnorderedElementsAre(Told{east, online, 1}, Told{pump_room, online, 1}));
}

TEST_F(SensorRouterTest, CamerasAreAsAvailableAsTheRecorder) {
  router.connection(true, "");
  EXPECT_THAT(after("frigate/available", "online", true), ElementsAre(Told{gate, online, 1, true}));
  EXPECT_THAT(after("frigate/available", "stopped"), ElementsAre(Told{gate, online, 0}));
}

TEST_F(SensorRouterTest, ALostBrokerTakesEverythingDownAndItsReturnBringsItBack) {
  settle();
  router.connection(false, "gone");
  EXPECT_THAT(told(), UnorderedElementsAre(Told{east, online, 0}, Told{west, online, 0}, Told{pump_room, online, 0},
                                           Told{gate, online, 0}));
  EXPECT_EQ(router.broker_status().last_error, "gone");
  router.connection(true, "");
  EXPECT_THAT(told(), UnorderedElementsAre(Told{east, online, 1}, Told{west, online, 1}, Told{pump_room, online, 1},
                                           Told{gate, online, 1}));
  EXPECT_EQ(router.broker_status().reconnects, 1u);
}

TEST_F(SensorRouterTest, ASensorThatWasSilentTooLongIsOfflineUntilItSpeaks) {
  settle();
  clock.advance(2h - 1s);
  router.tick();
  EXPECT_THAT(told(), IsEmpty());
  clock.advance(1s);
  router.tick();
  EXPECT_THAT(told(), UnorderedElementsAre(Told{east, online, 0}, Told{west, online, 0}));
  router.tick();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(after("zigbee2mqtt/b1/east", R"({"contact":true})"),
              UnorderedElementsAre(Told{east, open, 0}, Told{east, online, 1}));
}

TEST_F(SensorRouterTest, WhatCantBeDecodedIsCountedAndIsNoSignOfLife) {
  router.connection(true, "");
  EXPECT_THAT(after("zigbee2mqtt/b1/east", "{broken"), IsEmpty());
  const auto status = router.sensor_status()[0];
  EXPECT_EQ(status.messages, 1u);
  EXPECT_EQ(status.undecodable, 1u);
  EXPECT_THAT(status.last_error, HasSubstr("not JSON"));
  EXPECT_EQ(status.online, std::nullopt);
}

TEST_F(SensorRouterTest, TheBrokersWordsThatCantBeDecodedAreCountedToo) {
  router.connection(true, "");
  EXPECT_THAT(after("zigbee2mqtt/bridge/state", "perhaps"), IsEmpty());
  EXPECT_THAT(after("frigate/events", "{}"), IsEmpty());
  EXPECT_EQ(router.broker_status().undecodable, 2u);
}

TEST_F(SensorRouterTest, APersonIsSeenFromTheFirstEventsStartToTheLastOnesEnd) {
  settle();
  EXPECT_THAT(after("frigate/events", event("new", "a", "person")), ElementsAre(Told{gate, person, 1}));
  EXPECT_THAT(after("frigate/events", event("new", "b", "person")), ElementsAre(Told{gate, person, 1}));
  EXPECT_THAT(after("frigate/events", event("end", "a", "person")), ElementsAre(Told{gate, person, 1}));
  EXPECT_THAT(after("frigate/events", event("end", "b", "person")), ElementsAre(Told{gate, person, 0}));
  EXPECT_THAT(after("frigate/events", event("update", "c", "car")), ElementsAre(Told{gate, vehicle, 1}));
  EXPECT_THAT(after("frigate/events", event("new", "d", "dog")), IsEmpty());
}

TEST_F(SensorRouterTest, ACountOfZeroHealsAMissedEnd) {
  settle();
  router.message("frigate/events", event("new", "a", "person"), false);
  EXPECT_THAT(after("frigate/gate/person", "0").back(), (Told{gate, person, 0}));
  EXPECT_THAT(after("frigate/events", event("new", "b", "person")), ElementsAre(Told{gate, person, 1}));
  EXPECT_THAT(after("frigate/events", event("end", "b", "person")), ElementsAre(Told{gate, person, 0}));
}

TEST_F(SensorRouterTest, OpenEventsAreBounded) {
  settle();
  for (int i = 0; i < 10'000; ++i) {
    router.message("frigate/events", event("new", std::to_string(i), "person"), false);
    told();
  }
  EXPECT_THAT(after("frigate/gate/person", "0"), ElementsAre(Told{gate, person, 0}));
}

TEST_F(SensorRouterTest, ACameraThatTheSiteDoesNotNameIsUnrouted) {
  settle();
  EXPECT_THAT(after("frigate/events", event("new", "a", "person", "roof")), IsEmpty());
  EXPECT_THAT(after("somewhere/else", "1"), IsEmpty());
  EXPECT_EQ(router.broker_status().unrouted, 2u);
}

// Regression: the session used to tell `connected` after its subscriptions; a message that overtakes it must not say
// that the sensor went offline when nothing is known.
TEST_F(SensorRouterTest, NoSensorIsToldOfflineBeforeTheFirstConnectionButTheBrokerIs) {
  router.connection(false, "connection refused");
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(bridges, ElementsAre(Pair("mqtt-broker", false)));
}

TEST_F(SensorRouterTest, ADeadBridgeIsToldBeforeItsSensorsInBothDirections) {
  settle();
  bridges.clear();
  for (const bool online_now : {false, true}) {
    router.message("zigbee2mqtt/bridge/state", online_now ? "online" : "offline", false);
    std::vector<SensorId> order;
    mailbox.drain([&](const Reading& reading) {
      if (reading.good()) order.push_back(site.point(reading.point()).sensor);
    });
    ASSERT_FALSE(order.empty());
    EXPECT_EQ(site.sensor(order.front()).id, "zigbee2mqtt-bridge");
    for (const auto sensor : order) EXPECT_TRUE(sensor == order.front() || site.sensor(sensor).parent == order.front());
  }
}

TEST_F(SensorRouterTest, ALostBrokerIsToldFirstThenBridgesThenSensors) {
  settle();
  router.message("zigbee2mqtt/bridge/state", "online", true);
  told();
  router.connection(false, "gone");
  std::vector<std::string> order;
  mailbox.drain([&](const Reading& reading) {
    if (reading.good()) order.push_back(site.sensor(site.point(reading.point()).sensor).id);
  });
  ASSERT_EQ(order.size(), 7u);
  EXPECT_EQ(order.front(), "mqtt-broker");
  const auto place = [&](std::string_view id) { return std::ranges::find(order, id) - order.begin(); };
  EXPECT_LT(place("zigbee2mqtt-bridge"), place("east"));
  EXPECT_LT(place("frigate-recorder"), place("gate"));
}

TEST_F(SensorRouterTest, WhatAnOfflineSensorSaidLastIsOfBadQuality) {
  settle();
  router.message("zigbee2mqtt/b1/east/availability", "offline", false);
  told();
  EXPECT_THAT(no_longer_known, ElementsAre(Pair(east, open)));
  no_longer_known.clear();
  router.message("zigbee2mqtt/b1/east/availability", "online", false);
  EXPECT_THAT(after("zigbee2mqtt/b1/east/availability", "offline"),
              ElementsAre(Told{east, online, 1}, Told{east, online, 0}));
  EXPECT_THAT(no_longer_known, IsEmpty()) << "it has said nothing since";
}

TEST_F(SensorRouterTest, ASensorThatIsNeverHeardOfIsSilentToo) {
  router.connection(true, "");
  told();
  clock.advance(2h);
  router.tick();
  EXPECT_THAT(told(), UnorderedElementsAre(Told{east, online, 0}, Told{west, online, 0}));
}

TEST_F(SensorRouterTest, ARetainedMessageThatTellsItsTimeCarriesItsAge) {
  router.connection(true, "");
  const auto said = [&](std::chrono::seconds ago) {
    return R"({"contact":false,"last_seen":)" + std::to_string(to_ms(clock.utc() - ago)) + "}";
  };
  const auto now = clock.monotonic();
  router.message("zigbee2mqtt/b1/east", said(600s), true);
  std::optional<MonotonicTime> at;
  mailbox.drain([&](const Reading& reading) {
    if (site.point(reading.point()).quantity == open) at = reading.time();
  });
  ASSERT_TRUE(at);
  EXPECT_LT(now - *at - 600s, 1s);
  // Two hours of silence are over ten minutes before two hours from now.
  clock.advance(2h - 600s);
  router.tick();
  EXPECT_THAT(told(), ElementsAre(Told{east, online, 0}));
}

TEST_F(SensorRouterTest, ARetainedMessageFromTheFutureHasNoAge) {
  router.connection(true, "");
  router.message("zigbee2mqtt/b1/east", R"({"contact":false,"last_seen":"2199-01-01T00:00:00Z"})", true);
  mailbox.drain([&](const Reading& reading) { EXPECT_LE(reading.time(), clock.monotonic()); });
}

TEST_F(SensorRouterTest, ACameraWhoseDetectorIsDownIsOfflineWhateverTheRecorderSays) {
  router.connection(true, "");
  router.message("frigate/available", "online", true);
  told();
  EXPECT_THAT(after("frigate/gate/status/detect", "offline"), ElementsAre(Told{gate, online, 0}));
  EXPECT_THAT(after("frigate/gate/status/record", "disabled"), IsEmpty());
  EXPECT_THAT(after("frigate/gate/status/detect", "online"), ElementsAre(Told{gate, online, 1}));
}

TEST_F(SensorRouterTest, TheLastPayloadThatWasNotUnderstoodIsKeptAndCountedByKind) {
  router.connection(true, "");
  router.message("zigbee2mqtt/b1/east", "{\"contact\":\x01\n", false);
  router.message("zigbee2mqtt/b1/east", R"({"contact":"open"})", false);
  const auto status = router.sensor_status()[0];
  EXPECT_EQ(status.undecodable, 2u);
  EXPECT_EQ(status.faults[static_cast<std::size_t>(PayloadFault::not_json)], 1u);
  EXPECT_EQ(status.faults[static_cast<std::size_t>(PayloadFault::wrong_value)], 1u);
  EXPECT_EQ(status.last_bad, R"({"contact":"open"})");
}

TEST_F(SensorRouterTest, AFullMailboxIsCountedAndDoesNotBlock) {
  settle();
  for (int i = 0; i < 1000; ++i)
    router.message("zigbee2mqtt/b1/east", i % 2 == 0 ? R"({"contact":false})" : R"({"contact":true})", false);
  EXPECT_EQ(mailbox.dropped(), 1000u - 64u);
}

}  // namespace
}  // namespace gateway
