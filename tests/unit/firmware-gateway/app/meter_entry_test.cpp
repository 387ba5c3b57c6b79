#include "firmware-gateway/app/meter_entry.hpp"

#include <date/date.h>
#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using namespace date::literals;

const StoreLimits store{.keep_minutes = 400 * 24h, .keep_quarters = 1098 * 24h};

TEST(MeterEntry, ReadingsAreTakenToTheMilliwattHour) {
  EXPECT_EQ(parse_thousandths("12345.6"), 12'345'600'000);
  EXPECT_EQ(parse_thousandths("0"), 0);
  EXPECT_EQ(parse_thousandths("-12.500001"), -12'500'001);
  EXPECT_EQ(parse_thousandths("+0.000001"), 1);
  EXPECT_EQ(parse_thousandths("1000000000"), 1'000'000'000'000'000);
  for (const auto* wrong : {"", "-", ".", "12.", ".5", "1e3", "12,5", "12 kWh", "1.0000001", "1000000000.1", "--1",
                            "99999999999999999999", "nan", " 1"})
    EXPECT_FALSE(parse_thousandths(wrong)) << wrong;
}

TEST(MeterEntry, NumbersAreWrittenWithoutIdleZeros) {
  for (const auto* text : {"12345.6", "0", "-12.500001", "0.000001", "-0.5", "100"})
    EXPECT_EQ(thousandths_text(*parse_thousandths(text)), text);
}

TEST(MeterEntry, TimesAreOfTheClockOnTheWall) {
  const auto shanghai = *SiteTime::find("Asia/Shanghai");
  const auto eight = UtcTime{date::sys_days{2026_y / 9 / 1}};
  EXPECT_EQ(parse_local_time("2026-09-01 08:00", shanghai), eight);
  EXPECT_EQ(parse_local_time("2026-09-01T08:00", shanghai), eight);
  EXPECT_EQ(parse_local_time("2026-08-31 24:00", shanghai), eight - 8h);
  for (const auto* wrong :
       {"", "2026-09-01", "08:00", "2026-09-31 08:00", "2026-09-01 25:00", "2026-09-01 24:01", "2026-09-01 08:60",
        "2026-09-01 8:00", "2026-09-01 08:00:00", "2026-09-01 -1:00", "1969-12-31 08:00", "2999-09-01 08:00"})
    EXPECT_FALSE(parse_local_time(wrong, shanghai)) << wrong;
}

TEST(MeterEntry, AnHourThatTheClockLeapsOverNeverWas) {
  const auto berlin = *SiteTime::find("Europe/Berlin");
  EXPECT_EQ(parse_local_time("2026-03-29 01:59", berlin), (UtcTime{date::sys_days{2026_y / 3 / 29} + 59min}));
  EXPECT_EQ(parse_local_time("2026-03-29 03:00", berlin), (UtcTime{date::sys_days{2026_y / 3 / 29} + 1h}));
  const auto never = parse_local_time("2026-03-29 02:30", berlin);
  ASSERT_FALSE(never);
  EXPECT_NE(never.error().find("never was"), std::string::npos) << never.error();
}

// What is added stands beside nothing there, and the central store would take it for the whole.
TEST(MeterEntry, ATimeOfWhichTheMinutesAreGoneIsNotCorrectedAnyMore) {
  const auto shanghai = *SiteTime::find("Asia/Shanghai");
  const auto now = UtcTime{date::sys_days{2026_y / 10 / 1}};
  const auto long_ago = now - 400 * 24h;
  EXPECT_FALSE(wrong_with_correction(long_ago + 1h, long_ago + 2h, now, store, shanghai));
  const auto said = wrong_with_correction(long_ago - 1h, long_ago, now, store, shanghai);
  ASSERT_TRUE(said);
  EXPECT_NE(said->find("400 days"), std::string::npos) << *said;
}

TEST(MeterEntry, ACorrectionLiesInOneMonthOfSiteTimeAndInThePast) {
  const auto shanghai = *SiteTime::find("Asia/Shanghai");
  const auto october = UtcTime{date::sys_days{2026_y / 9 / 30} + 16h};  // its midnight in Shanghai
  const auto now = october + 24h;
  EXPECT_FALSE(wrong_with_correction(october - 1h, october, now, store, shanghai));
  EXPECT_FALSE(wrong_with_correction(october, now, now, store, shanghai));
  EXPECT_TRUE(wrong_with_correction(october - 1h, october + 1min, now, store, shanghai));
  EXPECT_TRUE(wrong_with_correction(october, october, now, store, shanghai));
  EXPECT_TRUE(wrong_with_correction(october, now + 1min, now, store, shanghai));
}

TEST(MeterEntry, ACorrectionIsNoMoreThanTheMeterCanMeasureInThatTime) {
  Meter meter;
  meter.id = "b1-light";
  meter.utility = Utility::electricity;
  meter.rated_max = 100'000;  // W: a fifth more for an hour is 120 kWh, and 2 kWh for a coarse register
  const UtcTime from{date::sys_days{2026_y / 9 / 1}};
  constexpr std::int64_t kwh = 1'000'000;
  EXPECT_FALSE(wrong_with_amount(meter, from, from + 1h, 122 * kwh));
  EXPECT_FALSE(wrong_with_amount(meter, from, from + 1h, -122 * kwh));
  EXPECT_FALSE(wrong_with_amount(meter, from, from + 10h, 1'202 * kwh));
  EXPECT_TRUE(wrong_with_amount(meter, from, from + 1h, -123 * kwh));
  const auto slip = wrong_with_amount(meter, from, from + 1min, 9'999'999 * kwh);
  ASSERT_TRUE(slip);
  EXPECT_NE(slip->find("b1-light can measure at most 4 kWh"), std::string::npos) << *slip;
}

}  // namespace
}  // namespace gateway
