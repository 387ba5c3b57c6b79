// The session through which a [[notify]] of kind mqtt publishes: what cloud-sync needs of a broker, made of what the
// drivers have.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cloud-sync/notify/alarm_publisher.hpp"

namespace gateway {

// will_topic: "offline" is published there by the broker when we vanish. connected: called on the session's threads;
// refused: somebody has to mend something.
[[nodiscard]] MqttChannel mqtt_channel(const Notify& notify, const std::string& site, std::string will_topic,
                                       std::function<void(bool up, std::string_view reason, bool refused)> connected);

}  // namespace gateway
