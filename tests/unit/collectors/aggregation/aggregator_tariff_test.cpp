// Bands, cost and working hours; the examples are worked by hand in the comments. 1 kWh is 1,000,000 mWh; money is in
// millionths of a yuan.
#include <date/date.h>

#include "tests/support/aggregated.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using namespace date::literals;
using test::Aggregated;
using test::kwh;
using test::monday;

Site site_with_tariff(std::string_view zone = "Asia/Shanghai") {
  auto site = test::parsed(test::small_plant(zone));
  site.tariffs[0] = test::day_tariff();
  return site;
}

// One reading a minute, 1 kWh between two of them.
void run(Aggregated& plant, std::chrono::minutes time, std::int64_t& reading, std::int64_t each = kwh) {
  for (auto minute = 0min; minute < time; ++minute) {
    plant.pass(1min);
    reading += each;
    plant.read("main", reading);
  }
}
Site polled_by_the_minute(Site site) {
  for (auto& meter : site.meters) meter.interval = meter.counter_interval = 1min;
  return site;
}

TEST(AggregatorTariff, ADayIsSplitByBandToTheMinute) {
  Aggregated plant(polled_by_the_minute(site_with_tariff()), monday);
  std::int64_t reading = 0;
  plant.read("main", reading);
  run(plant, 24h, reading);
  run(plant, 10min, reading, 0);
  // Valley 00:00 to 08:00: 480 min x 1 kWh = 480 kWh x 0.30 = 144 yuan. Peak 10:00 to 12:00: 120 kWh x 0.90 = 108 yuan.
  // Flat: the other 840 min = 840 kWh x 0.60 = 504 yuan. Together 1,440 kWh, 756 yuan.
  // Working hours 08:00 to 18:00, all of Monday: 2 h flat before the peak, 2 h peak, 6 h flat: 480 kWh flat within.
  const auto day = [&](Band band, bool off) { return plant.part("main", WindowLength::day, monday, band, off); };
  EXPECT_EQ(day(Band::valley, true).amount, 480 * kwh);
  EXPECT_EQ(day(Band::valley, true).cost, 144'000'000);
  EXPECT_EQ(day(Band::valley, false).amount, 0);
  EXPECT_EQ(day(Band::peak, false).amount, 120 * kwh);
  EXPECT_EQ(day(Band::peak, false).cost, 108'000'000);
  EXPECT_EQ(day(Band::flat, false).amount, 480 * kwh);
  EXPECT_EQ(day(Band::flat, true).amount, 360 * kwh);
  EXPECT_EQ(day(Band::flat, true).cost, 216'000'000);
  const auto window = plant.window("main", WindowLength::day, monday);
  EXPECT_EQ(window.amount, 1'440 * kwh);
  EXPECT_EQ(window.cost, 756'000'000);
  EXPECT_EQ(plant.window("compound", WindowLength::day, monday).cost, 756'000'000);
}

// 1 kWh a minute for a day. Saturday is worked from 08:00 to 18:00 instead of Monday: 600 kWh within, 840 outside. All
// of Monday's 1,440 kWh are outside.
TEST(AggregatorTariff, AMakeUpSaturdayHasWorkingHoursAndTheHolidayHasNone) {
  auto site = polled_by_the_minute(site_with_tariff());
  site.calendar.holidays = {local_day(2025, 11, 24)};
  site.calendar.makeup_days = {local_day(2025, 11, 29)};
  for (const auto& [start, off_hours] : {std::pair{monday, 1'440 * kwh}, std::pair{monday + 5 * 24h, 840 * kwh}}) {
    Aggregated plant(site, start);
    std::int64_t reading = 0;
    plant.read("main", reading);
    run(plant, 24h, reading);
    run(plant, 10min, reading, 0);
    std::int64_t off = 0, within = 0;
    for (const auto band : {Band::critical_peak, Band::peak, Band::flat, Band::valley}) {
      off += plant.part("main", WindowLength::day, start, band, true).amount;
      within += plant.part("main", WindowLength::day, start, band, false).amount;
    }
    EXPECT_EQ(off, off_hours);
    EXPECT_EQ(within, 1'440 * kwh - off_hours);
  }
}

TEST(AggregatorTariff, ADayOf25HoursAcrossATariffEdgeHasNineHoursOfValley) {
  // Berlin, 25 October 2026: at 03:00 summer time it is 02:00 again. The day begins at 22:00 UTC and has 25 h.
  // Valley 00:00 to 08:00 local: 9 h = 540 min x 1 kWh = 540 kWh x 0.30 = 162 yuan. Peak 2 h = 120 kWh x 0.90 = 108.
  // Flat 14 h = 840 kWh x 0.60 = 504. Together 1,500 kWh, 774 yuan. The next day begins with 0.
  const UtcTime start{date::sys_days{2026_y / 10 / 24} + 22h};
  Aggregated plant(polled_by_the_minute(site_with_tariff("Europe/Berlin")), start);
  std::int64_t reading = 0;
  plant.read("main", reading);
  run(plant, 25h, reading);
  run(plant, 10min, reading, 0);
  std::int64_t valley = 0;
  for (const bool off : {false, true}) valley += plant.part("main", WindowLength::day, start, Band::valley, off).amount;
  EXPECT_EQ(valley, 540 * kwh);
  const auto day = plant.window("main", WindowLength::day, start);
  EXPECT_EQ(day.amount, 1'500 * kwh);
  EXPECT_EQ(day.cost, 774'000'000);
  EXPECT_EQ(day.covered_us, std::chrono::microseconds{25h}.count());
  EXPECT_EQ(
      plant.part("main", WindowLength::month, UtcTime{date::sys_days{2026_y / 9 / 30} + 22h}, Band::peak, true).amount,
      120 * kwh);  // a Sunday
}

TEST(AggregatorTariff, ADifferenceOfNothingStillBooksTheCostBetweenItsTerms) {
  // Valley: 0.3 millionths of a yuan for 1 mWh, so where a whole millionth falls depends on what was used before. In
  // the last minute of a gap both use the same and nothing is covered: all that is left of the difference is one
  // millionth.
  bool seen = false;
  for (std::int64_t before = 0; before < 10; ++before) {
    auto site = site_with_tariff();
    test::add_difference(site, "rest", "main", {"light"});
    Aggregated plant(std::move(site), monday);
    plant.read("main", 0);
    plant.read("light", 0);
    plant.pass(30s);
    plant.read("main", before);
    plant.read("light", 0);
    plant.pass(20min);
    plant.read("main", before + 40);
    plant.read("light", 40);
    plant.pass(20s);
    plant.pass(2h);
    for (auto minute = 0min; minute < 22min; ++minute) {
      const auto cost = [&](std::string_view node) {
        return plant.window(node, WindowLength::minute, monday + minute).cost;
      };
      EXPECT_EQ(cost("rest"), cost("main") - cost("light")) << "minute " << minute.count() << ", before " << before;
      seen |= minute == 20min && cost("main") != cost("light");
    }
    EXPECT_EQ(
        plant.window("rest", WindowLength::hour, monday).cost,
        plant.window("main", WindowLength::hour, monday).cost - plant.window("light", WindowLength::hour, monday).cost);
  }
  EXPECT_TRUE(seen);
}

TEST(AggregatorTariff, AGapOf40MinutesOverATariffEdgeIsBookedInTheBandsItWasUsedIn) {
  // Read at 07:44 and 08:24: 40 kWh in 40 min, 1 kWh a minute. 16 min before 08:00: 16 kWh valley x 0.30 = 4.80 yuan,
  // outside working hours; 24 min after: 24 kWh flat x 0.60 = 14.40 yuan, within. Quarter hours from 07:30: 1, 15, 15,
  // 9 kWh; hours 07: 16, 08: 24 kWh.
  Aggregated plant(site_with_tariff(), monday + 7h + 44min);
  plant.read("main", 0);
  plant.pass(40min);
  plant.read("main", 40 * kwh);
  plant.pass(1min);
  plant.pass(1h);
  const auto part = [&](Band band, bool off) { return plant.part("main", WindowLength::day, monday, band, off); };
  EXPECT_EQ(part(Band::valley, true).amount, 16 * kwh);
  EXPECT_EQ(part(Band::valley, true).cost, 4'800'000);
  EXPECT_EQ(part(Band::flat, false).amount, 24 * kwh);
  EXPECT_EQ(part(Band::flat, false).cost, 14'400'000);
  EXPECT_EQ(plant.part("compound", WindowLength::day, monday, Band::flat, false).amount, 24 * kwh);
  for (const auto& [minute, amount] :
       {std::pair{30min, 1}, std::pair{45min, 15}, std::pair{60min, 15}, std::pair{75min, 9}})
    EXPECT_EQ(plant.window("main", WindowLength::quarter, monday + 7h + minute).amount, amount * kwh);
  EXPECT_EQ(plant.window("main", WindowLength::hour, monday + 7h).cost, 4'800'000);
  EXPECT_EQ(plant.window("main", WindowLength::hour, monday + 8h).cost, 14'400'000);
  EXPECT_EQ(plant.window("main", WindowLength::hour, monday + 8h).estimated, 24 * kwh);
}

TEST(AggregatorTariff, ANewTableCountsFromItsDayOnAndLeavesThePastAlone) {
  auto site = polled_by_the_minute(site_with_tariff());
  auto versions = test::day_tariff().versions();
  versions.push_back(test::day_tariff(local_day(2025, 11, 25), 2).versions().front());
  site.tariffs[0] = Tariff(versions);
  Aggregated plant(std::move(site), monday + 23h);
  std::int64_t reading = 0;
  plant.read("main", reading);
  run(plant, 2h, reading);
  run(plant, 10min, reading, 0);
  plant.pass(23h);
  plant.pass(10min);
  // Until midnight flat 60 kWh x 0.60 = 36 yuan, after it valley 60 kWh x 0.60 (the new table's) = 36.
  EXPECT_EQ(plant.window("main", WindowLength::day, monday).cost, 36'000'000);
  EXPECT_EQ(plant.window("main", WindowLength::day, monday + 24h).cost, 36'000'000);
  // A gap that is filled later, over that midnight, is booked by both.
  Aggregated late(polled_by_the_minute(plant.site_), monday + 23h + 30min);
  late.read("main", 0);
  late.pass(1h);
  late.read("main", 60 * kwh);
  late.pass(1min);
  late.pass(25h);
  EXPECT_EQ(late.window("main", WindowLength::day, monday).cost, 18'000'000);
  EXPECT_EQ(late.window("main", WindowLength::day, monday + 24h).cost, 18'000'000);
}

TEST(AggregatorTariff, WithoutATariffAmountsHaveNoPriceAndStillTheirHours) {
  Aggregated plant(polled_by_the_minute(test::parsed(test::small_plant())), monday + 17h);
  std::int64_t reading = 0;
  plant.read("main", reading);
  run(plant, 2h, reading);
  run(plant, 65min, reading, 0);
  const auto found = [&](bool off) {
    return plant.kept_.parts[{plant.node("main")->index(), WindowLength::day, to_ms(monday), 4, off}].amount;
  };
  EXPECT_EQ(found(false), 60 * kwh);
  EXPECT_EQ(found(true), 60 * kwh);
}

TEST(AggregatorTariff, ThePriceOfManySmallAmountsIsThatOfTheirSum) {
  // 17 mWh a minute at 0.30 yuan a kWh are 5.1 millionths: rounded each minute, a day would lose 2 percent.
  Aggregated plant(polled_by_the_minute(site_with_tariff()), monday);
  std::int64_t reading = 0;
  plant.read("main", reading);
  run(plant, 8h, reading, 17);
  plant.pass(65min);
  const auto valley = plant.part("main", WindowLength::day, monday, Band::valley, true);
  EXPECT_EQ(valley.amount, 480 * 17);
  EXPECT_EQ(valley.cost, 480 * 17 * 300'000LL / 1'000'000);  // 2,448
}

TEST(AggregatorTariff, ACorrectionIsBookedWhereItBelongsAndTheJournalSaysWho) {
  Aggregated plant(polled_by_the_minute(site_with_tariff()), monday + 9h);
  std::int64_t reading = 0;
  plant.read("main", reading);
  run(plant, 2h, reading);
  // 10 kWh too much were counted between 09:30 and 10:30: 5 flat, 5 peak.
  plant.aggregator_->correct(plant.named("main"), monday + 9h + 30min, monday + 10h + 30min, -10 * kwh,
                             plant.clock_.now(), "王", "互感器变比录错");
  run(plant, 70min, reading, 0);
  const auto part = [&](Band band) { return plant.part("main", WindowLength::day, monday, band, false); };
  EXPECT_EQ(part(Band::flat).amount, 55 * kwh);
  EXPECT_EQ(part(Band::flat).cost, 33'000'000);
  EXPECT_EQ(part(Band::peak).amount, 55 * kwh);
  EXPECT_EQ(plant.window("main", WindowLength::hour, monday + 9h).amount, 55 * kwh);
  ASSERT_TRUE(plant.has_event(QualityKind::correction));
  const auto found = std::ranges::find(plant.kept_.quality, QualityKind::correction, &QualityRecord::kind);
  EXPECT_EQ(found->by, "王");
  EXPECT_EQ(found->amount, -10 * kwh);
}

TEST(AggregatorTariff, TodaysCostMovesWithEveryMinuteAndGoesOnAfterAKill) {
  Aggregated plant(polled_by_the_minute(site_with_tariff()), monday);
  std::int64_t reading = 0;
  plant.read("main", reading);
  run(plant, 10h + 30min, reading);
  // Valley 480 kWh x 0.30 = 144 yuan, flat 120 x 0.60 = 72, peak 30 x 0.90 = 27.
  EXPECT_TRUE(plant.live("main").priced);
  EXPECT_EQ(plant.live("main").cost_today, 243'000'000);
  EXPECT_EQ(plant.live("compound").cost_today, 243'000'000);
  EXPECT_FALSE(plant.live("inlet", Utility::water).priced);
  plant.kill(0s);
  run(plant, 10min, reading);
  EXPECT_EQ(plant.live("main").cost_today, 252'000'000);
  // The next day begins with what its own minutes cost, also before yesterday's last ones are closed.
  run(plant, 13h + 20min, reading);
  EXPECT_EQ(plant.live("main").cost_today, 0);
  run(plant, 1min, reading);
  EXPECT_EQ(plant.live("main").cost_today, 300'000);
  run(plant, 9min, reading);
  EXPECT_EQ(plant.live("main").cost_today, 3'000'000);
}

}  // namespace
}  // namespace gateway
