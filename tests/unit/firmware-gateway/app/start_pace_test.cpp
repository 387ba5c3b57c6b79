#include "firmware-gateway/app/start_pace.hpp"

#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class StartPaceTest : public testing::Test {
 protected:
  test::TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "failed-starts";
  MonotonicTime now{1000s};

  std::chrono::seconds life_that_fails_at_once() { return StartPace{file}.begin(); }
  // Seconds that it waited, and then ran.
  std::chrono::seconds life(std::chrono::seconds ran) {
    StartPace pace{file};
    const auto waited = pace.begin();
    now += waited;
    pace.ready(now);
    for (auto second = 0s; second < ran; second += 1s) pace.look(now += 1s);
    return waited;
  }
};

TEST_F(StartPaceTest, StartsThatFailComeEverMoreSeldomAndInTheEndEveryFiveMinutes) {
  std::vector<int> waits;
  for (int i = 0; i < 12; ++i) waits.push_back(static_cast<int>(life_that_fails_at_once().count()));
  EXPECT_EQ(waits, (std::vector{0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300}));
}

TEST_F(StartPaceTest, ADayOfFailedStartsIsThreeHundredOfThem) {
  int starts = 0;
  for (auto second = 0s; second < 24h; ++starts) second += 1s + life_that_fails_at_once();  // RestartSec=1
  EXPECT_LE(starts, 300);
}

TEST_F(StartPaceTest, WhatRanForAMinuteIsRestartedAtOnceHoweverOftenThatIsNeeded) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(life(60s), 0s);
  for (int i = 0; i < 4; ++i) life(59s);
  EXPECT_EQ(life(60s), 20s) << "and what did not last is told from it";
  EXPECT_EQ(life(60s), 0s);
}

TEST_F(StartPaceTest, TheMinuteCountsFromWhenItWasReady) {
  for (int i = 0; i < 3; ++i) life_that_fails_at_once();
  StartPace pace{file};
  EXPECT_EQ(pace.begin(), 10s);
  EXPECT_EQ(pace.failed(), 3U);
  pace.look(now += 1h);  // a damaged store is carried over, and it is not ready yet
  EXPECT_EQ(StartPace{file}.begin(), 20s);
}

TEST_F(StartPaceTest, WhatWasEndedOnPurposeIsStartedAtOnce) {
  for (int i = 0; i < 9; ++i) life_that_fails_at_once();
  StartPace pace{file};
  EXPECT_EQ(pace.begin(), 300s);
  pace.forget();
  EXPECT_EQ(life_that_fails_at_once(), 0s);
}

TEST_F(StartPaceTest, WithoutAFileThatCanBeUsedNobodyWaits) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(StartPace{{}}.begin(), 0s);
    EXPECT_EQ(StartPace{folder.path() / "no" / "folder"}.begin(), 0s);
  }
  std::ofstream{file} << "rubbish";
  EXPECT_EQ(life_that_fails_at_once(), 0s);
  std::ofstream{file} << "99999999999999999999";
  EXPECT_LE(life_that_fails_at_once(), 300s);
}

}  // namespace
}  // namespace gateway
