// The live stream over real sockets.

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/support/http_client.hpp"
#include "tests/support/running_web_server.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using test::StreamSocket;
using Kind = StreamSocket::Message::Kind;

class WebStream : public testing::Test {
 protected:
  static json::object frame(StreamSocket& stream) {
    const auto message = stream.next();
    if (message.kind != Kind::text) return {{"type", "closed"}, {"code", message.close_code}};
    return json::parse(message.text).as_object();
  }
  void publish() {
    server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  }
  void open_door(bool open) {
    const auto reading =
        Reading::flag(web.site.point_of(web.sensor("door"), Quantity::open), web.clock.monotonic(), open);
    server.on_network([&](WebServer& web_server) { web_server.publish_points(std::span{&reading, 1}); });
  }
  std::string metric(std::string_view name) {
    const auto answer = test::get(server.port(), "/metrics");
    const auto at = answer->body.find("\n" + std::string{name} + ' ');
    return at == std::string::npos
               ? ""
               : answer->body.substr(at + name.size() + 2, answer->body.find('\n', at + 1) - at - name.size() - 2);
  }
  test::WebFixture web;
  test::RunningWebServer server{web};
};

TEST_F(WebStream, SnapshotThenChangesInTheirOrder) {
  web.open = {web.alarm(AlarmState::unacknowledged)};
  publish();
  StreamSocket stream{server.port()};
  auto first = frame(stream);
  EXPECT_EQ(first.at("type"), "snapshot");
  EXPECT_EQ(first.at("data").at("open_alarms").as_array().size(), 1U);
  open_door(true);
  server.on_network([&](WebServer& web_server) { web_server.publish_alarm(web.alarm(AlarmState::acknowledged)); });
  publish();
  EXPECT_EQ(frame(stream).at("data").at("open"), true);
  EXPECT_EQ(frame(stream).at("data").at("state"), 2);
  EXPECT_EQ(frame(stream).at("type"), "live");
}

TEST_F(WebStream, AClientMayComeBeforeTheFirstValues) {
  StreamSocket stream{server.port()};
  publish();
  EXPECT_EQ(frame(stream).at("type"), "snapshot");
}

TEST_F(WebStream, ManyClientsGetTheSame) {
  publish();
  std::vector<std::unique_ptr<StreamSocket>> streams;
  for (int i = 0; i < 20; ++i) streams.push_back(std::make_unique<StreamSocket>(server.port()));
  for (auto& stream : streams) EXPECT_EQ(frame(*stream).at("type"), "snapshot");
  EXPECT_EQ(metric("gateway_web_stream_clients"), "20");
  open_door(true);
  for (auto& stream : streams) EXPECT_EQ(frame(*stream).at("type"), "sensor");
}

TEST_F(WebStream, AClientThatGoesIsForgotten) {
  publish();
  {
    StreamSocket stream{server.port()};
    frame(stream);
  }
  while (metric("gateway_web_stream_clients") != "0") std::this_thread::yield();
}

TEST_F(WebStream, AClosingHandshakeIsAnswered) {
  publish();
  StreamSocket stream{server.port()};
  frame(stream);
  stream.send(8, "\x03\xe8");
  EXPECT_EQ(stream.next().close_code, 1000U);
  EXPECT_EQ(stream.next().kind, Kind::ended);
}

TEST_F(WebStream, PingsAreAnsweredAndMessagesIgnored) {
  publish();
  StreamSocket stream{server.port()};
  frame(stream);
  stream.send(1, "hello");
  stream.send(9, "x");
  ASSERT_TRUE(stream.tcp().fill(3));
  EXPECT_EQ(stream.tcp().take(3), "\x8a\x01x");
}

TEST_F(WebStream, AMessageBeyondTheLimitEndsTheStream) {
  publish();
  StreamSocket stream{server.port()};
  frame(stream);
  stream.send(1, std::string(5000, 'x'));
  EXPECT_EQ(stream.next().close_code, 1009U);
}

TEST_F(WebStream, AForeignPageGetsNoStream) {
  publish();
  for (const auto* origin : {"http://evil.example", "null", "http://127.0.0.1:1"}) {
    const auto answer =
        test::get(server.port(), "/api/v1/stream", std::string{StreamSocket::handshake} + "Origin: " + origin + "\r\n");
    ASSERT_TRUE(answer) << origin;
    EXPECT_EQ(answer->status, 403U) << origin;
  }
  StreamSocket own{server.port(), 0, "Origin: http://127.0.0.1\r\n"};
  EXPECT_EQ(frame(own).at("type"), "snapshot");
}

TEST_F(WebStream, AnUpgradeElsewhereIsAnOrdinaryRequest) {
  EXPECT_EQ(test::get(server.port(), "/api/v1/live", StreamSocket::handshake)->status, 503U);
  EXPECT_EQ(test::get(server.port(), "/api/v1/stream")->status, 426U);
}

TEST_F(WebStream, AServerThatStopsSaysGoodbye) {
  publish();
  StreamSocket stream{server.port()};
  frame(stream);
  std::thread stopper{[this] { EXPECT_LT(server.stop(), 3s); }};
  EXPECT_EQ(stream.next().close_code, 1001U);
  stream.send(8, "\x03\xe9");
  stopper.join();
  EXPECT_TRUE(stream.tcp().ends());
}

TEST(WebStreamSilence, AClientThatAnswersNoPingIsDropped) {
  test::WebFixture web;
  WebLimits limits;
  limits.stream_silence = 100ms;
  test::RunningWebServer server{web, limits};
  StreamSocket stream{server.port()};
  EXPECT_TRUE(stream.tcp().ends());  // its pings are received here, and not answered
}

}  // namespace
}  // namespace gateway
