// What is kept, as JSON over the real mosquitto: nothing lost, whatever happens to the broker in mid-stream. The
// session is the drivers', put behind the uplink's interface as the app does it.
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "firmware-gateway/app/sink_transport.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/mqtt_client.hpp"
#include "tests/support/pushing.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class MqttUplink : public testing::Test {
 protected:
  MqttUplink() { broker.start(); }

  Site site_for(const std::string& more = "timeout = \"2s\"\n") const {
    return test::store_site("\n[[sink]]\nid = \"platform\"\nkind = \"mqtt\"\nurl = \"" + broker.url() + "\"\n" + more);
  }
  MqttOptions listening() const {
    MqttOptions options;
    options.url = broker.url();
    options.client_id = "platform";
    options.subscriptions = {"compound-gateway/cangshan/points"};
    return options;
  }
  static UploaderOptions waits() {
    auto options = test::short_waits();
    options.most_rows = 5;
    return options;
  }
  void keep(test::Pushing& gateway, const Site& site, int polls) {
    auto batch = std::make_unique<Batch>();
    batch->utc_offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
    for (int i = 0; i < polls; ++i) {
      ++kept;
      test::add_poll(site, *batch, clock.monotonic(), kept, kept * 1000);
      clock.advance(1s);
    }
    gateway.keep(static_cast<std::uint64_t>(polls), std::move(batch));
  }
  // Times of the points that came, each once.
  static std::set<std::int64_t> points(test::MqttClient& listener) {
    std::set<std::int64_t> times;
    for (const auto& message : listener.all()) {
      const json::value document = json::parse(message.payload);
      for (const auto& point : document.at("points").as_array()) times.insert(point.at("time_ms").as_int64());
    }
    return times;
  }

  test::Mosquitto broker;
  test::TemporaryFolder folder;
  test::FakeClock clock;
  int kept = 0;
};

TEST_F(MqttUplink, EveryPointComesAsJson) {
  test::MqttClient listener(listening());
  ASSERT_TRUE(listener.wait_connects(1));
  const Site site = site_for("max_message = \"1 kB\"\n");
  test::Pushing gateway{site, clock, folder.path(), waits(), make_transport};
  for (int i = 0; i < 10; ++i) keep(gateway, site, 30);
  ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
  ASSERT_TRUE(test::eventually([&] { return points(listener).size() == 300U; }));
  for (const auto& message : listener.all()) EXPECT_LE(message.payload.size(), 1000U);
  const auto first =
      json::parse(listener.all().front().payload).as_object().at("points").as_array().front().as_object();
  EXPECT_EQ(first.at("measurement").as_string(), "electricity");
  EXPECT_EQ(first.at("tags").at("site").as_string(), "cangshan");
  EXPECT_TRUE(first.at("fields").as_object().contains("power_w"));
}

TEST_F(MqttUplink, ABrokerThatGoesAndComesInMidStreamLosesNothing) {
  const Site site = site_for();
  test::MqttClient listener(listening());
  ASSERT_TRUE(listener.wait_connects(1));
  test::Pushing gateway{site, clock, folder.path(), waits(), make_transport};
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 20; ++i) keep(gateway, site, 5);
    broker.stop();
    for (int i = 0; i < 20; ++i) keep(gateway, site, 5);
    ASSERT_TRUE(gateway.kept_everything());
    // Whoever listens has to be there before the gateway is: a broker keeps nothing for a clean session.
    ASSERT_TRUE(test::eventually([&] { return gateway.status().state == SinkStatus::State::retrying; }));
    EXPECT_FALSE(gateway.status().last_error.empty());
    broker.start();
    ASSERT_TRUE(listener.wait_connects(round + 1));
    ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
  }
  const SinkFigures f = gateway.figures();
  EXPECT_EQ(f.kept_values, f.delivered_values + f.queued_values + f.dead_values + f.dropped_values);
  EXPECT_EQ(f.delivered_lines, 600U);
  EXPECT_EQ(f.dead_lines + f.dropped_lines, 0U);
}

// A frozen broker takes the connection's bytes and acknowledges nothing: QoS 1 counts by its PUBACK only.
TEST_F(MqttUplink, WhatTheBrokerHasNotAcknowledgedStaysQueued) {
  const Site site = site_for("timeout = \"300ms\"\n");
  test::MqttClient listener(listening());
  ASSERT_TRUE(listener.wait_connects(1));
  test::Pushing gateway{site, clock, folder.path(), waits(), make_transport};
  keep(gateway, site, 5);
  ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
  broker.freeze();
  const auto retries = gateway.status().retries;  // it may have begun before it was connected
  keep(gateway, site, 5);
  ASSERT_TRUE(gateway.kept_everything());
  ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= retries + 2; }));
  EXPECT_EQ(gateway.figures().queued_lines, 5U);
  broker.thaw();
  ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
  ASSERT_TRUE(test::eventually([&] { return points(listener).size() == 10U; }));
}

TEST_F(MqttUplink, AWrongPasswordIsRefusedWithItsFileAndARightOneIsTakenWithoutARestart) {
  test::Mosquitto locked("allow_anonymous false\npassword_file FOLDER/users\n");
  locked.run("touch users && chmod 600 users && mosquitto_passwd -b users gateway right");
  locked.start();
  const auto password = folder.path() / "password";
  std::ofstream(password) << "wrong\n";
  const Site site = test::store_site("\n[[sink]]\nid = \"platform\"\nkind = \"mqtt\"\nurl = \"" + locked.url() +
                                     "\"\nuser = \"gateway\"\npassword_file = \"" + password.string() + "\"\n");
  auto options = waits();
  options.refused_pause = 1h;  // only the new password ends it
  test::Pushing gateway{site, clock, folder.path() / "data", options, make_transport};
  keep(gateway, site, 5);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().state == SinkStatus::State::refused; }))
      << gateway.status().last_error;
  const auto said = gateway.status().last_error;
  EXPECT_NE(said.find("not authorised (user 'gateway', password from " + password.string() + ")"), std::string::npos)
      << said;
  EXPECT_EQ(said.find("wrong"), std::string::npos) << said;
  EXPECT_EQ(gateway.figures().queued_lines, 5U);
  std::ofstream(password) << "right\n";
  ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
}

}  // namespace
}  // namespace gateway
