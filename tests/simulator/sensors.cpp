#include "tests/simulator/sensors.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gateway::simulator {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds beat{60'000};

std::string topic_of(const PlantSensor& sensor) {
  return (sensor.kind == PlantSensor::Kind::camera ? "frigate/" : "zigbee2mqtt/") + sensor.id;
}
std::string state(bool online) { return online ? R"({"state":"online"})" : R"({"state":"offline"})"; }

}  // namespace

std::vector<PlantSensor> plant_sensors() {
  struct Place {
    const char *id, *name, *name_en;
  };
  static constexpr Place doors[] = {{"1", "东门", "east door"},
                                    {"2", "西门", "west door"},
                                    {"3", "机房门", "plant room door"},
                                    {"4", "屋面门", "roof door"}};
  static constexpr Place leaks[] = {{"1", "水泵房水浸", "pump room leak"}, {"2", "卫生间水浸", "washroom leak"}};
  static constexpr const char* numbers[] = {"一", "二", "三"};
  std::vector<PlantSensor> out;
  const auto add = [&](int building, const char* kind_id, const Place& place, PlantSensor::Kind kind) {
    out.push_back({fmt::format("b{}-{}-{}", building, kind_id, place.id),
                   fmt::format("{}号楼{}", numbers[building - 1], place.name),
                   fmt::format("Building {} {}", building, place.name_en), fmt::format("b{}", building), kind});
  };
  for (int b = 1; b <= 3; ++b) {
    for (const auto& place : doors) add(b, "door", place, PlantSensor::Kind::door);
    for (const auto& place : leaks) add(b, "leak", place, PlantSensor::Kind::leak);
    add(b, "cam", {"1", "大厅摄像机", "lobby camera"}, PlantSensor::Kind::camera);
  }
  out.push_back({"gate-cam-1", "大门摄像机", "Gate camera", "", PlantSensor::Kind::camera});
  return out;
}

SensorField::SensorField(std::uint64_t seed, double unix_start, std::vector<PlantSensor> sensors)
    : random_(seed), unix_start_(unix_start), sensors_(std::move(sensors)), states_(sensors_.size()) {}

void SensorField::report(std::size_t index, std::vector<Message>& out) const {
  const auto& sensor = sensors_[index];
  const auto& now = states_[index];
  switch (sensor.kind) {
    case PlantSensor::Kind::door:
      out.push_back({topic_of(sensor),
                     fmt::format(R"({{"battery":{},"contact":{},"linkquality":115,"temperature":24,"voltage":2995}})",
                                 now.battery, !now.on),
                     true});
      break;
    case PlantSensor::Kind::leak:
      out.push_back(
          {topic_of(sensor),
           fmt::format(R"({{"battery":{},"battery_low":false,"linkquality":90,"voltage":3005,"water_leak":{}}})",
                       now.battery, now.on),
           true});
      break;
    case PlantSensor::Kind::camera:
      out.push_back({topic_of(sensor) + "/person", now.on ? "1" : "0", false});
      break;
  }
}

void SensorField::camera_event(std::size_t index, bool begins, milliseconds now, std::vector<Message>& out) {
  auto& camera = states_[index];
  if (begins) ++camera.event_number;
  const double seconds = unix_start_ + static_cast<double>(now.count()) / 1000;
  if (begins) camera.began = seconds;
  const auto object = fmt::format(
      R"({{"id":"{:.3f}-{}","camera":"{}","frame_time":{:.3f},"label":"person","sub_label":null,"top_score":0.82,"false_positive":false,"start_time":{:.3f},"end_time":{},"score":0.8,"box":[320,180,420,460],"area":28000,"current_zones":["lobby"],"entered_zones":["lobby"],"has_snapshot":true,"has_clip":true,"active":{},"stationary":false}})",
      camera.began, camera.event_number, sensors_[index].id, seconds, camera.began,
      begins ? "null" : fmt::format("{:.3f}", seconds), begins);
  out.push_back({"frigate/events",
                 fmt::format(R"({{"type":"{}","before":{},"after":{}}})", begins ? "new" : "end", object, object),
                 false});
}

std::vector<Message> SensorField::advance(milliseconds now, const std::vector<Event>& events) {
  std::vector<Message> out;
  const auto active = [&](EventKind kind, const std::string& source) {
    return std::ranges::any_of(
        events, [&](const Event& event) { return event.kind == kind && event.source == source && event.active(now); });
  };
  const bool bridge = !active(EventKind::bridge_offline, "");
  if (!told_ || bridge != bridge_) out.push_back({"zigbee2mqtt/bridge/state", state(bridge), true});
  if (!told_) out.push_back({"frigate/available", "online", true});
  const bool bridge_back = bridge && !bridge_;
  bridge_ = bridge;
  std::uniform_real_distribution<double> chance(0, 1);
  const double seconds = std::chrono::duration<double>(now - last_).count();
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    const auto& sensor = sensors_[i];
    auto& was = states_[i];
    const bool online = !active(EventKind::sensor_offline, sensor.id);
    if (sensor.kind != PlantSensor::Kind::camera && (!told_ || online != was.online))
      out.push_back({topic_of(sensor) + "/availability", state(online), true});
    // Whoever comes back says how it stands.
    if ((online && !was.online) || bridge_back) was.beat = now;
    was.online = online;
    bool on = false;
    if (sensor.kind == PlantSensor::Kind::door) {
      // Somebody walks through now and then and the door falls shut behind them.
      const bool someone = chance(random_) < seconds / 45;
      if (someone && was.closes < now && sensor.id != "b1-door-1")
        was.closes = now + milliseconds{2'000 + static_cast<int>(4'000 * chance(random_))};
      on = was.closes > now || active(EventKind::door_open, sensor.id);
    } else if (sensor.kind == PlantSensor::Kind::leak) {
      on = active(EventKind::leak, sensor.id);
    } else {
      on = active(EventKind::person_seen, sensor.id);
    }
    const bool changed = on != was.on;
    if (changed && sensor.kind == PlantSensor::Kind::camera) camera_event(i, on, now, out);
    was.on = on;
    if (!bridge && sensor.kind != PlantSensor::Kind::camera) continue;
    if (online && (changed || now >= was.beat || !told_)) {
      report(i, out);
      was.beat = now + beat;
    }
  }
  told_ = true;
  last_ = now;
  return out;
}

}  // namespace gateway::simulator
