// Maximum demand, its forecast, balances, completeness, counter readings, and what a kill leaves of them.
#include "tests/support/aggregated.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::Aggregated;
using test::kwh;
using test::monday;

Site plant_by_the_minute() {
  auto site = test::parsed(test::small_plant());
  for (auto& meter : site.meters) meter.interval = meter.counter_interval = 1min;
  test::add_difference(site, "unmetered", "main", {"light", "pump"});
  return site;
}

class AggregatorDemand : public testing::Test {
 protected:
  // Every minute: `main` counts `each` more.
  void run(std::chrono::minutes time, std::int64_t each) {
    for (auto minute = 0min; minute < time; ++minute) {
      plant.pass(1min);
      reading += each;
      plant.read("main", reading);
      plant.power("main", static_cast<double>(each) * 60 / 1000);
    }
  }
  Aggregated plant{plant_by_the_minute(), monday};
  std::int64_t reading = 0;
};

TEST_F(AggregatorDemand, TheHighestBlockAndTheHighestFifteenMinutesAreTold) {
  plant.read("main", reading);
  // Minutes 0-9: 0.5 kWh, 10-24: 1 kWh, 25-44: 0.5 kWh. Blocks: 10 x 0.5 + 5 x 1 = 10; 10 x 1 + 5 x 0.5 = 12.5;
  // 15 x 0.5 = 7.5 kWh. Highest block 12.5 kWh = 50 kW from 00:15; highest 15 minutes: 15 x 1 = 15 kWh = 60 kW from
  // 00:10.
  run(10min, kwh / 2);
  run(15min, kwh);
  run(25min, kwh / 2);
  const auto demand = plant.live("main").demand;
  EXPECT_EQ(demand.month_max, 50'000);
  EXPECT_EQ(demand.month_max_at, monday + 15min);
  EXPECT_EQ(demand.sliding_max, 60'000);
  EXPECT_EQ(demand.sliding_max_at, monday + 10min);
  const auto& told = plant.kept_.sliding[plant.node("main")->index()];
  EXPECT_EQ(told.amount, 15 * kwh);
  EXPECT_EQ(told.at, monday + 10min);
  EXPECT_EQ(told.month, monday - 23 * 24h);
  EXPECT_EQ(plant.live("compound").demand.sliding_max, 60'000);
}

TEST_F(AggregatorDemand, TheForecastIsWhatTheBlockWillHaveIfThePowerStays) {
  plant.read("main", reading);
  run(5min, kwh);  // 5 kWh in 5 minutes
  auto demand = plant.live("main").demand;
  EXPECT_EQ(demand.block_start, monday);
  EXPECT_EQ(demand.amount, 5 * kwh);
  EXPECT_DOUBLE_EQ(demand.so_far, 60'000);
  // 60 kW for the other 10 minutes: 5 + 10 = 15 kWh, 60 kW.
  EXPECT_TRUE(demand.forecast_known);
  EXPECT_DOUBLE_EQ(demand.forecast, 60'000);
  plant.power("main", 90'000);
  plant.pass(1s);
  plant.power("main", 90'000);
  demand = plant.live("main").demand;
  // 5 kWh so far, 90 kW for 599 s = 14.975 kWh: 19.975 kWh in a quarter of an hour.
  EXPECT_NEAR(demand.forecast, 79'900, 1);
}

// What a person adds to an hour that is over raises that hour's demand, and no alarm about the quarter hour that runs.
TEST_F(AggregatorDemand, ACorrectionOfThePastIsNoDemandOfTheQuarterHourThatRuns) {
  plant.read("main", reading);
  run(2h + 5min, kwh);
  const auto before = plant.live("main").demand;
  ASSERT_EQ(before.block_start, monday + 2h);
  plant.aggregator_->correct(plant.named("main"), monday + 30min, monday + 90min, 100 * kwh, plant.clock_.now(), "wang",
                             "the display said so");
  plant.pass(1s);
  const auto after = plant.live("main").demand;
  EXPECT_EQ(after.amount, before.amount);
  EXPECT_NEAR(after.forecast, before.forecast, 1000);
  // Of one that reaches into the quarter hour that runs, its share of the time is: a third of 15 minutes.
  plant.aggregator_->correct(plant.named("main"), monday + 1h + 50min, monday + 2h + 5min, 3 * kwh, plant.clock_.now(),
                             "wang", "the display said so");
  plant.pass(1s);
  EXPECT_EQ(plant.live("main").demand.amount, before.amount + kwh);
}

TEST_F(AggregatorDemand, ANewMonthBeginsWithoutDemand) {
  plant.read("main", reading);
  run(30min, kwh);
  EXPECT_GT(plant.live("main").demand.month_max, 0);
  while (plant.clock_.utc() < monday + 7 * 24h) run(30min, kwh / 10);
  run(10min, kwh / 10);  // 1 December
  EXPECT_EQ(plant.live("main").demand.month_max, 0);
  run(10min, kwh / 10);
  EXPECT_EQ(plant.live("main").demand.month_max, 6'000);
  EXPECT_EQ(plant.live("main").month, plant.live("main").today);
  EXPECT_EQ(plant.window("main", WindowLength::month, monday - 23 * 24h).amount,
            plant.total("main", WindowLength::day));
}

TEST_F(AggregatorDemand, AClockSetBackMakesNoDemand) {
  plant.read("main", reading);
  run(20min, kwh);
  plant.clock_.step_wall_clock(-15min);  // 00:05 again: the same quarter hours fill up twice
  run(40min, kwh);
  EXPECT_LE(plant.live("main").demand.month_max, 60'000);
  EXPECT_LE(plant.live("main").demand.sliding_max, 60'000);
}

TEST_F(AggregatorDemand, AfterAKillTodayMonthAndDemandGoOnAsIfNothingHadHappened) {
  Aggregated other(plant_by_the_minute(), monday);
  plant.read("main", reading);
  other.read("main", reading);
  for (int minute = 1; minute <= 200; ++minute) {
    reading += kwh / 4 * (minute % 7);
    for (auto* each : {&plant, &other}) {
      each->pass(1min);
      if (each == &other && minute % 13 == 0) each->kill(0s);
      each->read("main", reading);
      each->power("main", 1000.0 * minute);
    }
  }
  for (const auto* node : {"main", "compound", "unmetered"}) {
    const auto a = plant.live(node), b = other.live(node);
    EXPECT_EQ(a.today, b.today);
    EXPECT_EQ(a.month, b.month);
    EXPECT_EQ(a.demand.amount, b.demand.amount);
    EXPECT_EQ(a.demand.month_max, b.demand.month_max);
    EXPECT_EQ(a.demand.month_max_at, b.demand.month_max_at);
    EXPECT_EQ(a.demand.sliding_max, b.demand.sliding_max);
    EXPECT_EQ(a.demand.sliding_max_at, b.demand.sliding_max_at);
  }
  EXPECT_GT(plant.live("main").demand.month_max, 0);
}

Site two_buildings(std::string_view area_of_lift, bool with_lift = true) {
  std::string text =
      "[site]\nid = \"s\"\n[[area]]\nid = \"b1\"\n[[area]]\nid = \"b2\"\n[[bus]]\nid = \"x\"\nurl = \"tcp://h:1\"\n";
  int unit = 1;
  for (const auto& [id, area] :
       {std::pair<std::string_view, std::string_view>{"one", "b1"}, {"two", "b2"}, {"lift", area_of_lift}}) {
    if (id == "lift" && !with_lift) continue;
    text += "[[meter]]\nid = \"" + std::string(id) + "\"\nbus = \"x\"\nunit = " + std::to_string(unit++) +
            "\nmodel = \"electric\"\narea = \"" + std::string(area) + "\"\nrated_power = \"100 kW\"\n";
  }
  auto site = test::parsed(text);
  for (auto& meter : site.meters) meter.interval = meter.counter_interval = 1min;
  return site;
}

// 1, 2 and 0.5 kWh a minute. The lift is told to be in the other building after an hour, in a restart of 30 minutes:
// until its last minute before, 0.5 x 60 kWh are the first building's, all since are the second's.
TEST(AggregatorSite, AMeterThatMovesToAnotherAreaCountsOnceAndTheTreeStillAddsUp) {
  Aggregated plant{two_buildings("b1"), monday};
  std::int64_t minute = 0;
  const auto read = [&] {
    plant.read("one", minute * kwh);
    plant.read("two", minute * 2 * kwh);
    plant.read("lift", minute * kwh / 2);
  };
  const auto run = [&](std::int64_t minutes) {
    for (const auto end = minute + minutes; minute < end;) {
      plant.pass(1min);
      ++minute;
      read();
    }
  };
  read();
  run(60);
  plant.pass(5min);  // all is closed
  minute += 5;
  plant.site_ = two_buildings("b2");
  plant.kill(30min);
  minute += 30;
  read();
  run(24 * 60 - 95);
  plant.pass(5min);
  const auto day = [&](const char* node) { return plant.window(node, WindowLength::day, monday).amount; };
  EXPECT_EQ(day("one"), 1'440 * kwh);
  EXPECT_EQ(day("two"), 2'880 * kwh);
  EXPECT_EQ(day("lift"), 720 * kwh);
  EXPECT_EQ(day("b1"), 1'440 * kwh + 30 * kwh);
  EXPECT_EQ(day("b2"), 2'880 * kwh + 690 * kwh);
  EXPECT_EQ(day("compound"), day("b1") + day("b2"));
}

// What was counted before a meter is taken out stays in the areas that it was part of.
TEST(AggregatorSite, AMeterThatIsTakenOutLeavesWhatItCounted) {
  Aggregated plant{two_buildings("b1"), monday};
  for (const auto* meter : {"one", "two", "lift"}) plant.read(meter, 0);
  for (int minute = 1; minute <= 60; ++minute) {
    plant.pass(1min);
    for (const auto* meter : {"one", "two", "lift"}) plant.read(meter, minute * kwh);
  }
  plant.pass(5min);
  EXPECT_EQ(plant.live("b1").today, 120 * kwh);
  plant.site_ = two_buildings("b1", false);
  plant.kill(10s);
  EXPECT_EQ(plant.live("one").today, 60 * kwh);
  EXPECT_EQ(plant.live("b1").today, 120 * kwh);
  EXPECT_EQ(plant.live("compound").today, 180 * kwh);
  plant.read("one", 61 * kwh);
  plant.pass(1s);
  EXPECT_EQ(plant.live("compound").today, 181 * kwh);
}

TEST_F(AggregatorDemand, WhatSubMetersDoNotAccountForIsTheDaysBalance) {
  for (const auto* meter : {"main", "light", "pump"}) plant.read(meter, 0);
  for (int minute = 1; minute <= 24 * 60; ++minute) {
    plant.pass(1min);
    plant.read("main", minute * kwh);
    plant.read("light", minute * kwh * 6 / 10);
    plant.read("pump", minute * kwh * 3 / 10);
  }
  plant.pass(3min);
  const auto live = plant.live("unmetered");
  ASSERT_TRUE(live.balance_known);
  EXPECT_EQ(live.last_day.day, monday);
  EXPECT_EQ(live.last_day.supplied, 1'440 * kwh);
  EXPECT_EQ(live.last_day.unaccounted, 144 * kwh);
  EXPECT_DOUBLE_EQ(live.last_day.share(), 0.1);
  EXPECT_EQ(plant.window("unmetered", WindowLength::day, monday).amount, 144 * kwh);
}

TEST_F(AggregatorDemand, ALateAmountOfASubMeterIsTakenOutOfTheDifference) {
  for (const auto* meter : {"main", "light", "pump"}) plant.read(meter, 0);
  for (int minute = 1; minute <= 60; ++minute) {
    plant.pass(1min);
    plant.read("main", minute * kwh);
    plant.read("pump", minute * kwh / 2);
    if (minute == 60) plant.read("light", minute * kwh / 2);  // silent for an hour
  }
  plant.pass(3min);
  plant.pass(2h);
  EXPECT_EQ(plant.window("unmetered", WindowLength::hour, monday).amount, 0);
  EXPECT_EQ(plant.window("unmetered", WindowLength::minute, monday + 10min).amount, 0);
}

// The light is silent from 20:00 to 02:00: at midnight 240 x 0.6 = 144 kWh of it are missing on Monday, which looks as
// if 144 + 144 of 1,440 kWh were unaccounted for. At 02:00 its counter tells.
TEST_F(AggregatorDemand, WhatComesAfterMidnightMendsTheBalanceOfTheDayBefore) {
  for (const auto* meter : {"main", "light", "pump"}) plant.read(meter, 0);
  for (int minute = 1; minute <= 26 * 60; ++minute) {
    plant.pass(1min);
    plant.read("main", minute * kwh);
    plant.read("pump", minute * kwh * 3 / 10);
    if (minute <= 20 * 60 || minute == 26 * 60) plant.read("light", minute * kwh * 6 / 10);
  }
  EXPECT_EQ(plant.live("unmetered").last_day.unaccounted, 288 * kwh);
  plant.pass(3min);
  const auto live = plant.live("unmetered");
  EXPECT_EQ(live.last_day.day, monday);
  EXPECT_EQ(live.last_day.supplied, 1'440 * kwh);
  EXPECT_EQ(live.last_day.unaccounted, 144 * kwh);
  EXPECT_EQ(plant.window("unmetered", WindowLength::day, monday).amount, 144 * kwh);
}

// Likewise the main meter itself: what it supplied comes late.
TEST_F(AggregatorDemand, TheMainMeterComingLateMendsWhatWasSupplied) {
  for (const auto* meter : {"main", "light", "pump"}) plant.read(meter, 0);
  for (int minute = 1; minute <= 26 * 60; ++minute) {
    plant.pass(1min);
    if (minute <= 20 * 60 || minute == 26 * 60) plant.read("main", minute * kwh);
    plant.read("light", minute * kwh * 9 / 10);
    plant.read("pump", 0);
  }
  EXPECT_EQ(plant.live("unmetered").last_day.supplied, 1'200 * kwh);
  plant.pass(3min);
  EXPECT_EQ(plant.live("unmetered").last_day.supplied, 1'440 * kwh);
  EXPECT_EQ(plant.live("unmetered").last_day.unaccounted, 144 * kwh);
}

// 2 kWh in each of minutes 0 to 2, nothing until 14:00. What is used then, 1 kWh a minute, is told by one reading at
// 17:06, when minute 14 is closed: 3.1 kWh in 186 s. Minutes 0 to 14 have 3 x 2 + 1 = 7 kWh, minutes 1 to 15 only
// 2 x 2 + 2.
TEST_F(AggregatorDemand, WhatComesLateForTheNewestClosedMinuteCountsInTheMinutesThatEndWithIt) {
  plant.read("main", 0);
  run(3min, 2 * kwh);
  run(11min, 0);
  for (int minute = 0; minute < 3; ++minute) plant.pass(1min);
  plant.pass(2s);
  plant.pass(4s);
  plant.read("main", reading += 31 * kwh / 10);
  plant.pass(1s);
  for (int minute = 0; minute < 20; ++minute) {
    plant.pass(1min);
    plant.read("main", reading);
  }
  EXPECT_EQ(plant.window("main", WindowLength::minute, monday + 14min).amount, kwh);
  const auto& told = plant.kept_.sliding.at(plant.node("main")->index());
  EXPECT_EQ(told.amount, 7 * kwh);
  EXPECT_EQ(told.at, monday);
  EXPECT_DOUBLE_EQ(plant.live("main").demand.sliding_max, demand_of(7 * kwh));
}

TEST_F(AggregatorDemand, CompletenessIsTheShareOfTheTimeThatWasMetered) {
  plant.read("main", reading);
  run(60min, kwh);
  plant.pass(30min);  // silent
  reading += 30 * kwh;
  plant.read("main", reading);
  run(40min, kwh);
  plant.pass(60min);
  EXPECT_EQ(plant.window("main", WindowLength::hour, monday).covered_us, std::chrono::microseconds{1h}.count());
  EXPECT_EQ(plant.window("main", WindowLength::hour, monday + 1h).covered_us, std::chrono::microseconds{30min}.count());
  // The compound's meters: main, light and pump, of which only one ever answered. As light and pump are behind main in
  // one area, they come in and out again there, and only main counts.
  EXPECT_EQ(plant.window("compound", WindowLength::hour, monday).covered_us, std::chrono::microseconds{1h}.count());
  EXPECT_EQ(plant.window("unmetered", WindowLength::hour, monday).covered_us, std::chrono::microseconds{20min}.count());
}

// Announced at 0:00:30 of a meter that was never heard, first read at 0:01:00: half a minute was metered.
TEST_F(AggregatorDemand, BeforeAnExchangeOfAMeterThatWasNeverHeardNothingWasMetered) {
  plant.pass(30s);
  ASSERT_TRUE(plant.aggregator_->exchange(plant.named("main"), plant.clock_.now(), 0, 0));
  plant.pass(30s);
  plant.read("main", 0);
  for (int minute = 0; minute < 5; ++minute) plant.pass(1min);
  EXPECT_EQ(plant.window("main", WindowLength::minute, monday).covered_us, std::chrono::microseconds{30s}.count());
}

TEST_F(AggregatorDemand, TimeWithTheGatewayOffIsNotCovered) {
  plant.read("main", reading);
  run(20min, kwh);
  plant.advance();
  plant.kill(20min);
  reading += 20 * kwh;
  plant.read("main", reading);
  run(25min, kwh);
  plant.pass(10min);
  const auto hour = plant.window("main", WindowLength::hour, monday);
  EXPECT_EQ(hour.amount, 60 * kwh);
  EXPECT_LE(hour.covered_us, std::chrono::microseconds{40min}.count());
  EXPECT_GE(hour.covered_us, std::chrono::microseconds{38min}.count());
}

TEST_F(AggregatorDemand, ACounterReadingIsKeptAtFirstAtEveryQuarterHourAndAroundEvents) {
  plant.read("main", reading);
  run(16min, kwh);
  ASSERT_EQ(plant.kept_.counters.size(), 2U);
  EXPECT_EQ(plant.kept_.counters[0].at, monday);
  EXPECT_EQ(plant.kept_.counters[0].reading, 0);
  EXPECT_EQ(plant.kept_.counters[1].at, monday + 14min);
  EXPECT_EQ(plant.kept_.counters[1].reading, 14 * kwh);
  plant.pass(30min);
  plant.read("main", reading + 30 * kwh);
  plant.pass(1min);
  // The gap's two ends.
  const auto kept = [&](UtcTime at, std::int64_t value) {
    return std::ranges::any_of(plant.kept_.counters,
                               [&](const auto& each) { return each.at == at && each.reading == value; });
  };
  EXPECT_TRUE(kept(monday + 16min, 16 * kwh));
  EXPECT_TRUE(kept(monday + 46min, 46 * kwh));
}

TEST_F(AggregatorDemand, DuplicatesAndLateReadingsAreJournalledOnceAnHourWithTheirNumber) {
  plant.read("main", reading);
  run(30min, kwh);
  plant.read("main", reading);
  plant.read("main", reading);
  plant.read("main", reading - 1);
  run(40min, kwh);
  std::map<QualityKind, std::int64_t> numbers;
  for (const auto& record : plant.kept_.quality) numbers[record.kind] += record.amount;
  EXPECT_EQ(numbers[QualityKind::duplicate], 2);
  EXPECT_EQ(numbers[QualityKind::late], 1);
}

TEST_F(AggregatorDemand, ABlockIsWholeWhenTheGatewaySawItsBeginning) {
  Aggregated late(plant_by_the_minute(), monday + 7min);
  late.read("main", 0);
  for (int minute = 8; minute <= 20; ++minute) {
    EXPECT_EQ(late.live("main").demand.whole, minute > 15) << minute;
    late.pass(1min);
    late.read("main", (minute - 7) * kwh);
  }
  late.kill(30s);
  EXPECT_TRUE(late.live("main").demand.whole) << "the counter says what was used meanwhile";
}

TEST_F(AggregatorDemand, ANodeIsCountedOnceOneOfItsMetersHasSpoken) {
  EXPECT_FALSE(plant.live("main").counted);
  EXPECT_FALSE(plant.live("compound").counted);
  plant.read("main", reading);
  EXPECT_TRUE(plant.live("main").counted);
  EXPECT_TRUE(plant.live("compound").counted);
  EXPECT_FALSE(plant.live("light").counted);
  run(5min, kwh);
  plant.kill(0s);
  EXPECT_TRUE(plant.live("main").counted) << "also after a restart, before it answers";
}

TEST(AggregatorTrace, AMetersFirstReadingIsKeptAtOnceSoThatItsFiguresCanBeTracedFromTheFirstMinute) {
  Aggregated plant(test::parsed(test::small_plant()), test::FakeClock::monday_midnight + 1min);
  plant.read("main", 5'000'000);
  plant.pass(1s);
  ASSERT_EQ(plant.kept_.counters.size(), 1U);
  EXPECT_EQ(plant.kept_.counters.front().meter, plant.named("main"));
  EXPECT_EQ(plant.kept_.counters.front().at, test::FakeClock::monday_midnight + 1min);
  EXPECT_EQ(plant.kept_.counters.front().reading, 5'000'000);
  plant.read("main", 5'000'100);
  plant.pass(1s);
  EXPECT_EQ(plant.kept_.counters.size(), 1U) << "the others at quarter hours and around events";
}

}  // namespace
}  // namespace gateway
