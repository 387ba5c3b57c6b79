// What a command tells of a meter: left beside a running gateway, answered with what it made, and made once.
#include "cloud-sync/store/meter_requests.hpp"

#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "cloud-sync/store/store_reader.hpp"
#include "cloud-sync/store/store_thread.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class MeterRequests : public ::testing::Test {
 protected:
  Store open() { return std::move(*Store::open(folder.path(), site, clock.now())); }
  // The entry that the core would make, with its answer.
  std::unique_ptr<Batch> entry_for(const MeterRequest& request) {
    auto batch = std::make_unique<Batch>();
    batch->quality.push_back({.meter = MeterId{0},
                              .kind = QualityKind::correction,
                              .at = request.to,
                              .amount = request.amount,
                              .from = request.from,
                              .by = request.by,
                              .comment = request.reason});
    batch->answers.push_back({request.id, true, "booked"});
    return batch;
  }
  std::size_t entries() {
    return StoreReader::open(folder.path() / "gateway.db", site)->quality_journal({}, clock.utc() + 24h, 10)->size();
  }

  Site site = test::store_site();
  test::FakeClock clock;
  test::TemporaryFolder folder;
  const MeterRequest wish{.kind = MeterRequest::Kind::correct,
                          .meter = "main",
                          .amount = -250'000,
                          .from = clock.utc() - 1h,
                          .to = clock.utc() - 30min,
                          .by = "林",
                          .reason = "旁路运行"};
};

TEST_F(MeterRequests, ARunningGatewayIsToldAndAnswersWithTheCommitOfItsEntry) {
  std::promise<MeterRequest> told;
  StoreThreadOptions options;
  options.meter_request = [&](MeterRequest request) { told.set_value(std::move(request)); };
  StoreThread thread{open(), 1, clock, options};
  auto answer = std::async(std::launch::async, [&] { return ask_meter_request(folder.path(), wish); });
  const auto request = told.get_future().get();
  EXPECT_EQ(request.kind, wish.kind);
  EXPECT_EQ(request.meter, "main");
  EXPECT_EQ(request.amount, -250'000);
  EXPECT_EQ(request.from, wish.from);
  EXPECT_EQ(request.to, wish.to);
  EXPECT_EQ(request.by, "林");
  EXPECT_EQ(request.reason, "旁路运行");
  auto batch = entry_for(request);
  ASSERT_TRUE(thread.submit(batch, true));
  const auto answered = answer.get();
  ASSERT_TRUE(answered) << answered.error().message();
  EXPECT_TRUE(answered->done);
  EXPECT_EQ(answered->text, "booked");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(MeterRequests, ARefusalIsAnAnswerToo) {
  StoreThread* running = nullptr;
  StoreThreadOptions options;
  std::promise<std::int64_t> told;
  options.meter_request = [&](const MeterRequest& request) { told.set_value(request.id); };
  StoreThread thread{open(), 1, clock, options};
  running = &thread;
  auto answer = std::async(std::launch::async, [&] {
    auto exchange = wish;
    exchange.kind = MeterRequest::Kind::exchange;
    exchange.old_last = 5;
    return ask_meter_request(folder.path(), exchange);
  });
  auto batch = std::make_unique<Batch>();
  batch->answers.push_back({told.get_future().get(), false, "a digit is wrong"});
  ASSERT_TRUE(running->submit(batch, true));
  const auto answered = answer.get();
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->done);
  EXPECT_EQ(answered->text, "a digit is wrong");
  EXPECT_EQ(entries(), 0U);
}

TEST_F(MeterRequests, WhatWasNotCommittedIsAskedForAgainAfterAKillAndWhatWasIsNot) {
  {
    auto store = open();
    auto answer = std::async(std::launch::async, [&] { return ask_meter_request(folder.path(), wish, 2s); });
    std::vector<MeterRequest> taken;
    while (taken.empty() && answer.wait_for(1ms) != std::future_status::ready) {
      store.work_off_requests(clock.now());
      taken = store.take_meter_requests();
    }
    EXPECT_EQ(taken.size(), 1U);
    EXPECT_EQ(answer.get().error().code, std::errc::timed_out) << "it can't be withdrawn any more";
  }  // the entry was made and its batch never kept
  {
    auto store = open();
    store.work_off_requests(clock.now());
    const auto again = store.take_meter_requests();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_TRUE(store.take_meter_requests().empty()) << "each once";
    store.work_off_requests(clock.now());
    EXPECT_TRUE(store.take_meter_requests().empty()) << "each once";
    ASSERT_TRUE(store.commit(*entry_for(again[0]), clock.now()));
  }
  auto store = open();
  store.work_off_requests(clock.now());
  EXPECT_TRUE(store.take_meter_requests().empty());
  EXPECT_EQ(entries(), 1U);
}

TEST_F(MeterRequests, WithoutAGatewayNothingIsLeftForLater) {
  EXPECT_EQ(ask_meter_request(folder.path(), wish).error().code, std::errc::no_such_file_or_directory);
  { const auto store = open(); }
  // The lock's file still names this process, which lives: only the patience ends the wait.
  EXPECT_EQ(ask_meter_request(folder.path(), wish, 200ms).error().code, std::errc::no_child_process);
  auto store = open();
  store.work_off_requests(clock.now());
  EXPECT_TRUE(store.take_meter_requests().empty());
}

}  // namespace
}  // namespace gateway
