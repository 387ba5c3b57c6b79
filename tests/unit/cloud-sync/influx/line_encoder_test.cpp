#include "cloud-sync/influx/line_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class Encoder : public ::testing::Test {
 protected:
  std::string text() {
    std::string all;
    for (const EncodedBody& body : encoder.bodies()) all += encoder.text(body);
    return all;
  }
  [[nodiscard]] NodeId node(std::string_view name, Utility utility) const { return *site.node_named(name, utility); }

  Site site = test::store_site();
  test::FakeClock clock{utc_from_ms(1'700'000'000'000)};
  LineEncoder encoder{site};
};

TEST_F(Encoder, ThePollOfAMeterIsOneLine) {
  encoder.add(test::poll_batch(site, clock.now()));
  EXPECT_EQ(text(),
            "electricity,area=b1,meter=main,site=cangshan,subitem=01A10 power_w=1234.5,energy_import_wh=5000i "
            "1700000000000\n");
  EXPECT_EQ(encoder.bodies().front().values, 2U);
}

TEST_F(Encoder, EnergyIsRoundedDownAlsoBelowZero) {
  encoder.add(test::poll_batch(site, clock.now(), 0, -1));
  EXPECT_NE(text().find("energy_import_wh=-1i"), std::string::npos);
}

TEST_F(Encoder, VolumeIsAFloatInLitres) {
  Batch batch;
  batch.utc_offset = 0ns;
  const MeterId inlet = test::meter_named(site, "inlet");
  batch.readings.push_back(
      Reading::counter(site.point_of(inlet, Quantity::volume), MonotonicTime{1'700'000'000s}, 12'007));
  encoder.add(batch);
  EXPECT_EQ(text(), "water,area=b1,meter=inlet,site=cangshan volume_l=12.007 1700000000000\n");
}

TEST_F(Encoder, WhatIsNotGoodIsNotWritten) {
  Batch batch = test::poll_batch(site, clock.now());
  batch.readings[0].with_quality(Quality::bad);
  encoder.add(batch);
  EXPECT_EQ(text().find("power_w"), std::string::npos);
  EXPECT_EQ(encoder.bodies().front().values, 1U);
  batch.readings[1].with_quality(Quality::bad);
  encoder.clear();
  encoder.add(batch);
  EXPECT_EQ(text(), "");
}

TEST_F(Encoder, ABurstKeepsEveryLineAndWhatIsTooFastForTooLongIsCounted) {
  // Twice as many as there is room for, for three seconds: 500 a second of one door.
  const auto door = site.point_of(SensorId{0}, Quantity::open);
  Batch batch;
  batch.utc_offset = 0ns;
  const MonotonicTime begin{1'700'000'000s};
  for (int i = 0; i < 1500; ++i) batch.readings.push_back(Reading::flag(door, begin + i * 2ms, i % 2 == 1));
  encoder.add(batch);
  std::size_t count = 0;
  std::map<std::int64_t, std::string> stored;  // what is left of each stamp, when bodies are sent in their order
  for (const EncodedBody& body : encoder.bodies()) {
    std::int64_t before = 0;
    std::istringstream lines(std::string{encoder.text(body)});
    for (std::string line; std::getline(lines, line); ++count) {
      const auto stamp = std::stoll(line.substr(line.rfind(' ')));
      EXPECT_GE(stamp, before) << "what came later never looks older";
      before = stamp;
      stored[stamp] = line;
    }
  }
  ASSERT_EQ(count, 1500U);
  EXPECT_EQ(stored.size() + encoder.overwritten(), 1500U) << "each point that is lost is counted";
  EXPECT_GT(encoder.overwritten(), 400U);
  EXPECT_NE(stored.rbegin()->second.find("open=1i"), std::string::npos) << "the newest value is the last one";
  EXPECT_LE(stored.rbegin()->first - to_ms(batch.utc(batch.readings.back().time())), 1004)
      << "no further ahead than a second";
  std::uint64_t rewritten = 0;
  for (const EncodedBody& body : encoder.bodies()) rewritten += body.rewritten;
  EXPECT_EQ(rewritten, encoder.overwritten()) << "one field a line";
}

TEST_F(Encoder, ABurstOf250LosesNothing) {
  const auto door = site.point_of(SensorId{0}, Quantity::open);
  Batch batch;
  batch.utc_offset = 0ns;
  for (int i = 0; i < 250; ++i) batch.readings.push_back(Reading::flag(door, MonotonicTime{1'700'000'000s}, true));
  encoder.add(batch);
  EXPECT_EQ(encoder.overwritten(), 0U);
}

TEST_F(Encoder, NanIsLeftOutAndCounted) {
  encoder.add(test::poll_batch(site, clock.now(), std::nan("")));
  EXPECT_EQ(text().find("power_w"), std::string::npos);
  EXPECT_EQ(encoder.refused(), 1U);
}

TEST_F(Encoder, AMetersOnlineFlagIsNotWrittenASensorsIs) {
  Batch batch;
  batch.utc_offset = 0ns;
  const MonotonicTime time{1'700'000'000s};
  batch.readings.push_back(Reading::flag(site.point_of(MeterId{0}, Quantity::online), time, true));
  batch.readings.push_back(Reading::flag(site.point_of(SensorId{0}, Quantity::online), time, true));
  batch.readings.push_back(Reading::flag(site.point_of(SensorId{0}, Quantity::open), time, false));
  encoder.add(batch);
  EXPECT_EQ(text(), "sensor,area=b1,kind=door,sensor=door,site=cangshan online=1i,open=0i 1700000000000\n");
}

TEST_F(Encoder, RetainedValuesOfAnUnknownTimeAreNotStamped) {
  Batch batch;
  batch.readings.push_back(
      Reading::flag(site.point_of(SensorId{0}, Quantity::open), MonotonicTime{1s}, true).as_retained());
  encoder.add(batch);
  EXPECT_EQ(text(), "");
}

TEST_F(Encoder, TwoMessagesInOneMillisecondAreTwoPoints) {
  Batch batch;
  batch.utc_offset = 0ns;
  const PointId open = site.point_of(SensorId{0}, Quantity::open);
  for (const bool value : {true, false, true})
    batch.readings.push_back(Reading::flag(open, MonotonicTime{1'700'000'000s}, value));
  encoder.add(batch);
  EXPECT_EQ(text(),
            "sensor,area=b1,kind=door,sensor=door,site=cangshan open=1i 1700000000000\n"
            "sensor,area=b1,kind=door,sensor=door,site=cangshan open=0i 1700000000004\n"
            "sensor,area=b1,kind=door,sensor=door,site=cangshan open=1i 1700000000008\n");
}

// A sensor that was out of reach tells all at once what it could not.
TEST_F(Encoder, AHundredMessagesAtOnceAreAHundredPoints) {
  Batch batch;
  batch.utc_offset = 0ns;
  const PointId open = site.point_of(SensorId{0}, Quantity::open);
  for (int i = 0; i < 100; ++i)
    batch.readings.push_back(Reading::flag(open, MonotonicTime{1'700'000'000s + i * 100us}, i % 2 == 0));
  encoder.add(batch);
  std::set<std::string> times;
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) times.insert(line.substr(line.rfind(' ')));
  EXPECT_EQ(times.size(), 100U);
}

TEST_F(Encoder, AWindowHasItsMeanOnlyWithSamples) {
  const WindowRecord empty{.node = node("main", Utility::electricity),
                           .length = WindowLength::minute,
                           .start = utc_from_ms(1'700'000'040'000),
                           .amount = 20'575,
                           .estimated = 20'575};
  encoder.add_window(empty, std::nullopt);
  WindowRecord full = empty;
  full.node = node("b1", Utility::water);
  full.length = WindowLength::day;
  full.rate_sum = 90;
  full.rate_min = 10;
  full.rate_max = 50;
  full.samples = 3;
  full.covered = 24h;
  encoder.add_window(full, std::nullopt);
  EXPECT_EQ(text(),
            "consumption,kind=electricity,node=main,site=cangshan,window=1m "
            "energy_wh=20.575,estimated=20.575,samples=0i,covered_s=0 1700000040000\n"
            "consumption,kind=water,node=b1,site=cangshan,window=1d "
            "volume_l=20.575,estimated=20.575,samples=3i,covered_s=86400,"
            "mean_l_per_h=30,min_l_per_h=10,max_l_per_h=50 1700000040000\n");
}

TEST_F(Encoder, ARewriteCountsExactlyTheFieldsThatWereThereBefore) {
  WindowRecord window{.node = node("main", Utility::electricity), .start = utc_from_ms(1'700'000'040'000)};
  window.samples = 2;
  encoder.add_window(window, 0);  // sent before without samples: three new fields, four rewritten
  EXPECT_EQ(encoder.bodies().front().rewritten, 4U);
  encoder.add_window(window, 1);
  EXPECT_EQ(encoder.bodies().front().rewritten, 11U);
  EXPECT_EQ(encoder.bodies().front().values, 14U);
}

TEST_F(Encoder, LinesThatReplaceSomethingAreInABodyOfTheirOwn) {
  WindowRecord window{.node = node("main", Utility::electricity), .start = utc_from_ms(1'700'000'040'000)};
  window.amount = 1000;
  encoder.add_window(window, std::nullopt);
  window.amount = 2000;
  encoder.add_window(window, 0);
  window.amount = 3000;
  encoder.add_window(window, std::nullopt);
  ASSERT_EQ(encoder.bodies().size(), 2U);
  const EncodedBody& fresh = encoder.bodies()[0];
  const EncodedBody& rewriting = encoder.bodies()[1];
  EXPECT_EQ(fresh.rewritten, 0U);
  EXPECT_EQ(fresh.lines, 2U);
  EXPECT_EQ(rewriting.lines, 1U);
  EXPECT_NE(encoder.text(rewriting).find("energy_wh=2.000,"), std::string_view::npos) << encoder.text(rewriting);
  EXPECT_EQ(encoder.text(fresh).find("energy_wh=2.000,"), std::string_view::npos) << encoder.text(fresh);
  EXPECT_NE(encoder.text(fresh).find("energy_wh=3.000,"), std::string_view::npos);
  encoder.clear();
  encoder.add_window(window, 0);
  ASSERT_EQ(encoder.bodies().size(), 1U);
  EXPECT_NE(encoder.text(encoder.bodies()[0]).find("energy_wh=3.000,"), std::string_view::npos);
}

// A window's first form and its correction in one commit, behind something that is corrected: the first form may not
// come last.
TEST_F(Encoder, WhatIsNewStandsBeforeWhatReplacesSomethingWhicheverWasEncodedFirst) {
  WindowRecord window{.node = node("main", Utility::electricity), .start = utc_from_ms(1'700'000'040'000)};
  window.amount = 1000;
  encoder.add_window(window, 0);  // a correction of something old
  DemandRecord demand{.node = node("main", Utility::electricity),
                      .kind = DemandKind::block,
                      .month = utc_from_ms(1'700'000'000'000),
                      .at = utc_from_ms(1'700'000'900'000),
                      .amount = 1'000'000};
  encoder.add_demand(demand, false);
  demand.amount = 2'000'000;
  encoder.add_demand(demand, true);
  ASSERT_EQ(encoder.bodies().size(), 2U);
  EXPECT_EQ(encoder.bodies()[0].rewritten, 0U);
  EXPECT_NE(encoder.text(encoder.bodies()[0]).find("demand_w=4000,"), std::string_view::npos) << text();
  EXPECT_GT(encoder.bodies()[1].rewritten, 0U);
  EXPECT_NE(encoder.text(encoder.bodies()[1]).find("demand_w=8000,"), std::string_view::npos) << text();
  EXPECT_NE(encoder.text(encoder.bodies()[1]).find("energy_wh=1.000,"), std::string_view::npos) << text();
}

TEST_F(Encoder, WhatIsNewAndNeedsAnotherBodyStandsBeforeWhatReplacesSomethingToo) {
  WindowRecord window{.node = node("main", Utility::electricity)};
  const auto add = [&](std::int64_t minute, std::int64_t amount, std::optional<std::uint32_t> before) {
    window.start = utc_from_ms(minute * 60'000);
    window.amount = amount;
    encoder.add_window(window, before);
  };
  add(1, 1000, std::nullopt);
  add(1, 2000, 0);
  for (std::int64_t minute = 2; minute <= 2 * LineEncoder::most_lines; ++minute) add(minute, 1000, std::nullopt);
  add(2 * LineEncoder::most_lines, 7000, 0);
  const auto& bodies = encoder.bodies();
  ASSERT_EQ(bodies.size(), 3U);
  EXPECT_EQ(bodies[0].lines, LineEncoder::most_lines);
  EXPECT_EQ(bodies[1].lines, LineEncoder::most_lines);
  EXPECT_EQ(bodies[1].rewritten, 0U);
  EXPECT_EQ(bodies[2].lines, 2U);
  EXPECT_NE(encoder.text(bodies[2]).find("energy_wh=2.000,"), std::string_view::npos);
  EXPECT_NE(encoder.text(bodies[2]).find("energy_wh=7.000,"), std::string_view::npos);
  EXPECT_EQ(encoder.text(bodies[1]).find("energy_wh=7.000,"), std::string_view::npos);
}

TEST_F(Encoder, PartsOfADayAndTheMonthsDemandAreFieldsOfTheirWindow) {
  LineEncoder::Parts parts{
      .node = node("main", Utility::electricity), .length = WindowLength::day, .start = utc_from_ms(1'700'000'040'000)};
  parts.bands[1] = {2'500'000, 2'250'000, true, true};
  parts.bands[3] = {1'000, 300, true, false};
  parts.off_hours = {1'000, 300, true, false};
  encoder.add_parts(parts);
  encoder.add_demand({.node = node("main", Utility::electricity),
                      .kind = DemandKind::block,
                      .month = utc_from_ms(1'700'000'000'000),
                      .at = utc_from_ms(1'700'000'900'000),
                      .amount = 12'500'000},
                     true);
  EXPECT_EQ(text(),
            "consumption,kind=electricity,node=main,site=cangshan,window=1d "
            "energy_peak_wh=2500.000,cost_peak=2.25,energy_valley_wh=1.000,cost_valley=3e-04,off_hours_wh=1.000 "
            "1700000040000\n"
            "consumption,kind=electricity,node=main,site=cangshan,window=1mo "
            "demand_w=50000,demand_at_ms=1700000900000i 1700000000000\n");
  EXPECT_EQ(encoder.bodies().front().rewritten, 4U);
}

TEST_F(Encoder, AnAlarmCarriesItsStateAsNumberAndText) {
  Batch batch;
  batch.alarms.push_back({.alarm = AlarmId{0},
                          .event = 1'700'000'000'500'000,
                          .state = AlarmState::acknowledged,
                          .announced = true,
                          .raised = utc_from_ms(1),
                          .changed = utc_from_ms(1'700'000'000'500),
                          .value = 61,
                          .limit = 60,
                          .by = "王 \"W\"",
                          .comment = "seen"});
  encoder.add(batch);
  EXPECT_EQ(text(),
            "alarm,area=b1,priority=high,rule=door-open,site=cangshan,source=door "
            "state=2i,state_name=\"acknowledged\",value=61,event=1700000000500000i,announced=1i,limit=60,"
            "by=\"王 \\\"W\\\"\",comment=\"seen\" 1700000000500\n");
}

TEST_F(Encoder, MoreLinesThanABodyTakesMakeAnotherBody) {
  Batch batch;
  batch.utc_offset = 0ns;
  for (int i = 0; i < 5001; ++i) test::add_poll(site, batch, MonotonicTime{std::chrono::seconds{i + 1}}, i, i);
  encoder.add(batch);
  ASSERT_EQ(encoder.bodies().size(), 2U);
  EXPECT_EQ(encoder.bodies()[0].lines, 5000U);
  EXPECT_EQ(encoder.bodies()[1].lines, 1U);
  const std::string all = text();
  EXPECT_EQ(std::ranges::count(all, '\n'), 5001);
}

}  // namespace
}  // namespace gateway
