#include "core/site_time.hpp"

#include <date/date.h>
#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using namespace date::literals;

UtcTime at(date::sys_days day, std::chrono::nanoseconds time = 0ns) { return UtcTime{day} + time; }

TEST(SiteTime, ADayInFuzhouBeginsAt16UtcOfTheDayBefore) {
  const auto time = SiteTime::find("Asia/Shanghai");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->window_start(WindowLength::day, at(2026_y / 11 / 23, 15h + 59min)), at(2026_y / 11 / 22, 16h));
  EXPECT_EQ(time->window_start(WindowLength::day, at(2026_y / 11 / 23, 16h)), at(2026_y / 11 / 23, 16h));
  EXPECT_EQ(time->offset(at(2026_y / 11 / 23)), 8h);
}

TEST(SiteTime, DaysOf23And25HoursEndWhereTheNextOneBegins) {
  const auto time = SiteTime::find("Europe/Berlin");
  ASSERT_TRUE(time);
  const auto spring = time->window_start(WindowLength::day, at(2026_y / 3 / 29, 12h));
  EXPECT_EQ(time->window_end(WindowLength::day, spring) - spring, 23h);
  const auto autumn = time->window_start(WindowLength::day, at(2026_y / 10 / 25, 12h));
  EXPECT_EQ(time->window_end(WindowLength::day, autumn) - autumn, 25h);
}

TEST(SiteTime, HoursAreCutFromTheLocalClockWhereTheOffsetIsHalfAnHour) {
  const auto time = SiteTime::find("Asia/Kolkata");  // UTC+5:30
  ASSERT_TRUE(time);
  EXPECT_EQ(time->window_start(WindowLength::hour, at(2026_y / 6 / 1, 10h + 40min)), at(2026_y / 6 / 1, 10h + 30min));
}

TEST(SiteTime, WindowsOfAYearFollowOneAnotherWithoutGapOrOverlap) {
  for (const auto* name : {"Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"}) {
    const auto time = SiteTime::find(name);
    ASSERT_TRUE(time) << name;
    for (const auto length : {WindowLength::quarter, WindowLength::hour, WindowLength::day}) {
      auto start = time->window_start(length, at(2018_y / 1 / 1));
      while (start < at(2019_y / 1 / 1)) {
        const auto end = time->window_end(length, start);
        ASSERT_GT(end, start) << name;
        ASSERT_EQ(time->window_start(length, end - 1ns), start)
            << name << " " << name_of(length) << " " << to_ms(start);
        ASSERT_EQ(time->window_start(length, end), end) << name << " " << name_of(length) << " " << to_ms(start);
        start = end;
      }
    }
  }
}

TEST(SiteTime, DatesAfter2038StayRight) {
  const auto time = SiteTime::find("Asia/Shanghai");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->window_start(WindowLength::day, at(2040_y / 2 / 29, 17h)), at(2040_y / 2 / 29, 16h));
}

TEST(SiteTime, AnUnknownZoneIsAnError) { EXPECT_FALSE(SiteTime::find("Asia/Fuzhou")); }

}  // namespace
}  // namespace gateway
