// The site's sensors: a session with the broker, and the router that makes readings of what it brings.
// start() and stop() for the owner's thread; the rest for any.
#pragma once

#include <atomic>
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
  // About once a second.
  void tick();
  // When the session with the broker last moved, as of the last tick(); the epoch: never started. One that tries in
  // vain to connect moves. Any thread.
  [[nodiscard]] MonotonicTime last_moved() const noexcept {
    return MonotonicTime{std::chrono::nanoseconds{moved_.load(std::memory_order_relaxed)}};
  }
  [[nodiscard]] BrokerStatus broker_status() const { return router_.broker_status(); }
  [[nodiscard]] std::vector<SensorStatus> sensor_status() const { return router_.sensor_status(); }
  // Devices that announced themselves and are not in site.toml.
  [[nodiscard]] Discovery::Proposals proposals() const { return discovery_.proposals(); }
  [[nodiscard]] DiscoveryStatus discovery_status() const { return discovery_.status(); }

 private:
  const Clock& clock_;
  SensorRouter router_;
  Discovery discovery_;
  std::unique_ptr<MqttSession> session_;
  std::uint64_t beats_ = 0;  // at the last tick
  std::atomic<std::int64_t> moved_{0};
};

}  // namespace gateway
