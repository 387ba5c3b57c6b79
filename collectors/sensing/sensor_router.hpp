// Which sensor a message belongs to, what it says, and whether the sensor is online: connected to the broker, its
// bridge alive, and itself heard of.
//
// A bridge's `online` is told before that of its sensors, in both directions; what a sensor said last is of bad quality
// once it is offline. Pure of sockets: messages and connection changes come in by call, readings go out through the
// mailbox. Calls may come from Paho's threads and from the owner's; one short lock keeps them apart. Nothing waits: a
// full mailbox is counted there.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/doorbell.hpp"
#include "core/mailbox.hpp"
#include "core/reading.hpp"
#include "core/site.hpp"
#include "core/status.hpp"
#include "drivers/mqtt/payload.hpp"

namespace gateway {

class SensorRouter {
 public:
  SensorRouter(const Site& site, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& doorbell);

  // Every topic that has to be subscribed to; no wildcards.
  [[nodiscard]] std::vector<std::string> subscriptions() const;

  void message(std::string_view topic, std::string_view payload, bool retained);
  // refused: the broker is there and does not take us.
  void connection(bool connected, std::string_view reason, bool refused = false);
  // Finds sensors that were silent for too long. Call about once a second.
  void tick();

  [[nodiscard]] BrokerStatus broker_status() const;
  [[nodiscard]] std::vector<SensorStatus> sensor_status() const;  // by SensorId

 private:
  enum class Role : std::uint8_t {
    availability,
    zigbee2mqtt,
    tasmota,
    tasmota_power,
    shelly1,
    shelly2_rpc,
    shelly2_status,
    frigate_events,
    frigate_persons,
    frigate_motion,
    frigate_detect,
    frigate_record,
    mapped,
  };
  struct Route {
    Role role{};
    SensorId sensor;     // frigate_events: the recorder
    std::string detail;  // shelly: the part of the topic that says what it is
  };
  struct Message {
    std::string_view topic;
    std::string_view payload;
    bool retained = false;
    MonotonicTime now{};
  };
  struct State {
    std::optional<bool> heard;  // what the device or its availability topic last said
    std::optional<bool> told;   // what the core was last told
    bool silent = false;
    std::array<bool, 2> role_down{};             // cameras: detect, record
    std::uint64_t given = 0;                     // points, by their place in Sensor::points, that have a good value
    std::set<std::string, std::less<>> persons;  // open Frigate events
    std::set<std::string, std::less<>> vehicles;
    SensorStatus status;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  void add_routes(SensorId id);
  void add_frigate_routes(SensorId id);
  void route(const std::string& topic, Role role, SensorId sensor, std::string detail = {});

  void deliver(const Route& route, const Message& message);
  [[nodiscard]] Decoded decode(const Route& route, const Message& message) const;
  void availability(SensorId sensor, const Message& message);
  void camera_role(SensorId sensor, std::size_t role, const Message& message);
  void take(SensorId sensor, Decoded decoded, bool own_topic, const Message& message);
  void event_message(SensorId recorder, const Message& message);
  void person_count(SensorId sensor, const Message& message);
  void push(SensorId sensor, std::span<const SensorValue> values, bool retained, MonotonicTime at);
  void push_bad(SensorId sensor, MonotonicTime now);
  void alive(SensorId sensor, MonotonicTime now);
  void tell(SensorId sensor, bool retained, MonotonicTime now);
  [[nodiscard]] std::optional<bool> online_of(SensorId sensor) const;
  void undecodable(SensorId sensor, const PayloadProblem& problem, const Message& message);

  const Site& site_;
  const Clock& clock_;
  Mailbox<Reading>& mailbox_;
  Doorbell& doorbell_;
  std::unordered_map<std::string, std::vector<Route>, Hash, std::equal_to<>> routes_;
  std::unordered_map<std::string, SensorId, Hash, std::equal_to<>> cameras_;  // by Frigate's name
  std::vector<std::vector<SensorId>> children_;                               // by SensorId: those whose parent it is
  SensorId broker_sensor_;
  MonotonicTime started_;

  mutable std::mutex mutex_;
  std::vector<State> sensors_;
  BrokerStatus broker_;
  bool ever_connected_ = false;
};

}  // namespace gateway
