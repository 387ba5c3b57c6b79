// Rules on what is consumed, hours and modes, through the engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/alarms/alarm_engine.hpp"
#include "collectors/alarms/alarm_text.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using enum AlarmState;

constexpr std::string_view plant = R"(
[site]
id = "s"
name = "S"
demand_limit = "100 kW"
[[area]]
id = "b1"
name = "一号楼"
name_en = "Building 1"
[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"
[[meter]]
id = "light"
bus = "plant"
unit = 1
model = "electric"
area = "b1"
[[meter]]
id = "tap"
name = "卫生间"
name_en = "Washroom"
bus = "plant"
unit = 2
model = "water"
area = "b1"
[[node]]
id = "tenants"
name = "租户"
name_en = "Tenants"
kind = "sum"
of = ["light"]
demand_limit = "40 kW"
[[meter]]
id = "socket"
bus = "plant"
unit = 3
model = "electric"
area = "b1"
upstream = "light"
[[node]]
id = "losses"
name = "线损"
name_en = "Losses"
kind = "difference"
of = ["light"]
minus = ["socket"]
unaccounted_limit_percent = 5
[broker]
url = "mqtt://127.0.0.1:1883"
[[sensor]]
id = "door"
kind = "door"
topic = "zigbee2mqtt/door"
area = "b1"
[[sensor]]
id = "gate"
kind = "camera"
topic = "frigate/gate"
[[alarm]]
id = "demand"
kind = "power_demand"
sources = ["compound"]
after = "30s"
[[alarm]]
id = "tenants-demand"
kind = "power_demand"
sources = ["tenants"]
after = "30s"
[[alarm]]
id = "losses"
kind = "unaccounted"
[[alarm]]
id = "left-on"
kind = "load_left_on"
sources = ["b1"]
after = "10min"
[[alarm]]
id = "running"
kind = "water_running"
sources = ["tap"]
limit = "30 L/h"
after = "20min"
[[alarm]]
id = "leak"
kind = "water_leak"
[[alarm]]
id = "person"
kind = "person_seen"
[[alarm]]
id = "door"
kind = "door_open"
after = "1min"
when = "off_hours_or_armed"
[[alarm]]
id = "warm"
kind = "value_above"
quantity = "temperature"
limit = 28
deadband = 2
after = "1ms"
sources = ["door"]
[[alarm]]
id = "battery"
kind = "value_below"
quantity = "battery_pct"
limit = 15
after = "1ms"
sources = ["door"]
[[mode]]
id = "typhoon"
off_hours = true
delay_factor = 0.5
limit_factor = 0.5
[[mode.change]]
alarm = "door"
after = "5s"
[[mode.change]]
alarm = "losses"
limit = 3
)";

class ConsumptionRulesTest : public testing::Test {
 protected:
  Site site = test::make_site(std::string(plant));
  test::FakeClock clock;  // Monday, midnight
  std::vector<AlarmRecord> journal;
  std::vector<ModeRecord> modes;
  AlarmEngine engine{site, [this](const AlarmRecord& record) { journal.push_back(record); },
                     [this](const ModeRecord& record) { modes.push_back(record); }};
  double power = 1000;
  double flow = 0;
  std::int64_t counted = 0;  // litres, by the water meter
  DemandLive demand;
  Balance balance;

  ConsumptionRulesTest() { engine.restore({}, clock.now()); }

  [[nodiscard]] AlarmId alarm(std::string_view rule) const {
    for (std::size_t i = 0; i < site.alarms.size(); ++i)
      if (site.rules[site.alarms[i].rule].id == rule) return AlarmId{i};
    return {};
  }
  [[nodiscard]] AlarmState state(std::string_view rule) const {
    for (const auto& record : engine.standing())
      if (record.alarm == alarm(rule)) return record.state;
    return normal;
  }
  [[nodiscard]] AlarmRecord record(std::string_view rule) const {
    for (const auto& record : engine.standing())
      if (record.alarm == alarm(rule)) return record;
    return {};
  }
  LiveSnapshot snapshot() const {
    LiveSnapshot live;
    live.points.resize(site.points.size());
    live.points[site.point_of(MeterId{1}, Quantity::online).index()] = {
        Reading::flag(site.point_of(MeterId{1}, Quantity::online), clock.monotonic(), true)};
    const auto counter = site.point_of(MeterId{1}, Quantity::volume);
    live.points[counter.index()] = {Reading::counter(counter, clock.monotonic(), counted * 1000)};
    for (const auto& node : site.nodes) {
      auto& figures = live.nodes.emplace_back();
      figures.rate_known = true;
      figures.meters_online = 1;
      figures.rate = node.utility == Utility::water ? flow : power;
      figures.demand = demand;
      figures.last_day = balance;
      figures.balance_known = balance.day != UtcTime{};
    }
    return live;
  }
  void step(std::chrono::seconds by) {
    clock.advance(by);
    engine.on_snapshot(snapshot(), clock.now());
    engine.advance(clock.now());
  }
  void wait(std::chrono::seconds time, std::chrono::seconds by = 10s) {
    for (auto left = time; left > 0s; left -= by) step(by);
  }
  // A minute of water that has just closed.
  void minute(double litres) {
    clock.advance(60s);
    const auto start = std::chrono::floor<std::chrono::minutes>(clock.utc()) - 1min;
    const WindowRecord window{.node = site.node_of(MeterId{1}),
                              .length = WindowLength::minute,
                              .start = start,
                              .amount = static_cast<std::int64_t>(litres * 1000)};
    engine.on_snapshot(snapshot(), clock.now());
    engine.on_windows(std::span{&window, 1}, clock.now());
    engine.advance(clock.now());
  }
  void say(std::size_t sensor, Quantity quantity, bool value) {
    engine.on_reading(Reading::flag(site.point_of(SensorId{sensor}, quantity), clock.monotonic(), value), clock.now());
  }
  void switch_to(std::string mode) {
    ModeRecord wish;
    wish.value = std::move(mode);
    wish.by = "Chen";
    ASSERT_TRUE(engine.run(wish, clock.now()).has_value());
  }
};

TEST_F(ConsumptionRulesTest, ALoadLeftOnIsMeasuredAgainstTheAreasOwnNights) {
  // Four nights at 1 kW, days at 20 kW; nothing is known before the third night is over.
  for (int day = 0; day < 4; ++day) {
    power = 1000;
    wait(8h, 60s);
    EXPECT_EQ(state("left-on"), normal) << "day " << day;
    power = 20'000;
    wait(10h, 60s);
    EXPECT_EQ(state("left-on"), normal) << "working hours, day " << day;
    power = 1000;
    wait(6h, 60s);
  }
  power = 1250;
  wait(20min);
  EXPECT_EQ(state("left-on"), normal) << "less than 30 % above";
  power = 1500;
  wait(9min);
  EXPECT_EQ(state("left-on"), normal) << "the delay still runs";
  wait(2min);
  ASSERT_EQ(state("left-on"), unacknowledged);
  EXPECT_NEAR(record("left-on").limit, 1300, 1);
  EXPECT_NEAR(record("left-on").value, 1500, 1);
  EXPECT_EQ(alarm_message(site, record("left-on"), false), "一号楼 下班后仍有负荷 1500 W，基线上限 1300 W");
  EXPECT_EQ(alarm_message(site, record("left-on"), true),
            "Building 1 draws 1500 W after hours, its base load's limit is 1300 W");
  power = 1000;
  wait(1min);
  EXPECT_EQ(state("left-on"), returned_unacknowledged);
}

TEST_F(ConsumptionRulesTest, WhatWasLearnedSurvivesARestart) {
  for (int day = 0; day < 4; ++day) wait(24h, 60s);
  std::vector<std::byte> learned;
  engine.save_learned(learned);
  AlarmEngine again(site, [this](const AlarmRecord& record) { journal.push_back(record); });
  again.restore({}, clock.now());
  ASSERT_TRUE(again.restore_learned(learned).has_value());
  journal.clear();
  power = 3000;
  for (int i = 0; i < 80; ++i) {
    clock.advance(10s);
    again.on_snapshot(snapshot(), clock.now());
    again.advance(clock.now());
  }
  EXPECT_THAT(journal, testing::Contains(testing::Field(&AlarmRecord::alarm, alarm("left-on"))));
  // Nonsense is refused, cut off anywhere.
  for (std::size_t size = 0; size < learned.size(); size += 7)
    EXPECT_FALSE(again.restore_learned(std::span{learned}.first(size)).has_value()) << size;
}

TEST_F(ConsumptionRulesTest, DemandNearTheLimitIsForeseen) {
  demand.block_start = clock.utc();
  demand.forecast_known = true;
  demand.forecast = 95'000;
  wait(110s);
  EXPECT_EQ(state("demand"), normal) << "too early in the quarter hour";
  wait(50s);
  ASSERT_EQ(state("demand"), unacknowledged);
  EXPECT_EQ(record("demand").finding, AlarmFinding::demand_ahead);
  EXPECT_EQ(record("demand").limit, 90'000) << "90 % of the site's own limit";
  EXPECT_EQ(alarm_message(site, record("demand"), true),
            "S: the demand of this quarter hour will be 95.0 kW, it warns at 90.0 kW (90 % of the limit of 100.0 kW)");
  EXPECT_NE(alarm_message(site, record("demand"), false).find("预警线 90.0 kW（限值 100.0 kW 的 90%）"),
            std::string::npos)
      << alarm_message(site, record("demand"), false);
  demand.forecast = 89'000;
  wait(10s);
  EXPECT_EQ(state("demand"), unacknowledged) << "within the deadband";
  demand.amount = 23'000'000;  // 23 kWh: 92 kW although nothing more comes
  wait(10s);
  EXPECT_EQ(record("demand").finding, AlarmFinding::demand_now);
  demand = {};
  demand.block_start = clock.utc();
  demand.forecast_known = true;
  demand.forecast = 50'000;
  wait(150s);
  EXPECT_EQ(state("demand"), returned_unacknowledged);
}

TEST_F(ConsumptionRulesTest, DemandOfANodeOfTheSitesOwnIsForeseenAgainstItsOwnLimit) {
  demand.block_start = clock.utc();
  demand.forecast_known = true;
  demand.forecast = 38'000;
  wait(160s);
  ASSERT_EQ(state("tenants-demand"), unacknowledged);
  EXPECT_EQ(state("demand"), normal) << "of the compound 100 kW are allowed";
  EXPECT_EQ(
      alarm_message(site, record("tenants-demand"), true),
      "Tenants: the demand of this quarter hour will be 38.0 kW, it warns at 36.0 kW (90 % of the limit of 40.0 kW)");
}

TEST_F(ConsumptionRulesTest, ADemandRulesOwnLimitIsNamedBesideWhatItWarnsAt) {
  auto& rule = site.rules[site.source_of(alarm("demand")).rule];
  AlarmRecord told;
  told.alarm = alarm("demand");
  told.finding = AlarmFinding::demand_now;
  told.value = 460'000;
  told.limit = rule.limit = 0.9 * 500'000;
  EXPECT_EQ(
      alarm_message(site, told, true),
      "S: the demand of this quarter hour is 460.0 kW already, it warns at 450.0 kW (90 % of the limit of 500.0 kW)");
  rule.share = 1;
  rule.limit = told.limit = 500'000;
  EXPECT_EQ(alarm_message(site, told, false), "S 本时段需量已达 460.0 kW，限值 500.0 kW");
  told.limit = 440'000;  // of another configuration: what the limit was then is not known
  EXPECT_EQ(alarm_message(site, told, false), "S 本时段需量已达 460.0 kW，预警线 440.0 kW");
}

TEST_F(ConsumptionRulesTest, ALoadLeftOnSpeaksOfHoursOnlyWhereItsRuleDoes) {
  auto& rule = site.rules[site.source_of(alarm("left-on")).rule];
  AlarmRecord told;
  told.alarm = alarm("left-on");
  told.value = 1500;
  told.limit = 1300;
  for (const When when : {When::always, When::armed, When::off_hours_or_armed, When::working_hours}) {
    rule.when = when;
    EXPECT_EQ(alarm_message(site, told, false), "一号楼 仍有负荷 1500 W，基线上限 1300 W");
    EXPECT_EQ(alarm_message(site, told, true), "Building 1 still draws 1500 W, its base load's limit is 1300 W");
  }
}

// 6 of 100 kWh are over the 5 % that the node allows. What a sub-meter tells late, 2 kWh, brings them down to 4.
TEST_F(ConsumptionRulesTest, ABalanceIsJudgedByTheDayAndAgainWhenLateAmountsMendIt) {
  wait(60s);
  EXPECT_EQ(state("losses"), normal) << "no day is closed";
  balance = {.day = clock.utc(), .supplied = 100'000'000, .unaccounted = 6'000'000};
  wait(60s);
  ASSERT_EQ(state("losses"), unacknowledged);
  EXPECT_EQ(alarm_message(site, record("losses"), true), "Losses: 6.0 % is unaccounted for, the limit is 5.0 %");
  balance.unaccounted = 4'000'000;
  wait(60s);
  EXPECT_EQ(state("losses"), returned_unacknowledged);
}

TEST_F(ConsumptionRulesTest, ATapThatIsNeverTurnedOffIsToldAfterItsTime) {
  flow = 200;
  wait(19min);
  flow = 0;
  step(1s);
  flow = 200;
  step(1s);  // the first that is seen of it
  wait(20min - 1s, 1s);
  EXPECT_EQ(state("running"), normal);
  step(1s);
  ASSERT_EQ(state("running"), unacknowledged);
  EXPECT_EQ(alarm_message(site, record("running"), false), "卫生间 持续用水 200 升/小时，已超过 20 分钟");
}

TEST_F(ConsumptionRulesTest, ALeakIsFoundFromClosedMinutesAndGoesOnOverARestart) {
  const auto day = [&](double leak) {
    for (int m = 0; m < 1440; ++m) minute((m >= 480 && m < 1080 ? 10 : m % 97 == 0 ? 6 : 0) + leak);
  };
  for (int i = 0; i < 12; ++i) day(0);
  EXPECT_EQ(state("leak"), normal);
  std::vector<std::byte> learned;
  engine.save_learned(learned);
  AlarmEngine again(site, [this](const AlarmRecord& record) { journal.push_back(record); });
  again.restore({}, clock.now());
  ASSERT_TRUE(again.restore_learned(learned).has_value());
  journal.clear();
  for (int m = 0; m < 230; ++m) {
    clock.advance(60s);
    const auto start = std::chrono::floor<std::chrono::minutes>(clock.utc()) - 1min;
    const WindowRecord window{
        .node = site.node_of(MeterId{1}), .length = WindowLength::minute, .start = start, .amount = 1000};
    again.on_snapshot(snapshot(), clock.now());
    again.on_windows(std::span{&window, 1}, clock.now());
  }
  ASSERT_THAT(journal, testing::Contains(testing::Field(&AlarmRecord::alarm, alarm("leak"))));
  EXPECT_EQ(journal.back().finding, AlarmFinding::night_flow);
  EXPECT_THAT(alarm_message(site, journal.back(), true), testing::HasSubstr("60 L/h"));
}

TEST_F(ConsumptionRulesTest, APersonCountsOutOfHoursOnly) {
  wait(10h, 600s);  // ten in the morning
  say(1, Quantity::person, true);
  EXPECT_EQ(state("person"), normal);
  wait(9h, 600s);  // still there in the evening
  EXPECT_EQ(state("person"), unacknowledged);
  wait(14h, 600s);
  EXPECT_EQ(state("person"), returned_unacknowledged) << "people are back at work";
}

TEST_F(ConsumptionRulesTest, WhileNobodyKnowsTheTimeHoursRaiseNothingAndClearNothing) {
  wait(20h, 600s);
  say(1, Quantity::person, true);
  ASSERT_EQ(state("person"), unacknowledged);
  const auto kept = engine.standing();
  journal.clear();
  AlarmEngine again(site, [this](const AlarmRecord& record) { journal.push_back(record); });
  const auto now = [&] { return TimeNow{clock.monotonic(), provisional_utc(clock.monotonic())}; };
  again.restore(kept, now());
  again.on_reading(Reading::flag(site.point_of(SensorId{0}, Quantity::open), clock.monotonic(), true), now());
  for (int i = 0; i < 300; ++i) {
    clock.advance(1s);
    again.advance(now());
  }
  EXPECT_TRUE(journal.empty());
  EXPECT_EQ(again.standing().size(), 1u);
  for (int i = 0; i < 100; ++i) {  // now it is known to be evening
    clock.advance(1s);
    again.advance(clock.now());
  }
  ASSERT_EQ(again.standing().size(), 2u);
}

TEST_F(ConsumptionRulesTest, AnArmedAreaCountsAtAnyHour) {
  wait(10h, 600s);
  say(0, Quantity::open, true);
  wait(5min);
  EXPECT_EQ(state("door"), normal);
  ModeRecord arm;
  arm.kind = ModeRecord::Kind::armed;
  arm.subject = "b1";
  arm.value = "1";
  arm.by = "Chen";
  ASSERT_TRUE(engine.run(arm, clock.now()).has_value());
  wait(1min);
  EXPECT_EQ(state("door"), unacknowledged);
  EXPECT_EQ(modes.size(), 1u);
  EXPECT_EQ(modes[0].by, "Chen");
}

TEST_F(ConsumptionRulesTest, OneSwitchTightensWhatWaitsToo) {
  wait(10h, 600s);
  say(0, Quantity::open, true);
  flow = 20;  // under the usual 30 L/h
  wait(30min);
  EXPECT_TRUE(engine.standing().empty());
  switch_to("typhoon");  // off hours all day, half the limits and delays, doors after 5 s
  wait(4s, 1s);
  EXPECT_EQ(state("door"), normal);
  wait(1s, 1s);
  EXPECT_EQ(state("door"), unacknowledged);
  wait(10min);
  EXPECT_EQ(state("running"), unacknowledged);
  switch_to("");
  wait(10s);
  EXPECT_EQ(state("door"), returned_unacknowledged) << "it is working time again";
  EXPECT_EQ(state("running"), returned_unacknowledged);
  ModeRecord wrong;
  wrong.value = "earthquake";
  EXPECT_EQ(engine.run(wrong, clock.now()).error().code, std::errc::invalid_argument);
}

TEST_F(ConsumptionRulesTest, AValueHasToComeBackByItsDeadband) {
  const auto point = site.point_of(SensorId{0}, Quantity::temperature);
  const auto temperature = [&](double value) {
    engine.on_reading(Reading::gauge(point, clock.monotonic(), value), clock.now());
    wait(1s, 1s);
  };
  temperature(27.9);
  EXPECT_EQ(state("warm"), normal);
  temperature(28.1);
  EXPECT_EQ(state("warm"), unacknowledged);
  EXPECT_EQ(record("warm").limit, 28);
  temperature(26.5);
  EXPECT_EQ(state("warm"), unacknowledged);
  temperature(25.9);
  EXPECT_EQ(state("warm"), returned_unacknowledged);
  EXPECT_EQ(journal.size(), 2u);
}

// A battery sensor may not speak for an hour: what it said last is held against the new limit at once.
TEST_F(ConsumptionRulesTest, AModesLimitsHoldAtOnceForWhatWasMeasuredBefore) {
  const auto gauge = [&](Quantity quantity, double value, Quality quality = Quality::good) {
    const auto point = site.point_of(SensorId{0}, quantity);
    engine.on_reading(Reading::gauge(point, clock.monotonic(), value).with_quality(quality), clock.now());
  };
  gauge(Quantity::temperature, 20);
  gauge(Quantity::battery_pct, 20);
  balance = {.day = clock.utc(), .supplied = 100'000'000, .unaccounted = 4'000'000};
  wait(10s, 1s);
  EXPECT_TRUE(engine.standing().empty());
  switch_to("typhoon");
  wait(1s, 1s);
  EXPECT_EQ(state("warm"), unacknowledged) << "above 14 instead of 28";
  EXPECT_EQ(state("battery"), unacknowledged) << "below 30 instead of 15: a mode tightens";
  EXPECT_EQ(state("losses"), unacknowledged) << "3 % instead of 5";
  switch_to("");
  wait(1s, 1s);
  for (const auto* rule : {"warm", "battery", "losses"}) EXPECT_EQ(state(rule), returned_unacknowledged) << rule;
  journal.clear();
  gauge(Quantity::temperature, 0, Quality::bad);
  switch_to("typhoon");
  wait(1s, 1s);
  EXPECT_EQ(state("warm"), returned_unacknowledged) << "nobody knows how warm it is";
}

TEST_F(ConsumptionRulesTest, AClockThatWasAheadDoesNotBlindTheRulesOnWater) {
  const auto day = [&](double leak) {
    for (int m = 0; m < 1440; ++m) minute((m >= 480 && m < 1080 ? 10 : m % 97 == 0 ? 6 : 0) + leak);
  };
  for (int i = 0; i < 12; ++i) day(0);
  clock.step_wall_clock(24h * 40);
  for (int i = 0; i < 5; ++i) minute(0);
  clock.step_wall_clock(-24h * 40);
  for (int m = 5; m < 1440; ++m) minute(0);
  EXPECT_EQ(state("leak"), normal);
  day(1);
  EXPECT_EQ(state("leak"), unacknowledged);
}

// A pulse between two readings is spread over the minutes that they lie in. Two pulses in every hour of a night are
// what the rule forgives.
TEST_F(ConsumptionRulesTest, ThePulseOfAMeterIsLearnedFromItsCounter) {
  const auto night_and_day = [&](int every) {
    for (int m = 0; m < 1440; ++m) {
      const bool pulse = m < 480 ? every > 0 && m % every == 0 : m < 1080;
      counted += pulse ? 10 : 0;
      minute(pulse ? (m == 1000 ? 9.75 : 10) : (m == 1080 ? 0.25 : 0));
    }
  };
  for (int i = 0; i < 30; ++i) night_and_day(0);
  night_and_day(27);
  EXPECT_EQ(state("leak"), normal);
  night_and_day(9);
  EXPECT_EQ(state("leak"), unacknowledged) << "sixty litres an hour are a leak";
}

TEST_F(ConsumptionRulesTest, AGivenBaseLoadStandsUntilThreeNightsAreKnownAndNoLonger) {
  BaseLoad base(300.0);
  std::int64_t at = 20'000LL * 1440;
  for (int night = 0; night < 3; ++night) {
    EXPECT_EQ(base.watts(), 300.0) << night;
    for (int m = 0; m < 1440; ++m) base.minute(at++, 1000);
  }
  EXPECT_EQ(base.watts(), 1000.0);
  // The clock was a month ahead for a minute.
  base.minute(at + 30 * 1440, 5000);
  for (int night = 0; night < 22; ++night)
    for (int m = 0; m < 1440; ++m) base.minute(at++, 2000);
  EXPECT_EQ(base.watts(), 2000.0);
}

}  // namespace
}  // namespace gateway
