#include "core/site.hpp"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

PointId find_point(const std::vector<Point>& table, const std::vector<PointId>& of_device, Quantity quantity) {
  const auto found =
      std::ranges::find_if(of_device, [&](PointId id) { return table[id.index()].quantity == quantity; });
  return found == of_device.end() ? PointId{} : *found;
}

}  // namespace

std::string_view name_of(NodeKind kind) noexcept {
  static constexpr std::array<std::string_view, 6> names{"meter", "area", "sub_item", "compound", "sum", "difference"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Sensor::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 7> names{"door",   "leak",   "camera", "climate",
                                                         "motion", "bridge", "broker"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Sensor::Family family) noexcept {
  static constexpr std::array<std::string_view, 6> names{"zigbee2mqtt", "frigate", "tasmota",
                                                         "shelly1",     "shelly2", "generic"};
  return names[static_cast<std::size_t>(family)];
}

std::string_view name_of(AlarmRule::Kind kind) noexcept {
  static constexpr std::array<std::string_view, alarm_rule_kind_count> names{
      "door_open",   "leak_wet",     "device_silent", "camera_offline", "person_seen",   "value_above",
      "value_below", "power_demand", "load_left_on",  "water_leak",     "water_running", "unaccounted",
      "bus_fault",   "broker_fault", "gateway_fault", "alarm_flood"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(When when) noexcept {
  static constexpr std::array<std::string_view, 5> names{"always", "working_hours", "off_hours", "armed",
                                                         "off_hours_or_armed"};
  return names[static_cast<std::size_t>(when)];
}

std::string_view name_of(Sink::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 9> names{
      "influx1", "influx2", "influx3", "victoriametrics", "questdb", "greptimedb", "tdengine", "line_protocol", "mqtt"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Notify::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 5> names{"mqtt", "webhook", "wecom", "dingtalk", "email"};
  return names[static_cast<std::size_t>(kind)];
}

std::string tasmota_topic(const Broker& broker, std::string_view prefix, std::string_view topic) {
  auto out = broker.tasmota_full_topic;
  const auto put = [&](std::string_view mark, std::string_view text) {
    if (const auto at = out.find(mark); at != std::string::npos) out.replace(at, mark.size(), text);
  };
  put("%prefix%", prefix);
  put("%topic%", topic);
  if (!out.ends_with('/')) out += '/';
  return out;
}

PointId Site::point_of(MeterId meter, Quantity quantity) const {
  return find_point(points, this->meter(meter).points, quantity);
}
PointId Site::point_of(SensorId sensor, Quantity quantity) const {
  return find_point(points, this->sensor(sensor).points, quantity);
}

AlarmId Site::alarm_named(std::string_view rule, std::string_view source) const {
  const auto found = std::ranges::find_if(
      alarms, [&](const AlarmSource& each) { return each.id == source && rules[each.rule].id == rule; });
  return found == alarms.end() ? AlarmId{} : AlarmId{static_cast<std::size_t>(found - alarms.begin())};
}

std::optional<NodeId> Site::node_named(std::string_view name_, Utility utility) const {
  const auto found =
      std::ranges::find_if(nodes, [&](const Node& node) { return node.utility == utility && node.name == name_; });
  if (found == nodes.end()) return std::nullopt;
  return NodeId{static_cast<std::size_t>(found - nodes.begin())};
}

}  // namespace gateway
