// The server over real sockets, asked by a client that is not its own library.

#include <gtest/gtest.h>

#include "tests/support/http_client.hpp"
#include "tests/support/running_web_server.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::get;
using test::get_request;
using test::read_answer;
using test::TcpClient;

constexpr std::string_view page = "<html></html>";
const std::array files{EmbeddedFile{"index.html", page.data(), page.data() + page.size()}};

class WebHttp : public testing::Test {
 protected:
  static std::string ack(std::string_view body, std::string_view more = "") {
    return "POST /api/v1/alarms/1/ack HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
           std::string{more} + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
  }
  test::WebFixture web;
  test::RunningWebServer server{web, {}, files};
};

TEST_F(WebHttp, TheDashboardIsServedAtTheRoot) {
  const auto answer = get(server.port(), "/");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, page);
  EXPECT_EQ(answer->header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(answer->header("X-Content-Type-Options"), "nosniff");
}

TEST_F(WebHttp, OneConnectionServesManyRequestsAlsoPipelined) {
  server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  TcpClient client{server.port()};
  std::string all;
  for (int i = 0; i < 20; ++i) all += get_request(i % 2 == 0 ? "/healthz" : "/api/v1/live");
  client.send(all);
  for (int i = 0; i < 20; ++i) {
    const auto answer = read_answer(client);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->body.starts_with('{'), i % 2 != 0);
  }
}

TEST_F(WebHttp, HeadAnswersLikeGetWithoutTheBody) {
  TcpClient client{server.port()};
  client.send("HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const auto answer = read_answer(client, true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->header("Content-Length"), std::to_string(page.size()));
  client.send(get_request("/"));
  EXPECT_EQ(read_answer(client)->body, page);
}

TEST_F(WebHttp, WhatTheBrowserHasIsNotSentAgain) {
  const auto first = get(server.port(), "/");
  const auto second = get(server.port(), "/", "If-None-Match: " + first->header("ETag") + "\r\n");
  EXPECT_EQ(second->status, 304U);
  EXPECT_EQ(second->body, "");
}

TEST(WebReport, IsWaitedForLongerThanAnythingElse) {
  test::WebFixture web;
  web.sources.history = [](const HistoryQuery&, auto) {};  // never answers
  std::promise<WebSources::Completion<std::string>> asked;
  web.sources.audit = [&](const AuditRequest&, auto done) { asked.set_value(std::move(done)); };
  WebLimits limits;
  limits.answer = 50ms;
  test::RunningWebServer server{web, limits, files};
  TcpClient report{server.port()};
  report.send(get_request("/api/v1/audit?from=2026-09&to=2026-09"));
  const auto done = asked.get_future().get();
  EXPECT_EQ(get(server.port(), "/api/v1/history?node=b1&kind=water&window=1m&from=0&to=1")->status, 503U);
  server.on_network([&](WebServer&) { done(std::string{"{}"}); });
  EXPECT_EQ(read_answer(report)->status, 200U);
}

TEST_F(WebHttp, AClientMayCloseAfterItsRequest) {
  TcpClient client{server.port()};
  client.send("GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
  client.end_sending();
  EXPECT_EQ(read_answer(client)->body, "ok\n");
  EXPECT_TRUE(client.ends());
}

TEST_F(WebHttp, AnAcknowledgementGoesThereAndBack) {
  TcpClient client{server.port()};
  client.send(ack(R"({"by": "王", "comment": "好"})"));
  // The core answers from elsewhere, later.
  for (bool asked = false; !asked; std::this_thread::yield())
    asked = server.on_network([&](WebServer&) { return static_cast<bool>(web.acknowledge_done); });
  server.on_network([&](WebServer&) { web.acknowledge_done(web.alarm(AlarmState::acknowledged)); });
  const auto answer = read_answer(client);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_NE(answer->body.find(R"("state_name":"acknowledged")"), std::string::npos);
  EXPECT_EQ(web.command.by, "王");
}

TEST_F(WebHttp, AnAcknowledgementFromAForeignPageIsRefused) {
  TcpClient client{server.port()};
  client.send(ack(R"({"by": "x"})", "Origin: http://evil.example\r\n"));
  EXPECT_EQ(read_answer(client)->status, 403U);
}

TEST_F(WebHttp, AReboundNameIsRefused) {
  TcpClient client{server.port()};
  client.send("GET /api/v1/live HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(read_answer(client)->status, 421U);
}

TEST_F(WebHttp, WhatIsRefusedBeforeItIsReadCarriesTheSameHeadersAsEveryAnswer) {
  const auto large = std::string(100'000, 'x');
  for (const auto& [request, status] : {std::pair{ack(large), 413U},
                                        {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + large + "\r\n\r\n", 431U},
                                        {std::string{"rubbish\r\n\r\n"}, 400U}}) {
    TcpClient client{server.port()};
    client.send(request);
    const auto answer = read_answer(client);
    ASSERT_TRUE(answer) << status;
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->header("X-Content-Type-Options"), "nosniff") << status;
    EXPECT_EQ(answer->header("X-Frame-Options"), "DENY") << status;
    EXPECT_TRUE(answer->header("Content-Security-Policy").starts_with("default-src 'self'")) << status;
  }
}

TEST_F(WebHttp, ABodyBeyondTheLimitIsRefusedAndTheAnswerArrives) {
  TcpClient client{server.port()};
  client.send(ack(std::string(100'000, 'x')));
  const auto answer = read_answer(client);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413U);
  EXPECT_NE(answer->body.find("body_too_large"), std::string::npos);
}

TEST_F(WebHttp, AHeaderBeyondTheLimitIsRefused) {
  const auto answer = get(server.port(), "/", "X: " + std::string(20'000, 'x') + "\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 431U);
}

TEST_F(WebHttp, TheMetricsCountWhatWasRefused) {
  get(server.port(), "/api/v1/nothing");
  const auto answer = get(server.port(), "/metrics");
  EXPECT_NE(answer->body.find("gateway_web_errors_total{class=\"4xx\"} 1\n"), std::string::npos) << answer->body;
}

TEST_F(WebHttp, TwoServersCannotHaveOnePort) {
  test::WebFixture other;
  other.site.web.port = server.port();
  boost::asio::io_context io;
  WebServer second{io, other.site, other.sources, {}};
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, std::errc::address_in_use);
  EXPECT_NE(started.error().message().find("127.0.0.1"), std::string::npos);
}

TEST_F(WebHttp, StoppingDoesNotWaitForIdleClients) {
  std::vector<TcpClient> idle;
  for (int i = 0; i < 10; ++i) {
    idle.emplace_back(server.port());
    idle.back().send(get_request("/healthz"));
    read_answer(idle.back());
  }
  idle.emplace_back(server.port());
  idle.back().send("GET /half");
  EXPECT_LT(server.stop(), 900ms);
  for (auto& client : idle) EXPECT_TRUE(client.ends());
}

TEST_F(WebHttp, StoppingGivesUpOnASourceThatNeverAnswers) {
  TcpClient client{server.port()};
  client.send(ack(R"({"by": "x"})"));
  for (bool asked = false; !asked; std::this_thread::yield())
    asked = server.on_network([&](WebServer&) { return static_cast<bool>(web.acknowledge_done); });
  EXPECT_LT(server.stop(), 3s);
  EXPECT_TRUE(client.ends());
  // The answer comes after all; nobody is there for it.
  web.acknowledge_done(web.alarm(AlarmState::acknowledged));
}

TEST(WebHttpLimits, ASourceThatDoesNotAnswerInTimeIs503) {
  test::WebFixture web;
  WebLimits limits;
  limits.answer = 20ms;
  test::RunningWebServer server{web, limits};
  TcpClient client{server.port()};
  const std::string body = R"({"by": "x"})";
  client.send(
      "POST /api/v1/alarms/1/ack HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(read_answer(client)->status, 503U);
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(read_answer(client)->status, 200U);
}

TEST(WebHttpLimits, AnIdleConnectionIsClosed) {
  test::WebFixture web;
  WebLimits limits;
  limits.keep_alive = 20ms;
  test::RunningWebServer server{web, limits};
  TcpClient client{server.port()};
  client.send(get_request("/healthz"));
  EXPECT_EQ(read_answer(client)->status, 200U);
  EXPECT_TRUE(client.ends());
}

TEST(WebHttpLimits, ARequestThatDoesNotComeWholeInTimeIsDropped) {
  test::WebFixture web;
  WebLimits limits;
  limits.request = 20ms;
  test::RunningWebServer server{web, limits};
  for (const auto* part : {"", "GET", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
                           "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc"}) {
    TcpClient client{server.port()};
    client.send(part);
    EXPECT_TRUE(client.ends());
  }
  const auto answer = get(server.port(), "/metrics");
  EXPECT_NE(answer->body.find("gateway_web_refused_total{reason=\"timeout\"} 4\n"), std::string::npos) << answer->body;
}

}  // namespace
}  // namespace gateway
