#include "firmware-gateway/web/api.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/support/web_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using Method = HttpRequest::Method;

class ApiTest : public testing::Test {
 protected:
  std::optional<HttpResponse> ask(HttpRequest request) {
    std::optional<HttpResponse> answer;
    if (request.host.empty()) request.host = "127.0.0.1:8080";
    api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  HttpResponse get(std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    return ask(request).value();
  }
  static HttpRequest ack(std::string target = "/api/v1/alarms/1/ack", std::string body = R"({"by": "王"})") {
    HttpRequest request;
    request.method = Method::post;
    request.target = std::move(target);
    request.content_type = "application/json; charset=utf-8";
    request.body = std::move(body);
    return request;
  }
  static json::value parsed(const HttpResponse& response) { return json::parse(std::string{response.content()}); }
  static std::string error_code(const HttpResponse& response) {
    return std::string{parsed(response).at("error").at("code").as_string()};
  }

  test::WebFixture web;
  WebCounters counters;
  StatusCache statuses{web.sources};
  LiveFeed feed{web.site, web.sources, statuses, counters};
  Assets assets{{}};
  LoginApi login{web.sources, {}, nullptr};
  Api api{web.site, web.sources, feed, statuses, assets, login, counters};
};

TEST_F(ApiTest, LiveIsNotReadyBeforeTheFirstSnapshot) {
  EXPECT_EQ(get("/api/v1/live").status, 503U);
  feed.publish(web.snapshot());
  const auto response = get("/api/v1/live");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(parsed(response).at("site").at("id"), "test");
  EXPECT_FALSE(parsed(response).as_object().contains("open_alarms"));
  EXPECT_EQ(response.header("Cache-Control"), "no-store");
}

TEST_F(ApiTest, EveryAnswerForbidsSniffingFramingAndForeignContent) {
  for (const auto* target : {"/", "/api/v1/live", "/healthz", "/nothing"}) {
    const auto response = get(target);
    EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff") << target;
    EXPECT_EQ(response.header("X-Frame-Options"), "DENY") << target;
    EXPECT_EQ(response.header("Content-Security-Policy"),
              "default-src 'self'; connect-src 'self' ws://127.0.0.1:8080 wss://127.0.0.1:8080; object-src 'none'; "
              "base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
        << target;
  }
}

TEST_F(ApiTest, AWrongMethodIsToldWhatIsAllowed) {
  auto request = ack("/api/v1/live");
  auto response = ask(request).value();
  EXPECT_EQ(response.status, 405U);
  EXPECT_EQ(response.header("Allow"), "GET, HEAD");
  request.target = "/healthz";
  request.method = Method::other;
  EXPECT_EQ(ask(request)->header("Allow"), "GET, HEAD");
  EXPECT_EQ(get("/api/v1/alarms/1/ack").header("Allow"), "POST");
}

TEST_F(ApiTest, UnknownResourcesAreNotFound) {
  for (const auto* target :
       {"/api/v1/", "/api/v1/lives", "/api/v1/live/", "/api/v2/live", "/api/v1/../live", "/x", ""}) {
    const auto response = get(target);
    EXPECT_EQ(response.status, 404U) << target;
    EXPECT_EQ(error_code(response), "not_found");
  }
}

TEST_F(ApiTest, TheStreamWithoutAnUpgradeSaysWhatItSpeaks) { EXPECT_EQ(get("/api/v1/stream").status, 426U); }

TEST_F(ApiTest, ARequestWithoutAUsableHostIsRefused) {
  HttpRequest request;
  request.target = "/api/v1/live";
  request.host = "a b";
  const auto response = ask(request).value();
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(response.header("Content-Security-Policy").find("a b"), std::string_view::npos);
}

TEST_F(ApiTest, WhileNobodyCanLogInOnlyNamesOfThisMachineAreAnswered) {
  web.site.web.names = {"gateway.example.org"};
  HttpRequest request;
  request.target = "/api/v1/devices";
  for (const auto* host : {"evil.example:8080", "gateway.example.org", "10.0.0.5"}) {
    request.host = host;
    EXPECT_EQ(ask(request)->status, 421U) << host;
  }
  EXPECT_EQ(counters.foreign_host, 3U);
  for (const auto* host : {"localhost:8080", "127.0.0.1", "[::1]"}) {
    request.host = host;
    EXPECT_EQ(ask(request)->status, 200U) << host;
  }
}

TEST_F(ApiTest, AForeignPageCannotAcknowledge) {
  web.answer = web.alarm(AlarmState::acknowledged);
  auto request = ack();
  request.origin = "http://evil.example";
  EXPECT_EQ(ask(request)->status, 403U);
  EXPECT_TRUE(web.command.by.empty());
  EXPECT_EQ(counters.foreign_origin, 1U);
  request.origin = "http://127.0.0.1:8080";
  EXPECT_EQ(ask(request)->status, 200U);
}

TEST_F(ApiTest, AFormCannotAcknowledge) {
  auto request = ack();
  for (const auto* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
    request.content_type = type;
    EXPECT_EQ(ask(request)->status, 415U) << type;
  }
  EXPECT_TRUE(web.command.by.empty());
}

TEST_F(ApiTest, AnAcknowledgementIsPassedOnAndAnsweredWithTheAlarm) {
  web.answer = web.alarm(AlarmState::acknowledged, 1);
  const auto response = ask(ack("/api/v1/alarms/2/ack", R"({"by": "王", "comment": "看过"})")).value();
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(web.command.alarm, AlarmId{1});
  EXPECT_EQ(web.command.by, "王");
  EXPECT_EQ(web.command.comment, "看过");
  EXPECT_EQ(parsed(response).at("id"), 2);
  EXPECT_EQ(parsed(response).at("state"), 2);
  EXPECT_EQ(parsed(response).at("priority"), "critical");
  EXPECT_TRUE(parsed(response).at("area").is_null());
}

TEST_F(ApiTest, AnAnswerThatComesLaterIsSentLater) {
  std::optional<HttpResponse> answer;
  auto request = ack();
  request.host = "localhost";
  api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
  EXPECT_FALSE(answer);
  web.acknowledge_done(web.alarm(AlarmState::acknowledged));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
}

TEST_F(ApiTest, AcknowledgingWhatIsNotThereOrNotStandingIsAnError) {
  for (const auto* target : {"/api/v1/alarms/0/ack", "/api/v1/alarms/99/ack", "/api/v1/alarms//ack",
                             "/api/v1/alarms/x/ack", "/api/v1/alarms/4294967296/ack", "/api/v1/alarms/-1/ack"})
    EXPECT_EQ(ask(ack(target))->status, 404U) << target;
  web.answer = failure(std::errc::operation_not_permitted, "");
  EXPECT_EQ(ask(ack())->status, 409U);
  EXPECT_EQ(ask(ack("/api/v1/alarms/1/ack", "{}"))->status, 400U);
  EXPECT_EQ(ask(ack("/api/v1/alarms/1/ack", "[]"))->status, 400U);
  web.answer = failure(std::errc::timed_out, "core");
  EXPECT_EQ(ask(ack())->status, 503U);
}

TEST_F(ApiTest, OpenAlarmsAreAllShownAndTheJournalIsLimited) {
  web.open = {web.alarm(AlarmState::unacknowledged), web.alarm(AlarmState::acknowledged, 1)};
  web.journal = {web.alarm(AlarmState::normal)};
  EXPECT_EQ(parsed(get("/api/v1/alarms?limit=1")).at("alarms").as_array().size(), 2U);
  EXPECT_EQ(parsed(get("/api/v1/alarms?state=all")).at("alarms").as_array()[0].at("state_name"), "normal");
  EXPECT_EQ(web.journal_query.limit, 200U);
  get("/api/v1/alarms?state=all&limit=5000");
  EXPECT_EQ(web.journal_query.limit, 1000U);
  EXPECT_EQ(get("/api/v1/alarms?state=some").status, 400U);
  for (const auto* limit : {"0", "-1", "x", "99999999999999999999", "%"})
    EXPECT_EQ(get(std::string{"/api/v1/alarms?state=all&limit="} + limit).status, limit[0] == '%' ? 200U : 400U)
        << limit;
}

TEST_F(ApiTest, AnAlarmSaysEverythingTheContractPromises) {
  auto record = web.alarm(AlarmState::unacknowledged);
  record.by = "a";
  record.comment = "b";
  web.open = {record};
  const auto alarm = parsed(get("/api/v1/alarms")).at("alarms").as_array()[0].as_object();
  EXPECT_EQ(alarm.at("rule"), "door-open");
  EXPECT_EQ(alarm.at("rule_kind"), "door_open");
  EXPECT_EQ(alarm.at("source"), "door");
  EXPECT_EQ(alarm.at("source_name"), "东门");
  EXPECT_EQ(alarm.at("source_name_en"), "East door");
  EXPECT_EQ(alarm.at("area"), "b1");
  EXPECT_EQ(alarm.at("annunciated"), true);
  EXPECT_EQ(alarm.at("raised_ms"), to_ms(web.clock.utc()));
  EXPECT_EQ(alarm.at("message"), "消息 0");
  EXPECT_EQ(alarm.at("message_en"), "message 0");
  web.open = {web.alarm(AlarmState::shelved)};
  EXPECT_EQ(parsed(get("/api/v1/alarms")).at("alarms").as_array()[0].at("annunciated"), false);
}

TEST_F(ApiTest, HistoryAnswersWithTheWindowsOfTheNode) {
  WindowRecord row;
  row.start = utc_from_ms(60'000);
  row.amount = 1'354'000;
  row.estimated = 500;
  row.rate_sum = 600;
  row.rate_min = 80;
  row.rate_max = 120;
  row.samples = 6;
  row.cost = 812'400;
  row.covered = std::chrono::milliseconds{59'500};
  WindowRecord gap;
  gap.start = utc_from_ms(120'000);
  web.history = std::vector{row, gap};
  const auto response = get("/api/v1/history?node=b1&kind=electricity&window=1m&from=0&to=180000");
  ASSERT_EQ(response.status, 200U) << response.content();
  EXPECT_EQ(parsed(response).at("unit"), "wh");
  EXPECT_EQ(parsed(response).at("truncated"), false);
  EXPECT_EQ(parsed(response).at("rows"), json::parse("[[60000,1354,100,80,120,6,0.5,0.812,59.5],"
                                                     "[120000,0,null,null,null,0,0,null,0]]"));
  EXPECT_EQ(web.site.node(web.history_query.node).name, "b1");
  EXPECT_EQ(web.history_query.to, utc_from_ms(180'000));
}

TEST_F(ApiTest, HistorySaysWhenThereIsMoreThanItSends) {
  web.history = std::vector<WindowRecord>(Api::most_history_rows + 1);
  const auto response = get("/api/v1/history?node=compound&kind=water&window=1d&from=0&to=1");
  EXPECT_EQ(parsed(response).at("truncated"), true);
  EXPECT_EQ(parsed(response).at("rows").as_array().size(), Api::most_history_rows);
  EXPECT_EQ(web.history_query.limit, Api::most_history_rows + 1);
}

TEST_F(ApiTest, HistoryRefusesWhatItDoesNotKnow) {
  const std::string good = "node=b1&kind=water&window=1m&from=0&to=1";
  ASSERT_EQ(get("/api/v1/history?" + good).status, 200U);
  for (const auto* query :
       {"", "node=x&kind=water&window=1m&from=0&to=1", "node=light&kind=water&window=1m&from=0&to=1",
        "node=b1&kind=gas&window=1m&from=0&to=1", "node=b1&kind=water&window=2m&from=0&to=1",
        "node=b1&kind=water&window=1m&from=2&to=1", "node=b1&kind=water&window=1m&from=0&to=9999999999999999",
        "node=b1&kind=water&window=1m&from=0&to=7258118400001", "node=b1&kind=water&window=1m&from=0&to=9223372036855",
        "node=b1&kind=water&window=1m&from=-9223372036854775808&to=1", "node=b1&kind=water&window=1m&to=1",
        "node=b1&kind=water&window=1m&from=a&to=1"})
    EXPECT_EQ(get(std::string{"/api/v1/history?"} + query).status, 400U) << query;
}

TEST_F(ApiTest, AStoreThatFailsIsNotReady) {
  web.history = failure(std::errc::io_error, "store");
  EXPECT_EQ(get("/api/v1/history?node=b1&kind=water&window=1m&from=0&to=1").status, 503U);
}

TEST_F(ApiTest, DevicesTellWallTimesAndErrorsByKind) {
  MeterStatus status;
  status.online = true;
  status.last_seen = web.clock.monotonic() - 2s;
  status.polls = 10;
  status.failures[0] = 3;
  status.response_time_ms = 12.5;
  web.buses.resize(1);
  web.buses[0].bus = BusId{0};
  web.buses[0].utilisation = 0.31;
  web.buses[0].meters = {{web.meter("tap"), status}};
  web.buses[0].last_error = "tap: exception 2";
  web.buses[0].last_failure = PollFailure::exception;
  web.buses[0].last_failed = web.meter("tap");
  web.buses[0].last_exception = 2;
  web.buses[0].last_failed_at = web.clock.monotonic() - 5s;
  web.sources.model_verified = [](MeterId) { return true; };
  const auto devices = parsed(get("/api/v1/devices"));
  const auto& tap = devices.at("meters").as_array()[1];
  EXPECT_EQ(tap.at("last_seen_ms"), to_ms(web.clock.utc() - 2s));
  EXPECT_EQ(tap.at("errors").at("timeout"), 3);
  EXPECT_EQ(tap.at("errors").as_object().size(), poll_failure_count);
  EXPECT_EQ(tap.at("response_time_ms"), 12.5);
  EXPECT_EQ(tap.at("model_verified"), true);
  EXPECT_EQ(tap.at("unit"), 2);
  const auto& light = devices.at("meters").as_array()[0];
  EXPECT_TRUE(light.at("online").is_null());
  EXPECT_TRUE(light.at("last_seen_ms").is_null());
  EXPECT_TRUE(light.at("response_time_ms").is_null());
  const auto& bus = devices.at("buses").as_array()[0];
  EXPECT_EQ(bus.at("utilisation"), 0.31);
  EXPECT_EQ(bus.at("last_error_kind"), "exception");
  EXPECT_EQ(bus.at("last_error_meter"), "tap");
  EXPECT_EQ(bus.at("last_error_exception"), 2);
  EXPECT_EQ(bus.at("last_error_ms"), to_ms(web.clock.utc() - 5s));
  EXPECT_EQ(devices.at("broker").at("connected"), false);
  // With what they are behind: the bridge, and the broker behind that.
  const auto& sensors = devices.at("sensors").as_array();
  ASSERT_EQ(sensors.size(), 4U);
  EXPECT_EQ(sensors[0].at("topic"), "zigbee2mqtt/door");
  EXPECT_EQ(sensors[0].at("parent"), "zigbee2mqtt-bridge");
  const auto named = [&](const char* id) {
    return *std::ranges::find_if(sensors, [&](const auto& each) { return each.at("id") == id; });
  };
  EXPECT_EQ(named("zigbee2mqtt-bridge").at("kind"), "bridge");
  EXPECT_EQ(named("zigbee2mqtt-bridge").at("parent"), "mqtt-broker");
  EXPECT_EQ(named("mqtt-broker").at("kind"), "broker");
  EXPECT_TRUE(named("mqtt-broker").at("parent").is_null());
}

TEST_F(ApiTest, SyncTellsEverySinkAndTheStore) {
  SinkStatus sink;
  sink.id = "central";
  sink.state = SinkStatus::State::refused;
  sink.last_error = "401: unauthorized";
  sink.failure = SinkFailure::not_allowed;
  sink.failure_status = 401;
  sink.queued_lines = 7;
  sink.oldest_queued = utc_from_ms(5);
  web.sources.sinks = [sink] { return std::vector{sink}; };
  web.sources.store = [] {
    StoreStatus store;
    store.path = "/data/gateway.db";
    return store;
  };
  const auto sync = parsed(get("/api/v1/sync"));
  const auto& first = sync.at("sinks").as_array()[0];
  EXPECT_EQ(first.at("state"), "refused");
  EXPECT_EQ(first.at("last_error_kind"), "not_allowed");
  EXPECT_EQ(first.at("last_error_status"), 401);
  EXPECT_EQ(first.at("queued_lines"), 7);
  EXPECT_EQ(first.at("oldest_queued_ms"), 5);
  EXPECT_TRUE(first.at("last_success_ms").is_null());
  EXPECT_EQ(sync.at("store").at("path"), "/data/gateway.db");
}

TEST_F(ApiTest, SyncShowsNoQueryAndTellsWhichSecretsGoInPlainText) {
  Sink configured;
  configured.id = "central";
  configured.kind = Sink::Kind::line_protocol;
  configured.url = "http://tsdb.example/in?precision=ms&tenant=secret";
  configured.token_file = "/nowhere/token";
  web.site.sinks.push_back(configured);
  web.sources.sinks = [] {
    SinkStatus sink;
    sink.id = "central";
    return std::vector{sink};
  };
  const auto sync = parsed(get("/api/v1/sync"));
  EXPECT_EQ(sync.at("sinks").as_array()[0].at("url"), "http://tsdb.example/in");
  const auto& told = sync.at("gateway").at("plain_secrets").as_array();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0],
            "sink central: its token goes to http://tsdb.example in plain text, for everybody on the way to read; "
            "https:// would be right");
}

TEST_F(ApiTest, HealthNamesWhatDoesNotMove) {
  EXPECT_EQ(get("/healthz").status, 200U);
  EXPECT_EQ(get("/healthz").content(), "ok\n");
  web.stuck = {"bus plant: no round for 12 s", "store"};
  EXPECT_EQ(get("/healthz").status, 503U);
  EXPECT_EQ(get("/healthz").content(), "bus plant: no round for 12 s\nstore\n");
}

class ApiWithUsers : public ApiTest {
 protected:
  ApiWithUsers() {
    web.sources.journal = [this](const WebSources::JournalEntry& entry) { journal.push_back(entry); };
    web.sources.host_names = {"gateway", "gateway.local"};
    web.site.web.names = {"energy.example.org"};
  }
  static HttpRequest login_request(std::string user, std::string password) {
    auto request = ack("/api/v1/login", R"({"user": ")" + user + R"(", "password": ")" + password + "\"}");
    request.peer = "10.0.0.9";
    return request;
  }
  std::optional<HttpResponse> ask_guarded(HttpRequest request) {
    std::optional<HttpResponse> answer;
    if (request.host.empty()) request.host = "gateway.local";
    guarded.handle(request, [&](HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  HttpResponse get_as(const std::string& cookie, std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    request.cookie = cookie;
    return ask_guarded(request).value();
  }
  // The cookie of a new session.
  std::string cookie_of(const std::string& user) {
    const auto response = ask_guarded(login_request(user, "right")).value();
    EXPECT_EQ(response.status, 200U) << response.content();
    const std::string set{response.header("Set-Cookie")};
    return set.substr(0, set.find(';'));
  }
  // Compares at once; "right" is everybody's password.
  LoginApi users{web.sources,
                 {{"看", Role::viewer, "$argon2id$a"}, {"王", Role::operator_, "$argon2id$a"}},
                 [this](const std::string&, const std::string& password, const std::function<void(bool)>& done) {
                   if (busy) return false;
                   done(password == "right");
                   return true;
                 }};
  Api guarded{web.site, web.sources, feed, statuses, assets, users, counters};
  std::vector<WebSources::JournalEntry> journal;
  bool busy = false;
};

TEST_F(ApiWithUsers, NothingOfTheApiIsShownWithoutASession) {
  for (const auto* target : {"live", "history", "tariff", "alarms", "devices", "sync", "stream"})
    EXPECT_EQ(get_as("", std::string{"/api/v1/"} + target).status, 401U) << target;
  EXPECT_EQ(get_as("gateway_session=" + std::string(64, '0'), "/api/v1/live").status, 401U);
  EXPECT_EQ(get_as("", "/metrics").status, 401U);
  EXPECT_EQ(get_as("", "/healthz").status, 200U);
  HttpRequest stream;
  stream.host = "gateway.local";
  stream.upgrade = true;
  EXPECT_EQ(guarded.stream_refusal(stream)->status, 401U);
  stream.cookie = cookie_of("看");
  EXPECT_FALSE(guarded.stream_refusal(stream));
}

TEST_F(ApiWithUsers, ASessionBeginsWithTheRightPasswordAndEndsWithLogout) {
  EXPECT_EQ(parsed(get_as("", "/api/v1/session")), json::parse(R"({"login_required":true,"user":null,"role":null})"));
  const auto cookie = cookie_of("看");
  EXPECT_EQ(get_as(cookie, "/api/v1/devices").status, 200U);
  EXPECT_EQ(parsed(get_as(cookie, "/api/v1/session")),
            json::parse(R"({"login_required":true,"user":"看","role":"viewer"})"));
  auto logout = ack("/api/v1/logout", "");
  logout.cookie = cookie;
  EXPECT_EQ(ask_guarded(logout)->status, 200U);
  EXPECT_EQ(get_as(cookie, "/api/v1/devices").status, 401U);
}

TEST_F(ApiWithUsers, TheCookieIsOutOfReachOfScriptsAndOtherSites) {
  auto request = login_request("看", "right");
  EXPECT_TRUE(ask_guarded(request)->header("Set-Cookie").ends_with("; Path=/; HttpOnly; SameSite=Strict"));
  request.secure = true;
  EXPECT_TRUE(ask_guarded(request)->header("Set-Cookie").ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"));
}

TEST_F(ApiWithUsers, AViewerMayNotAcknowledgeAndAnOperatorSignsWithTheirOwnName) {
  web.answer = web.alarm(AlarmState::acknowledged);
  auto request = ack("/api/v1/alarms/1/ack", R"({"by": "someone else"})");
  EXPECT_EQ(ask_guarded(request)->status, 401U);
  request.cookie = cookie_of("看");
  EXPECT_EQ(ask_guarded(request)->status, 403U);
  EXPECT_TRUE(web.command.by.empty());
  request.cookie = cookie_of("王");
  EXPECT_EQ(ask_guarded(request)->status, 200U);
  EXPECT_EQ(web.command.by, "王");
  EXPECT_EQ(journal.back().action, "ack");
  EXPECT_EQ(journal.back().user, "王");
}

// Somebody who types the password where the name belongs must not find it in the journal, nor write lines of it.
TEST_F(ApiWithUsers, WhatIsTypedAsANameThatNobodyHasIsNotJournalled) {
  for (int i = 0; i < Login::name_failures + 1; ++i)
    ask_guarded(login_request(R"(x\ninfo: dashboard: login by admin from 10.0.0.1: admin)", "wrong"));
  ASSERT_EQ(journal.size(), static_cast<std::size_t>(Login::name_failures + 1));
  for (const auto& entry : journal) EXPECT_EQ(entry.user, "(unknown name)") << entry.action;
  EXPECT_EQ(journal.back().action, "login_refused");
  ask_guarded(login_request("王", "wrong"));
  EXPECT_EQ(journal.back().user, "王");
}

TEST_F(ApiTest, NothingThatIsJournalledHasASecondLine) {
  std::vector<WebSources::JournalEntry> journal;
  web.sources.journal = [&](const WebSources::JournalEntry& entry) { journal.push_back(entry); };
  web.answer = web.alarm(AlarmState::acknowledged);
  ask(ack("/api/v1/outbox/drop", R"({"sink": "x\ninfo: dashboard: login by admin"})"));
  ask(ack("/api/v1/mode", R"({"mode": "typhoon", "by": "a\u001b[2J\u0085b"})"));
  ASSERT_EQ(journal.size(), 2U);
  EXPECT_EQ(journal[0].detail, "x info: dashboard: login by admin");
  EXPECT_EQ(journal[1].user, "a [2J b");
}

TEST_F(ApiWithUsers, GuessingLocksTheNameAndIsJournalled) {
  for (int i = 0; i < Login::name_failures; ++i) EXPECT_EQ(ask_guarded(login_request("王", "wrong"))->status, 401U);
  EXPECT_EQ(journal.back().action, "login_locked");
  EXPECT_EQ(journal.back().address, "10.0.0.9");
  auto response = ask_guarded(login_request("王", "right")).value();
  EXPECT_EQ(response.status, 429U);
  EXPECT_EQ(response.header("Retry-After"), "30");
  EXPECT_EQ(counters.wrong_logins, static_cast<std::uint64_t>(Login::name_failures));
  EXPECT_EQ(counters.locked_logins, 1U);
  EXPECT_EQ(ask_guarded(login_request("看", "right"))->status, 200U);  // another name is not locked out
  web.clock.advance(31s);
  EXPECT_EQ(ask_guarded(login_request("王", "right"))->status, 200U);
}

TEST_F(ApiWithUsers, AnUnknownNameIsAnsweredLikeAWrongPassword) {
  const auto unknown = ask_guarded(login_request("nobody", "right")).value();
  const auto wrong = ask_guarded(login_request("王", "wrong")).value();
  EXPECT_EQ(unknown.status, 401U);
  EXPECT_EQ(unknown.content(), wrong.content());
}

TEST_F(ApiWithUsers, AReboundNameIsRefusedOnEveryInterface) {
  HttpRequest request;
  request.target = "/x";
  for (const bool on_loopback : {false, true}) {
    request.on_loopback = on_loopback;
    request.host = "evil.example:8080";
    const auto refused = ask_guarded(request).value();
    EXPECT_EQ(refused.status, 421U);
    EXPECT_NE(refused.content().find("evil.example:8080"), std::string_view::npos);
    EXPECT_NE(refused.content().find("[web]"), std::string_view::npos);
    HttpRequest stream = request;
    stream.upgrade = true;
    stream.cookie = cookie_of("看");
    stream.origin = "http://evil.example:8080";
    EXPECT_EQ(guarded.stream_refusal(stream)->status, 421U);
    for (const auto* host :
         {"gateway:8080", "GATEWAY.local", "10.0.0.5:8080", "[fe80::1]:8080", "localhost", "energy.example.org"}) {
      request.host = host;
      EXPECT_EQ(ask_guarded(request)->status, 404U) << host;  // there is no page here, but it was looked for
    }
  }
}

// As nginx on the box passes it on with Host and Upgrade (docs/security.md).
TEST_F(ApiWithUsers, AProxyOnTheBoxForWhichThereIsANameLetsPeopleActAndWatch) {
  HttpRequest request = login_request("王", "right");
  request.on_loopback = request.forwarded = true;
  request.host = "energy.example.org";
  request.origin = "https://energy.example.org";
  const auto response = ask_guarded(request).value();
  ASSERT_EQ(response.status, 200U) << response.content();
  EXPECT_TRUE(response.header("Set-Cookie").ends_with("; Secure"));
  HttpRequest stream;
  stream.on_loopback = stream.forwarded = stream.upgrade = true;
  stream.host = request.host;
  stream.origin = request.origin;
  stream.cookie = cookie_of("王");
  EXPECT_FALSE(guarded.stream_refusal(stream));
  stream.origin = "https://evil.example";
  EXPECT_EQ(guarded.stream_refusal(stream)->status, 403U);
}

TEST_F(ApiWithUsers, FiguresAndNamesOfPartsAreForThisMachineOrASessionNotForWhomAProxyBrings) {
  web.stuck = {"bus plant has not moved for 12 s"};
  HttpRequest request;
  request.on_loopback = true;
  const auto status_of = [&](const char* target) {
    request.target = target;
    return ask_guarded(request)->status;
  };
  const auto health = [&] {
    request.target = "/healthz";
    const auto response = ask_guarded(request).value();
    EXPECT_EQ(response.status, 503U);
    return std::string{response.content()};
  };
  request.host = "127.0.0.1:8080";
  EXPECT_EQ(status_of("/metrics"), 200U);
  EXPECT_EQ(health(), "bus plant has not moved for 12 s\n");
  request.host = "energy.example.org";
  EXPECT_EQ(status_of("/metrics"), 401U);
  EXPECT_EQ(health(), "stuck\n");
  request.host = "127.0.0.1:8080";  // a proxy that rewrites Host
  request.forwarded = true;
  EXPECT_EQ(status_of("/metrics"), 401U);
  EXPECT_EQ(health(), "stuck\n");
  request.on_loopback = request.forwarded = false;
  EXPECT_EQ(health(), "stuck\n");
  request.cookie = cookie_of("看");
  EXPECT_EQ(status_of("/metrics"), 200U);
  EXPECT_EQ(health(), "bus plant has not moved for 12 s\n");
  web.stuck.clear();
  request.cookie.clear();
  EXPECT_EQ(ask_guarded(request)->content(), "ok\n");
}

TEST_F(ApiWithUsers, ALogInFromAForeignPageOrAFormIsRefused) {
  auto request = login_request("王", "right");
  request.origin = "http://evil.example";
  EXPECT_EQ(ask_guarded(request)->status, 403U);
  request.origin.clear();
  request.content_type = "text/plain";
  EXPECT_EQ(ask_guarded(request)->status, 415U);
}

TEST_F(ApiWithUsers, TooManyLogInsAtOnceAreToldToWait) {
  busy = true;
  EXPECT_EQ(ask_guarded(login_request("王", "right"))->status, 503U);
}

TEST_F(ApiWithUsers, WithoutUsersNobodyNeedsToLogIn) {
  EXPECT_EQ(parsed(get("/api/v1/session")), json::parse(R"({"login_required":false,"user":null,"role":null})"));
  EXPECT_EQ(ask(login_request("王", "right"))->status, 409U);
}

class ApiTariff : public ApiTest {
 protected:
  ApiTariff() {
    TariffVersion version;
    version.valid_from = local_day(2025, 1, 1);
    version.source = "价目表";
    version.source_en = "price list";
    version.price = {1'200'000, 900'000, 600'000, 310'000};
    version.periods.push_back({.band = Band::valley, .hours = {{0, 8 * 60}}});
    web.site.tariffs[0] = Tariff({version});
  }
  // Monday, 24 November 2025, 00:00 in Shanghai.
  std::int64_t monday = to_ms(test::FakeClock::monday_midnight);
  std::string path(std::int64_t from, std::int64_t to, std::string_view rest = "node=b1&kind=electricity") {
    return "/api/v1/tariff?" + std::string{rest} + "&from=" + std::to_string(from) + "&to=" + std::to_string(to);
  }
};

TEST_F(ApiTariff, TellsWhichBandHoldsFromWhenToWhen) {
  const auto response = get(path(monday, monday + 24 * 3'600'000));
  ASSERT_EQ(response.status, 200U);
  const auto answer = parsed(response);
  EXPECT_EQ(answer.at("node"), "b1");
  EXPECT_EQ(answer.at("unit"), "kwh");
  const auto& pieces = answer.at("pieces").as_array();
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].at("from_ms"), monday);
  EXPECT_EQ(pieces[0].at("to_ms"), monday + 8 * 3'600'000);
  EXPECT_EQ(pieces[0].at("band"), "valley");
  EXPECT_EQ(pieces[0].at("price_yuan"), 0.31);
  EXPECT_EQ(pieces[1].at("band"), "flat");
  EXPECT_EQ(pieces[1].at("to_ms"), monday + 24 * 3'600'000);
  EXPECT_EQ(answer.at("versions"),
            json::parse(R"([{"valid_from": "2025-01-01", "source": "价目表", "source_en": "price list"}])"));
}

TEST_F(ApiTariff, WithoutATariffTheBandIsNull) {
  const auto answer = parsed(get(path(monday, monday + 1000, "node=tap&kind=water")));
  ASSERT_EQ(answer.at("pieces").as_array().size(), 1U);
  EXPECT_TRUE(answer.at("pieces").at(0).at("band").is_null());
  EXPECT_TRUE(answer.at("pieces").at(0).at("price_yuan").is_null());
  EXPECT_TRUE(answer.at("versions").as_array().empty());
  EXPECT_EQ(answer.at("unit"), "m3");
}

TEST_F(ApiTariff, WhatIsWrongIsToldAndAYearIsTheMost) {
  constexpr std::int64_t day = std::int64_t{24} * 3'600'000;
  EXPECT_EQ(get(path(monday, monday + 400 * day)).status, 200U);
  const auto too_long = get(path(monday, monday + 400 * day + 1));
  EXPECT_EQ(too_long.status, 400U);
  EXPECT_EQ(parsed(too_long).at("error").at("message"), "from and to are at most 400 days apart");
  EXPECT_EQ(get(path(monday, monday - 1)).status, 400U);
  EXPECT_EQ(get(path(monday, monday, "node=nobody&kind=electricity")).status, 400U);
  EXPECT_EQ(get(path(monday, monday, "node=b1&kind=gas")).status, 400U);
  EXPECT_EQ(get("/api/v1/tariff?node=b1&kind=electricity").status, 400U);
  EXPECT_EQ(get("/api/v1/tariff?node=b1&kind=electricity&from=0&to=9223372036854775807").status, 400U);
  // Both fit 64 bits of nanoseconds, what comes after them does not.
  EXPECT_EQ(get("/api/v1/tariff?node=b1&kind=electricity&from=9223372000000&to=9223372036854").status, 400U);
  EXPECT_TRUE(parsed(get(path(monday, monday))).at("pieces").as_array().empty());
  HttpRequest post;
  post.method = Method::post;
  post.target = path(monday, monday);
  EXPECT_EQ(ask(post)->status, 405U);
}

}  // namespace
}  // namespace gateway
