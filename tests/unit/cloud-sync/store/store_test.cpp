#include "cloud-sync/store/store.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class StoreTest : public ::testing::Test {
 protected:
  Store open() {
    auto store = Store::open(folder.path(), site, clock.now());
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }
  void keep_poll(Store& store, double watts = 1) {
    ASSERT_TRUE(store.commit(test::poll_batch(site, clock.now(), watts), clock.now()));
    clock.advance(1s);
  }
  static std::string text_of(const Delivery& delivery) { return gunzip(delivery.body, 1 << 24).value_or("damaged"); }
  static void expect_balanced(const SinkFigures& f) {
    EXPECT_EQ(f.kept_lines, f.delivered_lines + f.queued_lines + f.dead_lines + f.dropped_lines);
    EXPECT_EQ(f.kept_values, f.delivered_values + f.queued_values + f.dead_values + f.dropped_values);
  }
  [[nodiscard]] WindowRecord window(std::int64_t amount, std::uint32_t samples = 0) const {
    return {.node = *site.node_named("main", Utility::electricity),
            .length = WindowLength::minute,
            .start = test::FakeClock::monday_midnight,
            .amount = amount,
            .estimated = 0,
            .rate_sum = 10.0 * samples,
            .rate_min = 10,
            .rate_max = 10,
            .samples = samples};
  }
  Batch window_batch(std::vector<WindowRecord> windows) {
    Batch batch;
    batch.windows = std::move(windows);
    return batch;
  }

  Site site = test::store_site();
  test::FakeClock clock;
  test::TemporaryFolder folder;
};

TEST_F(StoreTest, WhatWasCommittedIsThereAfterReopening) {
  std::string before;
  {
    Store store = open();
    keep_poll(store);
    before = text_of(*store.next(0, {}));
    EXPECT_FALSE(before.empty());
  }
  Store store = open();
  EXPECT_EQ(text_of(*store.next(0, {})), before);
  EXPECT_EQ(store.figures(0).queued_values, 2U);
  EXPECT_EQ(store.status().kept_values, 2U);
  expect_balanced(store.figures(0));
}

TEST_F(StoreTest, AcknowledgedRowsAreNotGivenAgain) {
  Store store = open();
  for (int i = 0; i < 3; ++i) keep_poll(store, i);
  const auto first = store.next(0, {});
  store.acknowledge(0, *first);
  const auto second = store.next(0, {});
  EXPECT_NE(first->rows.front().number, second->rows.front().number);
  EXPECT_EQ(store.figures(0).delivered_values, 2U);
  expect_balanced(store.figures(0));
}

TEST_F(StoreTest, AnAcknowledgementIsDurableWithTheNextCommit) {
  {
    Store store = open();
    keep_poll(store);
    store.acknowledge(0, *store.next(0, {}));
  }  // never committed: sent again, harmless
  {
    Store store = open();
    const auto again = store.next(0, {});
    ASSERT_EQ(again->rows.size(), 1U);
    EXPECT_EQ(store.figures(0).delivered_values, 0U);
    store.acknowledge(0, *again);
    ASSERT_TRUE(store.commit({}, clock.now()));
  }
  Store store = open();
  EXPECT_TRUE(store.next(0, {})->rows.empty());
  EXPECT_EQ(store.figures(0).delivered_values, 2U);
  expect_balanced(store.figures(0));
}

TEST_F(StoreTest, SeveralRowsAreGivenTogetherWithinBounds) {
  Store store = open();
  for (int i = 0; i < 10; ++i) keep_poll(store, i);
  Pick pick;
  pick.most_rows = 4;
  const auto four = store.next(0, pick);
  EXPECT_EQ(four->rows.size(), 4U);
  EXPECT_EQ(four->lines, 4U);
  const std::string text = text_of(*four);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  pick.most_rows = 100;
  pick.most_bytes = 1;  // one at least
  EXPECT_EQ(store.next(0, pick)->rows.size(), 1U);
}

TEST_F(StoreTest, TheNewestMayBeDeliveredBeforeTheOldest) {
  Store store = open();
  for (int i = 0; i < 5; ++i) keep_poll(store, i);
  Pick live;
  live.after = 3;
  live.most_rows = 10;
  store.acknowledge(0, *store.next(0, live));
  Pick all;
  all.most_rows = 10;
  EXPECT_EQ(store.next(0, all)->rows.size(), 3U);
  ASSERT_TRUE(store.commit({}, clock.now()));
  store.acknowledge(0, *store.next(0, all));
  EXPECT_TRUE(store.next(0, all)->rows.empty());
  EXPECT_EQ(store.figures(0).queued_values, 0U);
  expect_balanced(store.figures(0));
}

TEST_F(StoreTest, WindowsMergeAndAreCountedAsRewritten) {
  Store store = open();
  ASSERT_TRUE(store.commit(window_batch({window(1000), window(500, 2)}), clock.now()));
  EXPECT_EQ(store.next(0, {})->rewritten, 0U);  // two parts in one batch: one line
  EXPECT_EQ(store.next(0, {})->values, 7U);
  ASSERT_TRUE(store.commit(window_batch({window(7, 1)}), clock.now()));
  Pick second;
  second.after = 1;
  EXPECT_TRUE(store.next(0, second)->rows.empty());  // it passes no older row that waits
  store.acknowledge(0, *store.next(0, {}));
  const auto rewrite = store.next(0, second);
  EXPECT_EQ(rewrite->rewritten, 7U);
  EXPECT_NE(text_of(*rewrite).find("energy_wh=1.507,"), std::string::npos) << text_of(*rewrite);

  auto reader = StoreReader::open(store.file(), site);
  ASSERT_TRUE(reader) << reader.error().message();
  const auto history = reader->history(window(0).node, WindowLength::minute, test::FakeClock::monday_midnight,
                                       test::FakeClock::monday_midnight + 1h, 10);
  ASSERT_TRUE(history) << history.error().message();
  ASSERT_EQ(history->windows.size(), 1U);
  EXPECT_EQ(history->windows[0].amount, 1507);
  EXPECT_EQ(history->windows[0].samples, 3U);
  EXPECT_EQ(history->windows[0].rate_min, 10);
}

// The month's demand for the first time, and raised, in one commit behind a corrected window: the first form may not
// arrive last.
TEST_F(StoreTest, AFirstFormAndItsCorrectionOfOneCommitAreQueuedInThatOrder) {
  Store store = open();
  ASSERT_TRUE(store.commit(window_batch({window(1000)}), clock.now()));
  Batch batch = window_batch({window(500)});
  DemandRecord demand{.node = window(0).node,
                      .kind = DemandKind::block,
                      .month = test::FakeClock::monday_midnight,
                      .at = test::FakeClock::monday_midnight,
                      .amount = 1'000'000};
  batch.demands.push_back(demand);
  demand.amount = 2'000'000;
  batch.demands.push_back(demand);
  ASSERT_TRUE(store.commit(batch, clock.now()));
  Pick all;
  all.most_rows = 10;
  const auto queued = store.next(0, all);
  ASSERT_EQ(queued->rows.size(), 3U);
  EXPECT_EQ(queued->rows[1].rewritten, 0U);
  EXPECT_GT(queued->rows[2].rewritten, 0U);
  const std::string text = text_of(*queued);
  const auto first = text.find("demand_w=4000,");
  const auto raised = text.find("demand_w=8000,");
  ASSERT_NE(first, std::string::npos) << text;
  ASSERT_NE(raised, std::string::npos) << text;
  EXPECT_LT(first, raised) << text;
  // And not without the first one, where that waits.
  Pick later;
  later.after = queued->rows[1].number;
  EXPECT_TRUE(store.next(0, later)->rows.empty());
}

TEST_F(StoreTest, HistoryLeapsOverOtherNodesAndSaysWhenThereIsMore) {
  Store store = open();
  Batch batch;
  for (int minute = 0; minute < 100; ++minute)
    for (std::size_t node = 0; node < site.nodes.size(); ++node) {
      if (node == 0 && minute % 3 == 0) continue;
      WindowRecord record = window(minute);
      record.node = NodeId{node};
      record.start += std::chrono::minutes{minute};
      batch.windows.push_back(record);
    }
  ASSERT_TRUE(store.commit(batch, clock.now()));
  auto reader = StoreReader::open(store.file(), site);
  for (std::size_t node = 0; node < site.nodes.size(); ++node) {
    const auto all = reader->history(NodeId{node}, WindowLength::minute, test::FakeClock::monday_midnight + 10min,
                                     test::FakeClock::monday_midnight + 40min, 1000);
    EXPECT_EQ(all->windows.size(), node == 0 ? 20U : 30U);
    EXPECT_FALSE(all->truncated);
    for (const auto& one : all->windows)
      EXPECT_EQ(one.start, test::FakeClock::monday_midnight + std::chrono::minutes{one.amount});
  }
  const auto some = reader->history(NodeId{1}, WindowLength::minute, test::FakeClock::monday_midnight,
                                    test::FakeClock::monday_midnight + 1h, 5);
  EXPECT_EQ(some->windows.size(), 5U);
  EXPECT_TRUE(some->truncated);
}

TEST_F(StoreTest, AlarmStatesAndCheckpointComeBack) {
  {
    Store store = open();
    Batch batch;
    batch.alarms.push_back({.alarm = AlarmId{0},
                            .state = AlarmState::unacknowledged,
                            .raised = clock.utc(),
                            .changed = clock.utc(),
                            .value = 1,
                            .by = "",
                            .comment = ""});
    batch.alarms.push_back({.alarm = AlarmId{0},
                            .state = AlarmState::acknowledged,
                            .raised = clock.utc(),
                            .changed = clock.utc() + 5s,
                            .value = 1,
                            .by = "王",
                            .comment = "看到了"});
    batch.checkpoint = {std::byte{1}, std::byte{2}};
    ASSERT_TRUE(store.commit(batch, clock.now()));
    batch.clear();
    ASSERT_TRUE(store.commit(batch, clock.now()));  // no checkpoint this time: the last one stays
  }
  Store store = open();
  EXPECT_EQ(store.load_checkpoint()->size(), 2U);
  const auto alarms = store.load_alarms();
  ASSERT_EQ(alarms->size(), 1U);
  EXPECT_EQ(alarms->front().state, AlarmState::acknowledged);
  EXPECT_EQ(alarms->front().by, "王");
  EXPECT_EQ(alarms->front().raised, clock.utc());
  auto reader = StoreReader::open(store.file(), site);
  const auto journal = reader->alarm_journal(10);
  ASSERT_EQ(journal->size(), 2U);
  EXPECT_EQ(journal->front().record.state, AlarmState::acknowledged);
  EXPECT_EQ(journal->front().record.comment, "看到了");
  EXPECT_EQ(journal->front().record.alarm, AlarmId{0});
}

TEST_F(StoreTest, DataQualityIsJournalled) {
  Store store = open();
  Batch batch;
  batch.quality.push_back(
      {.meter = MeterId{0}, .kind = QualityKind::wrap, .at = clock.utc(), .before = 9, .after = 1, .amount = 2});
  ASSERT_TRUE(store.commit(batch, clock.now()));
  auto reader = StoreReader::open(store.file(), site);
  const auto journal = reader->quality_journal(clock.utc(), clock.utc() + 1s, 10);
  ASSERT_EQ(journal->size(), 1U);
  EXPECT_EQ(journal->front().record.meter, MeterId{0});
  EXPECT_EQ(journal->front().record.kind, QualityKind::wrap);
  EXPECT_EQ(journal->front().record.amount, 2);
}

TEST_F(StoreTest, ASecondGatewayOnTheFolderIsTurnedAwayAndTheFirstUndisturbed) {
  Store first = open();
  const auto second = Store::open(folder.path(), site, clock.now());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::device_or_resource_busy);
  EXPECT_NE(second.error().message().find("another gateway (process " + std::to_string(::getpid())), std::string::npos);
  keep_poll(first);
  EXPECT_EQ(first.figures(0).queued_lines, 1U);
}

TEST_F(StoreTest, AStoreOfALaterVersionIsLeftUntouched) {
  { Store store = open(); }
  const auto file = folder.path() / "gateway.db";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version = 999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const auto store = Store::open(folder.path(), site, clock.now());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, std::errc::not_supported);
}

TEST_F(StoreTest, AtTheCapTheOldestGoesFirstCountedExactly) {
  site.store.max_bytes = 2000;
  Store store = open();
  for (int i = 0; i < 100; ++i) keep_poll(store, i);
  const SinkFigures figures = store.figures(0);
  EXPECT_EQ(figures.kept_lines, 100U);
  EXPECT_GT(figures.dropped_lines, 50U);
  EXPECT_LE(figures.queued_bytes, 2000U);
  EXPECT_EQ(store.status().dropped_lines, figures.dropped_lines);
  expect_balanced(figures);
  Pick all;
  all.most_rows = 1000;
  const auto left = store.next(0, all);
  EXPECT_EQ(left->lines, figures.queued_lines);
  EXPECT_EQ(left->rows.back().number, 100);  // the newest is kept
  std::uint64_t bytes = 0;
  for (const auto& row : left->rows) bytes += row.bytes;
  EXPECT_EQ(bytes, figures.queued_bytes);
  EXPECT_LT(left->body.size(), bytes);  // joined, they share one head
}

TEST_F(StoreTest, OnAFullDiskOnlyAsMuchWaitsAsThereIsRoomForAndTheStatusSaysSo) {
  StoreOptions full;
  full.space = [](const std::filesystem::path&) {
    return std::optional{std::filesystem::space_info{1'000'000'000, 1000, 1000}};
  };
  auto store = Store::open(folder.path(), site, clock.now(), full);
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ(store->status().most_queued_bytes, site.store.max_bytes);
  keep_poll(*store);
  EXPECT_EQ(store->status().free_bytes, 1000U);
  EXPECT_EQ(store->status().most_queued_bytes, DiskRoom::least_queued_bytes);
  keep_poll(*store);
  EXPECT_EQ(store->figures(0).queued_lines, 2U);
}

TEST_F(StoreTest, MinutesThatAreTooOldGoInPartsThatHoldNobodyUp) {
  site.store.keep_minutes = 24h;
  Store store = open();
  constexpr int minutes = 5000;
  Batch batch;
  for (int i = 0; i < minutes; ++i) {
    auto minute = window(1, 1);
    minute.start += std::chrono::minutes{i % 1000};
    minute.node = NodeId{static_cast<std::size_t>(i / 1000) % site.nodes.size()};
    batch.windows.push_back(minute);
  }
  ASSERT_TRUE(store.commit(batch, clock.now()));
  auto reader = StoreReader::open(store.file(), site);
  ASSERT_TRUE(reader);
  const auto left = [&] {
    std::size_t count = 0;
    for (std::size_t node = 0; node < site.nodes.size(); ++node)
      count += reader
                   ->history(NodeId{node}, WindowLength::minute, test::FakeClock::monday_midnight,
                             test::FakeClock::monday_midnight + 48h, 10'000)
                   ->windows.size();
    return count;
  };
  const auto all = left();
  ASSERT_GT(all, 2500U);
  clock.advance(48h);
  keep_poll(store);
  EXPECT_EQ(left(), all - 2000);
  for (int i = 0; i < 20; ++i) keep_poll(store);
  EXPECT_EQ(left(), 0U) << "the rest within seconds, not at the next look in ten minutes";
}

TEST_F(StoreTest, OfOldCounterReadingsEachDaysLastStaysAndOldQuarterHoursGo) {
  site.store.keep_minutes = site.store.keep_quarters = 62 * 24h;
  Store store = open();
  const auto midnight = test::FakeClock::monday_midnight;
  constexpr int days = 45;
  Batch batch;
  for (int i = 0; i < days * 96; ++i) {
    const auto at = midnight + std::chrono::minutes{15 * i + 1};
    for (const auto* meter : {"main", "inlet"}) batch.counters.push_back({test::meter_named(site, meter), at, i});
    auto quarter = window(1, 1);
    quarter.length = WindowLength::quarter;
    quarter.start = at - 1min;
    batch.windows.push_back(quarter);
  }
  auto day = window(days, 1);
  day.length = WindowLength::day;
  batch.windows.push_back(day);
  ASSERT_TRUE(store.commit(batch, clock.now()));
  clock.advance((62 + days) * 24h - 1h);  // of the last day an hour is still to be kept
  for (int i = 0; i < 300; ++i) keep_poll(store);
  auto reader = StoreReader::open(store.file(), site);
  ASSERT_TRUE(reader);
  const auto node = *site.node_named("main", Utility::electricity);
  const auto end = midnight + days * 24h;
  const auto left = reader->history(node, WindowLength::quarter, midnight, end, 100'000);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->windows.size(), 3U) << "those of the hour that is younger";
  EXPECT_EQ(reader->history(node, WindowLength::day, midnight, end, 10)->windows.size(), 1U);
  for (const auto* meter : {"main", "inlet"}) {
    const auto counters = reader->counter_readings(test::meter_named(site, meter), midnight, end, 10'000);
    ASSERT_TRUE(counters);
    ASSERT_EQ(counters->size(), days - 1 + 96U) << "a day that is not old as a whole is kept as it is";
    for (int i = 0; i < days - 1; ++i)
      EXPECT_EQ((*counters)[static_cast<std::size_t>(i)].reading, 96 * (i + 1) - 1) << i;
  }
}

TEST_F(StoreTest, WhatIsTooOldGoesOnlyWhenTheClockHasBeenSteadyForAnHour) {
  site.store.max_age = 24h;
  Store store = open();
  keep_poll(store);
  clock.step_wall_clock(std::chrono::hours{24 * 365});
  keep_poll(store);
  EXPECT_EQ(store.figures(0).dropped_lines, 0U);  // a clock that was set is no reason
  clock.step_wall_clock(-std::chrono::hours{24 * 365});
  clock.advance(23h);
  keep_poll(store);
  EXPECT_EQ(store.figures(0).dropped_lines, 0U);
  clock.advance(2h);
  keep_poll(store);
  EXPECT_EQ(store.figures(0).dropped_lines, 1U);
  expect_balanced(store.figures(0));
}

TEST_F(StoreTest, DeadLettersAreCountedApartFromWhatWasDelivered) {
  Store store = open();
  keep_poll(store);
  store.acknowledge(0, *store.next(0, {}), {{"400: no", "m x=1,y=2 1\n", 1, 2}});
  ASSERT_TRUE(store.commit({}, clock.now()));
  const SinkFigures figures = store.figures(0);
  EXPECT_EQ(figures.dead_values, 2U);
  EXPECT_EQ(figures.delivered_values, 0U);
  expect_balanced(figures);
}

TEST_F(StoreTest, RowNumbersAreNeverUsedTwice) {
  {
    Store store = open();
    for (int i = 0; i < 70; ++i) keep_poll(store);
    Pick all;
    all.most_rows = 100;
    store.acknowledge(0, *store.next(0, all));
    ASSERT_TRUE(store.commit({}, clock.now()));  // forgets them all
    EXPECT_TRUE(store.next(0, {})->rows.empty());
  }
  Store store = open();
  keep_poll(store);
  EXPECT_EQ(store.next(0, {})->rows.front().number, 71);
}

TEST_F(StoreTest, ANewSinkIsOwedWhatIsStillHereAndAGoneOneHoldsNothingUp) {
  {
    Store store = open();
    for (int i = 0; i < 3; ++i) keep_poll(store);
  }
  site.sinks[0].id = "renamed";
  {
    Store store = open();
    Pick all;
    all.most_rows = 10;
    EXPECT_EQ(store.next(0, all)->rows.size(), 3U);
    EXPECT_EQ(store.figures(0).queued_lines, 3U);
    expect_balanced(store.figures(0));
  }
}

TEST_F(StoreTest, NoSinkHoldsUpAnother) {
  site = test::store_site(std::string{test::one_sink} + R"(
[[sink]]
id = "second"
kind = "influx1"
url = "http://127.0.0.1:8087"
database = "energy"
)");
  Store store = open();
  for (int i = 0; i < 3; ++i) keep_poll(store);
  Pick all;
  all.most_rows = 10;
  store.acknowledge(0, *store.next(0, all));
  EXPECT_EQ(store.next(1, all)->rows.size(), 3U);
  EXPECT_EQ(store.figures(0).queued_lines, 0U);
  EXPECT_EQ(store.figures(1).queued_lines, 3U);
}

TEST_F(StoreTest, ACorrectedWindowPassesNoOlderRowThatWaits) {
  Store store = open();
  const auto keep_window = [&] {
    Batch batch = test::poll_batch(site, clock.now());
    batch.windows.push_back({.node = NodeId{0}, .start = test::FakeClock::monday_midnight, .amount = 7, .samples = 1});
    ASSERT_TRUE(store.commit(batch, clock.now()));
    clock.advance(1s);
  };
  keep_window();     // 1: the window's first form
  keep_poll(store);  // 2
  keep_window();     // 3: a poll, 4: the corrected window, in a row of its own
  keep_poll(store);  // 5
  const auto numbers = [&](std::int64_t after, std::vector<std::int64_t> skip) {
    Pick pick;
    pick.after = after;
    pick.most_rows = 10;
    pick.skip = std::move(skip);
    std::vector<std::int64_t> given;
    const auto delivery = store.next(0, pick);
    for (const auto& row : delivery->rows) given.push_back(row.number);
    return given;
  };
  using Rows = std::vector<std::int64_t>;
  EXPECT_EQ(numbers(0, {}), (Rows{1, 2, 3, 4, 5}));  // in one request, in order
  EXPECT_EQ(numbers(1, {}), (Rows{2, 3, 5}));
  EXPECT_EQ(numbers(0, {1}), (Rows{2, 3, 5}));
  EXPECT_EQ(numbers(2, {}), (Rows{3, 5}));
  Pick first;
  first.most_rows = 2;
  store.acknowledge(0, *store.next(0, first));
  EXPECT_EQ(numbers(2, {}), (Rows{3, 4, 5}));
}

TEST_F(StoreTest, AFlippedBitInTheOutboxIsNeverDelivered) {
  {
    Store store = open();
    keep_poll(store);
    keep_poll(store);
  }
  const auto file = folder.path() / "gateway.db";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "UPDATE outbox SET body = x'00' || substr(body, 2) WHERE id = 1", nullptr, nullptr,
                         nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  Store store = open();
  EXPECT_EQ(store.next(0, {})->rows.front().number, 2);
  EXPECT_EQ(store.figures(0).dropped_lines, 1U);
  expect_balanced(store.figures(0));
}

}  // namespace
}  // namespace gateway
