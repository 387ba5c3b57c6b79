#include "firmware-gateway/audit/audit_period.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

TEST(AuditPeriod, DaysAndMonthsAndTheLastOneCounts) {
  const auto september = parse_audit_period("2026-09", "2026-09");
  ASSERT_TRUE(september);
  EXPECT_EQ(day_text(september->first), "2026-09-01");
  EXPECT_EQ(day_text(september->last), "2026-09-30");
  const auto december = parse_audit_period("2026-12-31", "2027-02");
  ASSERT_TRUE(december);
  EXPECT_EQ(day_text(december->last), "2027-02-28");
}

TEST(AuditPeriod, WhatIsWrongIsToldWithWhatWouldBeRight) {
  EXPECT_EQ(parse_audit_period("2026-9", "2026-10").error(),
            "from can't be '2026-9'; write a day that exists, as 2026-09-01, or a month, as 2026-09");
  EXPECT_TRUE(parse_audit_period("2026-09", "2026-02-30").error().starts_with("to can't be '2026-02-30'"));
  EXPECT_TRUE(parse_audit_period("2026-09", "2026-08")
                  .error()
                  .starts_with("the period ends (2026-08-31) before it "
                               "begins (2026-09-01)"));
  for (const auto& [from, to] : {std::pair{"1026-09", "2026-08"},
                                 {"1969-12-31", "1970-01"},
                                 {"2199-12", "2200-01-01"},
                                 {"2262-04", "2262-05"},
                                 {"9999-12", "9999-12"}})
    EXPECT_TRUE(parse_audit_period(from, to).error().ends_with("is a year mistyped?")) << from;
}

TEST(AuditPeriod, MonthsAreCutAtTheEdgesOfThePeriod) {
  const auto time = SiteTime::find("Asia/Shanghai");
  const auto months = months_of(*parse_audit_period("2026-09-16", "2026-11-30"), *time);
  ASSERT_EQ(months.size(), 3u);
  EXPECT_FALSE(months[0].whole);
  EXPECT_EQ(day_text(months[0].first), "2026-09-16");
  EXPECT_EQ(months[0].to, months[1].from);
  EXPECT_TRUE(months[1].whole);
  EXPECT_TRUE(months[2].whole);
  EXPECT_EQ(months[1].to - months[1].from, 31 * 24h);
  EXPECT_EQ(local_text(months[1].from, *time), "2026-10-01 00:00");
}

// Clocks went back on 2026-10-25 in Berlin: that day has 25 hours, and October 745.
TEST(AuditPeriod, AMonthWithA25HourDayIsAnHourLonger) {
  const auto time = SiteTime::find("Europe/Berlin");
  const auto months = months_of(*parse_audit_period("2026-10", "2026-10"), *time);
  EXPECT_EQ(months[0].to - months[0].from, 745h);
  LocalDay day = 0;
  ASSERT_TRUE(parse_day("2026-10-25", day));
  EXPECT_EQ(start_of(day + 1, *time) - start_of(day, *time), 25h);
  EXPECT_EQ(local_day_of(start_of(day, *time) + 24h + 59min, *time), day);
}

}  // namespace
}  // namespace gateway
