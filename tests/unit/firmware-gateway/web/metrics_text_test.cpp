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

}  // namespace
}  // namespace gateway
