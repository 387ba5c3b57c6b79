#include "tests/simulator/scenario.hpp"

#include <gtest/gtest.h>

namespace gateway::simulator {
namespace {

using namespace std::chrono_literals;

const Cast cast{{"b1-door-1"}, {"b1-leak-1"}, {"b1-cam-1"}, {"b1-socket"}};

std::vector<std::string> problems(std::string_view text) {
  const auto events = parse_scenario(text, "s.toml", cast);
  std::vector<std::string> out;
  if (!events)
    for (const auto& problem : events.error()) out.push_back(problem.text());
  return out;
}

TEST(Scenario, AnEventLastsFromItsTimeForItsLength) {
  const auto events = parse_scenario(
      "[[event]]\nat = \"20s\"\nkind = \"door_open\"\nsensor = \"b1-door-1\"\nfor = \"40s\"\n", "s.toml", cast);
  ASSERT_TRUE(events.has_value());
  ASSERT_EQ(events->size(), 1u);
  const auto& event = events->front();
  EXPECT_EQ(event.kind, EventKind::door_open);
  EXPECT_EQ(event.source, "b1-door-1");
  EXPECT_FALSE(event.active(19'999ms));
  EXPECT_TRUE(event.active(20s));
  EXPECT_TRUE(event.active(59'999ms));
  EXPECT_FALSE(event.active(60s));
}

TEST(Scenario, EveryKindIsRead) {
  const auto events = parse_scenario(R"(
event = [
  { at = "1s", kind = "door_open", sensor = "b1-door-1", for = "1s" },
  { at = "1s", kind = "leak", sensor = "b1-leak-1", for = "1s" },
  { at = "1s", kind = "person_seen", sensor = "b1-cam-1", for = "1s" },
  { at = "1s", kind = "sensor_offline", sensor = "b1-leak-1", for = "1s" },
  { at = "1s", kind = "bridge_offline", for = "1s" },
  { at = "1s", kind = "bus_dead", bus = "rtu", for = "1s" },
  { at = "1s", kind = "unit_dead", meter = "b1-socket", for = "1s" },
  { at = "1s", kind = "meter_wrap", meter = "b1-socket" },
  { at = "1s", kind = "glitch", meter = "b1-socket" },
  { at = "1s", kind = "surge", meter = "b1-socket", for = "1s" },
]
)",
                                     "s.toml", cast);
  ASSERT_TRUE(events.has_value()) << events.error().front().text();
  EXPECT_EQ(events->size(), 10u);
}

TEST(Scenario, AMissingFileIsAProblem) { EXPECT_FALSE(read_scenario("/no/such/file.toml", cast).has_value()); }

TEST(Scenario, AnUnknownKindIsToldAtItsPlaceAndOnlyThat) {
  const auto found = problems("[[event]]\nat = \"1s\"\nkind = \"door_opens\"\nsensor = \"b1-door-1\"\nfor = \"1s\"\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("s.toml:3:8: ")) << found[0];
  EXPECT_NE(found[0].find("door_open"), std::string::npos) << found[0];
}

TEST(Scenario, ASensorOfAnotherKindIsAProblem) {
  const auto found = problems("[[event]]\nat = \"1s\"\nkind = \"leak\"\nsensor = \"b1-door-1\"\nfor = \"1s\"\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("s.toml:4:10: ")) << found[0];
}

TEST(Scenario, AMisspeltNameIsToldWithTheNearest) {
  const auto found = problems("[[event]]\nat = \"1s\"\nkind = \"glitch\"\nmeter = \"b1-soket\"\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("did you mean 'b1-socket'?"), std::string::npos) << found[0];
}

TEST(Scenario, AllProblemsAreToldAtOnce) {
  const auto found = problems(
      "[[event]]\nkind = \"door_open\"\nsensor = \"b1-door-1\"\nfor = \"5\"\n"
      "[[event]]\nat = \"1s\"\nkind = \"bus_dead\"\nbus = \"can\"\n"
      "[[event]]\nat = \"1s\"\nkind = \"bridge_offline\"\nfor = \"1s\"\nsensor = \"b1-door-1\"\n");
  // No 'at'; "5" is no duration; no bus "can"; no 'for'; 'sensor' does not belong to bridge_offline.
  EXPECT_EQ(found.size(), 5u);
}

TEST(Scenario, AWrapHasNoLength) {
  EXPECT_EQ(problems("[[event]]\nat = \"1s\"\nkind = \"meter_wrap\"\nmeter = \"b1-socket\"\nfor = \"3s\"\n").size(),
            1u);
}

}  // namespace
}  // namespace gateway::simulator
