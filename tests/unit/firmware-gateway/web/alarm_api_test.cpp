#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "firmware-gateway/web/api.hpp"
#include "tests/support/web_site.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using Action = AlarmCommand::Action;
using Method = HttpRequest::Method;

class AlarmApiTest : public testing::Test {
 protected:
  HttpResponse ask(HttpRequest request) {
    std::optional<HttpResponse> answer;
    request.host = "127.0.0.1:8080";
    api.handle(request, [&](HttpResponse response) { answer = std::move(response); });
    return answer.value();
  }
  HttpResponse get(std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    return ask(request);
  }
  HttpResponse post(std::string target, std::string body) {
    HttpRequest request;
    request.method = Method::post;
    request.target = std::move(target);
    request.content_type = "application/json";
    request.body = std::move(body);
    return ask(request);
  }
  static json::value parsed(const HttpResponse& response) { return json::parse(std::string{response.content()}); }

  test::WebFixture web;
  WebCounters counters;
  StatusCache statuses{web.sources};
  LiveFeed feed{web.site, web.sources, statuses, counters};
  Assets assets{{}};
  LoginApi login{web.sources, {}, nullptr};
  Api api{web.site, web.sources, feed, statuses, assets, login, counters};
};

TEST_F(AlarmApiTest, EveryDeedReachesTheCoreWithNameReasonAndTime) {
  web.answer = web.alarm(AlarmState::shelved);
  const std::vector<std::pair<std::string, Action>> deeds{{"ack", Action::acknowledge},
                                                          {"reset", Action::reset},
                                                          {"shelve", Action::shelve},
                                                          {"unshelve", Action::unshelve},
                                                          {"out-of-service", Action::take_out_of_service},
                                                          {"return-to-service", Action::return_to_service}};
  for (const auto& [verb, action] : deeds) {
    const auto response = post("/api/v1/alarms/2/" + verb, R"({"by": "王", "comment": "门锁维修", "minutes": 90})");
    EXPECT_EQ(response.status, 200U) << verb;
    EXPECT_EQ(web.command.action, action);
    EXPECT_EQ(web.command.alarm, AlarmId{1});
    EXPECT_EQ(web.command.by, "王");
    EXPECT_EQ(web.command.comment, "门锁维修");
  }
  EXPECT_EQ(post("/api/v1/alarms/1/shelve", R"({"by": "王", "comment": "x", "minutes": 90})").status, 200U);
  EXPECT_EQ(web.command.duration, std::chrono::minutes{90});
  EXPECT_EQ(get("/api/v1/alarms/1/shelve").status, 405U);
  EXPECT_EQ(post("/api/v1/alarms/1/forget", R"({"by": "王"})").status, 404U);
  EXPECT_EQ(post("/api/v1/alarms/99/shelve", R"({"by": "王", "minutes": 9})").status, 404U);
}

TEST_F(AlarmApiTest, AShelvingWithoutATimeIsNone) {
  for (const auto* body : {R"({"by": "王", "comment": "x"})", R"({"by": "王", "comment": "x", "minutes": 0})",
                           R"({"by": "王", "comment": "x", "minutes": -5})", R"({"by": "王", "minutes": "60"})",
                           R"({"by": "王", "minutes": 1e3})", R"({"comment": "x", "minutes": 60})"})
    EXPECT_EQ(post("/api/v1/alarms/1/shelve", body).status, 400U) << body;
}

TEST_F(AlarmApiTest, WhatTheCoreRefusesIsToldInItsWords) {
  web.answer = failure(std::errc::operation_not_permitted, "it is not shelved");
  auto response = post("/api/v1/alarms/1/unshelve", R"({"by": "王"})");
  EXPECT_EQ(response.status, 409U);
  EXPECT_EQ(parsed(response).at("error").at("message"), "it is not shelved");
  web.answer = failure(std::errc::invalid_argument, "a reason is required");
  response = post("/api/v1/alarms/1/out-of-service", R"({"by": "王"})");
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(parsed(response).at("error").at("message"), "a reason is required");
}

TEST_F(AlarmApiTest, OpenAlarmsComeWithWhatWaitsAndTheFigures) {
  web.open = {web.alarm(AlarmState::unacknowledged)};
  web.pending = {{.alarm = AlarmId{1}, .since = web.clock.utc(), .due = web.clock.utc() + std::chrono::seconds{60}}};
  web.metrics.last_hour = 12;
  web.metrics.operators = 2;
  const auto answer = parsed(get("/api/v1/alarms"));
  EXPECT_EQ(answer.at("pending").as_array().size(), 1U);
  EXPECT_EQ(answer.at("pending").at(0).at("rule"), "leak-wet");
  EXPECT_EQ(answer.at("pending").at(0).at("due_ms"), to_ms(web.clock.utc()) + 60'000);
  EXPECT_EQ(answer.at("metrics").at("per_operator_hour").to_number<double>(), 6);
}

TEST_F(AlarmApiTest, TheJournalIsNarrowedByEveryConditionThatIsGiven) {
  EXPECT_EQ(get("/api/v1/alarms?state=all&from=1000&to=2000&rule=door-open&source=door&area=b1&priority=high"
                "&state_name=shelved&announced=true&before=77&after=5&limit=9")
                .status,
            200U);
  const auto& query = web.journal_query;
  EXPECT_EQ(query.from, utc_from_ms(1000));
  EXPECT_EQ(query.to, utc_from_ms(2000));
  EXPECT_EQ(query.rule, "door-open");
  EXPECT_EQ(query.source, "door");
  EXPECT_EQ(query.area, "b1");
  EXPECT_EQ(query.priority, Priority::high);
  EXPECT_EQ(query.state, AlarmState::shelved);
  EXPECT_TRUE(query.announced_only);
  EXPECT_EQ(query.before, 77U);
  EXPECT_EQ(query.after, 5U);
  EXPECT_EQ(query.limit, 9U);
  for (const auto* wrong :
       {"from=x", "to=-1", "to=7258118400001", "priority=urgent", "state_name=open", "announced=maybe", "before=x"})
    EXPECT_EQ(get(std::string{"/api/v1/alarms?state=all&"} + wrong).status, 400U) << wrong;
}

TEST_F(AlarmApiTest, AModeIsSwitchedAreasAreArmedAndPlacesTickedOff) {
  EXPECT_EQ(parsed(get("/api/v1/modes")).at("mode"), "usual");
  EXPECT_EQ(post("/api/v1/patrol/roof/check", R"({"by": "王"})").status, 404U) << "that list is the typhoon's";
  EXPECT_EQ(post("/api/v1/mode", R"({"mode": "typhoon", "by": "王", "comment": "橙色预警"})").status, 200U);
  EXPECT_EQ(post("/api/v1/areas/b1/arm", R"({"by": "王"})").status, 200U);
  EXPECT_EQ(post("/api/v1/patrol/roof/check", R"({"by": "陈"})").status, 200U);
  const auto modes = parsed(get("/api/v1/modes"));
  EXPECT_EQ(modes.at("mode"), "typhoon");
  EXPECT_EQ(modes.at("by"), "王");
  EXPECT_EQ(modes.at("comment"), "橙色预警");
  EXPECT_EQ(modes.at("modes").at(0).at("patrol").at(0).at("by"), "陈");
  EXPECT_EQ(modes.at("areas").at(0).at("id"), "compound");
  EXPECT_EQ(modes.at("areas").at(0).at("armed"), false);
  EXPECT_EQ(modes.at("areas").at(1).at("armed"), true);
  EXPECT_EQ(modes.at("areas").at(2).at("armed"), true) << "a floor is armed with its building";
  EXPECT_EQ(modes.at("areas").at(2).at("by_hand"), false);
  EXPECT_EQ(post("/api/v1/areas/b1/disarm", R"({"by": "王"})").status, 200U);
  EXPECT_EQ(post("/api/v1/mode", R"({"mode": "usual", "by": "王"})").status, 200U);
  EXPECT_EQ(parsed(get("/api/v1/modes")).at("mode"), "usual");
  EXPECT_EQ(post("/api/v1/mode", R"({"by": "王"})").status, 400U);
  EXPECT_EQ(post("/api/v1/mode", R"({"mode": "typhoon"})").status, 400U);
  EXPECT_EQ(post("/api/v1/mode", R"({"mode": "earthquake", "by": "王"})").status, 404U);
  EXPECT_EQ(post("/api/v1/areas/b9/arm", R"({"by": "王"})").status, 404U);
  EXPECT_EQ(get("/api/v1/mode").status, 405U);
}

}  // namespace
}  // namespace gateway
