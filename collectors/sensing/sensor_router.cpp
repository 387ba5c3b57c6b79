#include "collectors/sensing/sensor_router.hpp"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

using Family = Sensor::Family;
using Kind = Sensor::Kind;

std::string_view last_part(std::string_view topic) { return topic.substr(topic.rfind('/') + 1); }

bool is_vehicle(std::string_view label) {
  static constexpr std::array<std::string_view, 5> vehicles{"car", "truck", "bus", "motorcycle", "bicycle"};
  return std::find(vehicles.begin(), vehicles.end(), label) != vehicles.end();
}

// Open events of one camera; more at once means that ends were missed, not that so many people are there.
constexpr std::size_t most_events = 256;

Quantity contact_of(Kind kind) noexcept {
  return kind == Kind::leak ? Quantity::wet : kind == Kind::motion ? Quantity::motion : Quantity::open;
}

}  // namespace

SensorRouter::SensorRouter(const Site& site, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& doorbell)
    : site_(site),
      clock_(clock),
      mailbox_(mailbox),
      doorbell_(doorbell),
      children_(site.sensors.size()),
      started_(clock.monotonic()),
      sensors_(site.sensors.size()) {
  if (!site.broker) return;
  for (std::size_t i = 0; i < site.sensors.size(); ++i) {
    const SensorId id{i};
    if (site.sensors[i].kind == Kind::broker) broker_sensor_ = id;
    if (const auto parent = site.sensors[i].parent; parent.valid()) children_[parent.index()].push_back(id);
    add_routes(id);
  }
}

void SensorRouter::route(const std::string& topic, Role role, SensorId sensor, std::string detail) {
  if (!topic.empty()) routes_[topic].push_back({role, sensor, std::move(detail)});
}

void SensorRouter::add_routes(SensorId id) {
  const auto& sensor = site_.sensor(id);
  const auto& topic = sensor.topic;
  if (sensor.kind == Kind::broker) return;
  if (sensor.kind == Kind::bridge) {
    route(topic, Role::availability, id);
    if (sensor.family == Family::frigate) route(site_.broker->frigate_base + "/events", Role::frigate_events, id);
    return;
  }
  switch (sensor.family) {
    case Family::zigbee2mqtt:
      route(topic, Role::zigbee2mqtt, id);
      route(topic + "/availability", Role::availability, id);
      break;
    case Family::frigate:
      add_frigate_routes(id);
      break;
    case Family::tasmota: {
      const auto tele = tasmota_topic(*site_.broker, "tele", topic), stat = tasmota_topic(*site_.broker, "stat", topic);
      route(tele + "SENSOR", Role::tasmota, id);
      if (!sensor.zigbee_device.empty()) {  // SetOption89: a topic a device, named by its address without 0x
        const std::string_view device = sensor.zigbee_device;
        route(tele + std::string(device.starts_with("0x") ? device.substr(2) : device) + "/SENSOR", Role::tasmota, id);
        break;
      }
      route(tele + "LWT", Role::availability, id);
      route(stat + "RESULT", Role::tasmota, id);
      if (sensor.key.starts_with("POWER")) route(stat + sensor.key, Role::tasmota_power, id);
      break;
    }
    case Family::shelly1:
      for (const std::string part :
           {"sensor/state", "sensor/flood", "sensor/battery", "sensor/temperature", "sensor/humidity"})
        route(topic + "/" + part, Role::shelly1, id, part);
      route(topic + "/online", Role::availability, id);
      break;
    case Family::shelly2:
      route(topic + "/events/rpc", Role::shelly2_rpc, id);
      for (const auto& part : {std::string("flood:0"), std::string("temperature:0"), std::string("humidity:0"),
                               std::string("devicepower:0"), "input:" + std::to_string(sensor.input)})
        route(topic + "/status/" + part, Role::shelly2_status, id, part);
      route(topic + "/online", Role::availability, id);
      break;
    case Family::generic: {
      std::set<std::string> topics;
      for (const auto& value : sensor.values)
        if (topics.insert(value.topic).second) route(value.topic, Role::mapped, id);
      route(sensor.availability_topic, Role::availability, id);
      break;
    }
  }
}

void SensorRouter::add_frigate_routes(SensorId id) {
  const auto& topic = site_.sensor(id).topic;
  route(topic + "/person", Role::frigate_persons, id);
  route(topic + "/motion", Role::frigate_motion, id);
  route(topic + "/status/detect", Role::frigate_detect, id);
  route(topic + "/status/record", Role::frigate_record, id);
  cameras_.emplace(last_part(topic), id);
}

std::vector<std::string> SensorRouter::subscriptions() const {
  std::vector<std::string> out;
  for (const auto& [topic, routes] : routes_) out.push_back(topic);
  return out;
}

void SensorRouter::message(std::string_view topic, std::string_view payload, bool retained) {
  const auto now = clock_.monotonic();
  const std::scoped_lock lock(mutex_);
  ++broker_.messages;
  const auto found = routes_.find(topic);
  if (found == routes_.end()) {
    ++broker_.unrouted;
    return;
  }
  for (const auto& route : found->second) deliver(route, {topic, payload, retained, now});
  doorbell_.ring();
}

void SensorRouter::deliver(const Route& route, const Message& message) {
  switch (route.role) {
    case Role::availability:
      return availability(route.sensor, message);
    case Role::frigate_detect:
      return camera_role(route.sensor, 0, message);
    case Role::frigate_record:
      return camera_role(route.sensor, 1, message);
    case Role::frigate_events:
      return event_message(route.sensor, message);
    case Role::frigate_persons:
      return person_count(route.sensor, message);
    default:
      break;
  }
  // Of a bridge's topic only what names the device is the device's.
  const bool own_topic =
      site_.sensor(route.sensor).zigbee_device.empty() && route.role != Role::zigbee2mqtt && route.role != Role::mapped;
  take(route.sensor, decode(route, message), own_topic, message);
}

Decoded SensorRouter::decode(const Route& route, const Message& message) const {
  const auto& sensor = site_.sensor(route.sensor);
  switch (route.role) {
    case Role::zigbee2mqtt:
      return decode_zigbee2mqtt(message.payload);
    case Role::tasmota:
      return decode_tasmota(message.payload, sensor);
    case Role::tasmota_power:
      return decode_tasmota_power(message.payload, sensor);
    case Role::shelly1:
      return decode_shelly1(route.detail, message.payload);
    case Role::shelly2_rpc:
      return decode_shelly2_rpc(message.payload, sensor.input);
    case Role::shelly2_status:
      return decode_shelly2_status(route.detail, message.payload, sensor.input);
    case Role::frigate_motion:
      return decode_frigate_motion(message.payload);
    case Role::mapped:
      return decode_mapped(message.topic, message.payload, sensor.values);
    default:
      return {};
  }
}

void SensorRouter::take(SensorId id, Decoded decoded, bool own_topic, const Message& message) {
  auto& state = sensors_[id.index()];
  if (!own_topic && decoded.values.empty() && !decoded.problem && !site_.sensor(id).zigbee_device.empty()) return;
  ++state.status.messages;
  if (decoded.problem) undecodable(id, *decoded.problem, message);
  if (site_.sensor(id).inverted) {
    const auto contact = contact_of(site_.sensor(id).kind);
    for (auto& value : decoded.values)
      if (value.quantity == contact) value.value = 1 - value.value;
  }
  auto at = message.now;
  if (message.retained && decoded.said) {
    // How old it is is known: as long as the clock that says so is not behind the device's.
    const auto age = clock_.utc() - *decoded.said;
    if (age > std::chrono::nanoseconds{0}) at -= age;
    if (!state.status.last_seen || *state.status.last_seen < at) state.status.last_seen = at;
  }
  push(id, decoded.values, message.retained, at);
  if (!message.retained && (!decoded.values.empty() || (own_topic && !decoded.problem))) alive(id, message.now);
}

void SensorRouter::availability(SensorId id, const Message& message) {
  const auto online = decode_availability(message.payload);
  const auto& sensor = site_.sensor(id);
  if (!online) {
    undecodable(id, online.error(), message);
    if (sensor.kind != Kind::bridge) return;
    ++broker_.undecodable;
    broker_.last_error = std::string(message.topic) + ": " + online.error().text;
    return;
  }
  if (sensor.sleeps && !*online) return;
  sensors_[id.index()].heard = *online;
  tell(id, message.retained, message.now);
}

void SensorRouter::camera_role(SensorId id, std::size_t role, const Message& message) {
  const auto up = decode_camera_role(message.payload);
  if (!up) return undecodable(id, up.error(), message);
  sensors_[id.index()].role_down[role] = !*up;
  tell(id, message.retained, message.now);
}

void SensorRouter::person_count(SensorId sensor, const Message& message) {
  auto& state = sensors_[sensor.index()];
  ++state.status.messages;
  const auto count = decode_count(message.payload);
  if (!count) return undecodable(sensor, count.error(), message);
  if (*count == 0) state.persons.clear();  // an event's end was missed
  const std::array values{SensorValue{Quantity::person, *count > 0 ? 1.0 : 0.0}};
  push(sensor, values, message.retained, message.now);
  if (!message.retained) alive(sensor, message.now);
}

void SensorRouter::event_message(SensorId recorder, const Message& message) {
  const auto event = decode_frigate_event(message.payload);
  if (!event) {
    undecodable(recorder, event.error(), message);
    ++broker_.undecodable;
    broker_.last_error = "frigate events: " + event.error().text;
    return;
  }
  const auto camera = cameras_.find(event->camera);
  if (camera == cameras_.end()) {
    ++broker_.unrouted;  // a camera that the site does not name
    return;
  }
  const auto sensor = camera->second;
  auto& state = sensors_[sensor.index()];
  ++state.status.messages;
  const bool vehicle = is_vehicle(event->label);
  if (vehicle || event->label == "person") {
    auto& open = vehicle ? state.vehicles : state.persons;
    if (event->ended) {
      open.erase(event->id);
    } else {
      if (open.size() >= most_events) open.clear();
      open.insert(event->id);
    }
    const std::array values{SensorValue{vehicle ? Quantity::vehicle : Quantity::person, open.empty() ? 0.0 : 1.0}};
    push(sensor, values, false, message.now);
  }
  alive(sensor, message.now);
}

void SensorRouter::push(SensorId sensor, std::span<const SensorValue> values, bool retained, MonotonicTime at) {
  std::array<Reading, 16> group;
  std::size_t size = 0;
  auto& state = sensors_[sensor.index()];
  const auto& points = site_.sensor(sensor).points;
  for (const auto& value : values) {
    const auto point = site_.point_of(sensor, value.quantity);
    if (!point.valid() || size == group.size()) continue;  // a value that this kind of sensor is not kept for
    group[size] = traits(value.quantity).kind == ValueKind::flag ? Reading::flag(point, at, value.value != 0)
                                                                 : Reading::gauge(point, at, value.value);
    if (retained) group[size].as_retained();
    ++size;
    state.given |= std::uint64_t{1} << (std::ranges::find(points, point) - points.begin());
  }
  if (size > 0) mailbox_.try_push(std::span<const Reading>(group.data(), size));
}

// What it said is no longer known to be so.
void SensorRouter::push_bad(SensorId sensor, MonotonicTime now) {
  auto& state = sensors_[sensor.index()];
  const auto& points = site_.sensor(sensor).points;
  for (std::size_t i = 0; i < points.size(); ++i)
    if ((state.given >> i & 1) != 0 && site_.point(points[i]).quantity != Quantity::online)
      mailbox_.try_push(Reading::flag(points[i], now, false).with_quality(Quality::bad));
  state.given = 0;
}

void SensorRouter::alive(SensorId sensor, MonotonicTime now) {
  auto& state = sensors_[sensor.index()];
  state.status.last_seen = now;
  state.silent = false;
  state.heard = true;
  tell(sensor, false, now);
}

std::optional<bool> SensorRouter::online_of(SensorId id) const {
  const auto& sensor = site_.sensor(id);
  const auto& state = sensors_[id.index()];
  if (sensor.kind == Kind::broker) return broker_.connected;
  const auto above = sensor.parent.valid() ? sensors_[sensor.parent.index()].told : std::nullopt;
  // Before the first connection nothing is known of anybody; afterwards a dead bridge takes its sensors with it.
  if (above == false && (ever_connected_ || state.told)) return false;
  if (state.silent || state.role_down[0] || state.role_down[1]) return false;
  // Cameras have no word of their own: they are as available as the recorder.
  if (sensor.kind == Kind::camera && sensor.family == Family::frigate && above) return above;
  // A bridge that never speaks of itself counts as there again when the broker is.
  if (sensor.kind == Kind::bridge && !state.heard && state.told) return true;
  return state.heard;
}

void SensorRouter::tell(SensorId id, bool retained, MonotonicTime now) {
  auto& state = sensors_[id.index()];
  const auto online = online_of(id);
  if (online && online != state.told) {
    state.told = state.status.online = online;
    auto reading = Reading::flag(site_.point_of(id, Quantity::online), now, *online);
    if (retained) reading.as_retained();
    mailbox_.try_push(reading);
    if (!*online) push_bad(id, now);
  }
  for (const auto child : children_[id.index()]) tell(child, retained, now);
}

void SensorRouter::undecodable(SensorId sensor, const PayloadProblem& problem, const Message& message) {
  auto& status = sensors_[sensor.index()].status;
  ++status.undecodable;
  ++status.faults[static_cast<std::size_t>(problem.kind)];
  status.last_error = problem.text;
  status.last_bad = payload_excerpt(message.payload);
  status.last_bad_at = message.now;
}

void SensorRouter::connection(bool connected, std::string_view reason, bool refused) {
  const auto now = clock_.monotonic();
  const std::scoped_lock lock(mutex_);
  if (connected && ever_connected_ && !broker_.connected) ++broker_.reconnects;
  ever_connected_ = ever_connected_ || connected;
  broker_.connected = connected;
  broker_.refused = refused;
  if (!reason.empty()) broker_.last_error = reason;
  if (!connected)
    for (auto& sensor : sensors_) {  // while nothing can be heard, Frigate events may end
      sensor.persons.clear();
      sensor.vehicles.clear();
    }
  if (broker_sensor_.valid()) tell(broker_sensor_, false, now);
  doorbell_.ring();
}

void SensorRouter::tick() {
  const auto now = clock_.monotonic();
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    auto& state = sensors_[i];
    const auto limit = site_.sensors[i].silent_after;
    if (limit.count() == 0 || state.silent || now - state.status.last_seen.value_or(started_) < limit) continue;
    state.silent = true;
    tell(SensorId{i}, false, now);
  }
}

BrokerStatus SensorRouter::broker_status() const {
  const std::scoped_lock lock(mutex_);
  return broker_;
}

std::vector<SensorStatus> SensorRouter::sensor_status() const {
  const std::scoped_lock lock(mutex_);
  std::vector<SensorStatus> out;
  for (const auto& sensor : sensors_) out.push_back(sensor.status);
  return out;
}

}  // namespace gateway
