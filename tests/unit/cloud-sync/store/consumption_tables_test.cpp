#include "cloud-sync/store/consumption_tables.hpp"

#include <gtest/gtest.h>

#include "cloud-sync/store/store.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::monday;

const UtcTime november = monday - 23 * 24h;

class ConsumptionTablesTest : public ::testing::Test {
 protected:
  void keep(const Batch& batch) { ASSERT_TRUE(store.commit(batch, clock.now())); }
  void keep_quarter(std::chrono::nanoseconds after_midnight, std::int64_t amount,
                    std::chrono::microseconds covered = 15min) {
    Batch batch;
    batch.windows.push_back({.node = node,
                             .length = WindowLength::quarter,
                             .start = monday + after_midnight,
                             .amount = amount,
                             .covered = covered});
    keep(batch);
  }
  DemandRecord highest(DemandKind kind = DemandKind::block) {
    const auto records = reader.demands(november, november + 1h);
    EXPECT_TRUE(records);
    for (const auto& record : *records)
      if (record.node == node && record.kind == kind) return record;
    return {};
  }

  Site site = test::store_site();
  NodeId node = *site.node_named("main", Utility::electricity);
  test::FakeClock clock;
  test::TemporaryFolder folder;
  Store store = *Store::open(folder.path(), site, clock.now());
  StoreReader reader = *StoreReader::open(store.file(), site);
};

TEST_F(ConsumptionTablesTest, PartsOfTheSameBandAddUpAndOthersStandBesideThem) {
  Batch batch;
  const TariffRecord peak{.node = node,
                          .length = WindowLength::day,
                          .start = monday,
                          .band = Band::peak,
                          .priced = true,
                          .amount = 2'000'000,
                          .cost = 1'600'000};
  TariffRecord off = peak;
  off.off_hours = true;
  TariffRecord unpriced = peak;
  unpriced.priced = false;
  unpriced.cost = 0;
  batch.tariffs = {peak, off, unpriced, peak};
  keep(batch);
  keep(batch);
  const auto parts = reader.tariff_parts(node, WindowLength::day, monday, monday + 24h);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ((*parts)[0].band, Band::peak);
  EXPECT_FALSE((*parts)[0].off_hours);
  EXPECT_EQ((*parts)[0].amount, 8'000'000);
  EXPECT_EQ((*parts)[0].cost, 6'400'000);
  EXPECT_TRUE((*parts)[1].off_hours);
  EXPECT_EQ((*parts)[1].amount, 4'000'000);
  EXPECT_FALSE((*parts)[2].priced);
  EXPECT_EQ((*parts)[2].amount, 4'000'000);
  EXPECT_EQ(reader.tariff_parts(NodeId{}, WindowLength::day, monday, monday + 1h)->size(), 3U);
  EXPECT_TRUE(reader.tariff_parts(node, WindowLength::month, november, monday)->empty());
}

TEST_F(ConsumptionTablesTest, WindowsAddUpCostAndCoveredTime) {
  Batch batch;
  batch.windows.push_back(
      {.node = node, .length = WindowLength::day, .start = monday, .amount = 10, .cost = 7, .covered = 3s});
  keep(batch);
  keep(batch);
  const auto history = reader.history(node, WindowLength::day, monday, monday + 24h, 10);
  ASSERT_EQ(history->windows.size(), 1U);
  EXPECT_EQ(history->windows[0].cost, 14);
  EXPECT_EQ(history->windows[0].covered, 6s);
}

TEST_F(ConsumptionTablesTest, TheHighestQuarterHourIsTheMonthsDemand) {
  keep_quarter(0min, 20'000'000);
  keep_quarter(15min, 25'000'000);  // 25 kWh in 15 minutes: 100 kW
  keep_quarter(30min, 24'000'000);
  EXPECT_EQ(highest().at, monday + 15min);
  EXPECT_EQ(demand_of(highest().amount), 100'000);
}

TEST_F(ConsumptionTablesTest, ALateAmountRaisesTheDemandOfItsOwnQuarterHour) {
  keep_quarter(0min, 20'000'000);
  keep_quarter(15min, 25'000'000);
  keep_quarter(0min, 6'000'000, 0s);
  EXPECT_EQ(highest().at, monday);
  EXPECT_EQ(highest().amount, 26'000'000);
}

TEST_F(ConsumptionTablesTest, ACorrectionDownwardsGivesTheDemandToTheNextHighest) {
  keep_quarter(0min, 20'000'000);
  keep_quarter(15min, 25'000'000);
  keep_quarter(15min, -10'000'000, 0s);
  EXPECT_EQ(highest().at, monday);
  EXPECT_EQ(highest().amount, 20'000'000);
}

TEST_F(ConsumptionTablesTest, AQuarterHourThatHappenedTwiceIsNoDemand) {
  keep_quarter(0min, 20'000'000);
  keep_quarter(15min, 21'000'000);
  keep_quarter(15min, 21'000'000);  // the clock was set back: 42 kWh, but in 30 minutes
  EXPECT_EQ(highest().at, monday);
  EXPECT_EQ(highest().amount, 20'000'000);
}

TEST_F(ConsumptionTablesTest, TheHigherSlidingDemandStays) {
  for (const std::int64_t amount : {5, 9, 7}) {
    Batch batch;
    batch.demands.push_back({.node = node,
                             .kind = DemandKind::sliding,
                             .month = november,
                             .at = monday + std::chrono::minutes{amount},
                             .amount = amount});
    keep(batch);
  }
  EXPECT_EQ(highest(DemandKind::sliding).amount, 9);
  EXPECT_EQ(highest(DemandKind::sliding).at, monday + 9min);
}

TEST_F(ConsumptionTablesTest, CounterReadingsAreKeptAsTheyCameAndNeverReplaced) {
  const auto main = test::meter_named(site, "main");
  for (const auto& [at, reading] : {std::pair{0min, 100}, std::pair{15min, 200}, std::pair{15min, 999}}) {
    Batch batch;
    batch.counters.push_back({main, monday + at, reading});
    keep(batch);
  }
  const auto all = reader.counter_readings(main, monday, monday + 1h, 10);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[1].reading, 200);
  EXPECT_EQ((*reader.counter_reading_at(main, monday + 14min))->reading, 100);
  EXPECT_FALSE(*reader.counter_reading_at(main, monday - 1min));
}

TEST_F(ConsumptionTablesTest, AJournalEntrySaysWhoAndWhy) {
  Batch batch;
  batch.quality.push_back({.meter = test::meter_named(site, "main"),
                           .kind = QualityKind::correction,
                           .at = monday + 1h,
                           .amount = -5,
                           .from = monday,
                           .by = "王",
                           .comment = "读数录错"});
  keep(batch);
  const auto entries = reader.quality_journal(monday, monday + 2h, 10);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ((*entries)[0].record.from, monday);
  EXPECT_EQ((*entries)[0].record.by, "王");
  EXPECT_EQ((*entries)[0].record.comment, "读数录错");
}

class LateMinutes : public ConsumptionTablesTest {
 protected:
  // One batch a minute, as the core closes them.
  void close_minutes(std::chrono::minutes from, std::chrono::minutes to, std::int64_t each) {
    for (auto at = from; at < to; ++at) keep_minute(at, each, 1min);
  }
  void keep_minute(std::chrono::minutes at, std::int64_t amount, std::chrono::microseconds covered = 0s) {
    Batch batch;
    batch.windows.push_back(
        {.node = node, .length = WindowLength::minute, .start = monday + at, .amount = amount, .covered = covered});
    keep(batch);
  }
  DemandRecord sliding() { return highest(DemandKind::sliding); }
};

// 1 kWh a minute but for minutes 20 to 29, whose 20 kWh come half an hour after their time. The core has seen 15 kWh at
// most, minutes 0 to 14. With what came late minutes 15 to 29 have 5 x 1 + 10 x 2 = 25 kWh, 100 kW.
TEST_F(LateMinutes, WhatComesLateRaisesTheSlidingDemandOfItsOwnTime) {
  Batch told;
  told.demands.push_back(
      {.node = node, .kind = DemandKind::sliding, .month = november, .at = monday, .amount = 15'000'000});
  close_minutes(0min, 20min, 1'000'000);
  keep(told);
  close_minutes(30min, 60min, 1'000'000);
  EXPECT_EQ(sliding().amount, 15'000'000);
  Batch late;
  for (auto at = 20min; at < 30min; ++at)
    late.windows.push_back({.node = node,
                            .length = WindowLength::minute,
                            .start = monday + at,
                            .amount = 2'000'000,
                            .estimated = 2'000'000});
  keep(late);
  EXPECT_EQ(sliding().amount, 25'000'000);
  EXPECT_EQ(sliding().at, monday + 15min);
  EXPECT_EQ(sliding().estimated, 20'000'000);
}

TEST_F(LateMinutes, TheSameEnergyGivesTheSameDemandInWhateverOrderItsMinutesCome) {
  close_minutes(0min, 20min, 1'000'000);
  close_minutes(30min, 60min, 1'000'000);
  for (auto at = 29min; at >= 20min; --at) keep_minute(at, 2'000'000);
  EXPECT_EQ(sliding().amount, 25'000'000);
  EXPECT_EQ(sliding().at, monday + 15min);
}

// 1 kWh in each of minutes 0 to 14; minute 13 gets 5 kWh more when 14 is the newest. Minutes 0 to 14 ended before: the
// core does not look at them again.
TEST_F(LateMinutes, WhatComesForTheLastMinuteButOneCountsToo) {
  close_minutes(0min, 15min, 1'000'000);
  keep_minute(13min, 5'000'000);
  EXPECT_EQ(sliding().amount, 20'000'000);
  EXPECT_EQ(sliding().at, monday);
}

TEST_F(LateMinutes, MinutesThatCloseInTimeAreTheCoresToJudge) {
  close_minutes(0min, 30min, 1'000'000);
  EXPECT_EQ(sliding().amount, 0);
}

TEST_F(LateMinutes, OfMinutesThatHappenedTwiceThereIsNoDemand) {
  close_minutes(0min, 60min, 1'000'000);
  close_minutes(20min, 40min, 1'000'000);  // the clock was set back
  // Every 15 minutes that hold one of them were metered for longer than 15 minutes.
  EXPECT_EQ(sliding().amount, 0);
}

TEST_F(LateMinutes, FifteenMinutesOverTheEndOfAMonthAreOfNone) {
  const auto end = std::chrono::minutes{7 * 24h};  // 1 December
  keep_minute(end + 60min, 1);
  for (auto at = end - 10min; at < end + 10min; ++at) keep_minute(at, 1'000'000);
  EXPECT_EQ(sliding().amount, 10'000'000);
  EXPECT_EQ(sliding().at, monday + end - 15min);
}

}  // namespace
}  // namespace gateway
