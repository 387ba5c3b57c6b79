// One connection to the broker that keeps itself up: connects, connects again with growing pauses, and subscribes anew
// on every connect (subscriptions can be lost on a reconnect, paho.mqtt.cpp#433).
//
// MQTT 3.1.1: a message is in memory, whatever its size, before it can be refused; only the broker can limit that
// (docs/operations.md). Callbacks come on Paho's threads and must only hand over: a blocking call in one would stop the
// client (paho.mqtt.c#1230). `state(connected)` comes before the first message of a connection. start() and stop() for
// the owner's thread; publish() for any.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace gateway {

struct MqttOptions {
  std::string url;  // mqtt://host:1883, mqtts://host:8883
  std::string client_id;
  std::string user;
  std::filesystem::path password_file;  // read anew for every connection; one line
  std::filesystem::path ca_file;        // mqtts; empty: the system's
  std::chrono::seconds keep_alive{30};
  std::string will_topic;  // "online" is published there, retained, on connect, and "offline" by the broker when we
                           // vanish; empty: none
  std::vector<std::string> subscriptions;
};

inline constexpr int most_unacknowledged = 100;

// refused: the broker does not take this client, or its password can't be read; somebody has to mend something. The
// session goes on trying, also at once when the password's file changes.
enum class MqttState : std::uint8_t { connected, retrying, refused };

struct MqttEvents {
  std::function<void(std::string_view topic, std::string_view payload, bool retained)> message;
  // Connected with a reason: up, but the broker refuses that subscription.
  std::function<void(MqttState state, std::string_view reason)> state;
};

class MqttSession {
 public:
  MqttSession(MqttOptions options, MqttEvents events);
  ~MqttSession();

  void start();  // returns at once; the connection comes when it comes
  void stop();   // says "offline" and leaves, within a second
  // Grows once a second or so as long as the session moves: while it tries to connect, and while messages, if any come,
  // are taken. Any thread.
  [[nodiscard]] std::uint64_t beats() const noexcept;
  // Fire and forget, QoS 1, never waits. False, and dropped, when there is no connection or when the broker owes the
  // acknowledgement of most_unacknowledged messages.
  bool publish(std::string_view topic, std::string_view payload, bool retained);
  // QoS 1, never waits. `done` is called exactly once, by any thread, also before this returns and while
  // the session stops: when the broker has acknowledged (PUBACK), or with why it has not. How many may be under way is
  // the caller's affair. Errors: not_connected, connection_reset (lost before the acknowledgement: sent or not),
  // permission_denied (no connection, and the broker refuses one), protocol_error (the message is refused).
  using Done = std::function<void(Expected<void>)>;
  void publish(std::string_view topic, std::string_view payload, bool retained, Done done);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace gateway
