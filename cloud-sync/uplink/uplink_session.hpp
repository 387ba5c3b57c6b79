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
  // broker has acknowledged (PUBACK), or with the reason why it will not. Errors not_connected, permission_denied:
  // nothing was sent.
  virtual void publish(std::string_view topic, std::string_view payload, Done done) = 0;
  // Somebody has to mend something (a password) before the broker takes us: as of the last attempt. Any thread.
  [[nodiscard]] virtual bool refused() const = 0;
};

}  // namespace gateway
