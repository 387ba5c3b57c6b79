// FAULTS 26, 27, 28: boots in the past, steps of the wall clock, days that are not 24 hours long. The core and the
// store as they are in the program, on a clock that the test turns. After each: every reading is in the store once,
// with the time it was taken at, and the windows add up to what the counter counted.
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/store/store.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "firmware-gateway/app/core_loop.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t every_second_mwh = 1250;  // 4.5 kW

// Thousands of commits with their syncs: not on a disk.
struct InMemory {
  InMemory() { ::setenv("TMPDIR", "/dev/shm", 0); }
};

// A box with one meter that is polled every second, and a door: the box is switched on and off, the meter counts on.
class ClockFault : private InMemory, public ::testing::Test {
 protected:
  explicit ClockFault(std::string zone = "Asia/Shanghai") {
    site.time_zone = zone;
    site.time = *SiteTime::find(zone);
  }

  void switch_on(std::string boot) {
    StoreOptions options;
    options.boot_id = boot;
    auto opened = Store::open(folder.path(), site, clock.now(), options);
    ASSERT_TRUE(opened) << opened.error().message();
    store.emplace(std::move(*opened));
    CoreOutputs out;
    out.hand_over = [this](std::unique_ptr<Batch>& batch, bool) {
      EXPECT_TRUE(store->commit(*batch, clock.now()));
      handed_over += batch->readings.size();
      batch->clear();
      return true;
    };
    out.live = [this](std::shared_ptr<const LiveSnapshot> snapshot) { live = std::move(snapshot); };
    out.sensors_changed = [](std::vector<Reading>) {};
    out.alarm_changed = [this](const AlarmRecord& record) { alarms.push_back(record); };
    core = std::make_unique<CoreLoop>(site, boot, std::move(out));
    const auto memory = store->clock_memory();
    core->doubt_clock(ClockBelief(site.clock, memory.last_stored, memory.believed_this_boot), clock);
    ASSERT_TRUE(core->restore({*store->load_checkpoint(), {}, *store->load_alarms(), {}}, clock.now()));
  }
  // As by SIGKILL: what is not committed is gone.
  void kill() {
    core.reset();
    store.reset();
  }

  void poll() {
    const MeterId main = test::meter_named(site, "main");
    const auto at = clock.monotonic();
    core->mailbox().try_push(Reading::gauge(site.point_of(main, Quantity::active_power), at, 4500 + polls % 7));
    core->mailbox().try_push(Reading::counter(site.point_of(main, Quantity::energy_import), at, counter));
    ++polls;
  }
  void run(std::chrono::seconds time, bool polling = true) {
    for (auto i = 0s; i < time; ++i) {
      counter += every_second_mwh;
      if (polling) poll();
      core->step(clock.now());
      clock.advance(1s);
    }
  }
  void door(bool open) {
    core->mailbox().try_push(Reading::flag(site.point_of(SensorId{0}, Quantity::open), clock.monotonic(), open));
    core->step(clock.now());
  }
  // Lets every window close that still can.
  void settle() {
    for (int i = 0; i < 1000; ++i) {
      core->step(clock.now());
      clock.advance(1s);
    }
  }

  // measurement and tags -> time in ms -> times it is in the outbox.
  std::map<std::string, std::map<std::int64_t, int>> points() {
    std::map<std::string, std::map<std::int64_t, int>> all;
    Pick pick;
    pick.most_rows = 1'000'000;
    pick.most_bytes = 1 << 28;
    pick.most_lines = 100'000'000;
    const auto queued = store->next(0, pick);
    EXPECT_TRUE(queued);
    const std::string text = queued->body.empty() ? "" : gunzip(queued->body, 1 << 28).value_or("damaged");
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      ++all[line.substr(0, line.find(' '))][std::stoll(line.substr(line.rfind(' ') + 1))];
      at = end == std::string::npos ? text.size() : end + 1;
    }
    const SinkFigures f = store->figures(0);
    EXPECT_EQ(f.kept_lines, f.delivered_lines + f.queued_lines + f.dead_lines + f.dropped_lines);
    EXPECT_EQ(queued->lines, f.queued_lines);
    return all;
  }
  std::map<std::int64_t, int> meter_points() {
    for (auto& [series, times] : points())
      if (series.starts_with("electricity,")) return times;
    return {};
  }
  History windows(WindowLength length) {
    auto reader = StoreReader::open(store->file(), site);
    EXPECT_TRUE(reader);
    return *reader->history(site.node_of(test::meter_named(site, "main")), length, UtcTime{}, utc_from_ms(9e12),
                            1'000'000);
  }
  std::int64_t booked(WindowLength length = WindowLength::minute) {
    std::int64_t sum = 0;
    for (const auto& window : windows(length).windows) {
      EXPECT_GE(window.amount, 0);
      sum += window.amount;
    }
    return sum;
  }
  void expect_each_point_once(std::size_t count) {
    const auto times = meter_points();
    EXPECT_EQ(times.size(), count);
    for (const auto& [time, times_there] : times) EXPECT_EQ(times_there, 1) << time;
  }

  Site site = test::store_site();
  test::TemporaryFolder folder;
  test::FakeClock clock;
  std::optional<Store> store;
  std::unique_ptr<CoreLoop> core;
  std::shared_ptr<const LiveSnapshot> live;
  std::vector<AlarmRecord> alarms;
  std::int64_t counter = 7'000'000;
  int polls = 0;
  std::size_t handed_over = 0;
};

TEST_F(ClockFault, ABoxThatBootsIn1970HoldsItsReadingsAndDatesThemBackWhenTheClockIsSet) {
  clock.set_wall_clock(UtcTime{40s});
  clock.set_source(ClockSource::nothing);
  switch_on("boot-1");
  const auto booted = clock.monotonic();
  const auto first = counter + every_second_mwh;
  run(200s);
  EXPECT_TRUE(points().empty()) << "nothing is stamped yet";
  EXPECT_FALSE(core->clock_status().known);
  EXPECT_EQ(core->clock_status().doubt, ClockBelief::Doubt::before_first);
  ASSERT_TRUE(live);
  EXPECT_FALSE(live->clock_known);
  EXPECT_TRUE(live->nodes.at(0).rate_known || live->points.at(0).seen()) << "the live picture goes on";

  clock.set_wall_clock(test::FakeClock::monday_midnight + 10h);  // NTP steps
  clock.set_source(ClockSource::synchronised);
  const auto offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
  run(100s);
  settle();
  EXPECT_TRUE(core->clock_status().known);
  EXPECT_EQ(core->clock_status().held_readings, 0u);
  EXPECT_TRUE(live->clock_known);
  expect_each_point_once(300);
  std::size_t second = 0;
  for (const auto& [ms, count] : meter_points())
    EXPECT_EQ(ms, to_ms(UtcTime{(booted + std::chrono::seconds{second++}).time_since_epoch() + offset}));
  EXPECT_EQ(booked(), counter - first);
  for (const auto& window : windows(WindowLength::minute).windows) {
    EXPECT_GE(window.start, test::FakeClock::monday_midnight + 10h - 4min);
    EXPECT_LE(window.start, test::FakeClock::monday_midnight + 10h + 2min);
    EXPECT_EQ(window.estimated, 0);
  }
}

TEST_F(ClockFault, ABoxWithoutAClockThatBootsTwoWeeksBackBooksTheWeeksBetween) {
  clock.set_source(ClockSource::synchronised);
  switch_on("boot-1");
  const auto first = counter + every_second_mwh;
  run(120s);
  kill();
  const auto points_before = 120u;

  // Switched off for two weeks; the board goes on from where it was switched off, a few seconds later.
  counter += 14 * 86'400 * every_second_mwh / 100;
  test::FakeClock& board = clock;
  const auto wrong = board.utc() + 5s;
  board.set_source(ClockSource::nothing);
  board.set_wall_clock(wrong);
  switch_on("boot-2");
  EXPECT_EQ(core->clock_status().doubt, ClockBelief::Doubt::not_synchronised);
  run(60s);
  EXPECT_EQ(meter_points().size(), points_before);
  board.set_wall_clock(wrong + std::chrono::days{14} + 60s);
  board.set_source(ClockSource::synchronised);
  run(60s);
  settle();
  expect_each_point_once(points_before + 120);
  for (const auto& [ms, count] : meter_points())
    EXPECT_TRUE(ms < to_ms(wrong) || ms >= to_ms(wrong + std::chrono::days{14})) << ms;
  // By day: a gap of weeks is not cut into minutes.
  EXPECT_EQ(booked(WindowLength::quarter), counter - first);
}

TEST_F(ClockFault, AClockBehindWhatIsStoredIsNotBelievedUnlessTheSiteSaysSo) {
  switch_on("boot-1");
  run(30s);
  kill();
  clock.step_wall_clock(-2h);
  switch_on("boot-2");
  EXPECT_EQ(core->clock_status().doubt, ClockBelief::Doubt::before_stored);
  kill();
  site.clock = ClockPolicy::trust;
  switch_on("boot-3");
  EXPECT_TRUE(core->clock_status().known);
}

TEST_F(ClockFault, ARestartInTheSameBootBelievesTheClockThatWasBelievedBefore) {
  clock.set_source(ClockSource::synchronised);
  switch_on("boot-1");
  run(30s);
  kill();
  clock.set_source(ClockSource::nothing);  // the kernel forgets after some hours without a server
  switch_on("boot-1");
  EXPECT_TRUE(core->clock_status().known);
  kill();
  switch_on("boot-2");
  EXPECT_FALSE(core->clock_status().known);
}

TEST_F(ClockFault, AnAlarmBeforeTheClockIsKnownIsKeptAtOnceAndDatedBackEvenOverARestart) {
  clock.set_wall_clock(UtcTime{40s});
  clock.set_source(ClockSource::nothing);
  switch_on("boot-1");
  run(5s);
  door(true);
  run(40s);
  ASSERT_EQ(alarms.size(), 1u);
  EXPECT_TRUE(is_provisional(alarms[0].raised));
  const auto raised = MonotonicTime{alarms[0].raised.time_since_epoch()};
  kill();

  switch_on("boot-1");
  ASSERT_EQ(store->load_alarms()->size(), 1u) << "the state is there";
  run(5s);
  clock.set_wall_clock(test::FakeClock::monday_midnight);
  clock.set_source(ClockSource::synchronised);
  run(5s);
  const auto offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
  const UtcTime truly{raised.time_since_epoch() + offset};
  EXPECT_EQ(store->load_alarms()->at(0).raised, truly);
  auto reader = StoreReader::open(store->file(), site);
  ASSERT_EQ(reader->alarm_journal(10)->size(), 1u);
  EXPECT_EQ(reader->alarm_journal(10)->at(0).record.changed, truly);
  int sent = 0;
  for (const auto& [series, times] : points())
    if (series.starts_with("alarm,"))
      for (const auto& [ms, count] : times) {
        EXPECT_NEAR(static_cast<double>(ms), static_cast<double>(to_ms(truly)), 4);
        sent += count;
      }
  EXPECT_EQ(sent, 1);
}

TEST_F(ClockFault, WhatAnEarlierBootCouldNotDateIsDatedWithTheLastTimeKnownAndNotSent) {
  clock.set_source(ClockSource::synchronised);
  switch_on("boot-1");
  run(90s);
  const auto known = to_ms(clock.utc());
  kill();
  clock.set_wall_clock(UtcTime{40s});
  clock.set_source(ClockSource::nothing);
  switch_on("boot-2");
  door(true);
  run(40s);
  ASSERT_EQ(alarms.size(), 1u);
  kill();
  switch_on("boot-3");
  const auto record = store->load_alarms()->at(0);
  EXPECT_LE(to_ms(record.raised), known);
  EXPECT_GE(to_ms(record.raised), known - 90'000);
  for (const auto& [series, times] : points()) EXPECT_FALSE(series.starts_with("alarm,")) << series;
}

TEST_F(ClockFault, WhatIsHeldIsBoundedAndNoEnergyIsLostWithIt) {
  clock.set_wall_clock(UtcTime{40s});
  clock.set_source(ClockSource::nothing);
  switch_on("boot-1");
  const auto first = counter + every_second_mwh;
  const auto rounds = CoreLoop::most_held / 2 + 1000;
  run(std::chrono::seconds{rounds});
  EXPECT_EQ(core->clock_status().held_readings, CoreLoop::most_held);
  EXPECT_EQ(core->dropped_readings(), 2000u);
  clock.set_wall_clock(test::FakeClock::monday_midnight);
  clock.set_source(ClockSource::synchronised);
  for (int i = 0; i < 200; ++i) core->step(clock.now());
  settle();
  EXPECT_EQ(handed_over + core->dropped_readings(), 2 * rounds);
  EXPECT_EQ(booked(WindowLength::quarter), counter - first - 1000 * every_second_mwh);
}

TEST_F(ClockFault, TheWallClockSteppingBackAnHourOverwritesNothingAndCountsNothingTwice) {
  switch_on("boot-1");
  const auto first = counter + every_second_mwh;
  run(2h);
  door(true);
  run(10s);
  clock.step_wall_clock(-1h);  // exactly: every poll falls on a millisecond that has been
  run(15s);
  EXPECT_TRUE(alarms.empty()) << "the delay of 30 s runs on";
  run(6s);
  EXPECT_EQ(alarms.size(), 1u);
  run(2h);
  clock.step_wall_clock(-30min);
  run(10min);
  kill();
  switch_on("boot-1");  // and over a restart
  run(1s);
  clock.step_wall_clock(-5min);
  run(1h);
  settle();
  expect_each_point_once(static_cast<std::size_t>(polls));
  EXPECT_EQ(booked(), counter - first);
  EXPECT_EQ(booked(WindowLength::quarter), counter - first);
  EXPECT_GE(core->clock_status().steps, 1u);
}

TEST_F(ClockFault, TheWallClockSteppingForwardLosesNoWattHour) {
  switch_on("boot-1");
  const auto first = counter + every_second_mwh;
  run(10min);
  for (const auto by : {std::chrono::nanoseconds{3s}, std::chrono::nanoseconds{8h}, std::chrono::nanoseconds{72h}}) {
    clock.step_wall_clock(by);
    run(10min);
  }
  settle();
  expect_each_point_once(static_cast<std::size_t>(polls));
  EXPECT_EQ(booked(), counter - first);
}

struct Day {
  std::string zone;
  UtcTime begin;  // an hour before the day's first midnight
  std::vector<int> hours;
};

class SpecialDay : public ClockFault, public ::testing::WithParamInterface<Day> {
 protected:
  SpecialDay() : ClockFault(GetParam().zone) {}
};

TEST_P(SpecialDay, EachWattHourIsInOneDayAndTheDayIsAsLongAsItIs) {
  clock.set_wall_clock(GetParam().begin);
  switch_on("boot-1");
  const auto first = counter + every_second_mwh * 60;
  for (int minute = 0; minute < 60 * 24 * static_cast<int>(GetParam().hours.size()) + 150; ++minute) {
    counter += every_second_mwh * 60;
    poll();
    core->step(clock.now());
    clock.advance(1min);
  }
  settle();
  EXPECT_EQ(booked(), counter - first);
  const auto days = windows(WindowLength::day).windows;
  ASSERT_GT(days.size(), GetParam().hours.size());
  for (std::size_t i = 0; i < GetParam().hours.size(); ++i) {
    EXPECT_EQ(days[i + 1].start, GetParam().begin + 1h + (i == 0 ? 0h : std::chrono::hours{GetParam().hours[0]}));
    EXPECT_EQ(days[i + 1].amount, GetParam().hours[i] * 3600 * every_second_mwh) << i;
  }
}

constexpr UtcTime at(std::chrono::year_month_day day, std::chrono::nanoseconds time) {
  return UtcTime{std::chrono::sys_days{day}} + time;
}
using std::chrono::February, std::chrono::March, std::chrono::October, std::chrono::January;

INSTANTIATE_TEST_SUITE_P(Days, SpecialDay,
                         ::testing::Values(Day{"Asia/Shanghai", at(2028y / February / 28, 15h), {24, 24}},
                                           Day{"Europe/Berlin", at(2026y / March / 28, 22h), {23, 24}},
                                           Day{"Europe/Berlin", at(2026y / October / 24, 21h), {25, 24}},
                                           Day{"Asia/Shanghai", at(2038y / January / 18, 15h), {24, 24}},
                                           Day{"Asia/Shanghai", at(2044y / February / 28, 15h), {24, 24}}));

TEST(ClockSources, TheMachinesOwnClockIsToldWithoutAnError) {
  const SystemClock clock;
  const auto source = clock.source();
  EXPECT_TRUE(source == ClockSource::nothing || source == ClockSource::own_clock ||
              source == ClockSource::synchronised);
}

TEST(ClockBeliefs, EachPolicyAsDocumented) {
  const UtcTime now = test::FakeClock::monday_midnight;
  struct Case {
    ClockPolicy policy;
    UtcTime stored;
    bool this_boot;
    ClockSource source;
    UtcTime utc;
    ClockBelief::Doubt doubt;
  };
  using D = ClockBelief::Doubt;
  using P = ClockPolicy;
  using S = ClockSource;
  for (const auto& [policy, stored, this_boot, source, utc, doubt] :
       {Case{P::automatic, {}, false, S::own_clock, now, D::none},
        Case{P::automatic, {}, false, S::own_clock, UtcTime{1h}, D::before_first},
        Case{P::automatic, {}, false, S::synchronised, UtcTime{1h}, D::before_first},
        Case{P::automatic, now, false, S::own_clock, now - 1h, D::before_stored},
        Case{P::automatic, now, false, S::own_clock, now - 30s, D::none},
        Case{P::automatic, now + 24h * 3650, false, S::synchronised, now, D::none},
        Case{P::automatic, {}, false, S::nothing, now, D::not_synchronised},
        Case{P::automatic, {}, true, S::nothing, now, D::none},
        Case{P::automatic, now, true, S::nothing, now - 1h, D::before_stored},
        Case{P::trust, now, false, S::nothing, now - 1h, D::none},
        Case{P::trust, {}, false, S::nothing, UtcTime{1h}, D::before_first},
        Case{P::synchronised, {}, false, S::own_clock, now, D::not_synchronised},
        Case{P::synchronised, {}, true, S::own_clock, now, D::none},
        Case{P::synchronised, {}, false, S::synchronised, now, D::none}}) {
    ClockBelief belief(policy, stored, this_boot);
    EXPECT_EQ(belief.look(utc, source), doubt == D::none);
    EXPECT_EQ(belief.doubt(), doubt);
    EXPECT_EQ(describe(doubt, true).empty(), doubt == D::none);
    EXPECT_EQ(describe(doubt, false).empty(), doubt == D::none);
  }
}

TEST(ClockBeliefs, OnceBelievedAStepBackIsNoDoubt) {
  ClockBelief belief(ClockPolicy::automatic, {}, false);
  EXPECT_TRUE(belief.look(test::FakeClock::monday_midnight, ClockSource::own_clock));
  EXPECT_TRUE(belief.look(UtcTime{1h}, ClockSource::nothing));
}

}  // namespace
}  // namespace gateway
