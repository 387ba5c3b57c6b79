#include "core/tariff.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

WorkingCalendar calendar() {
  WorkingCalendar out;
  out.holidays = {local_day(2026, 10, 1), local_day(2026, 10, 2)};
  out.makeup_days = {local_day(2026, 10, 10)};  // a Saturday
  return out;
}

TEST(Calendar, HolidaysAreOffAndMakeUpDaysAreWorked) {
  const auto days = calendar();
  EXPECT_FALSE(days.is_working_day(local_day(2026, 10, 1)));  // a Thursday
  EXPECT_TRUE(days.is_working_day(local_day(2026, 10, 10)));
  EXPECT_FALSE(days.is_working_day(local_day(2026, 10, 11)));
  EXPECT_TRUE(days.is_working_time(local_day(2026, 11, 23), 8 * 60));
  EXPECT_FALSE(days.is_working_time(local_day(2026, 11, 23), 18 * 60));
}

TEST(Calendar, DaysAreParsedStrictly) {
  LocalDay day = 0;
  EXPECT_TRUE(parse_day("2024-02-29", day));
  EXPECT_EQ(month_day(day).day, 29u);
  for (const auto* wrong : {"2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01 ", ""})
    EXPECT_FALSE(parse_day(wrong, day)) << wrong;
}

TEST(Calendar, SpansEndAtMidnightAtTheLatest) {
  MinuteSpan span;
  EXPECT_TRUE(parse_span("22:00-24:00", span));
  EXPECT_EQ(span.to, 1440);
  for (const auto* wrong : {"24:00-24:00", "22:00-06:00", "8:00-12:00", "08:60-09:00", "08:00-24:01", "08:00/12:00"})
    EXPECT_FALSE(parse_span(wrong, span)) << wrong;
}

// Fujian's bands (闽发改规〔2023〕8号, second-hand): critical peak only July to September.
TariffVersion fujian_tariff() {
  TariffVersion version;
  version.price = {1'080'000, 948'000, 600'000, 222'000};
  version.periods = {{Band::critical_peak, 0b000111000000, TariffPeriod::Days::all, {{660, 720}, {1020, 1080}}},
                     {Band::peak, 0xFFF, TariffPeriod::Days::all, {{600, 720}, {900, 1200}, {1260, 1320}}},
                     {Band::valley, 0xFFF, TariffPeriod::Days::all, {{0, 480}}}};
  return version;
}

TEST(Tariff, TheFirstPeriodThatFitsDecidesAndTheRestIsFlat) {
  const auto version = fujian_tariff();
  const auto days = calendar();
  EXPECT_EQ(version.band_at(local_day(2026, 8, 3), 11 * 60 + 30, days), Band::critical_peak);
  EXPECT_EQ(version.band_at(local_day(2026, 11, 3), 11 * 60 + 30, days), Band::peak);
  EXPECT_EQ(version.band_at(local_day(2026, 11, 3), 9 * 60, days), Band::flat);
  EXPECT_EQ(version.band_at(local_day(2026, 11, 3), 7 * 60 + 59, days), Band::valley);
  EXPECT_EQ(version.band_at(local_day(2026, 11, 3), 8 * 60, days), Band::flat);
}

TEST(Tariff, ANewVersionLeavesThePastAsItWas) {
  auto first = fujian_tariff();
  first.valid_from = local_day(2024, 1, 1);
  auto second = fujian_tariff();
  second.valid_from = local_day(2026, 7, 1);
  second.price[2] = 650'000;
  const Tariff tariff({second, first});
  EXPECT_EQ(tariff.version_on(local_day(2023, 12, 31)), nullptr);
  EXPECT_EQ(tariff.version_on(local_day(2026, 6, 30))->price[2], 600'000);
  EXPECT_EQ(tariff.version_on(local_day(2026, 7, 1))->price[2], 650'000);
}

TEST(Tariff, CostIsRoundedToTheNearestMillionthAndTakesLargeAmounts) {
  EXPECT_EQ(cost_of(1'000'000, 600'000), 600'000);  // 1 kWh
  EXPECT_EQ(cost_of(500'000, 600'001), 300'001);    // 300,000.5
  EXPECT_EQ(cost_of(-500'000, 600'001), -300'001);
  EXPECT_EQ(cost_of(9'000'000'000'000'000, 1'000'000), 9'000'000'000'000'000);  // 9 TWh at 1 yuan
}

}  // namespace
}  // namespace gateway
