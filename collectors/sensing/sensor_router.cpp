#include "collectors/sensing/sensor_router.hpp"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

constexpr std::string_view zigbee_bridge_state = "/bridge/state";

std::string_view last_part(std::string_view topic) { return topic.substr(topic.rfind('/') + 1); }

bool is_vehicle(std::string_view label) {
  static constexpr std::array<std::string_view, 5> vehicles{"car", "truck", "bus", "motorcycle", "bicycle"};
  return std::find(vehicles.begin(), vehicles.end(), label) != vehicles.end();
}

// Open events of one camera; more at once means that ends were missed, not that so many people are there.
constexpr std::size_t most_events = 256;

}  // namespace

SensorRouter::SensorRouter(const Site& site, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& doorbell)
    : site_(site), clock_(clock), mailbox_(mailbox), doorbell_(doorbell), sensors_(site.sensors.size()) {
  if (!site.broker) return;
  const auto& broker = *site.broker;
  for (std::size_t i = 0; i < site.sensors.size(); ++i) {
    const auto& sensor = site.sensors[i];
    if (sensor.family == Sensor::Family::zigbee2mqtt) {
      routes_[sensor.topic].push_back({Role::device, SensorId{i}});
      routes_[sensor.topic + "/availability"].push_back({Role::availability, SensorId{i}});
      if (auto& bridge = routes_[broker.zigbee2mqtt_base + std::string(zigbee_bridge_state)]; bridge.empty())
        bridge.push_back({Role::zigbee_bridge, {}});
    } else {
      routes_[sensor.topic + "/person"].push_back({Role::frigate_persons, SensorId{i}});
      cameras_.emplace(last_part(sensor.topic), SensorId{i});
      if (auto& events = routes_[broker.frigate_base + "/events"]; events.empty())
        events.push_back({Role::frigate_events, {}});
      if (auto& state = routes_[broker.frigate_base + "/available"]; state.empty())
        state.push_back({Role::frigate_available, {}});
    }
  }
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
  for (const auto& route : found->second) {
    switch (route.role) {
      case Role::device:
        device_message(route.sensor, payload, retained, now);
        break;
      case Role::frigate_persons:
        person_count(route.sensor, payload, retained, now);
        break;
      case Role::frigate_events:
        event_message(payload, now);
        break;
      case Role::availability:
        if (const auto online = decode_availability(payload)) {
          sensors_[route.sensor.index()].heard = *online;
          tell_online(route.sensor, retained, now);
        } else {
          undecodable(route.sensor, online.error());
        }
        break;
      case Role::zigbee_bridge:
      case Role::frigate_available: {
        const bool zigbee = route.role == Role::zigbee_bridge;
        const auto online = decode_availability(payload);
        if (!online) {
          ++broker_.undecodable;
          broker_.last_error = std::string(topic) + ": " + online.error();
          break;
        }
        (zigbee ? zigbee_bridge_ : frigate_) = *online;
        for (std::size_t i = 0; i < sensors_.size(); ++i) {
          const bool of_zigbee = site_.sensors[i].family == Sensor::Family::zigbee2mqtt;
          if (of_zigbee != zigbee) continue;
          // Cameras have no word of their own: they are as available as the recorder.
          if (!zigbee) sensors_[i].heard = *online;
          tell_online(SensorId{i}, retained, now);
        }
        break;
      }
    }
  }
  doorbell_.ring();
}

void SensorRouter::device_message(SensorId sensor, std::string_view payload, bool retained, MonotonicTime now) {
  ++sensors_[sensor.index()].status.messages;
  const auto decoded = decode_zigbee2mqtt(payload);
  if (!decoded.problem.empty()) undecodable(sensor, decoded.problem);
  push(sensor, decoded.values, retained, now);
  if (!retained && !decoded.values.empty()) alive(sensor, now);
}

void SensorRouter::person_count(SensorId sensor, std::string_view payload, bool retained, MonotonicTime now) {
  auto& state = sensors_[sensor.index()];
  ++state.status.messages;
  const auto count = decode_count(payload);
  if (!count) return undecodable(sensor, count.error());
  if (*count == 0) state.persons.clear();  // an event's end was missed
  const std::array values{SensorValue{Quantity::person, *count > 0 ? 1.0 : 0.0}};
  push(sensor, values, retained, now);
  if (!retained) alive(sensor, now);
}

void SensorRouter::event_message(std::string_view payload, MonotonicTime now) {
  const auto event = decode_frigate_event(payload);
  if (!event) {
    ++broker_.undecodable;
    broker_.last_error = "frigate events: " + event.error();
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
    push(sensor, values, false, now);
  }
  alive(sensor, now);
}

void SensorRouter::push(SensorId sensor, std::span<const SensorValue> values, bool retained, MonotonicTime now) {
  std::array<Reading, 16> group;
  std::size_t size = 0;
  for (const auto& value : values) {
    const auto point = site_.point_of(sensor, value.quantity);
    if (!point.valid() || size == group.size()) continue;  // a value that this kind of sensor is not kept for
    group[size] = traits(value.quantity).kind == ValueKind::flag ? Reading::flag(point, now, value.value != 0)
                                                                 : Reading::gauge(point, now, value.value);
    if (retained) group[size].as_retained();
    ++size;
  }
  if (size > 0) mailbox_.try_push(std::span<const Reading>(group.data(), size));
}

void SensorRouter::alive(SensorId sensor, MonotonicTime now) {
  auto& state = sensors_[sensor.index()];
  state.status.last_seen = now;
  state.silent = false;
  state.heard = true;
  tell_online(sensor, false, now);
}

void SensorRouter::tell_online(SensorId sensor, bool retained, MonotonicTime now) {
  auto& state = sensors_[sensor.index()];
  const auto& bridge = site_.sensor(sensor).family == Sensor::Family::zigbee2mqtt ? zigbee_bridge_ : frigate_;
  std::optional<bool> online = state.heard;
  if (!broker_.connected || bridge == false || state.silent) online = false;
  if (!online || online == state.told) return;
  state.told = state.status.online = online;
  auto reading = Reading::flag(site_.point_of(sensor, Quantity::online), now, *online);
  if (retained) reading.as_retained();
  mailbox_.try_push(reading);
}

void SensorRouter::undecodable(SensorId sensor, const std::string& reason) {
  auto& status = sensors_[sensor.index()].status;
  ++status.undecodable;
  status.last_error = reason;
}

void SensorRouter::connection(bool connected, std::string_view reason) {
  const auto now = clock_.monotonic();
  const std::scoped_lock lock(mutex_);
  if (connected && ever_connected_ && !broker_.connected) ++broker_.reconnects;
  ever_connected_ = ever_connected_ || connected;
  broker_.connected = connected;
  if (!reason.empty()) broker_.last_error = reason;
  // While nothing could be heard, Frigate events may have ended.
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    if (!connected) {
      sensors_[i].persons.clear();
      sensors_[i].vehicles.clear();
    }
    if (ever_connected_) tell_online(SensorId{i}, false, now);
  }
  doorbell_.ring();
}

void SensorRouter::tick() {
  const auto now = clock_.monotonic();
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    auto& state = sensors_[i];
    const auto limit = site_.sensors[i].silent_after;
    if (limit.count() == 0 || state.silent || !state.status.last_seen || now - *state.status.last_seen < limit)
      continue;
    state.silent = true;
    tell_online(SensorId{i}, false, now);
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
