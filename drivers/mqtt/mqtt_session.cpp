#include "drivers/mqtt/mqtt_session.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <MQTTAsync.h>
#include <mqtt/async_client.h>
#include <pthread.h>

#include "core/secret_file.hpp"
#include "drivers/mqtt/host_addresses.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr int qos = 1;
constexpr int refused_filter = 0x80;  // MQTT 3.1.1, section 3.9.3

// TLS 1.2 at least, said by the only means there is: since OpenSSL 1.1 Paho ignores the version that it is asked for,
// takes whatever the system's default allows and lowers the security level to 1. Without a suite of TLS 1.0 or 1.1 no
// such connection comes about. Those of TLS 1.3 are a list of their own, and all allowed.
constexpr auto tls12_suites = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20";

// What a broker's refusal of a connection means (MQTT 3.1.1, table 3.1); "": it is none, or one that passes by itself.
std::string_view refusal(int return_code) {
  switch (return_code) {
    case 1:
      return "it does not speak MQTT 3.1.1";
    case 2:
      return "the client id is not allowed";
    case 4:
      return "bad user name or password";
    case 5:
      return "not authorised";
    default:
      return {};
  }
}

std::string paho_url(const std::string& url) {
  if (url.starts_with("mqtts://")) return "ssl://" + url.substr(8);
  if (url.starts_with("mqtt://")) return "tcp://" + url.substr(7);
  return url;
}

// Paho would begin by loading every algorithm and error text of OpenSSL, more than a megabyte, also for a broker
// without TLS. OpenSSL loads by itself what is needed once it is.
void leave_openssl_to_itself() {
  static const bool once = [] {
    MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
    options.do_openssl_init = 0;
    ::MQTTAsync_global_init(&options);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

// A thread of its own leads the connection, because everything that Paho does not do in a callback may block: connect,
// subscribe, disconnect. Paho's automatic reconnect is not used: it would connect with the old password and without
// saying so before it is subscribed.
struct MqttSession::Connection final : public mqtt::callback, public mqtt::iaction_listener {
  Connection(MqttOptions options_, MqttEvents events_)
      : options(std::move(options_)),
        events(std::move(events_)),
        password(options.password_file),
        addresses(host_of(options.url)),
        client(paho_url(options.url), options.client_id) {
    client.set_callback(*this);
  }

  void connection_lost(const std::string& cause) override {
    {
      const std::scoped_lock lock(mutex);
      lost = true;
      reason = cause.empty() ? "connection lost" : cause;
      wake.notify_all();
    }
    settle_all();
  }
  void message_arrived(mqtt::const_message_ptr message) override {
    begun.store(begun.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const auto& payload = message->get_payload_ref();
    events.message(message->get_topic(),
                   payload ? std::string_view(payload.data(), payload.length()) : std::string_view{},
                   message->is_retained());
    taken.store(begun.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

  void moves() { beats.fetch_add(1, std::memory_order_relaxed); }
  // While it is connected: Paho answers, and its thread has not been in one and the same message since the last look.
  void look_at_paho() {
    (void)client.is_connected();  // takes the lock that everything in Paho takes
    const auto now = begun.load(std::memory_order_relaxed);
    const bool same = std::exchange(looked_at, now) == now;
    if (!same || taken.load(std::memory_order_relaxed) == now) moves();
  }

  void run() {
    auto pause = 500ms;
    while (!stopping) {
      std::string problem = connect();
      if (problem.empty()) {
        // Before the subscriptions: what the broker retains comes in at once, and belongs to this connection.
        events.state(MqttState::connected, "");
        problem = subscribe();
      }
      if (problem.empty()) {
        pause = 500ms;
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, 1s, [&] { return lost || stopping; })) {
          lock.unlock();
          look_at_paho();
          lock.lock();
        }
        if (stopping) return;
        problem = reason;
      }
      if (stopping) return;
      {
        const std::scoped_lock lock(mutex);
        reason = problem;
      }
      events.state(refused ? MqttState::refused : MqttState::retrying, problem);
      wait(pause);
      pause = std::min<std::chrono::milliseconds>(pause * 2, 30s);
    }
  }

  void wait(std::chrono::milliseconds pause) {
    constexpr auto look = 500ms;  // at the password
    std::unique_lock lock(mutex);
    for (auto left = pause; left > 0ms && !stopping && !(refused && password.changed()); left -= look) {
      moves();
      wake.wait_for(lock, std::min(left, look), [&] { return stopping.load(); });
    }
  }

  // While it tries, `refused` is what the attempt before said: whoever wants to publish meanwhile is told that.
  std::string connect() {
    bool turned_away = false;
    auto problem = try_to_connect(turned_away);
    refused = turned_away;
    return problem;
  }

  // Paho is not asked to connect before the name is known. Without TLS it gets the addresses; with TLS it needs the
  // name, for the certificate, and looks it up once more: just after it was found.
  std::string look_up(mqtt::connect_options& connect) {
    const auto host = host_of(options.url);
    if (is_address(host)) return {};
    addresses.ask();
    std::optional<HostAddresses::Addresses> found;
    for (auto waited = 0ms; waited < 20s && !stopping && !found; waited += 50ms) {
      moves();
      found = addresses.wait_for(50ms);
    }
    if (!found) return "the name server does not answer for " + host;
    if (!*found) return found->error();
    if (!options.url.starts_with("mqtt://")) return {};
    std::vector<std::string> servers;
    for (const auto& address : **found) {
      auto url = paho_url(options.url);
      servers.push_back(url.replace(url.find("://") + 3, host.size(), address));
    }
    connect.set_servers(mqtt::string_collection::create(servers));
    return {};
  }

  std::string try_to_connect(bool& turned_away) {
    try {
      {
        const std::scoped_lock lock(mutex);
        lost = false;
      }
      mqtt::connect_options connect;
      // Said, and not left to Paho: by default it answers every lost connection by itself with one more try in
      // MQTT 3.1, beside ours, and ends up connected without subscriptions and without a word.
      connect.set_mqtt_version(MQTTVERSION_3_1_1);
      // A clean session: whatever happened meanwhile is told by retained messages, with their age unknown; a broker's
      // queue of old events would come in as if they happened now.
      connect.set_clean_session(true);
      connect.set_keep_alive_interval(options.keep_alive);
      connect.set_connect_timeout(5s);
      if (!options.user.empty()) {
        connect.set_user_name(options.user);
        if (password.given()) {
          auto secret = password.read();
          turned_away = !secret;
          if (!secret) return "the password for the broker can't be read: " + secret.error().message();
          connect.set_password(std::move(*secret));
        }
      }
      if (!options.will_topic.empty())
        connect.set_will(mqtt::will_options(options.will_topic, std::string("offline"), qos, true));
      if (options.url.starts_with("mqtts://")) {
        mqtt::ssl_options tls;
        tls.set_verify(true);  // the host name too
        tls.set_enable_server_cert_auth(true);
        tls.set_enabled_cipher_suites(tls12_suites);
        tls.set_trust_store(options.ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : options.ca_file.string());
        connect.set_ssl(std::move(tls));
      }
      if (auto problem = look_up(connect); !problem.empty()) return problem;
      unacknowledged = 0;
      const auto token = client.connect(connect);
      if (!finished(*token, 20s)) return "the broker does not answer";
      return {};
    } catch (const mqtt::exception& error) {
      const auto why = refusal(error.get_return_code());
      turned_away = !why.empty();
      return turned_away ? refused_because(why) : error.to_string();
    }
  }

  // To whoever has to mend it: what the broker says, and where site.toml has taken from what it was told.
  std::string refused_because(std::string_view why) const {
    std::string out = "the broker refuses the connection: " + std::string(why);
    if (options.user.empty()) return out + " (site.toml gives no user and password_file)";
    out += " (user '" + options.user + "', ";
    return out + (password.given() ? "password from " + options.password_file.string() : "no password_file") + ")";
  }

  std::string subscribe() {
    try {
      if (!options.subscriptions.empty()) {
        const auto filters = mqtt::string_collection::create(options.subscriptions);
        const auto token =
            client.subscribe(filters, mqtt::iasync_client::qos_collection(options.subscriptions.size(), qos));
        if (!finished(*token, 20s, true)) return leave("the broker does not answer to subscriptions");
        // The broker may take some and refuse others (section 3.9.3); Paho calls that a success.
        const auto codes = token->get_subscribe_response().get_reason_codes();
        for (std::size_t i = 0; i < codes.size() && i < options.subscriptions.size(); ++i)
          if (static_cast<int>(codes[i]) >= refused_filter)  // the others work: better those than none
            events.state(MqttState::connected, "the broker refuses the subscription to " + options.subscriptions[i]);
      }
      if (!options.will_topic.empty()) publish(options.will_topic, "online", true);
      return {};
    } catch (const mqtt::exception& error) {
      return leave(error.to_string());
    }
  }

  // Waits in small steps, so that stop() is heard; throws mqtt::exception when the operation failed.
  bool finished(mqtt::token& token, std::chrono::milliseconds longest, bool needs_connection = false) {
    for (auto waited = 0ms; waited < longest && !stopping && !(needs_connection && is_lost()); waited += 50ms) {
      moves();
      if (token.wait_for(50ms)) return true;
    }
    return false;
  }
  bool is_lost() {
    const std::scoped_lock lock(mutex);
    return lost;
  }

  std::string leave(std::string why) {
    try {
      if (client.is_connected()) client.disconnect(500)->wait_for(1s);
    } catch (const mqtt::exception&) {
      // It is gone already.
    }
    return why;
  }

  bool publish(std::string_view topic, std::string_view payload, bool retained) {
    if (unacknowledged.fetch_add(1) < most_unacknowledged) {
      try {
        client.publish(std::string(topic), payload.data(), payload.size(), qos, retained);
        return true;
      } catch (const mqtt::exception&) {
        // No connection: what must not be lost is in the outbox.
      }
    }
    --unacknowledged;
    return false;
  }
  void delivery_complete(mqtt::delivery_token_ptr) override { --unacknowledged; }

  void publish(std::string_view topic, std::string_view payload, bool retained, Done done) {
    std::uintptr_t id = 0;
    {
      const std::scoped_lock lock(receipts_mutex);
      id = ++last_receipt;
      receipts.emplace(id, std::move(done));
    }
    ++unacknowledged;  // delivery_complete() comes for these, too
    try {
      // A number, not an address: an address is used again, and a late answer would be taken for another's.
      auto* const context = reinterpret_cast<void*>(id);  // NOLINT(performance-no-int-to-ptr): nobody follows it
      client.publish(std::string(topic), payload.data(), payload.size(), qos, retained, context, *this);
    } catch (const mqtt::exception& error) {
      --unacknowledged;
      settle(id, failure(refused ? std::errc::permission_denied : std::errc::not_connected, why_not_connected(error)));
    }
  }
  // Not Paho's words for it ("MQTT error [-3]: Disconnected"): why there is no connection.
  std::string why_not_connected(const mqtt::exception& error) {
    const std::scoped_lock lock(mutex);
    return "broker " + options.url + ": " + (reason.empty() ? error.to_string() : reason);
  }
  void on_success(const mqtt::token& token) override {
    settle(reinterpret_cast<std::uintptr_t>(token.get_user_context()), {});
  }
  void on_failure(const mqtt::token& token) override {
    settle(reinterpret_cast<std::uintptr_t>(token.get_user_context()),
           failure(std::errc::protocol_error, "broker " + options.url));
  }
  void settle(std::uintptr_t id, Expected<void> result) {
    Done done;
    {
      const std::scoped_lock lock(receipts_mutex);
      const auto found = receipts.find(id);
      if (found == receipts.end()) return;
      done = std::move(found->second);
      receipts.erase(found);
    }
    done(std::move(result));
  }
  // Paho forgets what was under way on a clean session, and does not always say so.
  void settle_all() {
    std::map<std::uintptr_t, Done> left;
    {
      const std::scoped_lock lock(receipts_mutex);
      left.swap(receipts);
    }
    for (const auto& [id, done] : left) done(failure(std::errc::connection_reset, "broker " + options.url));
  }

  MqttOptions options;
  MqttEvents events;
  std::mutex receipts_mutex;
  SecretFile password;                      // the thread's
  HostAddresses addresses;                  // the thread's
  std::map<std::uintptr_t, Done> receipts;  // of what the broker has not acknowledged yet
  std::uintptr_t last_receipt = 0;
  mqtt::async_client client;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable wake;
  bool lost = false;
  std::string reason;
  std::atomic<bool> stopping{false};
  std::atomic<bool> refused{false};  // the last attempt, by the broker or for want of a password
  std::atomic<int> unacknowledged{0};
  std::atomic<std::uint64_t> beats{0};
  std::atomic<std::uint64_t> begun{0}, taken{0};  // messages; written by Paho's thread
  std::uint64_t looked_at = 0;                    // of `begun`; the thread's
};

MqttSession::MqttSession(MqttOptions options, MqttEvents events)
    : connection_((leave_openssl_to_itself(), std::make_unique<Connection>(std::move(options), std::move(events)))) {}
MqttSession::~MqttSession() { stop(); }

void MqttSession::start() {
  auto& connection = *connection_;
  if (connection.thread.joinable()) return;
  connection.thread = std::thread([&connection] { connection.run(); });
  ::pthread_setname_np(connection.thread.native_handle(), "mqtt");
}

void MqttSession::stop() {
  auto& connection = *connection_;
  if (!connection.thread.joinable()) return;
  {
    const std::scoped_lock lock(connection.mutex);
    connection.stopping = true;
    connection.wake.notify_all();
  }
  connection.thread.join();
  connection.settle_all();
  try {
    if (!connection.client.is_connected()) return;
    if (!connection.options.will_topic.empty())
      connection.client.publish(connection.options.will_topic, "offline", 7, qos, true)->wait_for(300ms);
    connection.client.disconnect(500)->wait_for(700ms);
  } catch (const mqtt::exception&) {
    // It was lost in this moment; the broker publishes the will.
  }
}

std::uint64_t MqttSession::beats() const noexcept { return connection_->beats.load(std::memory_order_relaxed); }

bool MqttSession::publish(std::string_view topic, std::string_view payload, bool retained) {
  return connection_->publish(topic, payload, retained);
}

void MqttSession::publish(std::string_view topic, std::string_view payload, bool retained, Done done) {
  connection_->publish(topic, payload, retained, std::move(done));
}

}  // namespace gateway
