#include "firmware-gateway/app/mqtt_channel.hpp"

#include "drivers/mqtt/mqtt_session.hpp"

namespace gateway {

MqttChannel mqtt_channel(const Notify& notify, const std::string& site, std::string will_topic,
                         std::function<void(bool up, std::string_view reason, bool refused)> connected) {
  MqttOptions options;
  options.url = notify.url;
  options.client_id = "gateway-" + site + "-notify-" + notify.id;
  options.user = notify.user;
  options.password_file = notify.password_file;
  options.ca_file = notify.ca_file;
  options.will_topic = std::move(will_topic);
  auto session = std::make_shared<MqttSession>(
      std::move(options), MqttEvents{{}, [connected = std::move(connected)](MqttState state, std::string_view reason) {
                                       connected(state == MqttState::connected, reason, state == MqttState::refused);
                                     }});
  MqttChannel out;
  out.start = [session] { session->start(); };
  out.stop = [session] { session->stop(); };
  out.publish = [session](const std::string& topic, const std::string& payload, bool retained,
                          std::function<void(bool)> done) {
    session->publish(topic, payload, retained,
                     [done = std::move(done)](Expected<void> result) { done(result.has_value()); });
  };
  return out;
}

}  // namespace gateway
