#include "firmware-gateway/web/audit_api.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/support/web_site.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using Method = HttpRequest::Method;

class AuditApiTest : public testing::Test {
 protected:
  AuditApiTest() {
    web.sources.audit = [this](AuditRequest request, const WebSources::Completion<std::string>& answer) {
      asked = std::move(request);
      answer(report);
    };
    web.sources.exchange = [this](ExchangeRequest request, const WebSources::Completion<QualityRecord>& answer) {
      exchanged = std::move(request);
      answer(entry);
    };
    web.sources.correct = [this](CorrectionRequest request, const WebSources::Completion<QualityRecord>& answer) {
      corrected = std::move(request);
      answer(entry);
    };
    web.sources.journal = [this](const WebSources::JournalEntry& line) {
      journal.push_back(line.action + ' ' + line.user + ' ' + line.detail);
    };
  }
  std::optional<HttpResponse> ask(const HttpRequest& request) {
    std::optional<HttpResponse> answer;
    const auto path = request.path();
    handled = api.handle(request, path.substr(std::string_view{"/api/v1/"}.size()),
                         [&](HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  HttpResponse get(std::string query) {
    HttpRequest request;
    request.target = "/api/v1/audit" + std::move(query);
    return ask(request).value();
  }
  HttpResponse post(std::string resource, std::string body) {
    HttpRequest request;
    request.method = Method::post;
    request.target = "/api/v1/meters/" + std::move(resource);
    request.content_type = "application/json";
    request.body = std::move(body);
    return ask(request).value();
  }
  static std::string message(const HttpResponse& response) {
    return std::string{json::parse(response.body).at("error").at("message").as_string()};
  }

  test::WebFixture web;
  LoginApi login{web.sources, {}, nullptr};
  AuditApi api{web.site, web.sources, login};
  bool handled = false;
  AuditRequest asked;
  Expected<std::string> report = std::string("{}");
  ExchangeRequest exchanged;
  CorrectionRequest corrected;
  Expected<QualityRecord> entry = QualityRecord{.meter = MeterId{0},
                                                .kind = QualityKind::announced_exchange,
                                                .before = 12'345'678'900,
                                                .by = "林",
                                                .comment = "x"};
  std::vector<std::string> journal;
};

TEST_F(AuditApiTest, TheReportIsAskedForAsItIsWritten) {
  EXPECT_EQ(get("?from=2026-09&to=2026-10-15&trace=b1").status, 200U);
  EXPECT_EQ(asked.from, "2026-09");
  EXPECT_EQ(asked.to, "2026-10-15");
  EXPECT_EQ(asked.trace, "b1");
  EXPECT_EQ(asked.format, "json");
  const auto csv = get("?from=2026-09&to=2026-09&format=csv");
  EXPECT_EQ(csv.content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(csv.header("Content-Disposition"), "attachment; filename=\"audit-test.csv\"");
  EXPECT_EQ(get("?from=2026-09").status, 400U);
  EXPECT_EQ(get("?from=2026-09&to=2026-09&format=xml").status, 400U);
}

TEST_F(AuditApiTest, WhatIsWrongAndWhatIsNotThereAreToldApart) {
  report = failure(std::errc::invalid_argument, "to can't be 'x'");
  auto response = get("?from=2026-09&to=x");
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(message(response), "to can't be 'x'");
  report = failure(std::errc::no_message_available, "nothing was counted");
  EXPECT_EQ(get("?from=2026-09&to=2026-09").status, 404U);
  report = failure(std::errc::io_error, "store");
  EXPECT_EQ(get("?from=2026-09&to=2026-09").status, 503U);
}

TEST_F(AuditApiTest, AnExchangeIsPassedOnInThousandthsAndJournalled) {
  const auto response =
      post("light/exchange", R"({"old_reading": 12345.6789, "new_reading": 0, "by": "林", "reason": "到期轮换"})");
  ASSERT_EQ(response.status, 200U) << response.body;
  EXPECT_EQ(exchanged.meter, web.meter("light"));
  EXPECT_EQ(exchanged.old_last, 12'345'678'900);
  EXPECT_EQ(exchanged.new_first, 0);
  EXPECT_EQ(exchanged.reason, "到期轮换");
  EXPECT_EQ(journal, (std::vector<std::string>{"meter_exchange 林 meter light: 到期轮换"}));
  const auto answer = json::parse(response.body);
  EXPECT_EQ(answer.at("event"), "announced_exchange");
  EXPECT_DOUBLE_EQ(answer.at("before").to_number<double>(), 12345.6789);
}

TEST_F(AuditApiTest, WhatPeopleTellNeedsANameAndAReason) {
  EXPECT_EQ(message(post("light/exchange", R"({"old_reading": 1, "new_reading": 0, "reason": "x"})")),
            "by is required: the name of the one who says so");
  EXPECT_EQ(message(post("light/exchange", R"({"old_reading": 1, "new_reading": 0, "by": "x"})")),
            "reason is required: it stands in the journal and in the report");
  EXPECT_EQ(message(post("light/exchange", R"({"old_reading": -1, "new_reading": 0, "by": "x", "reason": "x"})")),
            "old_reading is out of range: not negative, 1e9 at most");
  EXPECT_EQ(message(post("light/exchange", R"({"old_reading": "1", "new_reading": 0, "by": "x", "reason": "x"})")),
            "old_reading is required: a number");
  EXPECT_EQ(post("no-meter/exchange", R"({"old_reading": 1, "new_reading": 0, "by": "x", "reason": "x"})").status,
            404U);
  EXPECT_TRUE(journal.empty());
}

// The clock of the tests stands at 2025-11-24 00:00 in Fuzhou: 1,763,913,600 s.
TEST_F(AuditApiTest, OnlyThePastIsCorrectedAndOneMonthAtATime) {
  const auto correct = [&](std::int64_t from_s, std::int64_t to_s, const std::string& amount = "-12.5") {
    return post("light/correct", R"({"from_ms": )" + std::to_string(from_s * 1000) + R"(, "to_ms": )" +
                                     std::to_string(to_s * 1000) + R"(, "amount": )" + amount +
                                     R"(, "by": "林", "reason": "旁路"})");
  };
  ASSERT_EQ(correct(1'763'900'000, 1'763'910'000).status, 200U);
  EXPECT_EQ(corrected.amount, -12'500'000);
  EXPECT_EQ(corrected.to - corrected.from, std::chrono::seconds{10'000});
  EXPECT_EQ(message(correct(1'763'900'000, 1'763'913'601)),
            "to_ms is in the future: only what is past can be corrected");
  // 2025-10-31 23:00 to 2025-11-01 01:00.
  EXPECT_EQ(message(correct(1'761'922'800, 1'761'930'000)),
            "a correction lies within one month of site time; make one for each");
  EXPECT_EQ(correct(1'761'922'800, 1'761'926'400).status, 200U) << "up to the last moment of October";
  EXPECT_EQ(message(correct(1'763'900'000, 1'763'900'000)), "to_ms is later than from_ms");
  EXPECT_EQ(message(correct(1'763'900'000, 1'763'910'000, "0")), "amount is 0: there is nothing to correct");
}

TEST_F(AuditApiTest, OthersResourcesAreLeftAlone) {
  for (const auto* path : {"/api/v1/live", "/api/v1/meters", "/api/v1/meters/light", "/api/v1/meters/light/other"}) {
    HttpRequest request;
    request.target = path;
    EXPECT_FALSE(ask(request)) << path;
    EXPECT_FALSE(handled) << path;
  }
  HttpRequest request;
  request.target = "/api/v1/meters/light/exchange";
  EXPECT_EQ(ask(request)->status, 405U);
}

TEST_F(AuditApiTest, ACorrectionTakesAnAdminAndAnExchangeAnOperator) {
  LoginApi guarded{web.sources,
                   {{"看", Role::viewer, "h"}, {"工", Role::operator_, "h"}, {"管", Role::admin, "h"}},
                   [](const std::string&, const std::string&, const std::function<void(bool)>& done) {
                     done(true);
                     return true;
                   }};
  AuditApi strict{web.site, web.sources, guarded};
  const auto status = [&](const std::string& user, const std::string& action, const std::string& body) {
    HttpRequest log_in;
    log_in.method = Method::post;
    log_in.content_type = "application/json";
    log_in.peer = "192.0.2.1";
    log_in.body = R"({"user": ")" + user + R"(", "password": "p"})";
    HttpResponse answer;
    guarded.login(log_in, [&](HttpResponse response) { answer = std::move(response); });
    HttpRequest request;
    request.method = Method::post;
    request.target = "/api/v1/meters/light/" + action;
    request.content_type = "application/json";
    request.body = body;
    const auto cookie = std::string{answer.header("Set-Cookie")};
    request.cookie = cookie.substr(0, cookie.find(';'));
    unsigned code = 0;
    strict.handle(request, "meters/light/" + action, [&](const HttpResponse& response) { code = response.status; });
    return code;
  };
  const std::string exchange = R"({"old_reading": 1, "new_reading": 0, "by": "someone else", "reason": "x"})";
  const std::string correct = R"({"from_ms": 1000, "to_ms": 2000, "amount": 1, "reason": "x"})";
  EXPECT_EQ(status("看", "exchange", exchange), 403U);
  EXPECT_EQ(status("工", "exchange", exchange), 200U);
  EXPECT_EQ(exchanged.by, "工") << "nobody signs with another's name";
  EXPECT_EQ(status("工", "correct", correct), 403U);
  EXPECT_EQ(status("管", "correct", correct), 200U);
}

TEST_F(AuditApiTest, WhenOthersAreBeingMadeTheNextIsToldWhenToComeAgain) {
  report = failure(std::errc::device_or_resource_busy, "other reports are being made");
  const auto response = get("?from=2026-09&to=2026-09");
  EXPECT_EQ(response.status, 503U);
  EXPECT_EQ(response.header("Retry-After"), "30");
  EXPECT_EQ(message(response), "other reports are being made");
  report = failure(std::errc::timed_out, "too long");
  EXPECT_EQ(message(get("?from=2026-09&to=2026-09")), "too long");
}

TEST_F(AuditApiTest, NoCacheKeepsAReport) {
  for (const auto* format : {"json", "csv", "html"})
    EXPECT_EQ(get(std::string{"?from=2026-09&to=2026-09&format="} + format).header("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace gateway
