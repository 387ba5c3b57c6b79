// Fault case 39: slow streams, half-open connections, fuzzed HTTP, path traversal. Each is dropped or refused, what is
// held for it stays bounded, and other clients notice nothing.

#include <random>

#include <gtest/gtest.h>

#include "tests/support/http_client.hpp"
#include "tests/support/running_web_server.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::get;
using test::get_request;
using test::read_answer;
using test::StreamSocket;
using test::TcpClient;
using Kind = StreamSocket::Message::Kind;

constexpr std::string_view page = "<html></html>";
const std::array files{EmbeddedFile{"index.html", page.data(), page.data() + page.size()}};

std::string metric(std::uint16_t port, const std::string& name) {
  const auto body = get(port, "/metrics")->body;
  const auto at = body.find('\n' + name + ' ') + name.size() + 2;
  return body.substr(at, body.find('\n', at) - at);
}

// A site so large that a few live frames fill every buffer between server and client.
std::string large_site() {
  std::string toml =
      "[site]\nid = \"large\"\nname = \"大\"\ntimezone = \"Asia/Shanghai\"\n[[bus]]\nid = \"b\"\nurl = "
      "\"tcp://127.0.0.1:1502\"\n";
  toml +=
      "[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n[[sensor]]\nid = \"door\"\nkind = \"door\"\ntopic = "
      "\"zigbee2mqtt/door\"\n";
  for (int bus = 1; bus <= 5; ++bus)
    toml += "[[bus]]\nid = \"b" + std::to_string(bus) + "\"\nurl = \"tcp://127.0.0.1:" + std::to_string(2000 + bus) +
            "\"\n";
  for (int i = 0; i < 1000; ++i)
    toml += "[[meter]]\nid = \"m" + std::to_string(i) + "\"\nbus = \"b" + std::to_string(1 + i / 200) +
            "\"\nunit = " + std::to_string(1 + i % 200) + "\nmodel = \"electric\"\n";
  return toml;
}

class SlowStream : public testing::Test {
 protected:
  void publish() {
    server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  }
  void events(int count) {
    const auto reading =
        Reading::flag(web.site.point_of(web.sensor("door"), Quantity::open), web.clock.monotonic(), true);
    server.on_network([&](WebServer& web_server) {
      for (int i = 0; i < count; ++i) web_server.publish_points(std::span{&reading, 1});
    });
  }
  test::WebFixture web{large_site()};
  test::RunningWebServer server{web};
};

TEST_F(SlowStream, GetsTheNewestLiveFrameNotEveryOne) {
  publish();
  StreamSocket slow{server.port(), 4096};
  while (metric(server.port(), "gateway_web_stream_clients") != "1") std::this_thread::yield();
  constexpr int published = 60;
  std::int64_t last = 0;
  for (int i = 0; i < published; ++i) {
    web.clock.advance(1s);
    publish();
    last = to_ms(web.clock.utc());
  }
  const auto skipped = std::stoi(metric(server.port(), "gateway_web_live_frames_skipped_total"));
  EXPECT_GT(skipped, published / 2);
  int received = 0;
  std::string text;
  while (text.find("\"time_ms\":" + std::to_string(last)) == std::string::npos) {
    const auto message = slow.next();
    ASSERT_EQ(message.kind, Kind::text);
    text = message.text;
    ++received;
  }
  EXPECT_EQ(received, 1 + published - skipped);  // nothing else was kept for it
}

TEST_F(SlowStream, IsClosedWith1013WhenEventsPileUpAndOthersNoticeNothing) {
  publish();
  StreamSocket slow{server.port(), 4096};
  StreamSocket quick{server.port()};
  EXPECT_EQ(quick.next().kind, Kind::text);
  // Until the slow one's buffers are full, its queue is not.
  std::uint64_t received = 0;
  for (int i = 0; i < 100 && metric(server.port(), "gateway_web_slow_clients_total") == "0"; ++i) {
    events(500);
    for (int n = 0; n < 500; ++n) received += quick.next().kind == Kind::text ? 1 : 0;
    EXPECT_EQ(received, 500U * static_cast<unsigned>(i + 1));
  }
  EXPECT_EQ(metric(server.port(), "gateway_web_slow_clients_total"), "1");
  auto message = slow.next();
  while (message.kind == Kind::text) message = slow.next();
  if (message.kind == Kind::close) {
    EXPECT_EQ(message.close_code, 1013U);
  }
  publish();
  EXPECT_EQ(quick.next().kind, Kind::text);
}

TEST_F(SlowStream, ThatReadsAgainInTimeIsToldWhyItIsClosed) {
  publish();
  StreamSocket slow{server.port(), 4096};
  while (metric(server.port(), "gateway_web_slow_clients_total") == "0") events(500);
  auto message = slow.next();
  while (message.kind == Kind::text) message = slow.next();
  EXPECT_EQ(message.close_code, 1013U);
}

TEST(HostileClients, TwoHundredHalfOpenConnectionsDoNotKeepOthersOut) {
  test::WebFixture web;
  test::RunningWebServer server{web, {}, files};
  std::vector<TcpClient> half_open;
  for (int i = 0; i < 250; ++i) {
    half_open.emplace_back(server.port());
    if (i % 2 == 0) half_open.back().send("GET / HTTP/1.1\r\nHost: 127");
    if (i % 25 == 0) {
      EXPECT_EQ(get(server.port(), "/")->status, 200U) << i;
    }
  }
  EXPECT_EQ(get(server.port(), "/")->status, 200U);
  EXPECT_LE(std::stoi(metric(server.port(), "gateway_web_connections")), 201);
  EXPECT_GE(std::stoi(metric(server.port(), "gateway_web_refused_total{reason=\"too_many_connections\"}")), 50);
  EXPECT_TRUE(half_open.front().ends());  // the oldest went first
}

TEST(HostileClients, AStreamIsNotGivenUpForHalfOpenConnections) {
  test::WebFixture web;
  WebLimits limits;
  limits.connections = 5;
  test::RunningWebServer server{web, limits};
  server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  StreamSocket stream{server.port()};
  EXPECT_EQ(stream.next().kind, Kind::text);
  std::vector<TcpClient> half_open;
  for (int i = 0; i < 20; ++i) half_open.emplace_back(server.port());
  EXPECT_EQ(get(server.port(), "/healthz")->status, 200U);
  server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  EXPECT_EQ(stream.next().kind, Kind::text);
}

TEST(HostileClients, StreamsDoNotTakeEveryPlace) {
  test::WebFixture web;
  WebLimits limits;
  limits.connections = 4;
  limits.streams = 2;
  test::RunningWebServer server{web, limits};
  StreamSocket a{server.port()};
  StreamSocket b{server.port()};
  while (metric(server.port(), "gateway_web_stream_clients") != "2") std::this_thread::yield();
  EXPECT_EQ(get(server.port(), "/api/v1/stream", StreamSocket::handshake)->status, 503U);
  EXPECT_EQ(get(server.port(), "/healthz")->status, 200U);
}

TEST(HostileClients, RequestsWhoseBodyDoesNotComeDoNotKeepOthersOut) {
  test::WebFixture web;
  WebLimits limits;
  limits.connections = 6;
  test::RunningWebServer server{web, limits};
  server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  std::vector<TcpClient> slow;
  for (int i = 0; i < 5; ++i) {
    slow.emplace_back(server.port());
    slow.back().send("POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\n{");
    EXPECT_EQ(get(server.port(), "/healthz")->status, 200U);  // what came before has been read by then
  }
  StreamSocket stream{server.port()};
  stream.next();
  for (int i = 0; i < 10; ++i) {
    const auto answer = get(server.port(), "/healthz");
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->status, 200U);
  }
  EXPECT_TRUE(slow.front().ends());
  EXPECT_EQ(metric(server.port(), "gateway_web_refused_total{reason=\"timeout\"}"), "0");  // not by its own slowness
}

TEST(HostileClients, AnswersThatNobodyReadsDoNotKeepOthersOut) {
  static const std::string large(16 << 20, 'x');
  const std::array big{EmbeddedFile{"index.html", large.data(), large.data() + large.size()}};
  test::WebFixture web;
  WebLimits limits;
  limits.connections = 5;
  limits.prompt_write = 0ms;
  test::RunningWebServer server{web, limits, big};
  std::vector<TcpClient> slow;
  for (int i = 0; i < 5; ++i) {
    slow.emplace_back(server.port(), 4096);
    slow.back().send(get_request("/"));
    EXPECT_TRUE(slow.back().fill(1));  // it is being written
  }
  for (int i = 0; i < 10; ++i) {
    const auto answer = get(server.port(), "/healthz");
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->status, 200U);
  }
  EXPECT_TRUE(slow.front().ends());
}

TEST(HostileClients, OneAddressHoldsAPartOfThePlacesHoweverBusyItIs) {
  test::WebFixture web;
  WebLimits limits;
  limits.connections = 10;
  limits.connections_of_address = 3;
  limits.count_loopback = true;
  limits.request = 60s;  // longer than the test waits for the fourth to be turned away
  test::RunningWebServer server{web, limits};
  StreamSocket a{server.port()}, b{server.port()}, c{server.port()};
  TcpClient fourth{server.port()};
  EXPECT_TRUE(fourth.ends());
  TcpClient other{server.port(), 0, "127.0.0.2"};
  other.send(get_request("/healthz"));
  EXPECT_EQ(read_answer(other)->status, 200U);
}

TEST(HostileClients, PathsThatClimbFindNothing) {
  test::WebFixture web;
  test::RunningWebServer server{web, {}, files};
  for (const auto* target :
       {"/../../etc/passwd", "/..%2f..%2fetc/passwd", "/assets/../../etc/passwd", "//etc/passwd", "/.%00/index.html",
        "/index.html%00.js", "\\..\\etc\\passwd", "/api/v1/../../index.html"}) {
    const auto answer = get(server.port(), target);
    ASSERT_TRUE(answer) << target;
    EXPECT_TRUE(answer->status == 404 || answer->status == 400) << target << ' ' << answer->status;
    EXPECT_EQ(answer->body.find("root:"), std::string::npos);
  }
}

TEST(HostileClients, RubbishGetsAnErrorOrAClosedConnectionAndTheNextIsServed) {
  test::WebFixture web;
  test::RunningWebServer server{web, {}, files};
  const std::string valid =
      "POST /api/v1/alarms/1/ack HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Content-Length: 11\r\n\r\n{\"by\":\"ab\"}";
  web.answer = web.alarm(AlarmState::acknowledged);
  std::mt19937 random{39};  // the same every time
  const auto pick = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(random); };
  for (int round = 0; round < 400; ++round) {
    std::string bytes = valid;
    for (std::size_t changes = 1 + pick(4); changes-- > 0;) {
      const auto at = pick(bytes.size());
      switch (pick(4)) {
        case 0:
          bytes[at] = static_cast<char>(pick(256));
          break;
        case 1:
          bytes.erase(at, 1 + pick(8));
          break;
        case 2:
          bytes.insert(at, std::string(1 + pick(64), static_cast<char>(pick(256))));
          break;
        default:
          bytes = bytes.substr(0, at) + bytes;
          break;
      }
      if (bytes.empty()) bytes = "x";
    }
    TcpClient client{server.port()};
    client.send(bytes);
    client.end_sending();
    EXPECT_TRUE(client.ends()) << round;
    const auto& answer = client.buffer();
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.")) << round << ": " << answer;
    EXPECT_FALSE(answer.starts_with("HTTP/1.1 5")) << round << ": " << bytes << '\n' << answer;
  }
  EXPECT_EQ(get(server.port(), "/")->body, page);
}

TEST(HostileClients, RubbishOnAStreamEndsItAlone) {
  test::WebFixture web;
  test::RunningWebServer server{web};
  server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  StreamSocket other{server.port()};
  other.next();
  std::mt19937 random{40};
  for (int round = 0; round < 100; ++round) {
    StreamSocket stream{server.port()};
    std::string bytes(64, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    stream.tcp().send(bytes);
    stream.tcp().end_sending();
    EXPECT_TRUE(stream.tcp().ends());
  }
  server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  EXPECT_EQ(other.next().kind, Kind::text);
}

}  // namespace
}  // namespace gateway
