// Which sensor a message belongs to, what it says, and whether the sensor is online: connected to the broker, its
// bridge alive, and itself heard of.
//
// Pure of sockets: messages and connection changes come in by call, readings go out through the mailbox. Calls may come
// from Paho's threads and from the owner's; one short lock keeps them apart. Nothing waits: a full mailbox is counted
// there.
#pragma once

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
  void connection(bool connected, std::string_view reason);
  // Finds sensors that were silent for too long. Call about once a second.
  void tick();

  [[nodiscard]] BrokerStatus broker_status() const;
  [[nodiscard]] std::vector<SensorStatus> sensor_status() const;  // by SensorId

 private:
  enum class Role : std::uint8_t {
    device,
    availability,
    zigbee_bridge,
    frigate_available,
    frigate_events,
    frigate_persons
  };
  struct Route {
    Role role{};
    SensorId sensor;  // device, availability, frigate_persons
  };
  struct State {
    std::optional<bool> heard;  // what the device or its availability topic last said
    std::optional<bool> told;   // what the core was last told
    bool silent = false;
    std::set<std::string, std::less<>> persons;  // open Frigate events
    std::set<std::string, std::less<>> vehicles;
    SensorStatus status;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  void device_message(SensorId sensor, std::string_view payload, bool retained, MonotonicTime now);
  void event_message(std::string_view payload, MonotonicTime now);
  void person_count(SensorId sensor, std::string_view payload, bool retained, MonotonicTime now);
  void push(SensorId sensor, std::span<const SensorValue> values, bool retained, MonotonicTime now);
  void alive(SensorId sensor, MonotonicTime now);
  void tell_online(SensorId sensor, bool retained, MonotonicTime now);
  void undecodable(SensorId sensor, const std::string& reason);

  const Site& site_;
  const Clock& clock_;
  Mailbox<Reading>& mailbox_;
  Doorbell& doorbell_;
  std::unordered_map<std::string, std::vector<Route>, Hash, std::equal_to<>> routes_;
  std::unordered_map<std::string, SensorId, Hash, std::equal_to<>> cameras_;  // by Frigate's name

  mutable std::mutex mutex_;
  std::vector<State> sensors_;
  BrokerStatus broker_;
  std::optional<bool> zigbee_bridge_;
  std::optional<bool> frigate_;
  bool ever_connected_ = false;
};

}  // namespace gateway
