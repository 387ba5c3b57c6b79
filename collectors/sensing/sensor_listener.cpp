#include "collectors/sensing/sensor_listener.hpp"

#include <utility>

#include "drivers/mqtt/mqtt_session.hpp"

namespace gateway {

SensorListener::SensorListener(const Site& site, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& doorbell)
    : clock_(clock), router_(site, clock, mailbox, doorbell), discovery_(site) {
  const auto& broker = *site.broker;
  MqttOptions options;
  options.url = broker.url;
  options.client_id = broker.client_id;
  options.user = broker.user;
  options.password_file = broker.password_file;
  options.ca_file = broker.ca_file;
  options.keep_alive = broker.keep_alive;
  options.will_topic = "gateway/" + site.id + "/status";
  options.subscriptions = router_.subscriptions();
  for (auto& filter : discovery_.subscriptions()) options.subscriptions.push_back(std::move(filter));
  session_ = std::make_unique<MqttSession>(
      std::move(options), MqttEvents{[this](std::string_view topic, std::string_view payload, bool retained) {
                                       if (discovery_.is_announcement(topic))
                                         discovery_.message(topic, payload);
                                       else
                                         router_.message(topic, payload, retained);
                                     },
                                     [this](MqttState state, std::string_view reason) {
                                       router_.connection(state == MqttState::connected, reason,
                                                          state == MqttState::refused);
                                     }});
}

SensorListener::~SensorListener() { stop(); }
void SensorListener::start() {
  moved_ = clock_.monotonic().time_since_epoch().count();
  session_->start();
}
void SensorListener::tick() {
  router_.tick();
  const auto beats = session_->beats();
  if (std::exchange(beats_, beats) != beats) moved_ = clock_.monotonic().time_since_epoch().count();
}
void SensorListener::stop() { session_->stop(); }

}  // namespace gateway
