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
    for (const auto& proposal : *discovery.proposals()) all += proposal.toml;
    return test::sensor_site(all);
  }
};

TEST_F(DiscoveryTest, AZigbeeDeviceIsProposedAsSuchAndTheBlockCanBePasted) {
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", zigbee_door);
  const auto proposals = *discovery.proposals();
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
  EXPECT_THAT(*discovery.proposals(), IsEmpty());
}

TEST_F(DiscoveryTest, AnEmptyAnnouncementTakesItBack) {
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", zigbee_door);
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", "");
  EXPECT_THAT(*discovery.proposals(), IsEmpty());
}

TEST_F(DiscoveryTest, EntitiesOfOneDeviceBecomeOneSensorWithAMappingEach) {
  discovery.message(
      "homeassistant/binary_sensor/esp/leak/config",
      R"({"~":"esp/1","dev":{"ids":["esp1"],"name":"Boiler \"A\""},"dev_cla":"moisture","stat_t":"~/leak","avty_t":"~/lwt"})");
  discovery.message(
      "homeassistant/sensor/esp/temperature/config",
      R"({"~":"esp/1","dev":{"ids":["esp1"],"name":"Boiler \"A\""},"dev_cla":"temperature","stat_t":"~/t","val_tpl":"{{ value_json['t']['c'] }}"})");
  discovery.message("homeassistant/switch/esp/relay/config", R"({"dev":{"ids":["esp1"]},"stat_t":"esp/1/relay"})");
  const auto proposals = *discovery.proposals();
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
  const auto proposals = *discovery.proposals();
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
  EXPECT_THAT(*discovery.proposals(), IsEmpty());
}

TEST_F(DiscoveryTest, AnnouncementsAreBounded) {
  for (int i = 0; i < 5'000; ++i)
    discovery.message("homeassistant/binary_sensor/x" + std::to_string(i) + "/config",
                      R"({"device_class":"door","state_topic":"x)" + std::to_string(i) + "\"}");
  EXPECT_EQ(discovery.proposals()->size(), Discovery::most_announcements);
}

// One message of 64 KiB made 3.8 MB of entities; a broker that retains sixty-five of them killed every start.
TEST_F(DiscoveryTest, SharedTopicsOfADeviceAreNotMultiplied) {
  std::string parts;
  for (int i = 0; i < 64; ++i)
    parts += (i > 0 ? "," : "") + ("\"c" + std::to_string(i)) + R"(":{"p":"binary_sensor","dev_cla":"door"})";
  const auto announcement = [&](std::size_t length) {
    return R"({"dev":{"ids":["x"]},"stat_t":")" + std::string(length, 's') + R"(","avty_t":")" +
           std::string(length, 'a') + R"(","cmps":{)" + parts + "}}";
  };
  for (const std::size_t length : {30'000u, 6'000u, 257u}) {
    discovery.message("homeassistant/device/x/config", announcement(length));
    EXPECT_THAT(*discovery.proposals(), IsEmpty()) << length;
  }
  EXPECT_EQ(discovery.status().refused, 3u);
  discovery.message("homeassistant/device/x/config", announcement(256));
  EXPECT_THAT(*discovery.proposals(), SizeIs(1));
}

TEST_F(DiscoveryTest, NoTextOfAnAnnouncementIsLongerThanItMayBe) {
  const std::string text(257, 'x');
  for (const auto& payload : {R"({"device_class":"door","state_topic":")" + text + "\"}",
                              R"({"device_class":"door","~":")" + text + R"(","state_topic":"~/a"})",
                              R"({"device_class":"door","state_topic":"a","name":")" + text + "\"}",
                              R"({"device_class":"door","state_topic":"a","uniq_id":")" + text + "\"}",
                              R"({"device_class":"door","state_topic":"a","pl_on":")" + text + "\"}",
                              R"({"device_class":"door","state_topic":"a","pl_off":")" + text + "\"}",
                              R"({"device_class":"door","state_topic":"a","avty":[{"t":")" + text + "\"}]}",
                              R"({"device_class":"door","state_topic":"a","dev":{"mdl":")" + text + "\"}}"}) {
    discovery.message("homeassistant/binary_sensor/x/config", payload);
    EXPECT_THAT(*discovery.proposals(), IsEmpty()) << payload;
  }
  EXPECT_EQ(discovery.status().refused, 8u);
  discovery.message("homeassistant/binary_sensor/" + text + "/config", R"({"device_class":"door","state_topic":"a"})");
  EXPECT_EQ(discovery.status().refused, 9u);
  // A template may be a program; what can't be said by a pointer is left to a person.
  discovery.message("homeassistant/binary_sensor/x/config",
                    R"({"device_class":"door","state_topic":"a","value_template":"{{ value_json.)" + text + " }}\"}");
  ASSERT_THAT(*discovery.proposals(), SizeIs(1));
  EXPECT_THAT(discovery.proposals()->front().toml, HasSubstr("# open is computed by a template"));
}

TEST_F(DiscoveryTest, AllAnnouncementsTogetherAreBounded) {
  const std::string topic(240, 't');
  for (int i = 0; i < 1'400; ++i) {
    const auto own = topic + std::to_string(i);
    discovery.message("homeassistant/binary_sensor/x" + std::to_string(i) + "/config",
                      R"({"device_class":"door","state_topic":")" + own + R"(","availability_topic":")" + own + "\"}");
  }
  EXPECT_GT(discovery.status().no_room, 100u);
  const auto proposals = discovery.proposals();
  std::size_t bytes = 0;
  for (const auto& proposal : *proposals) bytes += proposal.toml.size() + proposal.announced.size();
  EXPECT_GT(proposals->size(), 500u);
  EXPECT_LT(bytes, 1'000'000u);
  // What is taken back makes room.
  const auto before = discovery.status().no_room;
  discovery.message("homeassistant/binary_sensor/x0/config", "");
  discovery.message("homeassistant/binary_sensor/new/config", R"({"device_class":"door","state_topic":"new"})");
  EXPECT_EQ(discovery.status().no_room, before);
}

// In TOML a control character takes six bytes for one.
TEST_F(DiscoveryTest, ProposalsAreBoundedWhateverTheirTextsBecome) {
  std::string controls;
  for (int i = 0; i < 240; ++i) controls += "\\u0001";
  for (int i = 0; i < 1'400; ++i)
    discovery.message("homeassistant/binary_sensor/x" + std::to_string(i) + "/config",
                      R"({"device_class":"door","uniq_id":")" + std::to_string(i) + R"(","state_topic":")" + controls +
                          R"(","availability_topic":")" + controls + "\"}");
  std::size_t bytes = 0;
  for (const auto& proposal : *discovery.proposals()) bytes += proposal.toml.size();
  EXPECT_GT(bytes, 100'000u);
  EXPECT_LE(bytes, 1'000'000u);
}

TEST_F(DiscoveryTest, ProposalsAreMadeAnewOnlyWhenSomethingChanged) {
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", zigbee_door);
  const auto first = discovery.proposals();
  EXPECT_EQ(discovery.proposals(), first);
  discovery.message("homeassistant/binary_sensor/0x1/contact/config", zigbee_door);  // devices repeat themselves
  discovery.message("homeassistant/sensor/rubbish/config", "{");
  EXPECT_EQ(discovery.proposals(), first);
  discovery.message("homeassistant/binary_sensor/0x2/config", R"({"device_class":"door","state_topic":"x"})");
  EXPECT_NE(discovery.proposals(), first);
  EXPECT_THAT(*discovery.proposals(), SizeIs(2));
}

}  // namespace
}  // namespace gateway
