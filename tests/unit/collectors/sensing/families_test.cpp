// Each family's topics through the router, as a site would name them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/sensing/sensor_router.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

class FamiliesTest : public testing::Test {
 protected:
  static std::string site_with(std::string_view sensor) {
    return "[site]\nid = \"s\"\n[broker]\nurl = \"mqtt://127.0.0.1\"\n[[sensor]]\nid = \"one\"\n" + std::string(sensor);
  }
  void use(std::string_view sensor) {
    site.emplace(test::make_site(site_with(sensor)));
    router.emplace(*site, clock, mailbox, doorbell);
    router->connection(true, "");
  }
  void say(std::string_view topic, std::string_view payload, bool retained = false) {
    router->message(topic, payload, retained);
    mailbox.drain([&](const Reading& reading) {
      if (site->point(reading.point()).sensor != SensorId{0} || !reading.good()) return;
      const auto quantity = site->point(reading.point()).quantity;
      last[quantity] = traits(quantity).kind == ValueKind::flag ? (reading.as_flag() ? 1.0 : 0.0) : reading.as_gauge();
    });
  }
  [[nodiscard]] std::string parent() const {
    const auto id = site->sensors[0].parent;
    return id.valid() ? site->sensor(id).id : "";
  }

  test::FakeClock clock;
  std::optional<Site> site;
  Mailbox<Reading> mailbox{256};
  Doorbell doorbell;
  std::optional<SensorRouter> router;
  std::map<Quantity, double> last;
};

TEST_F(FamiliesTest, ATasmotaDoorSpeaksBySwitchInEitherShapeAndItsLastWillIsItsPresence) {
  use("kind = \"door\"\nfamily = \"tasmota\"\ntopic = \"lobby\"\n");
  say("tele/lobby/LWT", "Online", true);
  EXPECT_EQ(last[online], 1);
  say("tele/lobby/SENSOR", R"({"Time":"2021-06-27T15:03:44+02:00","Switch1":"ON"})");
  EXPECT_EQ(last[open], 1);
  say("stat/lobby/RESULT", R"({"Switch1":{"Action":"OFF"}})");
  EXPECT_EQ(last[open], 0);
  say("tele/lobby/LWT", "Offline");
  EXPECT_EQ(last[online], 0);
  EXPECT_EQ(parent(), "mqtt-broker");
}

TEST_F(FamiliesTest, ATasmotaContactThatClosesToGroundIsInverted) {
  use("kind = \"door\"\nfamily = \"tasmota\"\ntopic = \"lobby\"\nkey = \"POWER2\"\ninverted = true\n");
  say("stat/lobby/POWER2", "ON");
  EXPECT_EQ(last[open], 0);
  say("stat/lobby/RESULT", R"({"POWER2":"OFF"})");
  EXPECT_EQ(last[open], 1);
}

TEST_F(FamiliesTest, AZigbeeDeviceBehindTasmotaHearsItsOwnReportsOnlyAndHasTheBridgeAsParent) {
  use("kind = \"leak\"\nfamily = \"tasmota\"\ntopic = \"zb\"\nzigbee_device = \"cellar\"\n");
  say("tele/zb/SENSOR", R"({"ZbReceived":{"0x1111":{"Device":"0x1111","Water":1,"LinkQuality":9}}})");
  EXPECT_FALSE(last.contains(wet));
  EXPECT_EQ(router->sensor_status()[0].messages, 0u);
  say("tele/zb/SENSOR", R"({"ZbReceived":{"0x2916":{"Device":"0x2916","Name":"cellar","Water":1,"LinkQuality":116}}})");
  EXPECT_EQ(last[wet], 1);
  EXPECT_EQ(last[link_quality], 116);
  EXPECT_EQ(parent(), "zb-bridge");
  say("tele/zb/LWT", "Offline");
  EXPECT_EQ(last[online], 0);
}

TEST_F(FamiliesTest, TasmotaWithAFullTopicOfItsOwn) {
  site.emplace(test::make_site(
      "[site]\nid = \"s\"\n[broker]\nurl = \"mqtt://h\"\ntasmota_full_topic = \"%topic%/%prefix%\"\n[[sensor]]\nid = "
      "\"one\"\nkind = \"climate\"\nfamily = \"tasmota\"\ntopic = \"zb\"\n"));
  router.emplace(*site, clock, mailbox, doorbell);
  router->connection(true, "");
  say("zb/tele/SENSOR", R"({"AM2301":{"Temperature":71.6,"Humidity":40},"TempUnit":"F"})");
  EXPECT_NEAR(last[temperature], 22, 1e-9);
  EXPECT_EQ(last[humidity], 40);
}

TEST_F(FamiliesTest, AShellyOfTheFirstGenerationSleepsAndIsNotOfflineForThat) {
  use("kind = \"door\"\nfamily = \"shelly1\"\ntopic = \"shellies/shellydw2-1\"\n");
  say("shellies/shellydw2-1/online", "true");
  say("shellies/shellydw2-1/sensor/state", "open");
  say("shellies/shellydw2-1/sensor/battery", "88");
  say("shellies/shellydw2-1/online", "false");
  EXPECT_EQ(last[open], 1);
  EXPECT_EQ(last[battery_pct], 88);
  EXPECT_EQ(last[online], 1);
  clock.advance(25h);
  router->tick();
  say("somewhere", "");
  EXPECT_EQ(last[online], 0) << "silence is what tells that it is gone";
}

TEST_F(FamiliesTest, AShellyFloodOfTheFourthGenerationOverlaysPartialStatus) {
  use("kind = \"leak\"\nfamily = \"shelly2\"\ntopic = \"shellyfloodg4-1\"\n");
  say("shellyfloodg4-1/events/rpc",
      R"({"src":"shellyfloodg4-1","method":"NotifyFullStatus","params":{"ts":1.5,"flood:0":{"id":0,"alarm":false,"mute":false},"devicepower:0":{"battery":{"V":5.9,"percent":97}}}})");
  EXPECT_EQ(last[wet], 0);
  EXPECT_EQ(last[battery_pct], 97);
  say("shellyfloodg4-1/events/rpc", R"({"method":"NotifyStatus","params":{"ts":2.5,"flood:0":{"alarm":true}}})");
  EXPECT_EQ(last[wet], 1);
  EXPECT_EQ(last[battery_pct], 97);
  say("shellyfloodg4-1/status/flood:0", R"({"id":0,"alarm":false,"errors":["cable_unplugged"]})");
  EXPECT_EQ(last[wet], 1) << "a sensor without its cable does not say dry";
  EXPECT_EQ(router->sensor_status()[0].faults[static_cast<std::size_t>(PayloadFault::device_fault)], 1u);
  say("shellyfloodg4-1/online", "false");
  EXPECT_EQ(last[online], 1);
}

TEST_F(FamiliesTest, ADoorContactOnAMainsShellyIsOfflineWhenItSaysSo) {
  use("kind = \"door\"\nfamily = \"shelly2\"\ntopic = \"shellyplus1-1\"\ninput = 1\n");
  say("shellyplus1-1/events/rpc", R"({"method":"NotifyStatus","params":{"input:0":{"state":true}}})");
  EXPECT_FALSE(last.contains(open));
  say("shellyplus1-1/status/input:1", R"({"id":1,"state":true})");
  EXPECT_EQ(last[open], 1);
  say("shellyplus1-1/online", "false");
  EXPECT_EQ(last[online], 0);
}

TEST_F(FamiliesTest, AGenericSensorIsWhatTheSiteSaysOfIt) {
  use(R"(kind = "door"
family = "generic"
topic = "plc/roof"
availability_topic = "plc/lwt"
[[sensor.value]]
quantity = "open"
pointer = "/hatch/0"
true_when = ["OPEN", "AJAR"]
false_when = ["SHUT"]
[[sensor.value]]
quantity = "temperature"
topic = "plc/roof/t"
scale = 0.1
offset = -40
[[sensor.value]]
quantity = "humidity"
topic = "plc/roof/h"
)");
  say("plc/roof", R"({"hatch":["AJAR"]})");
  EXPECT_EQ(last[open], 1);
  say("plc/roof", R"({"hatch":["SHUT"]})");
  EXPECT_EQ(last[open], 0);
  say("plc/roof", R"({"hatch":["BROKEN"]})");
  EXPECT_EQ(last[open], 0);
  EXPECT_EQ(router->sensor_status()[0].undecodable, 1u);
  say("plc/roof/t", "615");
  EXPECT_NEAR(last[temperature], 21.5, 1e-9);
  say("plc/roof/h", "44");
  EXPECT_EQ(last[humidity], 44);
  say("plc/lwt", "offline");
  EXPECT_EQ(last[online], 0);
}

TEST_F(FamiliesTest, AZigbeeNameMayHoldSlashes) {
  use("kind = \"door\"\ntopic = \"zigbee2mqtt/b1/east/door\"\n");
  say("zigbee2mqtt/b1/east/door", R"({"contact":false})");
  EXPECT_EQ(last[open], 1);
  say("zigbee2mqtt/b1/east/door/availability", R"({"state":"offline"})");
  EXPECT_EQ(last[online], 0);
  EXPECT_EQ(parent(), "zigbee2mqtt-bridge");
}

struct Mistake {
  std::string_view toml, told;
};
class FamilyMistakes : public testing::TestWithParam<Mistake> {};
TEST_P(FamilyMistakes, IsToldWithWhatWouldBeRight) {
  const auto site = parse_site(
      "[site]\nid = \"s\"\n[broker]\nurl = \"mqtt://h\"\n[[sensor]]\nid = \"one\"\n" + std::string(GetParam().toml),
      "t.toml", test::FakeCatalogue{});
  ASSERT_FALSE(site.has_value());
  EXPECT_THAT(site.error().front().text(), testing::HasSubstr(std::string(GetParam().told)));
}
INSTANTIATE_TEST_SUITE_P(
    Each, FamilyMistakes,
    testing::Values(
        Mistake{"kind = \"door\"\nfamily = \"frigate\"\ntopic = \"frigate/x\"\n", "brings cameras only"},
        Mistake{"kind = \"camera\"\nfamily = \"shelly1\"\ntopic = \"shellies/x\"\n", "cameras come from"},
        Mistake{"kind = \"door\"\nfamily = \"tasmota\"\ntopic = \"tele/lobby/SENSOR\"\n", "own part"},
        Mistake{"kind = \"door\"\nfamily = \"shelly1\"\ntopic = \"shellydw2-1\"\n", "shellies/shellydw2-1"},
        Mistake{"kind = \"door\"\nfamily = \"generic\"\ntopic = \"a\"\n", "[[sensor.value]]"},
        Mistake{"kind = \"door\"\nfamily = \"generic\"\n[[sensor.value]]\nquantity = \"open\"\n", "has a 'topic'"},
        Mistake{"kind = \"door\"\nfamily = \"generic\"\ntopic = \"a\"\n[[sensor.value]]\nquantity = "
                "\"open\"\ntrue_when = [\"A\"]\n",
                "give both"},
        Mistake{"kind = \"door\"\nfamily = \"generic\"\ntopic = \"a\"\n[[sensor.value]]\nquantity = \"open\"\npointer "
                "= \"a/b\"\n",
                "begins with a slash"},
        Mistake{"kind = \"door\"\nfamily = \"generic\"\ntopic = \"a\"\n[[sensor.value]]\nquantity = \"power\"\n",
                "nothing that a sensor measures"}));

}  // namespace
}  // namespace gateway
