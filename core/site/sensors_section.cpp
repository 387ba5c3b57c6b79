#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/confidential.hpp"
#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;
using Family = Sensor::Family;

constexpr std::array<std::string_view, 5> sensor_kinds{"door", "leak", "camera", "climate", "motion"};
constexpr std::array<std::string_view, 6> families{"zigbee2mqtt", "frigate", "tasmota",
                                                   "shelly1",     "shelly2", "generic"};

void add_sensor_points(Sensor& sensor, SensorId id, SiteDraft& draft) {
  using enum Quantity;
  const auto add = [&](std::initializer_list<Quantity> quantities) {
    for (const auto quantity : quantities) draft.add_point(sensor.points, {quantity, {}, id, 0});
  };
  switch (sensor.kind) {
    case Sensor::Kind::door:
      add({open, online, battery_pct, battery_voltage, link_quality, temperature, tamper, battery_low});
      break;
    case Sensor::Kind::leak:
      add({wet, online, battery_pct, battery_low, battery_voltage, link_quality, temperature, tamper});
      break;
    case Sensor::Kind::camera:
      add({online, person, vehicle, motion});
      break;
    case Sensor::Kind::climate:
      add({temperature, humidity, online, battery_pct, battery_low, battery_voltage, link_quality});
      break;
    case Sensor::Kind::motion:
      add({motion, online, battery_pct, battery_low, battery_voltage, link_quality, tamper});
      break;
    case Sensor::Kind::bridge:
    case Sensor::Kind::broker:
      add({online});
      break;
  }
  for (const auto& value : sensor.values)
    if (std::ranges::none_of(sensor.points,
                             [&](PointId point) { return draft.site.point(point).quantity == value.quantity; }))
      add({value.quantity});
}

void check_topic(TomlTable& table, std::string_view key, const std::string& topic) {
  if (topic.find_first_of("+#") != std::string::npos)
    table.problem(key, fmt::format("'{}' has a wildcard", topic),
                  "name one device's topic, as \"zigbee2mqtt/east-door\"");
}

std::optional<Quantity> read_quantity(TomlTable& table) {
  const auto name = table.required_string("quantity");
  if (name.empty()) return std::nullopt;
  const auto quantity = quantity_named(name);
  if (quantity && *quantity >= Quantity::open) return quantity;
  table.problem("quantity", fmt::format("'{}' is nothing that a sensor measures", name),
                "one of open, wet, person, vehicle, motion, tamper, battery_low, battery_pct, battery_voltage, "
                "link_quality, temperature, humidity");
  return std::nullopt;
}

// What the number is multiplied with: not 0, which would make every value the same.
double read_scale(TomlTable& table) {
  const auto scale = table.number("scale");
  if (scale && *scale == 0) table.problem("scale", "'scale' is 0", "every value would be 0");
  return scale.value_or(1);
}

void read_values(TomlTable& sensor_table, Sensor& sensor) {
  for (auto& table : sensor_table.tables("value")) {
    ValueMapping value;
    const auto quantity = read_quantity(table);
    value.topic = table.string("topic").value_or(sensor.topic);
    check_topic(table, "topic", value.topic);
    if (value.topic.empty())
      table.problem("topic", "neither the value nor its sensor has a 'topic'", "add topic = \"plant/roof/hatch\"");
    value.pointer = table.string("pointer").value_or("");
    if (!value.pointer.empty() && value.pointer.front() != '/')
      table.problem(
          "pointer", fmt::format("'{}' is no JSON pointer", value.pointer),
          "it begins with a slash: \"/state\", \"/doors/0/open\"; leave it out when the payload is the value");
    value.true_when = table.strings("true_when");
    value.false_when = table.strings("false_when");
    value.inverted = table.boolean("inverted").value_or(false);
    value.scale = read_scale(table);
    value.offset = table.number("offset").value_or(0);
    const bool flag = quantity && traits(*quantity).kind == ValueKind::flag;
    if (value.true_when.empty() != value.false_when.empty())
      table.problem(value.true_when.empty() ? "false_when" : "true_when",
                    "only one of 'true_when' and 'false_when' is given",
                    "give both: what is in neither is counted as not understood, and never taken for a closed door");
    if (quantity && !flag && !value.true_when.empty())
      table.problem("true_when", fmt::format("{} is a number, not true or false", traits(*quantity).name),
                    "use scale and offset");
    for (const auto& word : value.true_when)
      if (std::ranges::find(value.false_when, word) != value.false_when.end())
        table.problem("false_when", fmt::format("'{}' means both true and false", word), "list it once");
    table.finish();
    if (!quantity) continue;
    value.quantity = *quantity;
    sensor.values.push_back(std::move(value));
  }
}

// The keys that only one family has.
void read_family_keys(TomlTable& table, Sensor& sensor) {
  const bool contact =
      sensor.kind == Sensor::Kind::door || sensor.kind == Sensor::Kind::leak || sensor.kind == Sensor::Kind::motion;
  switch (sensor.family) {
    case Family::zigbee2mqtt:
    case Family::frigate:
      break;
    case Family::tasmota:
      if (sensor.topic.starts_with("tele/") || sensor.topic.starts_with("stat/"))
        table.problem("topic", fmt::format("'{}' has Tasmota's prefix", sensor.topic),
                      fmt::format("give the device's own part: \"{}\"", sensor.topic.substr(5)));
      sensor.zigbee_device = table.string("zigbee_device").value_or("");
      sensor.key = table.string("key").value_or("Switch1");
      break;
    case Family::shelly1:
      if (!sensor.topic.empty() && !sensor.topic.starts_with("shellies/"))
        table.problem("topic", fmt::format("'{}' is not a first-generation Shelly's topic", sensor.topic),
                      fmt::format("\"shellies/{}\"; later generations are family = \"shelly2\"", sensor.topic));
      break;
    case Family::shelly2:
      if (sensor.kind == Sensor::Kind::door) sensor.input = static_cast<int>(table.integer("input", 0, 99).value_or(0));
      break;
    case Family::generic:
      read_values(table, sensor);
      sensor.availability_topic = table.string("availability_topic").value_or("");
      check_topic(table, "availability_topic", sensor.availability_topic);
      if (!table.has("value") && sensor.availability_topic.empty())
        table.problem("", "a generic sensor without a [[sensor.value]]",
                      "say what its payload means: [[sensor.value]] with quantity = \"open\"");
      break;
  }
  if (contact && sensor.family != Family::generic) sensor.inverted = table.boolean("inverted").value_or(false);
  const bool battery =
      sensor.family == Family::shelly1 || (sensor.family == Family::shelly2 && sensor.kind != Sensor::Kind::door);
  if (sensor.family == Family::shelly1 || sensor.family == Family::shelly2)
    sensor.sleeps = table.boolean("sleeps").value_or(battery);
}

std::chrono::nanoseconds usual_silence(const Sensor& sensor) {
  if (sensor.kind == Sensor::Kind::camera) return 0ns;
  // Tasmota on mains speaks every five minutes (TelePeriod); what runs on a battery once a day at least.
  if (sensor.family == Family::tasmota && sensor.zigbee_device.empty()) return 16min;
  return 25h;
}

void check_family(TomlTable& table, const Sensor& sensor) {
  const bool camera = sensor.kind == Sensor::Kind::camera;
  if (sensor.family == Family::generic || camera == (sensor.family == Family::frigate)) return;
  table.problem("family", fmt::format("a {} can't come from {}", name_of(sensor.kind), name_of(sensor.family)),
                camera ? "cameras come from \"frigate\", or \"generic\" with [[sensor.value]]"
                       : "\"frigate\" brings cameras only");
}

// A bridge has one sensor of its own, whoever is behind it.
SensorId bridge_of(SiteDraft& draft, Family family, const std::string& topic, std::string id, Name name,
                   SensorId broker) {
  auto& sensors = draft.site.sensors;
  const auto found = std::ranges::find_if(
      sensors, [&](const Sensor& each) { return each.kind == Sensor::Kind::bridge && each.topic == topic; });
  if (found != sensors.end()) return SensorId{static_cast<std::size_t>(found - sensors.begin())};
  std::ranges::transform(id, id.begin(), [](char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c : '-';
  });
  while (draft.claimed.contains(id)) id += "-2";
  draft.claimed.emplace(id, "a bridge");
  const SensorId number{sensors.size()};
  Sensor bridge;
  bridge.id = std::move(id);
  bridge.name = std::move(name);
  bridge.kind = family == Family::generic ? Sensor::Kind::broker : Sensor::Kind::bridge;
  bridge.family = family;
  bridge.topic = topic;
  bridge.parent = broker;
  draft.sensors.add(bridge.id, number);
  add_sensor_points(bridge, number, draft);
  sensors.push_back(std::move(bridge));
  return number;
}

// Behind what each sensor is: its bridge, or the broker at once.
void add_bridges(SiteDraft& draft) {
  const auto count = draft.site.sensors.size();
  if (!draft.site.broker || count == 0) return;
  const auto configured = *draft.site.broker;
  const auto broker = bridge_of(draft, Family::generic, "", "mqtt-broker", {"MQTT 服务器", "MQTT broker"}, SensorId{});
  for (std::size_t i = 0; i < count; ++i) {
    const auto sensor = draft.site.sensors[i];
    auto parent = broker;
    if (sensor.family == Family::zigbee2mqtt)
      parent = bridge_of(draft, sensor.family, configured.zigbee2mqtt_base + "/bridge/state",
                         configured.zigbee2mqtt_base + "-bridge", {"Zigbee 网桥", "Zigbee bridge"}, broker);
    else if (sensor.family == Family::frigate)
      parent = bridge_of(draft, sensor.family, configured.frigate_base + "/available",
                         configured.frigate_base + "-recorder", {"摄像录像机", "Camera recorder"}, broker);
    else if (sensor.family == Family::tasmota && !sensor.zigbee_device.empty())
      parent =
          bridge_of(draft, sensor.family, tasmota_topic(configured, "tele", sensor.topic) + "LWT",
                    sensor.topic + "-bridge", {"Zigbee 网桥 " + sensor.topic, "Zigbee bridge " + sensor.topic}, broker);
    draft.site.sensors[i].parent = parent;
  }
}

}  // namespace

void read_broker(TomlTable& root, SiteDraft& draft) {
  auto table = root.table("broker");
  if (!table) return;
  Broker broker;
  broker.url = table->required_string("url");
  if (!tell_login(*table, broker.url) && !tell_stray_bytes(*table, broker.url) && !broker.url.empty() &&
      !broker.url.starts_with("mqtt://") && !broker.url.starts_with("mqtts://"))
    table->problem("url", fmt::format("'{}' is not a broker URL", host_of_address(broker.url)),
                   "write mqtt://host:1883, or mqtts://host:8883 for TLS");
  broker.client_id = table->string("client_id").value_or("gateway-" + draft.site.id);
  broker.user = table->string("user").value_or("");
  broker.password_file = draft.file_of(*table, "password_file");
  broker.ca_file = draft.file_of(*table, "ca_file");
  broker.zigbee2mqtt_base = table->string("zigbee2mqtt_base").value_or(broker.zigbee2mqtt_base);
  broker.frigate_base = table->string("frigate_base").value_or(broker.frigate_base);
  broker.tasmota_full_topic = table->string("tasmota_full_topic").value_or(broker.tasmota_full_topic);
  if (broker.tasmota_full_topic.find("%prefix%") == std::string::npos ||
      broker.tasmota_full_topic.find("%topic%") == std::string::npos)
    table->problem("tasmota_full_topic", "it must hold %prefix% and %topic%", "Tasmota's own is \"%prefix%/%topic%/\"");
  broker.discovery_prefix = table->string("discovery_prefix").value_or("");
  const std::array<std::pair<const char*, const std::string*>, 4> listened{
      {{"zigbee2mqtt_base", &broker.zigbee2mqtt_base},
       {"frigate_base", &broker.frigate_base},
       {"tasmota_full_topic", &broker.tasmota_full_topic},
       {"discovery_prefix", &broker.discovery_prefix}}};
  for (const auto& [key, topic] : listened)
    if (topic->find_first_of("+#") != std::string::npos)
      table->problem(key, fmt::format("'{}' has a wildcard", *topic),
                     "what is listened to is named, as \"homeassistant\"");
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
    sensor.family = static_cast<Family>(table.choice("family", families).value_or(camera ? 1u : 0u));
    check_family(table, sensor);
    const bool by_value = sensor.family == Family::generic;  // each of its values may have a topic of its own
    sensor.topic = by_value ? table.string("topic").value_or("") : table.required_string("topic");
    check_topic(table, "topic", sensor.topic);
    read_family_keys(table, sensor);
    sensor.area = draft.area_of(table);
    sensor.silent_after = table.duration("silent_after").value_or(usual_silence(sensor));
    table.finish();
    add_sensor_points(sensor, id, draft);
    if (!draft.site.broker && !draft.no_broker_told) {
      draft.no_broker_told = true;
      table.problem("", "there are sensors, but no [broker]", "add [broker] with url = \"mqtt://host:1883\"");
    }
    draft.site.sensors.push_back(std::move(sensor));
  }
  add_bridges(draft);
}

}  // namespace gateway::site_reading
