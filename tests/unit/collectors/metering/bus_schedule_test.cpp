#include "collectors/metering/bus_schedule.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime start{1000s};

// Runs a bus for a while: every answer takes `answer`, a dead meter its whole timeout.
struct Run {
  std::vector<int> polls;
  std::uint64_t missed = 0;
};
Run run(std::vector<std::chrono::nanoseconds> intervals, std::size_t dead, std::chrono::nanoseconds answer,
        std::chrono::nanoseconds time, MonotonicTime back = MonotonicTime::max()) {
  BusSchedule schedule(intervals, start);
  Run out{std::vector<int>(intervals.size()), 0};
  auto now = start;
  while (now < start + time) {
    const auto turn = schedule.next();
    now = std::max(now, turn.due);
    if (turn.meter == dead && now < back) {
      now += turn.probe ? 150ms : 500ms;
      schedule.failed(turn.meter, now);
    } else {
      now += answer;
      schedule.answered(turn.meter, now);
      ++out.polls[turn.meter];
    }
  }
  out.missed = schedule.missed();
  return out;
}

TEST(BusSchedule, EveryMeterKeepsItsInterval) {
  const auto result = run({1s, 5s, 1s}, 99, 10ms, 100s);
  EXPECT_NEAR(result.polls[0], 100, 1);
  EXPECT_NEAR(result.polls[1], 20, 1);
  EXPECT_NEAR(result.polls[2], 100, 1);
  EXPECT_EQ(result.missed, 0u);
}

TEST(BusSchedule, MetersOfOneIntervalAreReadTogetherOnTheGridOfAllBuses) {
  const auto begun = start + 370ms;
  BusSchedule schedule({5s, 1s, 1s}, begun, 20ms);
  for (std::size_t i = 0; i < 3; ++i) {  // everything at once to begin with
    const auto turn = schedule.next();
    EXPECT_LE(turn.due, begun);
    schedule.answered(turn.meter, begun + 1ms);
  }
  EXPECT_EQ(schedule.next().due, start + 1s + 20ms);
  schedule.answered(schedule.next().meter, start + 1s + 30ms);
  EXPECT_EQ(schedule.next().due, start + 1s + 20ms);
  schedule.answered(schedule.next().meter, start + 1s + 40ms);
  EXPECT_EQ(schedule.next().due, start + 2s + 20ms);
  EXPECT_EQ(schedule.missed(), 0u);
}

TEST(BusSchedule, OneDeadOfThirtyStretchesTheOthersByLessThanTwoPercent) {
  const auto result = run(std::vector<std::chrono::nanoseconds>(30, 1s), 7, 20ms, 600s);
  EXPECT_EQ(result.polls[7], 0);
  for (std::size_t i = 0; i < 30; ++i)
    if (i != 7) {
      EXPECT_GT(result.polls[i], 600 / 1.02) << i;
    }
}

TEST(BusSchedule, ADeadMeterThatComesBackIsAtItsIntervalAgain) {
  const auto result = run({1s, 1s}, 0, 10ms, 200s, start + 100s);
  EXPECT_GT(result.polls[0], 65);  // found within half a minute, then every second
}

TEST(BusSchedule, AnOverloadedBusIsSharedFairly) {
  const auto result =
      run(std::vector<std::chrono::nanoseconds>(10, 1s), 99, 300ms, 300s);  // asks for three times what there is
  for (const auto polls : result.polls) EXPECT_NEAR(polls, 100, 3);
  EXPECT_GT(result.missed, 0u);
}

}  // namespace
}  // namespace gateway
