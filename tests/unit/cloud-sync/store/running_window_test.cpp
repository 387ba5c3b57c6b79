#include "cloud-sync/store/running_window.hpp"

#include <gtest/gtest.h>

#include "cloud-sync/store/store.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::monday;
class RunningWindowTest : public testing::Test {
 protected:
  void keep(WindowLength length, UtcTime start, std::int64_t amount, double rate, std::uint32_t samples = 60) {
    Batch batch;
    batch.windows.push_back({.node = node,
                             .length = length,
                             .start = start,
                             .amount = amount,
                             .estimated = amount / 10,
                             .rate_sum = rate * samples,
                             .rate_min = rate,
                             .rate_max = rate,
                             .samples = samples});
    ASSERT_TRUE(store.commit(batch, clock.now()));
  }
  History asked(WindowLength length, UtcTime from, UtcTime to, UtcTime now) {
    auto reader = StoreReader::open(store.file(), site);
    auto history = reader->history(node, length, from, to, 1000);
    EXPECT_TRUE(add_running_window(*reader, site, *history, node, length, from, to, now));
    return std::move(*history);
  }

  test::TemporaryFolder folder;
  test::FakeClock clock;
  Site site = test::store_site();
  Store store = std::move(*Store::open(folder.path(), site, clock.now()));
  NodeId node = *site.node_named("main", Utility::electricity);
};

TEST_F(RunningWindowTest, HoldsWhatItsClosedMinutesHold) {
  keep(WindowLength::hour, monday, 6000, 100);
  for (int minute = 0; minute < 3; ++minute)
    keep(WindowLength::minute, monday + 1h + std::chrono::minutes{minute}, 100, 10.0 * (minute + 1));
  const auto history = asked(WindowLength::hour, monday, monday + 24h, monday + 1h + 3min + 5s);
  ASSERT_EQ(history.windows.size(), 2U);
  const auto& running = history.windows[1];
  EXPECT_EQ(running.start, monday + 1h);
  EXPECT_EQ(running.length, WindowLength::hour);
  EXPECT_EQ(running.amount, 300);
  EXPECT_EQ(running.estimated, 30);
  EXPECT_EQ(running.samples, 180U);
  EXPECT_DOUBLE_EQ(running.rate_sum / running.samples, 20);
  EXPECT_EQ(running.rate_min, 10);
  EXPECT_EQ(running.rate_max, 30);
}

TEST_F(RunningWindowTest, TakesThePlaceOfThePartThatARestartWrote) {
  keep(WindowLength::day, monday, 150, 10);
  for (int minute = 0; minute < 4; ++minute) keep(WindowLength::minute, monday + std::chrono::minutes{minute}, 100, 10);
  const auto history = asked(WindowLength::day, monday, monday + 24h, monday + 5min);
  ASSERT_EQ(history.windows.size(), 1U);
  EXPECT_EQ(history.windows[0].amount, 400);
}

// Off for two days until 5:00: of the gap the day has quarter hours and no minutes. 20 x 10, and two minutes since.
TEST_F(RunningWindowTest, HoldsTheQuarterHoursOfAGapOfMoreThanADay) {
  for (int quarter = 0; quarter < 20; ++quarter) keep(WindowLength::quarter, monday + quarter * 15min, 10, 0, 0);
  keep(WindowLength::minute, monday + 5h, 100, 10);
  keep(WindowLength::minute, monday + 5h + 1min, 100, 10);
  const auto day = asked(WindowLength::day, monday, monday + 24h, monday + 5h + 3min);
  ASSERT_EQ(day.windows.size(), 1U);
  EXPECT_EQ(day.windows[0].amount, 400);
  EXPECT_EQ(day.windows[0].samples, 120U);
}

TEST_F(RunningWindowTest, TheOneBeforeIsThereWhileItIsNotClosedYetAndOnlyThen) {
  keep(WindowLength::minute, monday + 59min, 100, 10);
  auto history = asked(WindowLength::hour, monday, monday + 24h, monday + 1h + 2s);
  ASSERT_EQ(history.windows.size(), 1U);
  EXPECT_EQ(history.windows[0].start, monday);
  keep(WindowLength::hour, monday, 6000, 100);
  history = asked(WindowLength::hour, monday, monday + 24h, monday + 1h + 2s);
  ASSERT_EQ(history.windows.size(), 1U);
  EXPECT_EQ(history.windows[0].amount, 6000);  // the closed one counts, not the minutes
}

TEST_F(RunningWindowTest, IsNotAddedToAStretchThatDoesNotHoldIt) {
  keep(WindowLength::minute, monday + 2h, 100, 10);
  EXPECT_TRUE(asked(WindowLength::hour, monday, monday + 2h, monday + 2h + 1min).windows.empty());
  EXPECT_TRUE(asked(WindowLength::hour, monday + 3h, monday + 9h, monday + 2h + 1min).windows.empty());
}

TEST_F(RunningWindowTest, NothingKeptIsNothingKnown) {
  EXPECT_TRUE(asked(WindowLength::day, monday, monday + 24h, monday + 5h).windows.empty());
}

TEST_F(RunningWindowTest, MinutesWithoutSamplesCountForTheAmountOnly) {
  keep(WindowLength::minute, monday, 100, 0, 0);
  keep(WindowLength::minute, monday + 1min, 100, 50);
  const auto history = asked(WindowLength::quarter, monday, monday + 15min, monday + 3min);
  ASSERT_EQ(history.windows.size(), 1U);
  EXPECT_EQ(history.windows[0].amount, 200);
  EXPECT_EQ(history.windows[0].rate_min, 50);
}

}  // namespace
}  // namespace gateway
