#include "firmware-gateway/app/log_limit.hpp"

#include <string>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

class LogLines : public testing::Test {
 protected:
  bool passes(const std::string& text) { return limit.look_at(text, now).pass; }
  LogLimit limit;
  LogLimit::Time now{1h};
};

TEST_F(LogLines, TheFirstFiveOfAKindPassAndThenOneInTenMinutesThatSaysForHowMany) {
  int passed = 0;
  for (int second = 0; second < 599; ++second, now += 1s) passed += passes("the store can't write: disk full");
  EXPECT_EQ(passed, 5);
  now += 10min;
  const auto verdict = limit.look_at("the store can't write: disk full", now);
  EXPECT_TRUE(verdict.pass);
  EXPECT_EQ(verdict.like_this, 594U);
}

TEST_F(LogLines, ThatDifferInNumbersOnlyAreOfOneKind) {
  int passed = 0;
  for (int i = 0; i < 100; ++i)
    passed += passes("bus a: " + std::to_string(i * 7) + " timeouts in " + std::to_string(i) + ".5 s");
  EXPECT_EQ(passed, 5);
  EXPECT_TRUE(passes("bus b: 1 timeout"));
}

TEST_F(LogLines, OfAKindThatWasSilentForAnHourAreNewAgain) {
  for (int i = 0; i < 10; ++i) passes("connection lost");
  EXPECT_FALSE(passes("connection lost"));
  now += 61min;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(passes("connection lost"));
  EXPECT_FALSE(passes("connection lost"));
}

TEST_F(LogLines, OfEverChangingKindsStayWithinADaysBudget) {
  // Two different lines every ten seconds, all day: twice what is allowed for long
  int passed = 0;
  std::uint64_t told = 0;
  for (int second = 0; second < 86'400; second += 10, now += 10s) {
    for (int i = 0; i < 2; ++i) {
      const auto letter = [&](int place) { return static_cast<char>('a' + (second / 10 * 2 + i) / place % 26); };
      const auto verdict = limit.look_at(std::string{letter(1), letter(26), letter(676), letter(17'576)}, now);
      passed += verdict.pass;
      told += verdict.others;
    }
  }
  EXPECT_LE(passed, 8'840);
  EXPECT_GE(passed, 8'600);
  EXPECT_NEAR(static_cast<double>(told), 2.0 * 8'640 - passed, 40);  // nothing held back untold but the last ones
}

TEST_F(LogLines, AreNotAllowedABurstAgainAfterTheClockStoodStill) {
  for (int i = 0; i < 300; ++i)
    passes(std::string(static_cast<std::size_t>(1 + i % 100), static_cast<char>('a' + i / 100)));
  now += 1s;
  EXPECT_FALSE(passes("one more kind"));
  now += 10s;
  EXPECT_TRUE(passes("yet another kind"));
}

TEST_F(LogLines, OfLogInsAndDeletionsFromManyAddressesAndNamesAllPass) {
  for (int i = 0; i < 30; ++i) {
    const auto from = " by admin from 10.0.0." + std::to_string(i);
    EXPECT_TRUE(passes("dashboard: login" + from + ": admin")) << i;
    EXPECT_TRUE(passes("dashboard: login_locked" + from)) << i;
    EXPECT_TRUE(passes("dashboard: outbox_drop_waiting" + from + ": central")) << i;
  }
}

TEST_F(LogLines, NeitherNoiseNorGuessingHidesALogIn) {
  for (int i = 0; i < 10'000; ++i) {
    const auto word = std::string{static_cast<char>('a' + i % 26), static_cast<char>('a' + i / 26 % 26),
                                  static_cast<char>('a' + i / 676 % 26)};
    passes("device " + word + " is gone");
    passes("dashboard: login_locked by li from 10.0." + std::to_string(i));
    passes("dashboard: login_failed by " + word + " from 10.0.0.1");
    passes("dashboard: login_refused by " + word + " from 10.0.0.1: locked for 30 s");
  }
  EXPECT_FALSE(passes("device x is gone"));
  EXPECT_TRUE(passes("dashboard: login by admin from 10.9.9.9: admin"));
  EXPECT_TRUE(passes("dashboard: outbox_drop_waiting by admin from 10.9.9.9: central"));
}

TEST_F(LogLines, OfGuessesFromManyAddressesFewPass) {
  int passed = 0;
  for (int i = 0; i < 1000; ++i) passed += passes("dashboard: login_failed by admin from 10.0.0." + std::to_string(i));
  EXPECT_EQ(passed, 5);
}

TEST_F(LogLines, OfPeopleStayWithinADaysBudgetToo) {
  int passed = 0;
  for (int i = 0; i < 86'400; ++i, now += 1s)
    passed += passes("dashboard: login by a from 10.0.0.1: session " + std::to_string(i));
  EXPECT_LE(passed, 8'840);
  EXPECT_GE(passed, 8'600);
}

}  // namespace
}  // namespace gateway
