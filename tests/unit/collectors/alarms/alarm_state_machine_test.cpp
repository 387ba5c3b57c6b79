#include "collectors/alarms/alarm_state_machine.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using enum AlarmState;

constexpr MonotonicTime start{1000s};

struct Machine : AlarmStateMachine {
  bool now_is(bool condition, std::chrono::nanoseconds at = 0ns, std::chrono::nanoseconds on = 0ns,
              std::chrono::nanoseconds off = 0ns) {
    return set_condition(condition, start + at, on, off, start + at);
  }
};

// Section 4.1 of the ISA-18.2 state table, transition by transition.
TEST(AlarmStateMachine, FollowsTheStandardsTransitions) {
  Machine machine;
  EXPECT_TRUE(machine.now_is(true));
  EXPECT_EQ(machine.state(), unacknowledged);
  EXPECT_TRUE(machine.acknowledge());
  EXPECT_EQ(machine.state(), acknowledged);
  EXPECT_FALSE(machine.acknowledge());
  EXPECT_TRUE(machine.now_is(false));
  EXPECT_EQ(machine.state(), normal);
  machine.now_is(true);
  EXPECT_TRUE(machine.now_is(false));
  EXPECT_EQ(machine.state(), returned_unacknowledged);
  EXPECT_TRUE(machine.now_is(true));
  EXPECT_EQ(machine.state(), unacknowledged);
  machine.now_is(false);
  EXPECT_TRUE(machine.acknowledge());
  EXPECT_EQ(machine.state(), normal);
}

TEST(AlarmStateMachine, DelaysRunFromWhenTheConditionBeganNotFromWhenItWasHeardOf) {
  Machine machine;
  EXPECT_FALSE(machine.set_condition(true, start, 10s, 0s, start + 4s));
  EXPECT_EQ(machine.deadline(), start + 10s);
  EXPECT_FALSE(machine.advance(start + 9s));
  EXPECT_TRUE(machine.advance(start + 10s));
  EXPECT_FALSE(machine.deadline());
}

TEST(AlarmStateMachine, AnOffDelayKeepsAChatteringConditionOneAlarm) {
  Machine machine;
  machine.now_is(true, 0s, 0s, 5s);
  for (auto at = 1s; at < 60s; at += 2s) {
    EXPECT_FALSE(machine.now_is(false, at, 0s, 5s));
    EXPECT_FALSE(machine.now_is(true, at + 1s, 0s, 5s));
  }
  EXPECT_EQ(machine.state(), unacknowledged);
}

}  // namespace
}  // namespace gateway
