#include <array>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> sensor_kinds{"door", "leak", "camera"};
constexpr std::array<std::string_view, 2> families{"zigbee2mqtt", "frigate"};

void add_sensor_points(Sensor& sensor, SensorId id, SiteDraft& draft) {
  using enum Quantity;
  const auto add = [&](std::initializer_list<Quantity> quantities) {
    for (const auto quantity : quantities) draft.add_point(sensor.points, {quantity, {}, id, 0});
  };
  switch (sensor.kind) {
    case Sensor::Kind::door:
      add({open, online, battery_pct, battery_voltage, link_quality, temperature, tamper});
      break;
    case Sensor::Kind::leak:
      add({wet, online, battery_pct, battery_low, battery_voltage, link_quality, temperature});
      break;
    case Sensor::Kind::camera:
      add({online, person, vehicle});
      break;
  }
}

}  // namespace

void read_broker(TomlTable& root, SiteDraft& draft) {
  auto table = root.table("broker");
  if (!table) return;
  Broker broker;
  broker.url = table->required_string("url");
  if (!broker.url.empty() && !broker.url.starts_with("mqtt://") && !broker.url.starts_with("mqtts://"))
    table->problem("url", fmt::format("'{}' is not a broker URL", broker.url),
                   "write mqtt://host:1883, or mqtts://host:8883 for TLS");
  broker.client_id = table->string("client_id").value_or("gateway-" + draft.site.id);
  broker.user = table->string("user").value_or("");
  broker.password_file = draft.file_of(*table, "password_file");
  broker.ca_file = draft.file_of(*table, "ca_file");
  broker.zigbee2mqtt_base = table->string("zigbee2mqtt_base").value_or(broker.zigbee2mqtt_base);
  broker.frigate_base = table->string("frigate_base").value_or(broker.frigate_base);
  broker.keep_alive = std::chrono::ceil<std::chrono::seconds>(table->duration("keep_alive").value_or(30s));
  table->finish();
  draft.site.broker = std::move(broker);
}

void read_sensors(TomlTable& root, SiteDraft& draft) {
  for (auto& table : root.tables("sensor")) {
    const SensorId id{draft.site.sensors.size()};
    Sensor sensor;
    sensor.id = table.required_id("id");
    sensor.name = read_name(table, sensor.id);
    draft.claim(table, sensor.id, "a sensor");
    draft.sensors.add(sensor.id, id);
    sensor.kind = static_cast<Sensor::Kind>(table.required_choice("kind", sensor_kinds).value_or(0));
    const bool camera = sensor.kind == Sensor::Kind::camera;
    sensor.family = static_cast<Sensor::Family>(table.choice("family", families).value_or(camera ? 1u : 0u));
    if (camera != (sensor.family == Sensor::Family::frigate))
      table.problem("family", fmt::format("a {} can't come from {}", name_of(sensor.kind), name_of(sensor.family)),
                    "doors and leaks come from \"zigbee2mqtt\", cameras from \"frigate\"");
    sensor.topic = table.required_string("topic");
    if (sensor.topic.find_first_of("+#") != std::string::npos)
      table.problem("topic", fmt::format("'{}' has a wildcard", sensor.topic),
                    "name one device's topic, as \"zigbee2mqtt/east-door\"");
    sensor.area = draft.area_of(table);
    sensor.silent_after = table.duration("silent_after").value_or(camera ? 0ns : std::chrono::nanoseconds{25h});
    table.finish();
    add_sensor_points(sensor, id, draft);
    if (!draft.site.broker && !draft.no_broker_told) {
      draft.no_broker_told = true;
      table.problem("", "there are sensors, but no [broker]", "add [broker] with url = \"mqtt://host:1883\"");
    }
    draft.site.sensors.push_back(std::move(sensor));
  }
}

}  // namespace gateway::site_reading
