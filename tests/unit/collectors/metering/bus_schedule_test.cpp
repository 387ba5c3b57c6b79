#include "collectors/metering/bus_schedule.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime start{1000s};

std::vector<BusSchedule::Task> one_task_each(const std::vector<std::chrono::nanoseconds>& intervals) {
  std::vector<BusSchedule::Task> tasks;
  for (std::size_t i = 0; i < intervals.size(); ++i) tasks.push_back({i, intervals[i]});
  return tasks;
}

// Runs a bus for a while: every answer takes `answer`, a dead meter its whole timeout.
struct Run {
  std::vector<int> polls;
  std::uint64_t missed = 0;
};
Run run(std::vector<std::chrono::nanoseconds> intervals, std::size_t dead, std::chrono::nanoseconds answer,
        std::chrono::nanoseconds time, MonotonicTime back = MonotonicTime::max()) {
  BusSchedule schedule(one_task_each(intervals), start);
  Run out{std::vector<int>(intervals.size()), 0};
  auto now = start;
  while (now < start + time) {
    const auto turn = schedule.next();
    now = std::max(now, turn.due);
    if (turn.task == dead && now < back) {
      now += turn.probe ? 150ms : 500ms;
      schedule.failed(turn.task, now);
    } else {
      now += answer;
      schedule.answered(turn.task, now);
      ++out.polls[turn.task];
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
  BusSchedule schedule(one_task_each({5s, 1s, 1s}), begun, 20ms);
  for (std::size_t i = 0; i < 3; ++i) {  // everything at once to begin with
    const auto turn = schedule.next();
    EXPECT_LE(turn.due, begun);
    schedule.answered(turn.task, begun + 1ms);
  }
  EXPECT_EQ(schedule.next().due, start + 1s + 20ms);
  schedule.answered(schedule.next().task, start + 1s + 30ms);
  EXPECT_EQ(schedule.next().due, start + 1s + 20ms);
  schedule.answered(schedule.next().task, start + 1s + 40ms);
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

TEST(BusSchedule, ABusyBusCatchesUpAfterADeadMeterHeldItUp) {
  // 29 living meters take 29 * 32 ms = 93 % of the second; each wait for the dead one pushes them over the second's
  // end.
  const auto result = run(std::vector<std::chrono::nanoseconds>(30, 1s), 7, 32ms, 600s);
  for (std::size_t i = 0; i < 30; ++i)
    if (i != 7) {
      EXPECT_GT(result.polls[i], 600 / 1.02) << i;
    }
}

TEST(BusSchedule, OverloadIsSharedInProportionToWhatWasAskedFor) {
  // Asks for twice what there is; the seldom ones are late by no more than their own interval.
  const auto result = run({1s, 1s, 1s, 1s, 10s, 10s}, 99, 500ms, 600s);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(result.polls[i], result.polls[0], 2) << i;
  for (std::size_t i = 4; i < 6; ++i) EXPECT_GT(result.polls[i], 50) << i;
}

TEST(BusSchedule, CountersAreReadSeldomAndAllTasksOfADeadMeterPauseTogether) {
  BusSchedule schedule({{0, 1s}, {0, 10s}, {1, 1s}}, start);
  std::vector<int> polls(3);
  auto now = start;
  const auto run_until = [&](MonotonicTime end, bool dead) {
    while (true) {
      const auto turn = schedule.next();
      if (turn.due >= end) break;
      now = std::max(now, turn.due) + 10ms;
      ++polls[turn.task];
      if (dead && turn.task < 2) {
        schedule.failed(turn.task, now);
      } else {
        schedule.answered(turn.task, now);
      }
    }
  };
  run_until(start + 100s, false);
  EXPECT_NEAR(polls[0], 100, 1);
  EXPECT_NEAR(polls[1], 10, 1);
  polls = {0, 0, 0};
  run_until(start + 200s, true);
  EXPECT_LT(polls[0] + polls[1], 12);
  EXPECT_NEAR(polls[2], 100, 1);
  polls = {0, 0, 0};
  run_until(start + 300s, false);
  EXPECT_GT(polls[0], 65);
  EXPECT_GT(polls[1], 5);
}

TEST(BusSchedule, WhenTheLineComesBackEverybodyIsDueAndNobodyIsBlamed) {
  BusSchedule schedule(one_task_each({1s, 60s}), start);
  for (int i = 0; i < 5; ++i) schedule.failed(0, start + 1s);
  schedule.line_is_back(start + 30s);
  EXPECT_LE(schedule.next().due, start + 30s);
  EXPECT_FALSE(schedule.next().probe);
}

}  // namespace
}  // namespace gateway
