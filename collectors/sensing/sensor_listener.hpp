// The site's sensors: a session with the broker, and the router that makes readings of what it brings.
// start() and stop() for the owner's thread; the rest for any.
#pragma once

#include <memory>

#include "collectors/sensing/discovery.hpp"
#include "collectors/sensing/sensor_router.hpp"

namespace gateway {

class MqttSession;

class SensorListener {
 public:
  // Everything handed in must outlive the listener. The site has a broker.
  SensorListener(const Site& site, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& doorbell);
  ~SensorListener();

  void start();
  void stop();
  void tick() { router_.tick(); }
  [[nodiscard]] BrokerStatus broker_status() const { return router_.broker_status(); }
  [[nodiscard]] std::vector<SensorStatus> sensor_status() const { return router_.sensor_status(); }
  // Devices that announced themselves and are not in site.toml.
  [[nodiscard]] Discovery::Proposals proposals() const { return discovery_.proposals(); }
  [[nodiscard]] DiscoveryStatus discovery_status() const { return discovery_.status(); }

 private:
  SensorRouter router_;
  Discovery discovery_;
  std::unique_ptr<MqttSession> session_;
};

}  // namespace gateway
