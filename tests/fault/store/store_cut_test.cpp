// FAULTS 1, 2, 7, 8, 10, 13: the store on a disk that is cut, fills up, forgets or refuses. The invariant at the end of
// each: what was committed is there, nothing is there twice, nothing is there in another form, the books balance.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/store/store.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::SimulatedDisk;
using Call = SimulatedDisk::Call;
using Unsynced = SimulatedDisk::Unsynced;

std::string name_of_unsynced(const ::testing::TestParamInfo<Unsynced>& info) {
  constexpr const char* names[] = {"Lost", "Kept", "Some", "Zeros"};
  return names[static_cast<int>(info.param)];
}

std::string name_of_refusal(const ::testing::TestParamInfo<int>& info) {
  return info.param == SQLITE_FULL ? "DiskFull" : info.param == SQLITE_IOERR_WRITE ? "WriteError" : "ReadOnly";
}

class StoreCut : public ::testing::Test {
 protected:
  Expected<Store> try_open() {
    StoreOptions options;
    options.vfs = disk->vfs();
    options.wal_pages = 12;  // so that the WAL is carried over and begun again many times
    return Store::open(folder.path(), site, clock.now(), options);
  }
  Store open() {
    auto store = try_open();
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }
  // Poll n: its line is known by n.
  Batch poll(int n) {
    Batch batch = test::poll_batch(site, clock.now(), n, n * 1000);
    batch.windows.push_back({.node = *site.node_named("main", Utility::electricity),
                             .length = WindowLength::minute,
                             .start = test::FakeClock::monday_midnight,
                             .amount = 1000,
                             .samples = 1});
    batch.checkpoint = {static_cast<std::byte>(n)};
    return batch;
  }
  static std::string mark(int n) { return " power_w=" + std::to_string(n) + ","; }

  // Commits polls until the power goes, acknowledging as an uploader would. Returns how many commits have returned.
  int work(int polls) {
    auto store = try_open();
    int committed = 0;
    for (int n = 1; store && n <= polls; ++n) {
      if (!store->commit(poll(n), clock.now())) break;
      ++committed;
      clock.advance(1s);
      if (n % 3 != 0) continue;
      if (auto delivery = store->next(0, {}); delivery && !delivery->rows.empty()) {
        sent += gunzip(delivery->body, 1 << 20).value_or("damaged");
        store->acknowledge(0, *delivery);
      }
    }
    return committed;
  }

  void expect_whole(int committed) {
    expect_all_there(committed);
    EXPECT_EQ(integrity(), "ok");  // the disk knows one connection at a time
  }
  void expect_all_there(int committed) {
    Store store = open();
    const SinkFigures f = store.figures(0);
    EXPECT_EQ(f.kept_values, f.delivered_values + f.queued_values + f.dead_values + f.dropped_values);
    EXPECT_EQ(f.dropped_values, 0U);
    EXPECT_EQ(f.kept_lines % 2, 0U);  // a poll and its window, never one alone
    const auto polls = static_cast<int>(f.kept_lines / 2);
    EXPECT_GE(polls, committed);
    EXPECT_LE(polls, committed + 1);  // the one under way may have been whole
    Pick all;
    all.most_rows = 1000;
    const auto queued = store.next(0, all);
    ASSERT_TRUE(queued) << queued.error().message();
    EXPECT_EQ(queued->lines, f.queued_lines);
    const std::string text = gunzip(queued->body, 1 << 20).value_or("damaged");
    for (int n = 1; n <= polls; ++n) {
      const auto found = text.find(mark(n));
      EXPECT_TRUE(found != std::string::npos || sent.find(mark(n)) != std::string::npos) << "poll " << n;
      if (found != std::string::npos) {
        EXPECT_EQ(text.find(mark(n), found + 1), std::string::npos) << n;
      }
    }
    const auto checkpoint = store.load_checkpoint();
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->empty() ? 0 : static_cast<int>(checkpoint->front()), polls);
    EXPECT_EQ(store.status().repairs, 0U);
  }
  std::string integrity() { return ask("PRAGMA integrity_check"); }
  // On a connection of its own; the last row's first column.
  std::string ask(const char* sql) {
    sqlite3* database = nullptr;
    std::string result = "can't open";
    if (sqlite3_open_v2((folder.path() / "gateway.db").c_str(), &database, SQLITE_OPEN_READWRITE, disk->vfs()) ==
        SQLITE_OK)
      sqlite3_exec(
          database, sql,
          [](void* into, int, char** values, char**) {
            *static_cast<std::string*>(into) = values[0];
            return 0;
          },
          &result, nullptr);
    sqlite3_close(database);
    return result;
  }

  Site site = test::store_site();
  test::FakeClock clock;
  test::TemporaryFolder folder;
  std::unique_ptr<SimulatedDisk> disk = std::make_unique<SimulatedDisk>();
  std::string sent;
};

class StorePowerCut : public StoreCut, public ::testing::WithParamInterface<Unsynced> {};

TEST_P(StorePowerCut, AtAnyWriteEveryCommitThatReturnedIsThere) {
  for (std::uint64_t at = 1;; ++at) {
    disk = std::make_unique<SimulatedDisk>();
    sent.clear();
    disk->cut_at(at);
    const int committed = work(9);
    const bool was_cut = !disk->is_on();
    disk->restore_power(GetParam(), at);
    // A second cut while the first is being mended changes nothing.
    disk->cut_at(1 + at % 7);
    { const auto again = try_open(); }
    disk->restore_power(GetParam(), at + 1);
    SCOPED_TRACE("cut at change " + std::to_string(at));
    expect_whole(committed);
    if (HasFailure()) return;
    if (!was_cut) {
      EXPECT_GT(at, 60U);  // the loop has been through a good many
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Unsynced, StorePowerCut,
                         ::testing::Values(Unsynced::lost, Unsynced::kept, Unsynced::some, Unsynced::zeros),
                         name_of_unsynced);

// What a person asked for is done once, and they are told what was done.
TEST_F(StoreCut, ARequestAndItsAnswerAreKeptTogetherOrNeitherIs) {
  for (std::uint64_t at = 1;; ++at) {
    disk = std::make_unique<SimulatedDisk>();
    bool was_cut = false;
    {
      Store store = open();
      ASSERT_TRUE(store.commit(poll(1), clock.now()));
      store.acknowledge(0, *store.next(0, {}), {{"400: no", "m x=1 1\n", 1, 1}});
      ASSERT_TRUE(store.commit(poll(2), clock.now()));
    }
    ask("INSERT INTO outbox_request(action, sink) VALUES('drop', 'central')");
    {
      Store store = open();
      disk->cut_at(at);
      store.work_off_requests(clock.now());
      was_cut = !disk->is_on();
    }
    disk->restore_power(Unsynced::lost, at);
    SCOPED_TRACE("cut at change " + std::to_string(at));
    const bool answered = ask("SELECT count(*) FROM outbox_request WHERE answer IS NOT NULL") == "1";
    EXPECT_EQ(ask("SELECT count(*) FROM dead_letter"), answered ? "0" : "1");
    if (!was_cut) {
      EXPECT_TRUE(answered);
      EXPECT_GT(at, 2U);
      return;
    }
    if (HasFailure()) return;
  }
}

TEST_F(StoreCut, AnFsyncThatFailsOnceCountsAsFailedAndTheBatchIsWrittenAgain) {
  for (int failing = 1; failing <= 12; ++failing) {
    disk = std::make_unique<SimulatedDisk>();
    sent.clear();
    bool failed = false;
    {
      Store store = open();
      int left = failing;
      disk->fault = [&](Call call, const std::string&) {
        if (call != Call::sync || --left != 0) return SQLITE_OK;
        return SQLITE_IOERR_FSYNC;
      };
      for (int n = 1; n <= 12; ++n) {
        const Batch batch = poll(n);
        if (!store.commit(batch, clock.now())) {
          failed = true;
          EXPECT_NE(store.status().last_error, "");
          ASSERT_TRUE(store.commit(batch, clock.now()));
        }
        clock.advance(1s);
      }
      EXPECT_LE(left, 0);
      disk->fault = nullptr;
      disk->cut();  // what the failed sync should have written is gone
    }
    disk->restore_power(Unsynced::lost, 1);
    SCOPED_TRACE("sync " + std::to_string(failing));
    expect_whole(12);
    // One sync in some is of a checkpoint, which is no commit's.
    if (failing == 1) {
      EXPECT_TRUE(failed);
    }
  }
}

// What the disk says from the k-th change on, until the test lets it work again.
class StoreRefusal : public StoreCut, public ::testing::WithParamInterface<int> {};

TEST_P(StoreRefusal, NothingIsLostAndItResumesByItself) {
  for (int from = 1; from <= 30; ++from) {
    disk = std::make_unique<SimulatedDisk>();
    sent.clear();
    Store store = open();
    int left = from;
    bool refusing = true;
    disk->fault = [&](Call call, const std::string&) {
      if (call == Call::read || call == Call::open || !refusing) return SQLITE_OK;
      return --left <= 0 ? GetParam() : SQLITE_OK;
    };
    int refused = 0;
    for (int n = 1; n <= 8; ++n) {
      const Batch batch = poll(n);
      while (!store.commit(batch, clock.now())) {
        clock.advance(1s);
        if (++refused == 3) refusing = false;
        ASSERT_LT(refused, 10);
      }
      clock.advance(1s);
    }
    EXPECT_EQ(store.figures(0).kept_lines, 16U);
    EXPECT_EQ(store.status().last_error, "");
    disk->fault = nullptr;
    { const Store closed = std::move(store); }
    SCOPED_TRACE("from change " + std::to_string(from));
    expect_whole(8);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Codes, StoreRefusal, ::testing::Values(SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY),
                         name_of_refusal);

// The budget for flash wear: one sync of the WAL a commit, and few beside it.
TEST_F(StoreCut, AnHourOfCommitsStaysWithinTheSyncBudget) {
  StoreOptions options;
  options.vfs = disk->vfs();
  auto store = Store::open(folder.path(), site, clock.now(), options);
  ASSERT_TRUE(store);
  const auto syncs = disk->syncs();
  for (int n = 1; n <= 3600; ++n) {
    ASSERT_TRUE(store->commit(test::poll_batch(site, clock.now(), n, n), clock.now()));
    clock.advance(1s);
    Pick all;
    all.most_rows = 10;
    if (n % 2 == 0) store->acknowledge(0, *store->next(0, all));
  }
  EXPECT_LE(disk->syncs() - syncs, 3600U + 60U);
  EXPECT_LE(disk->bytes_written() / 3600, 17'000U);  // a commit of a small row
}

}  // namespace
}  // namespace gateway
