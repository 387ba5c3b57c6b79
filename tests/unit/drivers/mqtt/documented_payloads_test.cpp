// The payloads of the families' own documents, each as it stands there: every one decodes to what it says, and to no
// problem.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/mqtt/home_assistant.hpp"
#include "drivers/mqtt/payload.hpp"

namespace gateway {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;
using enum Quantity;
using Value = SensorValue;
using Values = std::vector<SensorValue>;

// The values; the problem's text, should there be one, fails the test.
Values values_of(const Decoded& decoded) {
  EXPECT_FALSE(decoded.problem) << decoded.problem->text;
  return decoded.values;
}

Sensor tasmota(Sensor::Kind kind, std::string key, std::string zigbee_device = {}) {
  Sensor out;
  out.kind = kind;
  out.key = std::move(key);
  out.zigbee_device = std::move(zigbee_device);
  return out;
}

TEST(DocumentedPayloads, OfZigbee2MqttDecode) {
  const auto decode = [](std::string_view payload) { return values_of(decode_zigbee2mqtt(payload)); };
  EXPECT_THAT(decode(R"({"battery":97,"contact":false,"linkquality":115,"voltage":2995})"),
              UnorderedElementsAre(Value{battery_pct, 97}, Value{open, 1}, Value{link_quality, 115},
                                   Value{battery_voltage, 2.995}));
  EXPECT_THAT(
      decode(R"({"battery":100,"battery_low":false,"linkquality":90,"water_leak":true})"),
      UnorderedElementsAre(Value{battery_pct, 100}, Value{battery_low, 0}, Value{link_quality, 90}, Value{wet, 1}));
  EXPECT_THAT(
      decode(R"({"tamper":true,"occupancy":false,"temperature":21.5,"humidity":48.2,
                         "last_seen":"2026-11-23T16:00:00+08:00"})"),
      UnorderedElementsAre(Value{tamper, 1}, Value{motion, 0}, Value{temperature, 21.5}, Value{humidity, 48.2}));
  EXPECT_EQ(decode_availability(R"({"state":"online"})"), true);
  EXPECT_EQ(decode_availability(R"({"state":"offline"})"), false);
  EXPECT_EQ(decode_availability("online"), true) << "1.x";
  EXPECT_EQ(decode_availability("offline"), false);
}

TEST(DocumentedPayloads, OfTasmotaDecode) {
  const auto both = R"({"Time":"2021-06-27T15:03:44+02:00","Switch1":"OFF","Switch2":"ON"})";
  EXPECT_THAT(values_of(decode_tasmota(both, tasmota(Sensor::Kind::door, "Switch1"))),
              UnorderedElementsAre(Value{open, 0}));
  EXPECT_THAT(values_of(decode_tasmota(both, tasmota(Sensor::Kind::leak, "Switch2"))),
              UnorderedElementsAre(Value{wet, 1}));
  const auto door = tasmota(Sensor::Kind::door, "Switch1");
  EXPECT_THAT(values_of(decode_tasmota(R"({"Switch1":{"Action":"ON"}})", door)), UnorderedElementsAre(Value{open, 1}));
  EXPECT_THAT(values_of(decode_tasmota_power("ON", tasmota(Sensor::Kind::door, "POWER"))),
              UnorderedElementsAre(Value{open, 1}));
  // Of several phases, and nothing that a door says.
  EXPECT_THAT(
      values_of(decode_tasmota(R"({"Time":"2021-06-27T15:03:44","ENERGY":{"TotalStartTime":"2019-01-01T00:00:00",
                "Total":[6.294,1.0],"Yesterday":0.1,"Today":0.2,"Period":1,"Power":[12,7],"ApparentPower":19,
                "ReactivePower":3,"Factor":0.9,"Voltage":[230,231],"Current":[0.1,0.2]}})",
                               door)),
      IsEmpty());
  EXPECT_THAT(values_of(decode_tasmota(R"({"COUNTER":{"C1":17}})", door)), IsEmpty());
  const auto zigbee =
      R"({"ZbReceived":{"0x2916":{"Device":"0x2916","Name":"Cellar","Temperature":25.72,"Endpoint":1,"LinkQuality":116}}})";
  for (const auto* device : {"0x2916", "Cellar"})
    EXPECT_THAT(values_of(decode_tasmota(zigbee, tasmota(Sensor::Kind::climate, "", device))),
                UnorderedElementsAre(Value{temperature, 25.72}, Value{link_quality, 116}));
  EXPECT_EQ(decode_availability("Online"), true);
  EXPECT_EQ(decode_availability("Offline"), false);
}

TEST(DocumentedPayloads, OfShellysFirstGenerationDecode) {
  const auto decode = [](std::string_view subtopic, std::string_view payload) {
    return values_of(decode_shelly1(subtopic, payload));
  };
  EXPECT_THAT(decode("sensor/state", "open"), UnorderedElementsAre(Value{open, 1}));
  EXPECT_THAT(decode("sensor/state", "close"), UnorderedElementsAre(Value{open, 0}));
  EXPECT_THAT(decode("sensor/flood", "true"), UnorderedElementsAre(Value{wet, 1}));
  EXPECT_THAT(decode("sensor/flood", "false"), UnorderedElementsAre(Value{wet, 0}));
  EXPECT_THAT(decode("sensor/battery", "88"), UnorderedElementsAre(Value{battery_pct, 88}));
  EXPECT_THAT(decode("sensor/temperature", "21.62"), UnorderedElementsAre(Value{temperature, 21.62}));
  EXPECT_EQ(decode_availability("true"), true);
  EXPECT_EQ(decode_availability("false"), false);
}

TEST(DocumentedPayloads, OfShellysSecondGenerationDecode) {
  const auto full = decode_shelly2_rpc(
      R"({"src":"shellyplusht-1","dst":"shellyplusht-1/events","method":"NotifyFullStatus","params":{"ts":1680962879.62,
          "devicepower:0":{"id":0,"battery":{"V":5.12,"percent":71}},"temperature:0":{"id":0,"tC":19.8}}})",
      0);
  EXPECT_THAT(values_of(full),
              UnorderedElementsAre(Value{battery_voltage, 5.12}, Value{battery_pct, 71}, Value{temperature, 19.8}));
  EXPECT_EQ(full.said, UtcTime{std::chrono::milliseconds{1'680'962'879'620}});
  EXPECT_THAT(values_of(decode_shelly2_rpc(
                  R"({"method":"NotifyStatus","params":{"ts":1.5,"flood:0":{"id":0,"alarm":true,"mute":false}}})", 0)),
              UnorderedElementsAre(Value{wet, 1}));
  EXPECT_THAT(values_of(decode_shelly2_rpc(R"({"method":"NotifyEvent","params":{"ts":1.5,"events":[]}})", 0)),
              IsEmpty());
  EXPECT_THAT(values_of(decode_shelly2_status("flood:0", R"({"id":0,"alarm":false,"mute":false})", 0)),
              UnorderedElementsAre(Value{wet, 0}));
}

TEST(DocumentedPayloads, OfFrigateDecode) {
  const auto event = decode_frigate_event(
      R"({"type":"end","before":{},"after":{"id":"1607123955.475377-mxklsc","camera":"gate","frame_time":1607123961.837752,
          "label":"person","sub_label":null,"top_score":0.958,"false_positive":false,"start_time":1607123955.475377,
          "end_time":null,"score":0.79,"box":[424,500,536,712],"area":23744,"ratio":2.1,"region":[264,450,667,853],
          "current_zones":["driveway"],"entered_zones":["yard","driveway"],"has_snapshot":false,"has_clip":false,
          "active":true,"stationary":false,"motionless_count":0,"position_changes":2,"attributes":{"face":0.64}}})");
  ASSERT_TRUE(event.has_value()) << event.error().text;
  EXPECT_EQ(event->camera, "gate");
  EXPECT_EQ(event->label, "person");
  EXPECT_TRUE(event->ended);
  EXPECT_EQ(decode_count("2"), 2u);
  EXPECT_THAT(values_of(decode_frigate_motion("ON")), UnorderedElementsAre(Value{motion, 1}));
  EXPECT_EQ(decode_camera_role("online"), true);
  EXPECT_EQ(decode_camera_role("offline"), false);
  EXPECT_EQ(decode_camera_role("disabled"), true);
  EXPECT_EQ(decode_availability("stopped"), false);
}

TEST(DocumentedPayloads, OfHomeAssistantsDiscoveryDecode) {
  const auto garden = decode_announcement(
      "homeassistant", "homeassistant/binary_sensor/garden/config",
      R"({"name":"garden","device_class":"motion","state_topic":"homeassistant/binary_sensor/garden/state"})");
  ASSERT_TRUE(garden.has_value()) << garden.error().text;
  ASSERT_EQ(garden->size(), 1u);
  EXPECT_EQ(garden->front().quantity, motion);
  EXPECT_EQ(garden->front().state_topic, "homeassistant/binary_sensor/garden/state");
  EXPECT_EQ(garden->front().payload_on, "ON");
  const auto abbreviated = decode_announcement(
      "homeassistant", "homeassistant/sensor/node/hall/config",
      R"({"~":"hall","stat_t":"~/state","avty_t":"~/lwt","dev_cla":"temperature","val_tpl":"{{ value_json.t }}","exp_aft":60,
          "uniq_id":"h1","dev":{"ids":["h"],"name":"Hall"}})");
  ASSERT_TRUE(abbreviated.has_value()) << abbreviated.error().text;
  ASSERT_EQ(abbreviated->size(), 1u);
  EXPECT_EQ(abbreviated->front().quantity, temperature);
  EXPECT_EQ(abbreviated->front().state_topic, "hall/state");
  EXPECT_EQ(abbreviated->front().availability_topic, "hall/lwt");
  EXPECT_EQ(abbreviated->front().pointer, "/t");
  EXPECT_EQ(abbreviated->front().device_name, "Hall");
  const auto removed = decode_announcement("homeassistant", "homeassistant/binary_sensor/garden/config", "");
  ASSERT_TRUE(removed.has_value());
  EXPECT_THAT(*removed, IsEmpty());
}

// dmitrif/onvif2mqtt is a family of one topic: [[sensor.value]] says the rest.
TEST(DocumentedPayloads, OfAnOnvifBridgeDecodeByMapping) {
  ValueMapping mapping;
  mapping.quantity = motion;
  mapping.topic = "onvif2mqtt/gate/motion/";
  EXPECT_THAT(values_of(decode_mapped(mapping.topic, "on", {&mapping, 1})), UnorderedElementsAre(Value{motion, 1}));
  EXPECT_THAT(values_of(decode_mapped(mapping.topic, "off", {&mapping, 1})), UnorderedElementsAre(Value{motion, 0}));
}

}  // namespace
}  // namespace gateway
