#include "collectors/sensing/discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view zigbee_door =
    R"j({"availability":[{"topic":"zigbee2mqtt/bridge/state"},{"topic":"zigbee2mqtt/roof/hatch/availability"}],
"device":{"identifiers":["zigbee2mqtt_0x1"],"model":"Door sensor (MCCGQ11LM)","name":"Roof hatch"},"device_class":"door",
"payload_off":true,"payload_on":false,"state_topic":"zigbee2mqtt/roof/hatch","value_template":"{{ value_json.contact }}"})j";

class DiscoveryTest : public testing::Test {
 protected:
  Site site = test::sensor_site();
  Discovery discovery{site};

  // What is proposed, pasted behind the site: it has to read cleanly.
  [[nodiscard]] Site pasted() const {
    std::string all;
    for (const auto& proposal : discovery.proposals()) all += proposal.toml;
    return test::sensor_site(all);
  }
};

TEST_F(DiscoveryTest, AZigbeeDeviceIsProposedAsSuchAndTheBlockCanBePasted) {
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", zigbee_door);
  const auto proposals = discovery.proposals();
  ASSERT_THAT(proposals, SizeIs(1));
  EXPECT_EQ(proposals[0].id, "roof-hatch");
  EXPECT_EQ(proposals[0].kind, "door");
  EXPECT_THAT(proposals[0].toml, HasSubstr("topic = \"zigbee2mqtt/roof/hatch\""));
  const auto with = pasted();
  EXPECT_EQ(with.sensors[4].topic, "zigbee2mqtt/roof/hatch");
  EXPECT_EQ(with.sensors[4].family, Sensor::Family::zigbee2mqtt);
}

TEST_F(DiscoveryTest, WhatTheSiteHasAlreadyIsNotProposedAgain) {
  std::string known(zigbee_door);
  known.replace(known.find("\"state_topic\":\"zigbee2mqtt/roof/hatch\""), 38,
                "\"state_topic\":\"zigbee2mqtt/b1/east\"");
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", known);
  EXPECT_THAT(discovery.proposals(), IsEmpty());
}

TEST_F(DiscoveryTest, AnEmptyAnnouncementTakesItBack) {
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", zigbee_door);
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", "");
  EXPECT_THAT(discovery.proposals(), IsEmpty());
}

TEST_F(DiscoveryTest, EntitiesOfOneDeviceBecomeOneSensorWithAMappingEach) {
  discovery.message(
      "homeassistant/binary_sensor/esp/leak/config",
      R"({"~":"esp/1","dev":{"ids":["esp1"],"name":"Boiler \"A\""},"dev_cla":"moisture","stat_t":"~/leak","avty_t":"~/lwt"})");
  discovery.message(
      "homeassistant/sensor/esp/temperature/config",
      R"({"~":"esp/1","dev":{"ids":["esp1"],"name":"Boiler \"A\""},"dev_cla":"temperature","stat_t":"~/t","val_tpl":"{{ value_json['t']['c'] }}"})");
  discovery.message("homeassistant/switch/esp/relay/config", R"({"dev":{"ids":["esp1"]},"stat_t":"esp/1/relay"})");
  const auto proposals = discovery.proposals();
  ASSERT_THAT(proposals, SizeIs(1));
  const auto with = pasted();
  const auto& sensor = with.sensors[4];
  EXPECT_EQ(sensor.kind, Sensor::Kind::leak);
  EXPECT_EQ(sensor.name.local, "Boiler \"A\"");
  EXPECT_EQ(sensor.availability_topic, "esp/1/lwt");
  ASSERT_THAT(sensor.values, SizeIs(2));
  EXPECT_EQ(sensor.values[0].true_when, std::vector<std::string>{"ON"});
  EXPECT_EQ(sensor.values[1].pointer, "/t/c");
}

TEST_F(DiscoveryTest, ATemplateThatComputesIsLeftToAPersonWithAComment) {
  discovery.message(
      "homeassistant/binary_sensor/x/config",
      R"({"name":"X","device_class":"door","state_topic":"x","value_template":"{{ value_json.a | int > 3 }}"})");
  const auto proposals = discovery.proposals();
  ASSERT_THAT(proposals, SizeIs(1));
  EXPECT_THAT(proposals[0].toml, HasSubstr("# open is computed by a template"));
}

TEST_F(DiscoveryTest, AnAnnouncementCannotBreakOutOfItsBlock) {
  discovery.message(
      "homeassistant/binary_sensor/x/config",
      "{\"name\":\"x\\\"\\n[web]\\nlisten = \\\"0.0.0.0:80\\\"\\n#\",\"device_class\":\"door\",\"state_topic\":\"x\"}");
  EXPECT_EQ(pasted().web.host, "127.0.0.1");
}

TEST_F(DiscoveryTest, AGatewaysOwnAlarmsAreNoDevices) {
  discovery.message("homeassistant/binary_sensor/x/config",
                    R"({"o":{"name":"Compound Gateway"},"device_class":"door","state_topic":"x"})");
  EXPECT_THAT(discovery.proposals(), IsEmpty());
}

TEST_F(DiscoveryTest, AnnouncementsAreBounded) {
  for (int i = 0; i < 5'000; ++i)
    discovery.message("homeassistant/binary_sensor/x" + std::to_string(i) + "/config",
                      R"({"device_class":"door","state_topic":"x)" + std::to_string(i) + "\"}");
  EXPECT_THAT(discovery.proposals(), SizeIs(Discovery::most_announcements));
}

}  // namespace
}  // namespace gateway
