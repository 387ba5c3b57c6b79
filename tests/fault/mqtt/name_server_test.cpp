// A name server that is away holds up the session whose broker has that name, and nothing else.
#include <future>

#include <gtest/gtest.h>

#include "drivers/mqtt/mqtt_session.hpp"
#include "tests/support/hanging_name_server.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/mqtt_client.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class MqttNameServer : public testing::Test {
 protected:
  MqttNameServer() { broker.start(); }
  MqttOptions options(std::string client_id, const std::string& host = "127.0.0.1") const {
    MqttOptions out;
    out.url = broker.url("mqtt", host);
    out.client_id = std::move(client_id);
    return out;
  }
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  test::Mosquitto broker;
  test::NameServer names;
};

TEST_F(MqttNameServer, ItHoldsUpNoOtherSession) {
  std::atomic<int> arrived{0};
  auto receiving = options("receiver");
  receiving.subscriptions = {"door"};
  std::atomic<bool> up{false};
  MqttSession receiver(receiving, {[&](std::string_view, std::string_view, bool) { ++arrived; },
                                   [&](MqttState state, std::string_view) { up = state == MqttState::connected; }});
  receiver.start();
  ASSERT_TRUE(eventually([&] { return up.load(); }));
  // Subscribed, too: a message has come in.
  ASSERT_TRUE(eventually([&] {
    receiver.publish("door", "open", false);
    return arrived > 0;
  }));
  MqttSession held(options("held", "broker.hangs.example"), {{}, [](MqttState, std::string_view) {}});
  held.start();
  ASSERT_TRUE(eventually([&] { return names.waiting() == 1; }));
  arrived = 0;
  auto acknowledged = std::make_shared<std::promise<bool>>();
  auto published = std::async(std::launch::async, [&receiver, acknowledged] {
    receiver.publish("door", "open", false,
                     [acknowledged](Expected<void> result) { acknowledged->set_value(result.has_value()); });
  });
  EXPECT_EQ(published.wait_for(5s), std::future_status::ready) << "who publishes is held up";
  auto answer = acknowledged->get_future();
  EXPECT_EQ(answer.wait_for(5s), std::future_status::ready);
  EXPECT_TRUE(eventually([&] { return arrived > 0; })) << "a door is not heard of";
  names.back();
}

TEST_F(MqttNameServer, ASessionThatWaitsForItEndsAtOnce) {
  MqttSession session(options("held", "broker.hangs.example"), {{}, [](MqttState, std::string_view) {}});
  session.start();
  ASSERT_TRUE(eventually([&] { return names.waiting() == 1; }));
  auto ended = std::async(std::launch::async, [&] { session.stop(); });
  EXPECT_EQ(ended.wait_for(5s), std::future_status::ready);
  names.back();
}

TEST_F(MqttNameServer, WhenItIsBackTheSessionConnects) {
  std::atomic<bool> up{false};
  MqttSession session(options("held", "broker.hangs.example"),
                      {{}, [&](MqttState state, std::string_view) { up = state == MqttState::connected; }});
  session.start();
  ASSERT_TRUE(eventually([&] { return names.waiting() == 1; }));
  EXPECT_FALSE(up);
  names.back();
  EXPECT_TRUE(eventually([&] { return up.load(); }));
}

TEST_F(MqttNameServer, ANameThatIsNotKnownSaysSo) {
  std::mutex mutex;
  std::string told;
  MqttSession session(options("lost", "broker.invalid"), {{}, [&](MqttState, std::string_view reason) {
                                                            const std::scoped_lock lock(mutex);
                                                            told = reason;
                                                          }});
  session.start();
  EXPECT_TRUE(eventually([&] {
    const std::scoped_lock lock(mutex);
    return told.starts_with("broker.invalid: ");
  })) << told;
}

}  // namespace
}  // namespace gateway
