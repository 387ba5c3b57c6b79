#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/mqtt/payload.hpp"

namespace gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using enum Quantity;

TEST(Zigbee2Mqtt, ContactMadeMeansClosed) {
  EXPECT_THAT(decode_zigbee2mqtt(R"({"contact":true})").values, ElementsAre(SensorValue{open, 0}));
  EXPECT_THAT(decode_zigbee2mqtt(R"({"contact":false})").values, ElementsAre(SensorValue{open, 1}));
}

TEST(Zigbee2Mqtt, DoorSensorGivesEveryDocumentedValue) {
  const auto decoded =
      decode_zigbee2mqtt(R"({"battery":97,"contact":false,"linkquality":115,"voltage":2995,"temperature":-3.5})");
  EXPECT_FALSE(decoded.problem);
  EXPECT_THAT(decoded.values,
              UnorderedElementsAre(SensorValue{battery_pct, 97}, SensorValue{open, 1}, SensorValue{link_quality, 115},
                                   SensorValue{battery_voltage, 2.995}, SensorValue{temperature, -3.5}));
}

TEST(Zigbee2Mqtt, LeakSensorGivesEveryDocumentedValue) {
  const auto decoded = decode_zigbee2mqtt(R"({"battery":100,"battery_low":false,"linkquality":90,"water_leak":true})");
  EXPECT_THAT(decoded.values, UnorderedElementsAre(SensorValue{battery_pct, 100}, SensorValue{battery_low, 0},
                                                   SensorValue{link_quality, 90}, SensorValue{wet, 1}));
}

TEST(Zigbee2Mqtt, UnknownKeysAndNullsAreNoProblem) {
  const auto decoded =
      decode_zigbee2mqtt(R"({"contact":true,"battery":null,"update":{"state":"idle"},"device_temperature":[1,2]})");
  EXPECT_FALSE(decoded.problem);
  EXPECT_THAT(decoded.values, ElementsAre(SensorValue{open, 0}));
}

TEST(Zigbee2Mqtt, NonsenseAboutTheBatteryDoesNotHideTheOpenDoor) {
  const auto decoded = decode_zigbee2mqtt(R"({"battery":"unknown","contact":false})");
  EXPECT_THAT(decoded.values, ElementsAre(SensorValue{open, 1}));
  EXPECT_THAT(decoded.problem.value().text, HasSubstr("'battery'"));
}

TEST(Zigbee2Mqtt, ContactAsTextOrNumberIsAProblemNotAValue) {
  for (const auto* payload : {R"({"contact":"false"})", R"({"contact":0})", R"({"contact":[false]})"}) {
    const auto decoded = decode_zigbee2mqtt(payload);
    EXPECT_THAT(decoded.values, IsEmpty()) << payload;
    EXPECT_THAT(decoded.problem.value().text, HasSubstr("'contact'")) << payload;
  }
}

TEST(Zigbee2Mqtt, WhatIsNoObjectIsAProblem) {
  for (const auto* payload : {"", "ON", "[1]", "1", "{\"contact\":", "{\"contact\":false}x", "\xff\xfe"}) {
    const auto decoded = decode_zigbee2mqtt(payload);
    EXPECT_THAT(decoded.values, IsEmpty()) << payload;
    EXPECT_TRUE(decoded.problem) << payload;
  }
}

TEST(Availability, ComesAsTextAndAsJson) {
  EXPECT_EQ(decode_availability("online"), true);
  EXPECT_EQ(decode_availability("offline"), false);
  EXPECT_EQ(decode_availability("stopped"), false);
  EXPECT_EQ(decode_availability("Online"), true) << "Tasmota";
  EXPECT_EQ(decode_availability("false"), false) << "Shelly";
  EXPECT_EQ(decode_availability(R"({"state":"online"})"), true);
  EXPECT_EQ(decode_availability(R"({"state":"offline"})"), false);
  for (const auto* payload : {"", "Onlin", "onlineish", "{}", R"({"state":1})", R"({"state":"on"})", "[\"online\"]"})
    EXPECT_FALSE(decode_availability(payload).has_value()) << payload;
}

}  // namespace
}  // namespace gateway
