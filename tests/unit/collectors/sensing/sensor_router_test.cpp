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

  std::vector<Told> told() {
    std::vector<Told> out;
    mailbox.drain([&](const Reading& reading) {
      const auto& point = site.point(reading.point());
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
                                   "frigate/gate/person", "frigate/events", "frigate/available"));
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
TEST_F(SensorRouterTest, NothingIsToldOfflineBeforeTheFirstConnection) {
  router.connection(false, "connection refused");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(SensorRouterTest, AFullMailboxIsCountedAndDoesNotBlock) {
  settle();
  for (int i = 0; i < 1000; ++i)
    router.message("zigbee2mqtt/b1/east", i % 2 == 0 ? R"({"contact":false})" : R"({"contact":true})", false);
  EXPECT_EQ(mailbox.dropped(), 1000u - 64u);
}

}  // namespace
}  // namespace gateway
