#include "firmware-gateway/audit/audit_figures.hpp"

#include <gtest/gtest.h>

#include "firmware-gateway/audit/audit_period.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::kwh;

// 10,000 kWh x 0.1229 kgce/kWh = 1,229 kgce.
TEST(AuditFigures, StandardCoalIsConsumptionTimesTheFactor) {
  const FactorTable factors;
  const DayAmount days[] = {{local_day(2026, 9, 1), 4'000 * kwh}, {local_day(2026, 9, 2), 6'000 * kwh}};
  const auto coal = convert(factors, FactorKind::standard_coal, Utility::electricity, days);
  EXPECT_EQ(coal.millionths_kg, 1'229'000'000);
  ASSERT_EQ(coal.used.size(), 1u);
  EXPECT_EQ(coal.used[0]->mark, "S2");
}

// A factor that changes on 2027-01-01: 100 kWh x 0.5306 + 50 kWh x 0.5 = 53.06 + 25 = 78.06 kg.
TEST(AuditFigures, ADayIsConvertedWithTheFactorOfItsOwnTime) {
  FactorTable factors;
  factors.add_own(
      {{FactorKind::carbon, Utility::electricity, 500'000, local_day(2027, 1, 1), "notice", "", false, ""}});
  const DayAmount days[] = {{local_day(2026, 12, 31), 100 * kwh}, {local_day(2027, 1, 1), 50 * kwh}};
  const auto carbon = convert(factors, FactorKind::carbon, Utility::electricity, days);
  EXPECT_EQ(carbon.millionths_kg, 78'060'000);
  EXPECT_EQ(carbon.used.size(), 2u);
}

TEST(AuditFigures, WithoutAFactorTheFigureIsUnknownAndNotZero) {
  const FactorTable factors;
  const DayAmount water[] = {{local_day(2026, 9, 1), kwh}};
  EXPECT_FALSE(convert(factors, FactorKind::carbon, Utility::water, water).millionths_kg);
  // The first grid factor is that of 2021.
  const DayAmount old[] = {{local_day(2020, 12, 31), kwh}, {local_day(2021, 1, 1), kwh}};
  EXPECT_FALSE(convert(factors, FactorKind::carbon, Utility::electricity, old).millionths_kg);
}

TEST(AuditFigures, SharesAndIntensities) {
  EXPECT_DOUBLE_EQ(*share_of(25, 100), 0.25);
  EXPECT_FALSE(share_of(0, 0));
  EXPECT_FALSE(share_of(-5, -10));
  EXPECT_DOUBLE_EQ(*per(1'240 * kwh, 6'200), 0.2);  // 1,240 kWh on 6,200 m2
  EXPECT_FALSE(per(kwh, 0));
}

// 50 kWh in a quarter hour are 200 kW.
TEST(AuditFigures, DemandIsTheHighestQuarterHourAndTheFirstOfEqualOnes) {
  const auto at = UtcTime{1'790'000'000s};
  const WindowRecord quarters[] = {{.node = {}, .start = at, .amount = 40 * kwh},
                                   {.node = {}, .start = at + 15min, .amount = 50 * kwh},
                                   {.node = {}, .start = at + 30min, .amount = 50 * kwh}};
  const auto peak = highest_quarter(quarters);
  EXPECT_DOUBLE_EQ(peak->demand, 200'000);
  EXPECT_EQ(peak->at, at + 15min);
  EXPECT_FALSE(highest_quarter({}));
}

// Lowest hours of three nights: 5, 3 and 9 kWh; the median is 5 kW.
TEST(AuditFigures, NightBaseIsTheMedianOfTheNightsLowestHours) {
  const auto time = *SiteTime::find("Asia/Shanghai");
  std::vector<WindowRecord> hours;
  const auto night = [&](unsigned day, std::initializer_list<std::int64_t> kwhs) {
    auto start = start_of(local_day(2026, 9, day), time);
    for (const auto amount : kwhs) {
      hours.push_back({.node = {}, .start = start, .amount = amount * kwh, .covered = 1h});
      start += 1h;
    }
  };
  night(1, {7, 5, 6, 8, 9, 1, 1});  // what begins at 05:00 or later is no night
  night(2, {3, 3, 4, 4, 9});
  night(3, {9, 9, 9, 9, 9});
  hours.push_back(
      {.node = {}, .start = start_of(local_day(2026, 9, 4), time), .amount = 0, .covered = 10min});  // not metered
  EXPECT_DOUBLE_EQ(*night_base(hours, time), 5'000);
  EXPECT_FALSE(night_base({}, time));
}

// By hand: 999,990 -> 999,999.9 before the wrap is 9.9; 0.3 over it (to 0.2); 0.2 -> 500.2 is 500; the meter is
// exchanged (announced) at 510.2, which adds 10; the new one begins at 1,000.5 and ends at 1,100.5: 100. In sum 620.2.
TEST(AuditFigures, AMonthAddsUpByHandOverAWrapAndAnExchange) {
  const QualityRecord events[] = {
      {.meter = {},
       .kind = QualityKind::gap,
       .before = 1,
       .after = 2,
       .amount = 3},  // says something, but breaks no chain
      {.meter = {}, .kind = QualityKind::wrap, .before = 999'999'900'000, .after = 200'000, .amount = 300'000},
      {.meter = {},
       .kind = QualityKind::announced_exchange,
       .before = 510'200'000,
       .after = 1'000'500'000,
       .amount = 9'000'000}};
  EXPECT_EQ(counted(999'990'000'000, events, 1'100'500'000), 620'200'000);
  EXPECT_EQ(counted(5, {}, 12), 7);
}

}  // namespace
}  // namespace gateway
