#include "cloud-sync/store/store_thread.hpp"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class StoreThreadTest : public ::testing::Test {
 protected:
  Store open() { return std::move(*Store::open(folder.path(), site, clock.now())); }
  std::unique_ptr<Batch> poll() { return std::make_unique<Batch>(test::poll_batch(site, clock.now())); }
  static Delivery ask(StoreThread& thread, Pick pick = {}) {
    std::promise<Expected<Delivery>> answer;
    thread.next(0, std::move(pick), [&](Expected<Delivery> found) { answer.set_value(std::move(found)); });
    auto found = answer.get_future().get();
    return found ? std::move(*found) : Delivery{};
  }

  Site site = test::store_site();
  test::FakeClock clock;
  test::TemporaryFolder folder;
};

TEST_F(StoreThreadTest, ABatchIsExchangedForAnEmptyOneAndCommitted) {
  std::promise<void> kept;
  StoreThread thread{open(), 1, clock};
  thread.listen(0, [&] { kept.set_value(); });
  auto batch = poll();
  ASSERT_TRUE(thread.submit(batch, false));
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->empty());
  kept.get_future().wait();
  thread.listen(0, {});
  EXPECT_EQ(ask(thread).values, 2U);
  EXPECT_EQ(thread.status().kept_values, 2U);
}

TEST_F(StoreThreadTest, AnAlarmIsToldOnlyAfterTheCommitThatKeepsIt) {
  std::promise<AlarmRecord> told;
  StoreThreadOptions options;
  options.alarm_kept = [&](const AlarmRecord& record) { told.set_value(record); };
  {
    StoreThread thread{open(), 1, clock, options};
    auto batch = std::make_unique<Batch>();
    batch->alarms.push_back({.alarm = AlarmId{0},
                             .state = AlarmState::unacknowledged,
                             .raised = {},
                             .changed = {},
                             .value = 1,
                             .by = "",
                             .comment = ""});
    ASSERT_TRUE(thread.submit(batch, true));
    EXPECT_EQ(told.get_future().get().state, AlarmState::unacknowledged);
  }
  Store store = open();
  EXPECT_EQ(store.load_alarms()->size(), 1U);
}

TEST_F(StoreThreadTest, WhenTheDiskStallsSubmitSaysNoAndNeverWaits) {
  StoreThreadOptions options;
  options.batches = 3;
  options.most_held_readings = 6;
  StoreThread thread{open(), 1, clock, options};
  std::promise<void> stalled;
  std::promise<void> go_on;
  thread.next(0, {}, [&](const Expected<Delivery>&) {  // stands for a disk that takes its time
    stalled.set_value();
    go_on.get_future().wait();
  });
  stalled.get_future().wait();
  for (int i = 0; i < 3; ++i) {
    auto batch = poll();
    EXPECT_TRUE(thread.submit(batch, false));
  }
  auto one_more = poll();
  EXPECT_FALSE(thread.submit(one_more, true));
  EXPECT_EQ(one_more->readings.size(), 2U);  // still the core's
  go_on.set_value();
  thread.stop();
  EXPECT_EQ(thread.status().kept_lines, 3U);
}

TEST_F(StoreThreadTest, StopKeepsWhatWasSubmittedAndAnswersWhatIsAskedLater) {
  StoreThread thread{open(), 1, clock};
  for (int i = 0; i < 5; ++i) {
    auto batch = poll();
    clock.advance(1s);
    ASSERT_TRUE(thread.submit(batch, false));
  }
  thread.stop();
  EXPECT_EQ(thread.status().kept_lines, 5U);
  EXPECT_TRUE(ask(thread).rows.empty());
  auto batch = poll();
  EXPECT_FALSE(thread.submit(batch, false));
}

TEST_F(StoreThreadTest, WhatWasSubmittedBeforeIsCommittedWhenItCallsBack) {
  std::atomic<int> kept{0};
  StoreThreadOptions options;
  options.alarm_kept = [&](const AlarmRecord&) { ++kept; };
  StoreThread thread{open(), 1, clock, options};
  std::promise<void> stalled;
  std::promise<void> go_on;
  thread.next(0, {}, [&](const Expected<Delivery>&) {  // stands for a disk that takes its time
    stalled.set_value();
    go_on.get_future().wait();
  });
  stalled.get_future().wait();
  for (int i = 0; i < 5; ++i) {
    auto batch = poll();
    batch->alarms.push_back({.alarm = AlarmId{0},
                             .event = static_cast<std::uint64_t>(i) + 1,
                             .state = AlarmState::unacknowledged,
                             .raised = {},
                             .changed = {},
                             .value = 1,
                             .by = "",
                             .comment = ""});
    clock.advance(1s);
    ASSERT_TRUE(thread.submit(batch, i == 2));
  }
  std::promise<int> called;
  thread.after_commit([&] { called.set_value(kept.load()); });
  auto found = called.get_future();
  EXPECT_EQ(found.wait_for(0s), std::future_status::timeout) << "nothing is committed yet";
  go_on.set_value();
  EXPECT_EQ(found.get(), 5);
}

TEST_F(StoreThreadTest, WithNothingToCommitItCallsBackAtOnceAlsoAfterTheStop) {
  StoreThread thread{open(), 1, clock};
  int called = 0;
  thread.after_commit([&] { ++called; });
  EXPECT_EQ(called, 1);
  thread.stop();
  thread.after_commit([&] { ++called; });
  EXPECT_EQ(called, 2);
}

TEST_F(StoreThreadTest, AcknowledgementsAreSavedWithoutABatchToRideWith) {
  {
    StoreThread thread{open(), 1, clock};
    auto batch = poll();
    ASSERT_TRUE(thread.submit(batch, false));
    Delivery delivery;
    while ((delivery = ask(thread)).rows.empty()) {
    }
    thread.acknowledge(0, std::move(delivery));
    thread.stop();
    EXPECT_EQ(thread.figures(0).delivered_values, 2U);
  }
  Store store = open();
  EXPECT_EQ(store.figures(0).delivered_values, 2U);
  EXPECT_EQ(store.figures(0).queued_values, 0U);
}

}  // namespace
}  // namespace gateway
