#include "firmware-gateway/web/metrics_text.hpp"

#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/web_site.hpp"

namespace gateway {
namespace {

TEST(MetricsText, EveryLineIsPrometheusTextAndEveryFamilyIsDeclaredOnce) {
  const test::WebFixture web;
  Statuses statuses;
  statuses.buses.resize(1);
  statuses.buses[0].bus = BusId{0};
  statuses.buses[0].meters = {{MeterId{0}, {}}};
  statuses.sensors = {{SensorId{0}, {}}};
  statuses.sinks.resize(1);
  statuses.sinks[0].id = "a\"b\\c\nd";
  std::istringstream lines{metrics_text(web.site, statuses, {}, {})};
  const std::regex sample{
      R"(gateway_[a-z0-9_]+(\{[a-z]+="([^"\\\n]|\\.)*"(,[a-z]+="([^"\\\n]|\\.)*")*\})? -?[0-9.e+]+)"};
  const std::regex help{R"(# HELP (gateway_[a-z0-9_]+) .+)"};
  const std::regex type{R"(# TYPE gateway_[a-z0-9_]+ (counter|gauge))"};
  std::set<std::string> families;
  int samples = 0;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      EXPECT_TRUE(families.insert(match[1]).second) << line;
    } else if (!line.starts_with('#')) {
      EXPECT_TRUE(std::regex_match(line, sample)) << line;
      ++samples;
    } else {
      EXPECT_TRUE(std::regex_match(line, type)) << line;
    }
  }
  EXPECT_GT(samples, 40);
}

TEST(MetricsText, AlarmsAreCountedByOperatorAndByWhatIsWrongWithThem) {
  const test::WebFixture web;
  AlarmMetrics alarms;
  alarms.last_hour = 9;
  alarms.operators = 2;
  alarms.chattering = 3;
  alarms.stale = 4;
  alarms.suppressed = 40;
  const auto text = metrics_text(web.site, {}, {}, alarms);
  for (const auto* line :
       {"gateway_alarms_per_operator_hour 4.5\n", "gateway_alarms_chattering 3\n", "gateway_alarms_stale 4\n",
        "gateway_alarms_set_aside{reason=\"suppressed\"} 40\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

}  // namespace
}  // namespace gateway
