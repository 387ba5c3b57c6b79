// The connection to a broker as the MQTT uplink needs it. cloud-sync may not know drivers, where the MQTT session is:
// app puts one behind this (decision 70).
#pragma once

#include <functional>
#include <string_view>

#include "core/error.hpp"

namespace gateway {

class UplinkSession {
 public:
  using Done = std::function<void(Expected<void>)>;

  virtual ~UplinkSession() = default;
  // QoS 1, not retained; never waits. `done` is called exactly once, by any thread, also before this returns: when the
  // broker has acknowledged (PUBACK), or with the reason why it will not. Error not_connected: nothing was sent.
  virtual void publish(std::string_view topic, std::string_view payload, Done done) = 0;
};

}  // namespace gateway
