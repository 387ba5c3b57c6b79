// FAULTS 24: after an outage the present goes out before the past, progress survives repeated disconnects. The same
// with ten million points, with the memory that it takes, is tests/bench/drain_bench.cpp.
#include "tests/fault/upload/upload_fault.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::ScriptedStore;
using test::WriteRequest;

class CatchingUp : public test::UploadFault {
 protected:
  // Rows of 20 lines that waited for an hour.
  void keep_backlog(test::Pushing& gateway, const Site& site, int rows) {
    for (int i = 0; i < rows; ++i) keep(gateway, site, 20);
    ASSERT_TRUE(gateway.kept_everything());
    clock.advance(1h);
  }
  static std::int64_t time_of(const std::string& line) { return std::stoll(line.substr(line.rfind(' ') + 1)); }
};

TEST_F(CatchingUp, ThePresentGoesOutBeforeThePast) {
  std::atomic<bool> away{true};
  std::mutex mutex;
  std::vector<std::int64_t> newest_of_request;
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (away) return test::http_answer(503, "");
    const std::scoped_lock lock(mutex);
    newest_of_request.push_back(time_of(request.text.substr(0, request.text.find('\n'))));
    return std::string{ScriptedStore::accept};
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.most_lines = 40;  // two rows a request: the backlog takes 50 of them
  test::Pushing gateway{site, clock, folder.path(), waits};
  keep_backlog(gateway, site, 100);
  const int tries = far_end.requests();
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > tries + 2 && gateway.status().catching_up; }));
  clock.advance(10s);
  const std::int64_t present = to_ms(clock.utc());
  keep(gateway, site, 1);
  ASSERT_TRUE(gateway.kept_everything());
  away = false;
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
  EXPECT_TRUE(test::eventually([&] { return !gateway.status().catching_up; }));
  const std::scoped_lock lock(mutex);
  const auto live = std::ranges::find_if(newest_of_request, [&](std::int64_t time) { return time >= present; });
  ASSERT_NE(live, newest_of_request.end());
  EXPECT_LE(live - newest_of_request.begin(), 2);
  EXPECT_GT(newest_of_request.size(), 40U);
  // The past in its own order.
  std::vector<std::int64_t> past;
  std::ranges::copy_if(newest_of_request, std::back_inserter(past), [&](std::int64_t time) { return time < present; });
  EXPECT_TRUE(std::ranges::is_sorted(past));
}

TEST_F(CatchingUp, ProgressSurvivesRepeatedDisconnects) {
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    switch (request.number % 5) {
      case 1:
        return std::string{ScriptedStore::reset_after_storing};
      case 3:
        return test::http_answer(502, "");
      default:
        return std::string{ScriptedStore::accept};
    }
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.most_lines = 100;
  test::Pushing gateway{site, clock, folder.path(), waits};
  keep_backlog(gateway, site, 100);
  for (int i = 0; i < 20; ++i) {
    keep(gateway, site, 1);
    clock.advance(20s);  // every one of them may be the past again
  }
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
  // What was acknowledged is not sent again: the accepted requests hold every line about once.
  std::size_t sent = 0;
  for (const auto& [line, times] : far_end.stored()) sent += static_cast<std::size_t>(times);
  EXPECT_LE(sent, 2 * far_end.stored_lines());
}

TEST_F(CatchingUp, ARestartInTheMiddleGoesOnWhereItWas) {
  std::atomic<int> left{10};
  ScriptedStore far_end([&](const WriteRequest&) -> std::string {
    return left-- > 0 ? std::string{ScriptedStore::accept} : test::http_answer(503, "");
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.most_lines = 40;
  {
    test::Pushing gateway{site, clock, folder.path(), waits};
    keep_backlog(gateway, site, 100);
    ASSERT_TRUE(test::eventually([&] { return left < 0; }));
    EXPECT_TRUE(test::eventually([&] { return gateway.figures().delivered_lines > 0; }));
  }
  left = 1'000'000;
  test::Pushing again{site, clock, folder.path(), waits};
  ASSERT_TRUE(test::eventually([&] { return again.figures().queued_values == 0; }));
  expect_whole(again, far_end);
  std::size_t sent = 0;
  for (const auto& [line, times] : far_end.stored()) sent += static_cast<std::size_t>(times);
  EXPECT_EQ(sent, far_end.stored_lines());
}

// What is new must not wait for the past only because a window is corrected in the same commit.
TEST_F(CatchingUp, WhatIsNewDoesNotWaitWithACorrectedWindowOfTheSameCommit) {
  std::atomic<bool> away{true};
  std::atomic<bool> past_may_pass{false};
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (away) return test::http_answer(503, "");
    if (!past_may_pass && request.text.find("power_w=1,") != std::string::npos) return test::http_answer(503, "");
    return std::string{ScriptedStore::accept};
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.most_lines = 40;
  test::Pushing gateway{site, clock, folder.path(), waits};
  const auto keep_with_window = [&](std::int64_t amount) {
    auto batch = std::make_unique<Batch>();
    batch->utc_offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
    batch->windows.push_back({.node = NodeId{0},
                              .length = WindowLength::minute,
                              .start = test::FakeClock::monday_midnight,
                              .amount = amount,
                              .samples = 1});
    ++kept;
    test::add_poll(site, *batch, clock.monotonic(), kept, kept * 1000);
    clock.advance(1s);
    gateway.keep(2, std::move(batch));
  };
  keep_with_window(7'000);
  for (int i = 0; i < 30; ++i) keep(gateway, site, 20);
  ASSERT_TRUE(gateway.kept_everything());
  clock.advance(1h);
  const int tries = far_end.requests();
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > tries + 2 && gateway.status().catching_up; }));
  clock.advance(10s);
  keep_with_window(5'000);
  ASSERT_TRUE(gateway.kept_everything());
  const std::string newest = "power_w=" + std::to_string(kept) + ",";
  away = false;
  EXPECT_TRUE(test::eventually([&] { return far_end.has(newest); })) << "while the first form still waits";
  EXPECT_FALSE(far_end.has("energy_wh=12.000,"));
  past_may_pass = true;
  ASSERT_TRUE(test::eventually([&] { return gateway.figures().queued_values == 0; }));
  EXPECT_TRUE(far_end.has("energy_wh=12.000,"));
}

// Decision 3: a window that late readings correct is sent again under its own time. The present passes the past, but
// not with the corrected window: its first form, which waits in the past, would come after it and stay.
TEST_F(CatchingUp, ACorrectedWindowIsNotOvertakenByItsFirstForm) {
  std::atomic<bool> away{true};
  ScriptedStore far_end(
      [&](const WriteRequest&) { return away ? test::http_answer(503, "") : std::string{ScriptedStore::accept}; });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.most_lines = 40;
  test::Pushing gateway{site, clock, folder.path(), waits};
  const auto keep_window = [&](std::int64_t amount) {
    auto batch = std::make_unique<Batch>();
    batch->utc_offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
    batch->windows.push_back({.node = NodeId{0},
                              .length = WindowLength::minute,
                              .start = test::FakeClock::monday_midnight,
                              .amount = amount,
                              .samples = 1});
    ++kept;
    test::add_poll(site, *batch, clock.monotonic(), kept, kept * 1000);
    clock.advance(1s);
    gateway.keep(2, std::move(batch));
  };
  for (int i = 0; i < 30; ++i) keep(gateway, site, 20);
  keep_window(7'000);
  for (int i = 0; i < 30; ++i) keep(gateway, site, 20);
  ASSERT_TRUE(gateway.kept_everything());
  clock.advance(1h);
  const int tries = far_end.requests();
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > tries + 2 && gateway.status().catching_up; }));
  clock.advance(10s);
  keep_window(5'000);  // comes late, in the present
  ASSERT_TRUE(gateway.kept_everything());
  away = false;
  ASSERT_TRUE(gateway.delivered_everything());
  const std::string window =
      far_end.latest("consumption,kind=electricity,node=main,site=cangshan,window=1m 1763913600000");
  EXPECT_TRUE(window.starts_with("energy_wh=12.000,")) << window;
  const SinkFigures f = gateway.figures();
  EXPECT_EQ(f.kept_values, f.delivered_values + f.queued_values + f.dead_values + f.dropped_values);
  EXPECT_EQ(f.dead_values + f.dropped_values, 0U);
}

// A bounded rate: 10 kB a second for some 30 kB takes its time, and live data does not wait for it.
TEST_F(CatchingUp, TheBacklogHasItsRateAndTheLiveDataNone) {
  std::atomic<bool> away{true};
  ScriptedStore far_end(
      [&](const WriteRequest&) { return away ? test::http_answer(503, "") : std::string{ScriptedStore::accept}; });
  const Site site = site_for(far_end, "database = \"energy\"\nbacklog_rate = \"10 kB/s\"\n");
  auto waits = test::short_waits();
  waits.most_lines = 40;
  test::Pushing gateway{site, clock, folder.path(), waits};
  keep_backlog(gateway, site, 60);
  // Twice, because the clock leaps here: what came after the uploader's last look before a leap passes for live.
  for (int leap = 0; leap < 2; ++leap) {
    const int tries = far_end.requests();
    ASSERT_TRUE(test::eventually([&] { return far_end.requests() > tries + 2 && gateway.status().catching_up; }));
    if (leap == 0) clock.advance(1h);
  }
  const std::uint64_t bytes = gateway.figures().queued_bytes;
  away = false;
  const auto begun = std::chrono::steady_clock::now();
  while (gateway.figures().queued_values > 0 && std::chrono::steady_clock::now() - begun < 30s) {
    keep(gateway, site, 1);
    const std::string live = "power_w=" + std::to_string(kept) + ",";
    ASSERT_TRUE(test::eventually([&] { return far_end.has(live); }, 5s)) << live;
    std::this_thread::sleep_for(50ms);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  EXPECT_GE(seconds, 0.5 * static_cast<double>(bytes) / 10'000);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

}  // namespace
}  // namespace gateway
