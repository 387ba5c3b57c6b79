#include "collectors/aggregation/aggregator.hpp"

#include <map>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view two_meters = R"([site]
id = "s"
timezone = "Asia/Shanghai"
[[area]]
id = "b1"
[[bus]]
id = "x"
url = "tcp://h:1"
[[meter]]
id = "light"
bus = "x"
unit = 1
model = "electric"
area = "b1"
subitem = "01A10"
rated_power = "100 kW"
[[meter]]
id = "pump"
bus = "x"
unit = 2
model = "electric"
rated_power = "100 kW"
[[meter]]
id = "solar-check"
bus = "x"
unit = 3
model = "electric-power"
area = "b1"
)";

class AggregatorTest : public testing::Test {
 protected:
  AggregatorTest()
      : site_(*parse_site(two_meters, "site.toml", test::FakeCatalogue{})),
        aggregator_(std::make_unique<Aggregator>(site_)) {
    aggregator_->advance(clock_.now(), batch_);
  }
  void read(std::size_t meter, std::int64_t mwh) {
    aggregator_->ingest(Reading::flag(site_.point_of(MeterId{meter}, Quantity::online), clock_.monotonic(), true));
    aggregator_->ingest(
        Reading::counter(site_.point_of(MeterId{meter}, Quantity::energy_import), clock_.monotonic(), mwh));
  }
  void power(std::size_t meter, double watts) {
    aggregator_->ingest(Reading::flag(site_.point_of(MeterId{meter}, Quantity::online), clock_.monotonic(), true));
    aggregator_->ingest(
        Reading::gauge(site_.point_of(MeterId{meter}, Quantity::active_power), clock_.monotonic(), watts));
  }
  void pass(std::chrono::nanoseconds time) {
    clock_.advance(time);
    aggregator_->advance(clock_.now(), batch_);
  }
  // Merges what has come out for a window, as the store does.
  Accumulator window(std::string_view node, WindowLength length, std::chrono::nanoseconds after_midnight) {
    const auto id = *site_.node_named(node, Utility::electricity);
    Accumulator sum;
    for (const auto& record : batch_.windows)
      if (record.node == id && record.length == length &&
          record.start == test::FakeClock::monday_midnight + after_midnight)
        sum.merge(record);
    return sum;
  }
  std::int64_t total(std::string_view node, WindowLength length) {
    const auto id = *site_.node_named(node, Utility::electricity);
    std::int64_t sum = 0;
    for (const auto& record : batch_.windows)
      if (record.node == id && record.length == length) sum += record.amount;
    return sum;
  }
  LiveSnapshot live() {
    LiveSnapshot out;
    aggregator_->snapshot(clock_.now(), out);
    return out;
  }
  NodeLive live(std::string_view node) { return live().nodes[site_.node_named(node, Utility::electricity)->index()]; }
  void restart(std::chrono::nanoseconds down) {
    std::vector<std::byte> checkpoint;
    aggregator_->checkpoint(checkpoint);
    clock_.advance(down);
    aggregator_ = std::make_unique<Aggregator>(site_);
    ASSERT_TRUE(aggregator_->restore(checkpoint, clock_.now()));
    aggregator_->advance(clock_.now(), batch_);
  }

  Site site_;
  test::FakeClock clock_;
  std::unique_ptr<Aggregator> aggregator_;
  Batch batch_;
};

TEST_F(AggregatorTest, EnergyBetweenTwoReadingsIsSplitAtTheMinute) {
  pass(50s);
  read(0, 1'000'000);
  pass(20s);  // 00:01:10: half of the 20 s lie before the minute
  read(0, 1'010'000);
  pass(60s);
  EXPECT_EQ(window("light", WindowLength::minute, 0min).amount, 5'000);
  pass(60s);
  EXPECT_EQ(window("light", WindowLength::minute, 1min).amount, 5'000);
}

TEST_F(AggregatorTest, AMinuteIsClosedSoonAfterItsEndAndNotBefore) {
  read(0, 0);
  pass(30s);
  read(0, 10'000);
  pass(32s);
  EXPECT_EQ(total("light", WindowLength::minute), 0);
  pass(2s);
  EXPECT_EQ(total("light", WindowLength::minute), 10'000);
}

TEST_F(AggregatorTest, AreasSubItemsAndCompoundAddUp) {
  read(0, 0);
  read(1, 0);
  pass(30s);
  read(0, 10'000);
  read(1, 7'000);
  pass(40s);
  EXPECT_EQ(window("b1", WindowLength::minute, 0min).amount, 10'000);
  EXPECT_EQ(window("01A10", WindowLength::minute, 0min).amount, 10'000);
  EXPECT_EQ(window("01000", WindowLength::minute, 0min).amount, 10'000);
  EXPECT_EQ(window("compound", WindowLength::minute, 0min).amount, 17'000);
}

TEST_F(AggregatorTest, QuarterHourAndDayComeOutWhenTheirLastMinuteCloses) {
  for (int minute = 0; minute <= 24 * 60; ++minute) {
    read(0, 1'000 * minute);
    pass(1min);
  }
  pass(10s);
  EXPECT_EQ(window("light", WindowLength::quarter, 15min).amount, 15'000);
  EXPECT_EQ(window("light", WindowLength::hour, 3h).amount, 60'000);
  EXPECT_EQ(window("light", WindowLength::day, 0h).amount, 1'440'000);
  EXPECT_EQ(window("compound", WindowLength::day, 0h).amount, 1'440'000);
}

TEST_F(AggregatorTest, PowerGivesMeanMinAndMaxOfTheWindow) {
  for (const double watts : {100.0, 300.0, 200.0}) {
    power(0, watts);
    pass(1s);
  }
  pass(70s);
  const auto minute = window("light", WindowLength::minute, 0min);
  EXPECT_EQ(minute.samples, 3u);
  EXPECT_EQ(minute.rate.min, 100);
  EXPECT_EQ(minute.rate.max, 300);
  EXPECT_EQ(minute.rate.sum / minute.samples, 200);
}

TEST_F(AggregatorTest, AGapOf40MinutesOverABlockBoundaryIsSpreadAndMarkedEstimated) {
  // Read at 00:04:00, then at 00:44:00: 40 min, 40,000 mWh, so 1,000 mWh a minute. Of the quarters: 11, 15 and 14
  // minutes.
  pass(4min);
  read(0, 0);
  pass(40min);
  read(0, 40'000);
  pass(20min);
  EXPECT_EQ(window("light", WindowLength::minute, 10min).amount, 1'000);
  EXPECT_EQ(window("light", WindowLength::minute, 10min).estimated, 1'000);
  EXPECT_EQ(window("light", WindowLength::quarter, 0min).amount, 11'000);
  EXPECT_EQ(window("light", WindowLength::quarter, 15min).amount, 15'000);
  EXPECT_EQ(window("light", WindowLength::quarter, 30min).amount, 14'000);
  EXPECT_EQ(window("b1", WindowLength::hour, 0h).amount, 40'000);
  EXPECT_EQ(window("compound", WindowLength::hour, 0h).estimated, 40'000);
  ASSERT_EQ(batch_.quality.size(), 1u);
  EXPECT_EQ(batch_.quality[0].kind, QualityKind::gap);
  EXPECT_EQ(batch_.quality[0].amount, 40'000);
}

TEST_F(AggregatorTest, AMonthsGapIsSpreadOverQuartersHoursAndDaysWithoutFillingTheMemory) {
  read(0, 0);
  clock_.advance(30 * 24h);
  Batch once;
  aggregator_->advance(clock_.now(), once);
  read(0, 720 * 1'000'000LL);
  std::size_t most = 0;
  for (int i = 0; i < 2'000; ++i) {
    Batch second;
    clock_.advance(100ms);
    aggregator_->advance(clock_.now(), second);
    most = std::max(most, second.windows.size());
    batch_.windows.insert(batch_.windows.end(), second.windows.begin(), second.windows.end());
  }
  EXPECT_LT(most, 6'000u);
  pass(2h);
  pass(24h);
  EXPECT_EQ(total("light", WindowLength::quarter), 720 * 1'000'000LL);
  EXPECT_EQ(total("light", WindowLength::day), 720 * 1'000'000LL);
  EXPECT_EQ(window("light", WindowLength::day, 5 * 24h).amount, 24 * 1'000'000LL);
}

TEST_F(AggregatorTest, TodayCountsClosedAndOpenMinutesAndBeginsAnewAtMidnight) {
  pass(23h + 58min);
  read(0, 0);
  pass(1min);
  read(0, 1'000);
  EXPECT_EQ(live("light").today, 1'000);
  pass(59s);
  read(0, 2'000);
  EXPECT_EQ(live("compound").today, 2'000);
  pass(2s);  // one second past midnight; yesterday's last minute is not closed yet
  EXPECT_EQ(live("compound").today, 0);
  read(0, 2'200);
  EXPECT_EQ(live("compound").today, 100);  // half of the two seconds
  pass(10s);
  EXPECT_EQ(live("compound").today, 100);
}

TEST_F(AggregatorTest, AnOfflineMeterHasNoLivePowerAndTheNodeGoesOnWithTheOthers) {
  power(0, 500);
  power(1, 300);
  EXPECT_EQ(live("compound").rate, 800);
  EXPECT_EQ(live("compound").meters_online, 2u);
  aggregator_->ingest(Reading::flag(site_.point_of(MeterId{0}, Quantity::online), clock_.monotonic(), false));
  EXPECT_EQ(live("compound").rate, 300);
  EXPECT_EQ(live("compound").meters_online, 1u);
  EXPECT_FALSE(live("light").rate_known);
}

TEST_F(AggregatorTest, APowerTooOldSaysNothingAboutNow) {
  power(0, 500);
  pass(11s);
  EXPECT_FALSE(live("light").rate_known);
}

TEST_F(AggregatorTest, ABadReadingIsCountedAndChangesNothing) {
  read(0, 1'000);
  auto reading =
      Reading::counter(site_.point_of(MeterId{0}, Quantity::energy_import), clock_.monotonic() + 1s, 900'000);
  aggregator_->ingest(reading.with_quality(Quality::bad));
  EXPECT_EQ(aggregator_->bad_readings(), 1u);
  EXPECT_EQ(live("light").today, 0);
}

TEST_F(AggregatorTest, AMeterThatOnlyGivesPowerIsIntegratedAndMarkedEstimated) {
  for (int i = 0; i <= 30; ++i) {
    power(2, 3'600);  // 1,000 mWh a second
    pass(1s);
  }
  pass(60s);
  const auto minute = window("solar-check", WindowLength::minute, 0min);
  EXPECT_EQ(minute.amount, 30'000);
  EXPECT_EQ(minute.estimated, 30'000);
  ASSERT_FALSE(batch_.quality.empty());
  EXPECT_EQ(batch_.quality[0].kind, QualityKind::integrated);
}

TEST_F(AggregatorTest, AWrapAt999999Point99KwhIsInTheWindowsToTheWattHour) {
  // 999,999.98 kWh at 00:00:10, 999,999.99 at :20, 0.00 at :30, 0.01 at :40: 0.01 + 0.01 + 0.01 kWh = 30,000 mWh.
  pass(10s);
  read(0, 999'999'980'000);
  for (const auto reading : {999'999'990'000LL, 0LL, 10'000LL}) {
    pass(10s);
    read(0, reading);
  }
  pass(60s);
  EXPECT_EQ(window("light", WindowLength::minute, 0min).amount, 30'000);
  EXPECT_EQ(window("compound", WindowLength::minute, 0min).amount, 30'000);
  ASSERT_EQ(batch_.quality.size(), 1u);
  EXPECT_EQ(batch_.quality[0].kind, QualityKind::wrap);
}

TEST_F(AggregatorTest, TheWallClockSteppingBackAnHourCountsNothingTwiceAndNothingNegative) {
  read(0, 0);
  for (int i = 0; i < 120; ++i) {
    pass(1s);
    read(0, 1'000 * (i + 1));
    if (i == 60) {
      clock_.step_wall_clock(-1h);
      aggregator_->advance(clock_.now(), batch_);
    }
  }
  pass(10min);
  pass(2h);
  EXPECT_EQ(total("light", WindowLength::minute), 120'000);
  EXPECT_EQ(total("compound", WindowLength::minute), 120'000);
  for (const auto& record : batch_.windows) EXPECT_GE(record.amount, 0);
}

TEST_F(AggregatorTest, AfterARestartTodayGoesOnAndTheGapComesFromTheCounter) {
  read(0, 0);
  pass(90s);
  read(0, 3'000);
  restart(30s);
  EXPECT_EQ(live("light").today, 3'000);
  read(0, 4'000);
  EXPECT_EQ(live("light").today, 4'000);
  pass(10min);
  pass(25h);
  EXPECT_EQ(total("light", WindowLength::minute), 4'000);
  EXPECT_EQ(total("light", WindowLength::day), 4'000);
}

TEST_F(AggregatorTest, ADamagedCheckpointIsRefusedAndChangesNothing) {
  read(0, 0);
  pass(1s);
  std::vector<std::byte> good;
  aggregator_->checkpoint(good);
  for (std::size_t size = 0; size < good.size(); size += 7) {
    Aggregator other(site_);
    EXPECT_FALSE(other.restore(std::span(good).first(size), clock_.now())) << size;
  }
  Aggregator other(site_);
  EXPECT_TRUE(other.restore(good, clock_.now()));
}

TEST_F(AggregatorTest, WindowsNeverComeWithoutTheCheckpointThatGoesWithThem) {
  read(0, 0);
  for (int i = 0; i < 200; ++i) {
    Batch second;
    clock_.advance(1s);
    read(0, 100 * i);
    aggregator_->advance(clock_.now(), second);
    EXPECT_EQ(second.windows.empty() && second.quality.empty(), second.checkpoint.empty());
  }
}

TEST_F(AggregatorTest, AMeterExchangeAtNoonKeepsEveryWattHour) {
  pass(11h + 59min);
  read(0, 5'000'000'000);
  pass(1min);
  // Noon: the old meter is taken out at 5,000.100 kWh, the new one starts at 12.000 kWh.
  ASSERT_TRUE(aggregator_->exchange(MeterId{0}, clock_.now(), 5'000'100'000, 12'000'000, "王", "周期检定"));
  pass(1min);
  read(0, 12'050'000);
  pass(24h);
  EXPECT_EQ(total("light", WindowLength::day), 150'000);
  ASSERT_FALSE(batch_.quality.empty());
  EXPECT_EQ(batch_.quality[0].kind, QualityKind::announced_exchange);
  EXPECT_EQ(batch_.quality[0].by, "王");
  EXPECT_EQ(batch_.quality[0].comment, "周期检定");
}

// The new meter was read, and taken for an unannounced exchange, before anybody said so. As the store does, which keeps
// the first reading that it gets for a millisecond.
TEST_F(AggregatorTest, AnExchangeAnnouncedWhenTheNewMeterIsReadEndsTheChainWithTheNewMetersReading) {
  read(0, 5'000'000'000);
  for (const auto reading : {10'000'000, 10'050'000, 10'100'000}) {
    pass(1s);
    read(0, reading);
  }
  pass(1s);
  ASSERT_TRUE(aggregator_->exchange(MeterId{0}, clock_.now(), 5'000'100'000, 10'000'000, "王", "周期检定"));
  pass(1s);
  std::map<std::int64_t, std::int64_t> kept;
  for (const auto& counter : batch_.counters) kept.try_emplace(to_ms(counter.at), counter.reading);
  EXPECT_EQ(kept.rbegin()->second, 10'000'000);
  EXPECT_EQ(std::next(kept.rbegin())->second, 5'000'100'000);
}

// Last read: 5,000 kWh. What can't be is refused with a reason, and the meter counts on as if nothing had been said.
TEST_F(AggregatorTest, AnExchangeThatCannotBeIsRefusedAndBooksNothing) {
  read(0, 5'000'000'000);
  pass(1min);
  const auto refused = aggregator_->exchange(MeterId{0}, clock_.now(), 4'900'000'000, 0, "王", "周期检定");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::result_out_of_range);
  EXPECT_NE(refused.error().context.find("5000.0"), std::string::npos) << refused.error().context;
  const auto below_zero = aggregator_->exchange(MeterId{0}, clock_.now(), 5'000'100'000, -1, "王", "周期检定");
  ASSERT_FALSE(below_zero);
  EXPECT_NE(below_zero.error().context.find("no meter begins"), std::string::npos) << below_zero.error().context;
  read(0, 5'000'050'000);
  pass(24h);
  EXPECT_EQ(total("light", WindowLength::day), 50'000);
  for (const auto& entry : batch_.quality) EXPECT_NE(entry.kind, QualityKind::announced_exchange);
}

}  // namespace
}  // namespace gateway
