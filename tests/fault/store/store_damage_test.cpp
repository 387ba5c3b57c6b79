// FAULTS 3, 4, 5, 12: a database that is damaged, cut off, zeroed, missing, half repaired or of another version. Each
// time the store opens, says what happened, delivers nothing in another form, balances its books, and works.
#include <fstream>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/store.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "cloud-sync/store/store_thread.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int polls = 400;

class StoreDamage : public ::testing::Test {
 protected:
  StoreDamage() {
    Store store = open();
    for (int n = 1; n <= polls; ++n) keep(store, n);
  }
  Store open() {
    auto store = Store::open(folder.path(), site, clock.now());
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }
  void keep(Store& store, int n) {
    Batch batch = test::poll_batch(site, clock.now(), n, n * 1000);
    for (std::size_t node = 0; node < site.nodes.size(); ++node)
      batch.windows.push_back({.node = NodeId{node},
                               .length = WindowLength::minute,
                               .start = test::FakeClock::monday_midnight + std::chrono::minutes{n},
                               .amount = n,
                               .samples = 1});
    if (n % 50 == 0)
      batch.alarms.push_back({.alarm = AlarmId{0},
                              .state = AlarmState::acknowledged,
                              .raised = clock.utc(),
                              .changed = clock.utc(),
                              .value = 1.0 * n,
                              .by = "王",
                              .comment = ""});
    batch.checkpoint = {std::byte{7}};
    ASSERT_TRUE(store.commit(batch, clock.now()));
    clock.advance(1s);
  }
  [[nodiscard]] fs::path file() const { return folder.path() / "gateway.db"; }
  void overwrite(std::uint64_t offset, const std::string& with) const {
    std::fstream io(file(), std::ios::in | std::ios::out | std::ios::binary);
    io.seekp(static_cast<std::streamoff>(offset));
    io.write(with.data(), static_cast<std::streamsize>(with.size()));
  }
  // A poll and its windows each time, an alarm every fifty.
  [[nodiscard]] std::uint64_t lines_kept() const { return polls * (1 + site.nodes.size()) + polls / 50; }
  [[nodiscard]] std::uint64_t pages() const { return fs::file_size(file()) / 4096; }

  // What can still be sent: every line in it is one of those that were kept.
  void expect_sound(Store& store, bool books_known = true) {
    Pick all;
    all.most_rows = 10'000;
    all.most_bytes = 1 << 26;
    auto queued = store.next(0, all);
    ASSERT_TRUE(queued) << queued.error().message();
    // Rows with a flipped bit are found and booked while they are read.
    const SinkFigures f = store.figures(0);
    EXPECT_EQ(f.kept_lines, f.delivered_lines + f.queued_lines + f.dead_lines + f.dropped_lines);
    EXPECT_EQ(queued->lines, f.queued_lines);
    if (books_known) {
      EXPECT_EQ(f.kept_lines, lines_kept());
    }
    const std::string text = gunzip(queued->body, 1 << 26).value_or("damaged");
    std::size_t found = 0;
    for (int n = 1; n <= polls; ++n) {
      const std::string line = "power_w=" + std::to_string(n) + ",energy_import_wh=" + std::to_string(n) + "i ";
      if (text.find(line) != std::string::npos) ++found;
    }
    std::size_t meter_lines = 0;
    for (auto at = text.find("energy_import_wh="); at != std::string::npos; at = text.find("energy_import_wh=", at + 1))
      ++meter_lines;
    EXPECT_EQ(found, meter_lines) << text.substr(0, 300);
    EXPECT_EQ(queued->rows.size(), found);
    rows_left = found;
    // It goes on.
    EXPECT_TRUE(store.commit(test::poll_batch(site, clock.now(), 9999), clock.now()));
    EXPECT_EQ(store.figures(0).kept_lines, f.kept_lines + 1);
  }
  // The only page of a small table, counted from 0.
  [[nodiscard]] std::uint64_t leaf_of(const std::string& table) const {
    Database database = Database::open(file(), Database::Mode::read);
    return static_cast<std::uint64_t>(
        database.number("SELECT rootpage - 1 FROM sqlite_schema WHERE name = '" + table + "'"));
  }
  [[nodiscard]] std::size_t set_aside() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (entry.path().filename().string().starts_with("gateway.db.damaged-") &&
          !entry.path().string().ends_with("-wal") && !entry.path().string().ends_with("-shm"))
        ++count;
    return count;
  }

  Site site = test::store_site();
  test::FakeClock clock;
  test::TemporaryFolder folder;
  std::size_t rows_left = 0;
};

TEST_F(StoreDamage, AnyPageOfNonsenseCostsThatPageAndNotTheStart) {
  test::TemporaryFolder copy;
  fs::copy_file(file(), copy.path() / "sound");
  std::mt19937 random(7);
  std::size_t repaired = 0;
  const auto count = pages();
  ASSERT_GT(count, 40U);
  for (std::uint64_t page = 0; page < count; ++page) {
    for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove(entry.path());
    fs::copy_file(copy.path() / "sound", file());
    std::string nonsense(4096, ' ');
    for (char& c : nonsense) c = static_cast<char>(random());
    overwrite(page * 4096, page % 2 == 0 ? nonsense : std::string(4096, '\0'));
    SCOPED_TRACE("page " + std::to_string(page));
    Store store = open();
    if (store.status().repairs > 0) {
      ++repaired;
      EXPECT_NE(store.status().last_repair.find("kept as gateway.db.damaged-1"), std::string::npos);
      EXPECT_EQ(set_aside(), 1U) << store.status().last_repair;
    }
    expect_sound(store, store.figures(0).kept_lines > polls);
    // Page 1 holds where everything is; every other page costs what stood on it, or below it.
    if (page > 20) {
      EXPECT_GT(rows_left, polls / 2U);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(repaired, count / 2);
}

TEST_F(StoreDamage, AFlippedBitAnywhereIsNeverDelivered) {
  test::TemporaryFolder copy;
  fs::copy_file(file(), copy.path() / "sound");
  std::mt19937_64 random(11);
  for (int round = 0; round < 120; ++round) {
    for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove(entry.path());
    fs::copy_file(copy.path() / "sound", file());
    const auto at = random() % fs::file_size(file());
    char byte = 0;
    {
      std::ifstream in(file(), std::ios::binary);
      in.seekg(static_cast<std::streamoff>(at));
      in.get(byte);
    }
    overwrite(at, std::string(1, static_cast<char>(byte ^ (1 << random() % 8))));
    SCOPED_TRACE("byte " + std::to_string(at));
    Store store = open();
    expect_sound(store, false);
    if (HasFailure()) return;
  }
}

TEST_F(StoreDamage, AFileOfZerosIsSetAside) {
  const auto size = fs::file_size(file());
  fs::resize_file(file(), 0);
  fs::resize_file(file(), size);
  Store store = open();
  EXPECT_EQ(store.status().repairs, 1U);
  EXPECT_EQ(set_aside(), 1U);
  keep(store, 1);
  EXPECT_EQ(store.figures(0).queued_batches, 1U);
}

TEST_F(StoreDamage, ATruncatedFileGivesWhatIsLeftOfIt) {
  for (const double part : {0.9, 0.5, 0.1}) {
    test::TemporaryFolder elsewhere;
    fs::copy_file(file(), elsewhere.path() / "gateway.db");
    fs::resize_file(elsewhere.path() / "gateway.db",
                    static_cast<std::uintmax_t>(part * static_cast<double>(fs::file_size(file()))));
    auto store = Store::open(elsewhere.path(), site, clock.now());
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ(store->status().repairs, 1U);
    const SinkFigures f = store->figures(0);
    EXPECT_EQ(f.kept_lines, f.delivered_lines + f.queued_lines + f.dead_lines + f.dropped_lines);
    EXPECT_TRUE(store->commit(test::poll_batch(site, clock.now(), 1), clock.now()));
  }
}

TEST_F(StoreDamage, AMissingOrEmptyDatabaseIsBegunAnewAndToldOf) {
  for (const bool empty : {false, true}) {
    fs::remove(file());
    if (empty) std::ofstream{file()};
    Store store = open();
    EXPECT_EQ(store.figures(0).kept_lines, 0U);
    EXPECT_NE(store.status().last_repair.find("missing"), std::string::npos) << store.status().last_repair;
    EXPECT_TRUE(store.commit(test::poll_batch(site, clock.now(), 1), clock.now()));
  }
}

TEST_F(StoreDamage, AWalThatIsCutOffOrNonsenseCostsOnlyWhatStoodInIt) {
  test::TemporaryFolder elsewhere;
  {
    Store store = open();
    for (int n = 1; n <= 20; ++n) keep(store, n);
    // As a power cut leaves it: not carried over into the database.
    fs::copy_file(file(), elsewhere.path() / "gateway.db");
    fs::copy_file(folder.path() / "gateway.db-wal", elsewhere.path() / "gateway.db-wal");
  }
  const auto wal = elsewhere.path() / "gateway.db-wal";
  const auto size = fs::file_size(wal);
  ASSERT_GT(size, 20'000U);
  fs::resize_file(wal, size * 2 / 3);
  {
    std::fstream io(wal, std::ios::in | std::ios::out | std::ios::binary);
    io.seekp(static_cast<std::streamoff>(size / 2));
    io.write("nonsense", 8);
  }
  auto store = Store::open(elsewhere.path(), site, clock.now());
  ASSERT_TRUE(store) << store.error().message();
  const SinkFigures f = store->figures(0);
  EXPECT_EQ(f.kept_lines, f.queued_lines);
  EXPECT_GE(f.kept_lines, lines_kept());
  EXPECT_TRUE(store->commit(test::poll_batch(site, clock.now(), 1), clock.now()));
}

TEST_F(StoreDamage, DamageThatTurnsUpInARunningGatewayIsRepairedAndHistoryGoesOn) {
  Store store = open();
  auto reader = StoreReader::open(store.file(), site);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(store.mend("a page did not read", clock.now()));
  EXPECT_EQ(store.status().repairs, 1U);
  expect_sound(store);
  EXPECT_EQ(rows_left, static_cast<std::size_t>(polls));
  const auto history = reader->history(NodeId{0}, WindowLength::minute, test::FakeClock::monday_midnight,
                                       test::FakeClock::monday_midnight + 24h, 10'000);
  ASSERT_TRUE(history) << history.error().message();
  EXPECT_EQ(history->windows.size(), static_cast<std::size_t>(polls));
  EXPECT_EQ(store.load_alarms()->front().value, 400);
  EXPECT_EQ(store.load_checkpoint()->size(), 1U);
}

// Rows whose numbers are out of order read well, and a search among them ends anywhere, also before the place that it
// was sent to. Found by the fuzzer: a repair went back to rows that it had already carried over, for ever.
TEST_F(StoreDamage, NumbersOutOfOrderDoNotKeepARepairGoingForEver) {
  test::TemporaryFolder copy;
  fs::copy_file(file(), copy.path() / "sound");
  const std::uint64_t page = leaf_of("alarm_journal");
  std::size_t repaired = 0;
  for (std::uint64_t at = 4096 - 480; at + 54 <= 4096; at += 6) {
    for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove(entry.path());
    fs::copy_file(copy.path() / "sound", file());
    overwrite(page * 4096 + at, std::string(54, '\0'));
    SCOPED_TRACE("byte " + std::to_string(at));
    Store store = open();
    repaired += store.status().repairs;
    expect_sound(store);
    if (HasFailure()) return;
  }
  EXPECT_GT(repaired, 30U);
}

// Every state in which a cut can leave a repair.
TEST_F(StoreDamage, ACutWhileRepairingLeavesTheOldOrTheNewDatabase) {
  std::ofstream{folder.path() / "gateway.db.repairing"} << "half written";
  {
    Store store = open();
    EXPECT_EQ(store.status().repairs, 0U);
    expect_sound(store);
    EXPECT_FALSE(fs::exists(folder.path() / "gateway.db.repairing"));
  }
  // Complete, not yet in place; the damaged one is still there, or already aside.
  for (const bool damaged_is_there : {true, false}) {
    fs::rename(file(), folder.path() / "gateway.db.repaired");
    if (damaged_is_there) std::ofstream{file()} << std::string(8192, 'x');
    Store store = open();
    EXPECT_EQ(store.status().repairs, 0U);
    EXPECT_GE(store.figures(0).kept_lines, lines_kept());
    EXPECT_FALSE(fs::exists(folder.path() / "gateway.db.repaired"));
    EXPECT_EQ(set_aside(), 1U);
  }
}

TEST_F(StoreDamage, CopiesOfDamagedDatabasesDoNotFillTheDisk) {
  for (int i = 0; i < 6; ++i) {
    overwrite(0, std::string(4096, 'x'));
    Store store = open();
    EXPECT_EQ(store.status().repairs, 1U);
  }
  EXPECT_EQ(set_aside(), 3U);
}

// A disk with so much room, of a file system where nothing is reserved.
StoreOptions with_room(std::uint64_t bytes) {
  StoreOptions options;
  options.space = [bytes](const fs::path&) { return std::optional{fs::space_info{1'000'000'000'000, bytes, bytes}}; };
  return options;
}
constexpr std::uint64_t left_free = 4 << 20;  // by a repair

TEST_F(StoreDamage, WithoutRoomForAllOfItTheBacklogIsCarriedOverAndHistoryAsFarAsItGoes) {
  {
    Store store = open();
    Batch batch;  // a history that is larger than what waits
    for (int i = 0; i < 20'000; ++i)
      batch.windows.push_back({.node = NodeId{0},
                               .length = WindowLength::minute,
                               .start = test::FakeClock::monday_midnight - std::chrono::minutes{i + 1},
                               .amount = i,
                               .samples = 1});
    batch.windows.push_back({.node = NodeId{0}, .length = WindowLength::day, .start = {}, .amount = 7, .samples = 1});
    ASSERT_TRUE(store.commit(batch, clock.now()));
  }
  overwrite((pages() - 1) * 4096, std::string(4096, 'x'));
  auto opened = Store::open(folder.path(), site, clock.now(), with_room(left_free + fs::file_size(file()) * 2 / 3));
  ASSERT_TRUE(opened) << opened.error().message();
  Store& store = *opened;
  EXPECT_EQ(store.status().repairs, 1U);
  EXPECT_NE(store.status().last_repair.find("no room for all of the history"), std::string::npos)
      << store.status().last_repair;
  Pick all;
  all.most_rows = 10'000;
  all.most_bytes = 1 << 26;
  EXPECT_GT(store.next(0, all)->rows.size(), polls / 2U);
  auto reader = StoreReader::open(store.file(), site);
  ASSERT_TRUE(reader);
  const auto epoch = UtcTime{};
  EXPECT_EQ(reader->history(NodeId{0}, WindowLength::day, epoch, epoch + 24h, 10)->windows.size(), 1U);
  EXPECT_EQ(reader->history(NodeId{0}, WindowLength::minute, epoch, clock.utc(), 100'000)->windows.size(), 0U);
}

TEST_F(StoreDamage, WithoutRoomForTheBacklogNothingIsTouchedAndTheNextStartCarriesItOver) {
  const auto last_page = (pages() - 1) * 4096;
  overwrite(last_page, std::string(4096, 'x'));
  const auto size = fs::file_size(file());
  const auto refused = Store::open(folder.path(), site, clock.now(), with_room(left_free + 40'000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code.value() & 0xFF, SQLITE_FULL) << refused.error().message();
  EXPECT_NE(refused.error().message().find("no room"), std::string::npos) << refused.error().message();
  EXPECT_EQ(fs::file_size(file()), size) << "it is still there, under its name";
  EXPECT_FALSE(fs::exists(folder.path() / "gateway.db.repairing")) << "and takes nobody's room";
  Store store = open();
  EXPECT_EQ(store.status().repairs, 1U);
  expect_sound(store, store.figures(0).kept_lines > polls);
  EXPECT_GT(rows_left, polls / 2U);
}

TEST_F(StoreDamage, OlderDamagedDatabasesMakeWayForARepair) {
  std::ofstream{folder.path() / "gateway.db.damaged-1"} << std::string(100'000, 'x');
  overwrite((pages() - 1) * 4096, std::string(4096, 'x'));
  // The disk has room once the old one is gone.
  StoreOptions options;
  options.space = [this](const fs::path& where) {
    const bool gone = !fs::exists(where / "gateway.db.damaged-1");
    const std::uint64_t room = gone ? left_free + 10 * fs::file_size(file()) : left_free;
    return std::optional{fs::space_info{1'000'000'000'000, room, room}};
  };
  auto store = Store::open(folder.path(), site, clock.now(), options);
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ(store->status().repairs, 1U);
  EXPECT_EQ(set_aside(), 1U) << "the one of now";
  EXPECT_GT(fs::file_size(folder.path() / "gateway.db.damaged-1"), 100'000U);
}

TEST_F(StoreDamage, ARepairSaysThatItMoves) {
  Store store = open();
  int beats = 0;
  store.on_progress([&] { ++beats; });
  ASSERT_TRUE(store.mend("a page did not read", clock.now()));
  EXPECT_GE(beats, 1);
  ASSERT_TRUE(store.mend("again", clock.now()));
  EXPECT_GE(beats, 2) << "also after the first";
}

TEST_F(StoreDamage, WhatACommandHasAskedForIsCarriedOver) {
  {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database,
                           "INSERT INTO outbox_request(action, sink) VALUES('drop', 'central');"
                           "INSERT INTO meter_request(kind, meter, old_last, new_first, from_ms, to_ms, amount, by, "
                           "reason) VALUES('exchange', 'main', 1, 2, 3, 4, 5, 'wang', 'old')",
                           nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  Store store = open();
  ASSERT_TRUE(store.mend("a page did not read", clock.now()));
  store.work_off_requests(clock.now());
  const auto asked = store.take_meter_requests();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].by, "wang");
}

// Above StoreOptions::checked_at_start the start does not wait for the check.
TEST_F(StoreDamage, DamageInALargeDatabaseIsFoundBesideTheWorkAndRepaired) {
  overwrite((pages() - 1) * 4096, std::string(4096, 'x'));
  StoreOptions options;
  options.checked_at_start = 1000;
  auto opened = Store::open(folder.path(), site, clock.now(), options);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->status().repairs, 0U);
  EXPECT_TRUE(opened->is_unchecked());
  {
    StoreThread thread(std::move(*opened), site.sinks.size(), clock);
    while (thread.status().repairs == 0) std::this_thread::yield();
  }
  EXPECT_EQ(set_aside(), 1U);
  Store store = open();
  expect_sound(store, store.figures(0).kept_lines > polls);
}

// What versions 2 and 1 did not have yet.
constexpr const char* undo_4 = "DROP TABLE meter_request; PRAGMA user_version = 3;";
constexpr const char* undo_3 = R"sql(
DROP TABLE clock; DROP TABLE outbox_request; DROP TABLE notifier;
ALTER TABLE consumption DROP COLUMN cost; ALTER TABLE consumption DROP COLUMN covered_us;
ALTER TABLE quality_journal DROP COLUMN from_ns; ALTER TABLE quality_journal DROP COLUMN by;
ALTER TABLE quality_journal DROP COLUMN comment;
DROP TABLE tariff_part; DROP TABLE demand; DROP TABLE counter_reading;
DROP INDEX alarm_journal_by_time; DROP TABLE mode_state; DROP TABLE mode_journal;
ALTER TABLE alarm_journal DROP COLUMN area; ALTER TABLE alarm_journal DROP COLUMN priority;
PRAGMA user_version = 2;)sql";
constexpr const char* undo_2 = R"sql(
ALTER TABLE ledger DROP COLUMN crc; ALTER TABLE checkpoint DROP COLUMN crc; DROP TABLE store_journal;
PRAGMA user_version = 1;)sql";

class OlderStore : public StoreDamage, public ::testing::WithParamInterface<int> {
 protected:
  OlderStore() {
    std::string undo = undo_4;
    if (GetParam() < 3) {
      undo += undo_3;
      for (const char* table : {"alarm_state", "alarm_journal"})
        for (const char* column :
             {"event", "occurrence", "change", "process", "announced", "told", "value_limit", "finding", "cause_rule",
              "cause_source", "shelved_until_ns", "out_of_service", "held_by", "held_reason"})
          undo += std::string{"ALTER TABLE "} + table + " DROP COLUMN " + column + ";";
    }
    if (GetParam() < 2) undo += undo_2;
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, undo.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
};

TEST_P(OlderStore, IsMigratedWithItsBooksItsAlarmsAndItsHistory) {
  Store store = open();
  EXPECT_EQ(store.status().repairs, 0U);
  EXPECT_EQ(store.load_checkpoint()->size(), 1U);
  expect_sound(store);
  EXPECT_EQ(rows_left, static_cast<std::size_t>(polls));
  const auto alarms = store.load_alarms();
  ASSERT_TRUE(alarms) << alarms.error().message();
  ASSERT_EQ(alarms->size(), 1U);
  EXPECT_EQ(alarms->front().value, 400);
  EXPECT_EQ(alarms->front().state, AlarmState::acknowledged);
  auto reader = StoreReader::open(store.file(), site);
  ASSERT_TRUE(reader);
  const auto history = reader->history(NodeId{0}, WindowLength::minute, test::FakeClock::monday_midnight,
                                       test::FakeClock::monday_midnight + 24h, 10'000);
  ASSERT_TRUE(history) << history.error().message();
  EXPECT_EQ(history->windows.size(), static_cast<std::size_t>(polls));
}

// Damage does not ask which version it meets.
TEST_P(OlderStore, IsRepairedWhenItIsDamagedToo) {
  overwrite((pages() - 1) * 4096, std::string(4096, 'x'));
  Store store = open();
  expect_sound(store, store.figures(0).kept_lines > polls);
  EXPECT_GT(rows_left, polls / 2U);
}

INSTANTIATE_TEST_SUITE_P(Version, OlderStore, ::testing::Values(1, 2, 3),
                         [](const auto& version) { return std::to_string(version.param); });

}  // namespace
}  // namespace gateway
