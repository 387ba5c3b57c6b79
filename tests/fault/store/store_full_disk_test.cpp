// FAULTS 8, 10: the disk is full, or read-only, under the running store thread. What comes meanwhile waits in memory,
// in order; nothing waits for the disk; when it takes things again, all of it is kept.
#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "cloud-sync/store/store_thread.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::SimulatedDisk;

class FullDisk : public ::testing::TestWithParam<int> {
 protected:
  FullDisk() {
    disk.fault = [this](SimulatedDisk::Call call, const std::string&) {
      const bool reads = call == SimulatedDisk::Call::read || call == SimulatedDisk::Call::open;
      return reads || !refusing.load() ? SQLITE_OK : GetParam();
    };
    StoreOptions how;
    how.vfs = disk.vfs();
    options.retry = 1ms;
    options.commit_failed = [this](const Error&) { ++failures; };
    auto opened = Store::open(folder.path(), site, clock.now(), how);
    EXPECT_TRUE(opened);
    thread.emplace(std::move(*opened), 1, clock, options);
  }
  bool submit(int n) {
    auto batch = std::make_unique<Batch>(test::poll_batch(site, clock.now(), n, n * 1000));
    clock.advance(1s);
    return thread->submit(batch, false);
  }
  void wait_for_failures(int count) {
    while (failures.load() < count) std::this_thread::yield();
  }

  Site site = test::store_site();
  test::TemporaryFolder folder;
  test::FakeClock clock;
  SimulatedDisk disk;
  std::atomic<bool> refusing{false};
  std::atomic<int> failures{0};
  StoreThreadOptions options;
  std::optional<StoreThread> thread;
};

TEST_P(FullDisk, WhatComesWaitsInMemoryAndIsKeptWhenThereIsRoomAgain) {
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(submit(n));
  refusing = true;
  for (int n = 20; n < 400; ++n) ASSERT_TRUE(submit(n)) << "never waits, never says no";
  wait_for_failures(failures.load() + 3);
  EXPECT_FALSE(thread->status().on_disk);
  EXPECT_GT(thread->status().held_batches, 100U);
  EXPECT_NE(thread->status().last_error, "");
  refusing = false;
  while (!thread->status().on_disk) std::this_thread::yield();
  thread->stop();
  EXPECT_TRUE(thread->status().on_disk);
  EXPECT_EQ(thread->status().kept_lines, 400U);
  const auto f = thread->figures(0);
  EXPECT_EQ(f.kept_lines, f.delivered_lines + f.queued_lines + f.dead_lines + f.dropped_lines);
  EXPECT_EQ(f.queued_lines, 400U);
}

TEST_P(FullDisk, WhoWaitsForACommitIsToldAndDoesNotWaitForRoom) {
  refusing = true;
  ASSERT_TRUE(submit(0));
  std::promise<void> told;
  thread->after_commit([&] { told.set_value(); });
  told.get_future().wait();
  wait_for_failures(1);
  bool at_once = false;
  thread->after_commit([&] { at_once = true; });
  EXPECT_TRUE(at_once);
  refusing = false;
  thread->stop();
  EXPECT_EQ(thread->status().kept_lines, 1U);
}

INSTANTIATE_TEST_SUITE_P(Codes, FullDisk, ::testing::Values(SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY),
                         [](const auto& code) {
                           return code.param == SQLITE_FULL          ? "DiskFull"
                                  : code.param == SQLITE_IOERR_WRITE ? "WriteError"
                                                                     : "ReadOnly";
                         });

}  // namespace
}  // namespace gateway
