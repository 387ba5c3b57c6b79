// docs/openapi.json held against a running server: every path is asked for with its example, every answer has exactly
// what its schema says, and every schema is met by some answer.

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include <boost/json.hpp>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "firmware-gateway/audit/audit_columns.hpp"
#include "firmware-gateway/audit/audit_export.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/running_web_server.hpp"

namespace gateway {
namespace {

namespace json = boost::json;

std::string read(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

class OpenApi : public testing::Test {
 protected:
  // What is wrong with `value` by `schema`, one entry a problem.
  void check(const json::value& schema, const json::value& value, const std::string& where) {
    if (const auto* ref = schema.as_object().if_contains("$ref")) {
      const std::string name = std::string{ref->as_string()}.substr(std::string_view{"#/components/schemas/"}.size());
      met.insert(name);
      return check(spec.at("components").at("schemas").at(name), value, where);
    }
    if (!is_of_type(schema, value)) {
      ADD_FAILURE() << where << ": " << value << " is not of type " << schema.at("type");
      return;
    }
    if (const auto* choices = schema.as_object().if_contains("enum")) {
      const auto& all = choices->as_array();
      EXPECT_NE(std::ranges::find(all, value), all.end()) << where << ": " << value;
    }
    if (value.is_object()) check_object(schema, value.as_object(), where);
    if (value.is_array())
      for (const auto& item : value.as_array()) check(schema.at("items"), item, where + "[]");
  }
  void check_object(const json::value& schema, const json::object& object, const std::string& where) {
    // A map: any key, and all its values of one schema.
    if (const auto* values = schema.as_object().if_contains("additionalProperties")) {
      for (const auto& [key, member] : object) check(*values, member, where + '.' + std::string{key});
      return;
    }
    const auto& properties = schema.at("properties").as_object();
    for (const auto& required : schema.at("required").as_array())
      EXPECT_TRUE(object.contains(required.as_string())) << where << ": no " << required;
    for (const auto& [key, member] : object) {
      const auto* property = properties.if_contains(key);
      if (property == nullptr) {
        ADD_FAILURE() << where << ": " << key << " is not documented";
        continue;
      }
      check(*property, member, where + '.' + std::string{key});
    }
  }
  static bool is_of_type(const json::value& schema, const json::value& value) {
    const auto is = [&](std::string_view type) {
      if (type == "null") return value.is_null();
      if (type == "boolean") return value.is_bool();
      if (type == "string") return value.is_string();
      if (type == "integer") return value.is_int64() || value.is_uint64();
      if (type == "number") return value.is_number();
      if (type == "array") return value.is_array();
      return type == "object" && value.is_object();
    };
    const auto& type = schema.at("type");
    if (type.is_string()) return is(type.as_string());
    return std::ranges::any_of(type.as_array(), [&](const json::value& each) { return is(each.as_string()); });
  }

  static std::string text_of(const json::value& value) {
    return value.is_string() ? std::string{value.as_string()} : json::serialize(value);
  }
  // The request that the operation's examples make.
  static std::string request(std::string_view method, std::string path, const json::object& operation) {
    std::string query;
    if (const auto* parameters = operation.if_contains("parameters"))
      for (const auto& parameter : parameters->as_array()) {
        const auto name = text_of(parameter.at("name"));
        const auto example = text_of(parameter.at("example"));
        if (parameter.at("in") == "path") {
          path = std::regex_replace(path, std::regex{"\\{" + name + "\\}"}, example);
        } else {
          query += (query.empty() ? '?' : '&') + name + '=' + example;
        }
      }
    std::string body;
    std::string headers = "Host: 127.0.0.1\r\n";
    if (const auto* asked = operation.if_contains("requestBody")) {
      body = json::serialize(asked->at("content").at("application/json").at("example"));
      headers += "Content-Type: application/json\r\n";
    }
    return (method == "get" ? "GET " : "POST ") + path + query + " HTTP/1.1\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  // Everything is known, of a node with water and a balance too.
  std::shared_ptr<LiveSnapshot> snapshot() const {
    auto live = web.snapshot();
    for (auto& node : live->nodes) {
      node.counted = node.priced = node.balance_known = true;
      node.rate_known = node.demand.whole = node.demand.forecast_known = true;
      node.meters_online = 1;
      node.demand.month_max = node.demand.sliding_max = 1;
      node.balance_today.supplied = node.last_day.supplied = 1;
    }
    return live;
  }

  // Every list has an element, so that every schema is met.
  void fill() {
    TariffVersion version;
    version.source = "list";
    web.site.tariffs[0] = Tariff({version});
    for (auto& node : web.site.nodes) node.demand_limit = 1;
    web.site.sinks.push_back({});
    web.site.sinks[0].id = "central";
    web.sources.sinks = [] {
      std::vector<SinkStatus> sinks(1);
      sinks[0].id = "central";
      return sinks;
    };
    web.buses.resize(1);
    web.buses[0].bus = BusId{0};
    web.sources.sensors = [] {
      SensorStatus status;
      status.undecodable = status.faults[1] = 2;
      return std::vector{std::pair{SensorId{0}, status}};
    };
    web.sources.proposals = [] {
      return std::vector<ProposedSensor>{{.id = "roof",
                                          .name = "Roof",
                                          .kind = "door",
                                          .announced = "homeassistant/a/b/config",
                                          .toml = "[[sensor]]"}};
    };
    web.site.notifiers.push_back({});
    web.site.notifiers[0].id = "duty";
    web.sources.notifiers = [] {
      std::vector<NotifierStatus> notifiers(1);
      notifiers[0].id = "duty";
      return notifiers;
    };
    web.open = web.journal = {web.alarm(AlarmState::unacknowledged)};
    web.answer = web.alarm(AlarmState::acknowledged);
    web.pending = {{.alarm = AlarmId{0}}};
    ModeRecord typhoon;
    typhoon.event = 1;
    typhoon.value = "typhoon";
    web.mode.apply(typhoon);
    web.history = std::vector<WindowRecord>(2);
    web.history->front().samples = 3;
    web.sources.audit = [this](const AuditRequest& request, const WebSources::Completion<std::string>& answer) {
      EXPECT_EQ(request.from, "2026-09");
      EXPECT_EQ(request.trace, "light");
      answer(audit_json(one_of_everything()));
    };
    const QualityRecord entry{.meter = MeterId{0}, .kind = QualityKind::correction, .by = "林", .comment = "x"};
    web.sources.exchange = [entry](const ExchangeRequest& request,
                                   const WebSources::Completion<QualityRecord>& answer) {
      EXPECT_EQ(request.old_last, 12'345'600'000);
      answer(entry);
    };
    web.sources.correct = [entry](const CorrectionRequest& request,
                                  const WebSources::Completion<QualityRecord>& answer) {
      EXPECT_EQ(request.amount, 12'500'000);
      answer(entry);
    };
  }
  AuditReport one_of_everything() const {
    AuditReport report;
    report.site = &web.site;
    report.period = *parse_audit_period("2026-09", "2026-09");
    const auto month = months_of(report.period, *web.site.time).front();
    report.lines.resize(1);
    report.lines[0].node = NodeId{0};
    report.lines[0].month = month;
    report.totals.push_back({"compound", web.site.name, month, {}, {}, {}, 0, 0});
    report.events.push_back({.meter = MeterId{0}, .kind = QualityKind::gap, .by = "", .comment = ""});
    MeterTrace trace;
    trace.meter = MeterId{0};
    trace.month = month;
    trace.first = trace.last = CounterRecord{MeterId{0}, month.from, 1};
    trace.events = report.events;
    trace.readings.push_back(*trace.first);
    report.traces.push_back(trace);
    return report;
  }

  test::WebFixture web{std::string{test::web_site_toml} + R"(
[[node]]
id = "losses"
name = "未计量"
kind = "difference"
of = ["compound"]
minus = ["light"]
unaccounted_limit_percent = 3
)"};
  json::value spec = json::parse(read(GATEWAY_DOCS "/openapi.json"));
  std::set<std::string> met;
};

TEST_F(OpenApi, EveryAnswerIsWhatTheDocumentSays) {
  fill();
  test::RunningWebServer server{web};
  server.on_network([&](WebServer& web_server) { web_server.publish(snapshot()); });
  for (const auto& [path, methods] : spec.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      SCOPED_TRACE(std::string{method} + ' ' + std::string{path});
      test::TcpClient client{server.port()};
      client.send(request(method, std::string{path}, operation.as_object()));
      const auto answer = test::read_answer(client);
      ASSERT_TRUE(answer);
      const auto* documented = operation.at("responses").as_object().if_contains(std::to_string(answer->status));
      ASSERT_NE(documented, nullptr) << answer->status << ": " << answer->body;
      const auto& content = documented->at("content").as_object();
      const auto type = answer->header("Content-Type");
      const auto* described = content.if_contains(type.substr(0, type.find(';')));
      ASSERT_NE(described, nullptr) << type;
      if (type == "application/json") check(described->at("schema"), json::parse(answer->body), "");
    }
  }
  for (const auto& [name, schema] : spec.at("components").at("schemas").as_object())
    EXPECT_TRUE(met.contains(std::string{name})) << "no answer has a " << name;
}

TEST_F(OpenApi, BothDocumentsNameTheSamePaths) {
  std::set<std::string> in_text;
  const auto text = read(GATEWAY_DOCS "/api.md");
  const std::regex heading{R"(\n## (GET|POST) ([^ ?\n]+))"};
  for (auto it = std::sregex_iterator{text.begin(), text.end(), heading}; it != std::sregex_iterator{}; ++it)
    in_text.insert((*it)[1].str() + ' ' + (*it)[2].str());
  std::set<std::string> in_spec;
  for (const auto& [path, methods] : spec.at("paths").as_object())
    for (const auto& [method, operation] : methods.as_object())
      in_spec.insert((method == "get" ? "GET " : "POST ") + std::string{path});
  EXPECT_EQ(in_text, in_spec);
}

TEST_F(OpenApi, TheComparisonCanFail) {
  testing::TestPartResultArray failures;
  {
    const testing::ScopedFakeTestPartResultReporter reporter{
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures};
    const auto schema = json::parse(R"({"$ref": "#/components/schemas/AlarmCounts"})");
    check(schema, json::parse(R"({"standing": 1, "unacknowledged": 1})"), "good");
    ASSERT_EQ(failures.size(), 0);
    check(schema, json::parse(R"({"standing": 1})"), "missing");
    check(schema, json::parse(R"({"standing": "1", "unacknowledged": 1})"), "type");
    check(schema, json::parse(R"({"standing": 1, "unacknowledged": 1, "more": 1})"), "undocumented");
    const auto map = json::parse(R"({"type": "object", "additionalProperties": {"type": "integer"}})");
    check(map, json::parse(R"({"a": 1, "b": "2"})"), "value of a map");
  }
  EXPECT_EQ(failures.size(), 4);
}

}  // namespace
}  // namespace gateway
