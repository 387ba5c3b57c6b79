#include "firmware-gateway/app/log_limit.hpp"

#include <limits>
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

// A gateway that is killed every 70 s, each time with more to say than it may
TEST_F(LogLines, OfManyLivesStayWithinOneDaysBudget) {
  int passed = 0;
  int kind = 0;
  LogLimit::Budgets left;
  for (const auto end = now + 24h; now < end; now += 70s) {
    LogLimit life;
    life.resume(left, now);
    for (int i = 0; i < 300; ++i, ++kind)
      passed += life.look_at(std::string{static_cast<char>('a' + kind / 676 % 26),
                                         static_cast<char>('a' + kind / 26 % 26), static_cast<char>('a' + kind % 26)},
                             now)
                    .pass;
    left = life.budgets();
  }
  EXPECT_LE(passed, 8'840);
  EXPECT_GE(passed, 8'600);
}

TEST_F(LogLines, ABudgetThatCanNotBeIsNotTaken) {
  for (const auto& nonsense : {LogLimit::Budget{-1, now}, LogLimit::Budget{1e9, now}, LogLimit::Budget{0, now + 1s},
                               LogLimit::Budget{std::numeric_limits<double>::quiet_NaN(), now}}) {
    LogLimit life;
    life.resume({nonsense, nonsense, nonsense}, now);
    EXPECT_TRUE(life.look_at("a", now).pass);
  }
  LogLimit life;
  life.resume({LogLimit::Budget{}, LogLimit::Budget{}, LogLimit::Budget{0, now}}, now);
  EXPECT_FALSE(life.look_at("a", now).pass);
  EXPECT_TRUE(life.look_at("dashboard: login by li from 10.0.0.1", now).pass) << "each has a budget of its own";
}

TEST(LogLine, IsOneLineAndCutBetweenCharacters) {
  EXPECT_EQ(one_line("to take it in, add\n[[sensor]]\tid\r\n\x1b[31m"), "to take it in, add [[sensor]] id   [31m");
  EXPECT_EQ(one_line(std::string(400, 'a')), std::string(400, 'a'));
  EXPECT_EQ(one_line(std::string(401, 'a')), std::string(394, 'a') + " [...]");
  std::string text;
  for (int i = 0; i < 200; ++i) text += "门";  // 3 bytes each
  for (std::size_t longest = 350; longest <= 400; ++longest) {
    const auto line = one_line(text, longest);
    EXPECT_LE(line.size(), longest);
    EXPECT_GE(line.size(), longest - 2);
    EXPECT_EQ((line.size() - 6) % 3, 0U) << "a character is cut";
    EXPECT_TRUE(line.ends_with("门 [...]"));
  }
  EXPECT_EQ(one_line(std::string(500, '\x80')).size(), 397U) << "no UTF-8: cut anywhere, and not for ever";
}

}  // namespace
}  // namespace gateway
