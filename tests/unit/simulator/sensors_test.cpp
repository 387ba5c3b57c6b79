#include "tests/simulator/sensors.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace gateway::simulator {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct Said {
  std::vector<std::pair<milliseconds, Message>> all;

  [[nodiscard]] std::vector<std::pair<milliseconds, Message>> on(std::string_view topic) const {
    std::vector<std::pair<milliseconds, Message>> out;
    std::ranges::copy_if(all, std::back_inserter(out), [&](const auto& each) { return each.second.topic == topic; });
    return out;
  }
};

Said run(std::uint64_t seed, milliseconds length, const std::vector<Event>& events) {
  SensorField field(seed, 1'763'913'600.0, plant_sensors());
  Said out;
  for (milliseconds at{0}; at <= length; at += 100ms)
    for (auto& message : field.advance(at, events)) out.all.emplace_back(at, std::move(message));
  return out;
}

TEST(Sensors, ThereAreTwelveDoorsSixLeaksAndFourCameras) {
  const auto sensors = plant_sensors();
  const auto number = [&](PlantSensor::Kind kind) { return std::ranges::count(sensors, kind, &PlantSensor::kind); };
  EXPECT_EQ(number(PlantSensor::Kind::door), 12);
  EXPECT_EQ(number(PlantSensor::Kind::leak), 6);
  EXPECT_EQ(number(PlantSensor::Kind::camera), 4);
}

TEST(Sensors, TheFirstWordIsHowEverythingStands) {
  const auto said = run(1, 0ms, {});
  const auto bridge = said.on("zigbee2mqtt/bridge/state");
  ASSERT_EQ(bridge.size(), 1u);
  EXPECT_EQ(bridge[0].second.payload, R"({"state":"online"})");
  EXPECT_TRUE(bridge[0].second.retained);
  const auto frigate = said.on("frigate/available");
  ASSERT_EQ(frigate.size(), 1u);
  EXPECT_EQ(frigate[0].second.payload, "online");
  EXPECT_TRUE(frigate[0].second.retained);
  for (const auto& sensor : plant_sensors()) {
    if (sensor.kind == PlantSensor::Kind::camera) {
      EXPECT_EQ(said.on("frigate/" + sensor.id + "/person").size(), 1u) << sensor.id;
      continue;
    }
    EXPECT_EQ(said.on("zigbee2mqtt/" + sensor.id).size(), 1u) << sensor.id;
    const auto availability = said.on("zigbee2mqtt/" + sensor.id + "/availability");
    ASSERT_EQ(availability.size(), 1u) << sensor.id;
    EXPECT_TRUE(availability[0].second.retained);
  }
}

TEST(Sensors, ADoorThatOpensHasLostItsContactUntilItCloses) {
  const auto said = run(1, 50s, {{EventKind::door_open, "b1-door-1", 8s, 40s}}).on("zigbee2mqtt/b1-door-1");
  ASSERT_EQ(said.size(), 3u);
  EXPECT_NE(said[0].second.payload.find(R"("contact":true)"), std::string::npos);
  EXPECT_EQ(said[1].first, 8s);
  EXPECT_EQ(said[1].second.payload,
            R"({"battery":97,"contact":false,"linkquality":115,"temperature":24,"voltage":2995})");
  EXPECT_EQ(said[2].first, 40s);
  EXPECT_NE(said[2].second.payload.find(R"("contact":true)"), std::string::npos);
}

TEST(Sensors, ALeakIsToldWhenItComesAndWhenItIsDry) {
  const auto said = run(1, 50s, {{EventKind::leak, "b1-leak-1", 20s, 45s}}).on("zigbee2mqtt/b1-leak-1");
  ASSERT_EQ(said.size(), 3u);
  EXPECT_EQ(said[1].first, 20s);
  EXPECT_EQ(said[1].second.payload,
            R"({"battery":97,"battery_low":false,"linkquality":90,"voltage":3005,"water_leak":true})");
  EXPECT_EQ(said[2].first, 45s);
  EXPECT_NE(said[2].second.payload.find(R"("water_leak":false)"), std::string::npos);
}

TEST(Sensors, PeopleWalkThroughDoorsAndShutThem) {
  const auto said = run(1, 10min, {}).on("zigbee2mqtt/b2-door-1");
  std::optional<milliseconds> opened;
  int times = 0;
  for (const auto& [at, message] : said) {
    const bool open = message.payload.find(R"("contact":false)") != std::string::npos;
    if (open && !opened) opened = at;
    if (open || !opened) continue;
    EXPECT_LT(at - *opened, 10s);  // no alarm in the site that goes with it
    opened.reset();
    ++times;
  }
  EXPECT_GT(times, 3);
}

TEST(Sensors, TheSameSeedSaysTheSame) {
  const auto one = run(4, 3min, {}), other = run(4, 3min, {}), third = run(5, 3min, {});
  const auto text = [](const Said& said) {
    std::string out;
    for (const auto& [at, message] : said.all)
      out += std::to_string(at.count()) + message.topic + message.payload + "\n";
    return out;
  };
  EXPECT_EQ(text(one), text(other));
  EXPECT_NE(text(one), text(third));
}

TEST(Sensors, WhileTheBridgeIsAwayItsDevicesAreSilentAndThenSayHowTheyStand) {
  const auto said = run(1, 40s, {{EventKind::bridge_offline, "", 10s, 30s}, {EventKind::leak, "b1-leak-1", 15s, 60s}});
  const auto bridge = said.on("zigbee2mqtt/bridge/state");
  ASSERT_EQ(bridge.size(), 3u);
  EXPECT_EQ(bridge[1].first, 10s);
  EXPECT_EQ(bridge[1].second.payload, R"({"state":"offline"})");
  EXPECT_EQ(bridge[2].first, 30s);
  for (const auto& [at, message] : said.all)
    if (message.topic.starts_with("zigbee2mqtt/b") && message.topic != "zigbee2mqtt/bridge/state") {
      EXPECT_TRUE(at < 10s || at >= 30s) << message.topic << " at " << at.count() << " ms";
    }
  const auto leak = said.on("zigbee2mqtt/b1-leak-1");
  ASSERT_EQ(leak.size(), 2u);
  EXPECT_EQ(leak[1].first, 30s);
  EXPECT_NE(leak[1].second.payload.find(R"("water_leak":true)"), std::string::npos);
}

TEST(Sensors, ASensorThatIsOfflineIsSilentAndItsAvailabilitySaysSo) {
  const auto said = run(1, 40s, {{EventKind::sensor_offline, "b1-leak-2", 10s, 30s}});
  const auto availability = said.on("zigbee2mqtt/b1-leak-2/availability");
  ASSERT_EQ(availability.size(), 3u);
  EXPECT_EQ(availability[1].second.payload, R"({"state":"offline"})");
  EXPECT_EQ(availability[2].first, 30s);
  EXPECT_EQ(said.on("zigbee2mqtt/b1-leak-2").back().first, 30s);
}

TEST(Sensors, ACameraCountsThePersonAndItsEventHasOneIdFromNewToEnd) {
  const auto said = run(1, 40s, {{EventKind::person_seen, "b2-cam-1", 5s, 25s}});
  const auto count = said.on("frigate/b2-cam-1/person");
  ASSERT_EQ(count.size(), 3u);
  EXPECT_EQ(count[1].second.payload, "1");
  EXPECT_EQ(count[2].second.payload, "0");
  const auto events = said.on("frigate/events");
  ASSERT_EQ(events.size(), 2u);
  for (const auto& [at, message] : events) {
    EXPECT_NE(message.payload.find(R"("id":"1763913605.000-1")"), std::string::npos) << message.payload;
    EXPECT_NE(message.payload.find(R"("start_time":1763913605.000)"), std::string::npos) << message.payload;
    EXPECT_NE(message.payload.find(R"("camera":"b2-cam-1")"), std::string::npos);
  }
  EXPECT_TRUE(events[0].second.payload.starts_with(R"({"type":"new")"));
  EXPECT_NE(events[0].second.payload.find(R"("end_time":null)"), std::string::npos);
  EXPECT_TRUE(events[1].second.payload.starts_with(R"({"type":"end")"));
  EXPECT_NE(events[1].second.payload.find(R"("end_time":1763913625.000)"), std::string::npos);
}

TEST(Sensors, AfterALostConnectionEverythingIsSaidAgain) {
  SensorField field(1, 0, plant_sensors());
  const auto first = field.advance(0ms, {});
  field.say_all_again();
  EXPECT_GE(field.advance(100ms, {}).size(), first.size());
}

}  // namespace
}  // namespace gateway::simulator
