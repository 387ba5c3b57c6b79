#include "collectors/metering/bus_plan.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

Site site_with(int meters, const std::string& more = {}, const std::string& url = "rtu:///dev/ttyS1?baud=9600") {
  std::string text = "[site]\nid = \"s\"\n[[bus]]\nid = \"plant-room\"\nurl = \"" + url + "\"\n";
  for (int i = 1; i <= meters; ++i)
    text += "[[meter]]\nid = \"m" + std::to_string(i) + "\"\nbus = \"plant-room\"\nunit = " + std::to_string(i) +
            "\nmodel = \"eastron-sdm630\"\n" + more;
  auto site = parse_site(text, "site.toml", ModelLibrary::embedded());
  EXPECT_TRUE(site) << site.error().front().text();
  return std::move(*site);
}

TEST(BusPlan, ABusThatCanKeepUpIsNotRefused) {
  const auto site = site_with(4);
  const auto plan = plan_bus(site, BusId{0});
  EXPECT_EQ(plan.tasks.size(), 4u);
  EXPECT_LT(plan.utilisation, 1);
  EXPECT_FALSE(overload_of(site, BusId{0}, plan, "site.toml"));
}

TEST(BusPlan, ABusThatCannotIsRefusedWithWhatItNeedsAndWhatIsAskedAtItsPlace) {
  const auto site = site_with(12);
  const auto plan = plan_bus(site, BusId{0});
  // An SDM630 is two reads, of 18 and 24 registers (the 34 registers between cost more than a request). Characters of
  // 10 bits, a silence of 3.5 characters of 11 bits, 10 ms to answer:
  // 2 * (13 * 1.0417 + 4.010 + 10) + 42 * 2 * 1.0417 + 4.010 when the line turns to another unit = 146.6 ms.
  EXPECT_NEAR(plan.tasks[0].duration_us, 146'600, 100);
  const auto problem = overload_of(site, BusId{0}, plan, "site.toml");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->text().find("site.toml:3:1: bus plant-room needs 1.76 s a cycle, meters ask for 1 s; ask for"), 0u)
      << problem->text();
}

TEST(BusPlan, LongerIntervalsOrAFasterLineMakeItFit) {
  for (const auto& site : {site_with(12, "interval = \"5s\"\n"), site_with(12, "", "rtu:///dev/ttyS1?baud=57600")}) {
    const auto plan = plan_bus(site, BusId{0});
    EXPECT_FALSE(overload_of(site, BusId{0}, plan, "site.toml")) << plan.utilisation;
  }
}

TEST(BusPlan, CountersReadSeldomAreATaskOfTheirOwn) {
  const auto site = site_with(1, "counter_interval = \"60s\"\n");
  const auto tasks = poll_tasks(site, MeterId{0});
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].interval, 1s);
  EXPECT_EQ(tasks[1].interval, 60s);
  EXPECT_EQ(tasks[1].registers.size(), 2u);
  EXPECT_EQ(tasks[0].registers.size() + 2, site.meters[0].map->registers.size());
}

TEST(BusPlan, ThePauseThatAMeterNeedsAndTheTurnaroundOfABusCount) {
  const auto plain = plan_bus(site_with(1), BusId{0}).utilisation;
  EXPECT_NEAR(plan_bus(site_with(1, "override = { pause = \"20 ms\" }\n"), BusId{0}).utilisation - plain, 2 * 0.016,
              1e-3);
}

TEST(BusPlan, WhatAMeterTaughtIsInItsPlanAndShown) {
  const auto site = site_with(3);
  const std::vector<MeterCuts> learnt{{MeterId{1}, {{4, 0x0046}, {4, 0x0047}}}};  // the second is no value's begin
  const auto plan = plan_bus(site, BusId{0}, learnt);
  EXPECT_EQ(plan.requests, 2u + 3u + 2u);
  EXPECT_GT(plan.utilisation, plan_bus(site, BusId{0}).utilisation);
  const auto text = describe(site, BusId{0}, plan);
  EXPECT_NE(text.find("eastron-sdm630 every 1 s (m1, m3):"), std::string::npos) << text;
  EXPECT_NE(text.find("eastron-sdm630 every 1 s (m2):"), std::string::npos) << text;
  EXPECT_NE(text.find("function 4, 0x0046 to 0x004B: 6 registers, 3 values"), std::string::npos) << text;
}

TEST(BusPlan, MetersThatAreReadAlikeAreDescribedOnce) {
  const auto site = site_with(12);
  const auto text = describe(site, BusId{0}, plan_bus(site, BusId{0}));
  EXPECT_NE(text.find("bus plant-room (rtu:///dev/ttyS1?baud=9600): 24 requests a round, 1.76 s a cycle of 1 s, 176 %"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("eastron-sdm630 every 1 s (m1, m2, m3, m4, m5 and 7 more): 147 ms a meter"), std::string::npos)
      << text;
  EXPECT_NE(text.find("function 4, 0x0034 to 0x004B: 24 registers, 5 values"), std::string::npos) << text;
}

}  // namespace
}  // namespace gateway
