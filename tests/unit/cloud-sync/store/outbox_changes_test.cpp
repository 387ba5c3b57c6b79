// What a person does with dead letters and with what waits: in the store, and from another process beside a running
// one.
#include <thread>

#include <gtest/gtest.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/store/memory_folder.hpp"
#include "cloud-sync/store/outbox.hpp"
#include "cloud-sync/store/outbox_report.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "cloud-sync/store/store_thread.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Action = OutboxChange::Action;

constexpr std::string_view two_sinks = R"(
[[sink]]
id = "central"
kind = "influx1"
url = "http://127.0.0.1:8086"
database = "energy"
[[sink]]
id = "district"
kind = "influx1"
url = "http://127.0.0.1:8087"
database = "energy"
)";

class OutboxChanges : public ::testing::Test {
 protected:
  OutboxChanges() {
    for (int n = 0; n < 3; ++n) {
      EXPECT_TRUE(store.commit(test::poll_batch(site, clock.now(), n), clock.now()));
      clock.advance(1s);
    }
    // Central takes two and refuses the middle one, for good; the other has taken nothing yet.
    const auto delivery = store.next(0, {.most_rows = 3});
    store.acknowledge(0, *delivery, {{.reason = "field type conflict", .line = refused, .lines = 1, .values = 2}});
    save();
  }
  Store open() {
    auto opened = Store::open(folder.path(), site, clock.now());
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }
  void save() { EXPECT_TRUE(store.commit(Batch{}, clock.now())); }
  void expect_balance() {
    for (std::size_t sink = 0; sink < site.sinks.size(); ++sink) {
      const auto f = store.figures(sink);
      EXPECT_EQ(f.kept_lines, f.delivered_lines + f.queued_lines + f.dead_lines + f.dropped_lines) << sink;
      EXPECT_EQ(f.kept_values, f.delivered_values + f.queued_values + f.dead_values + f.dropped_values) << sink;
    }
  }
  std::vector<LetterReport> letters() { return dead_letters(folder.path(), "", 100).value(); }

  const std::string refused = "electricity,meter=main power_w=1,energy_import_wh=5000i 1763913601000";
  Site site = test::store_site(two_sinks);
  test::TemporaryFolder folder;
  test::FakeClock clock;
  Store store = open();
};

TEST_F(OutboxChanges, ALetterThatIsQueuedAgainGoesToItsSinkOnlyAndTheBooksBalance) {
  ASSERT_EQ(letters().size(), 1u);
  EXPECT_EQ(letters()[0].reason, "field type conflict");
  EXPECT_EQ(letters()[0].sink, "central");
  const auto done = store.change({.action = Action::requeue_letters, .letter = letters()[0].number}, clock.now());
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(*done, "1 dead letter of 1 line queued again");
  EXPECT_TRUE(letters().empty());
  expect_balance();
  const auto again = store.next(0, {.most_rows = 10});
  EXPECT_EQ(again->lines, 1u);
  EXPECT_EQ(gunzip(again->body, 1 << 20).value(), refused + "\n");
  const auto other = store.next(1, {.most_rows = 10});
  EXPECT_EQ(other->lines, 3u) << "the other sink is owed what it was owed";
  store.acknowledge(0, *again);
  store.acknowledge(1, *other);
  save();
  expect_balance();
  EXPECT_EQ(store.figures(0).delivered_lines, 3u);
  EXPECT_EQ(store.figures(0).dead_lines, 0u);
  EXPECT_EQ(store.figures(1).delivered_lines, 3u);
}

TEST_F(OutboxChanges, WhatWasQueuedAgainSurvivesARestart) {
  ASSERT_TRUE(store.change({.action = Action::requeue_letters}, clock.now()));
  { const Store gone = std::move(store); }
  store = open();
  EXPECT_EQ(store.next(0, {.most_rows = 10})->lines, 1u);
  EXPECT_EQ(store.next(1, {.most_rows = 10})->lines, 3u);
  expect_balance();
}

TEST_F(OutboxChanges, ALetterThatIsDroppedIsCountedAsDropped) {
  ASSERT_TRUE(store.change({.action = Action::drop_letters, .sink = "central"}, clock.now()));
  EXPECT_TRUE(letters().empty());
  EXPECT_EQ(store.figures(0).dead_lines, 0u);
  EXPECT_EQ(store.figures(0).dropped_lines, 1u);
  expect_balance();
}

TEST_F(OutboxChanges, WhatWaitsForOneSinkCanBeGivenUpAndTheOtherKeepsIts) {
  const auto done = store.change({.action = Action::drop_waiting, .sink = "district"}, clock.now());
  ASSERT_TRUE(done);
  EXPECT_EQ(*done, "3 lines that waited for district dropped");
  EXPECT_TRUE(store.next(1, {.most_rows = 10})->rows.empty());
  EXPECT_EQ(store.figures(1).dropped_lines, 3u);
  EXPECT_EQ(store.figures(0).delivered_lines, 2u);
  expect_balance();
  EXPECT_FALSE(store.change({.action = Action::drop_waiting, .sink = "nobody"}, clock.now()));
  EXPECT_FALSE(store.change({.action = Action::drop_waiting}, clock.now())) << "not all sinks at once";
}

// Else it would go as too old as soon as the clock is right.
TEST_F(OutboxChanges, WhatIsQueuedAgainBeforeTheClockIsBelievedIsNotOfTheYear1970) {
  { const Store gone = std::move(store); }
  const auto last = clock.utc();
  clock.set_wall_clock(UtcTime{std::chrono::hours{1}});
  store = open();
  ASSERT_TRUE(store.change({.action = Action::requeue_letters, .sink = "central"}, clock.now()));
  const auto queued = store.next(0, {.most_rows = 10});
  ASSERT_TRUE(queued);
  ASSERT_EQ(queued->rows.size(), 1u);
  EXPECT_GT(queued->oldest, last - 1h);
  expect_balance();
}

TEST_F(OutboxChanges, WhatIsTakenOverKeepsItsAge) {
  const auto memory = memory_folder_of(folder.path());
  ASSERT_TRUE(make_memory_folder(memory));
  const auto when = clock.utc() + 3h;
  clock.advance(3h);
  {
    auto in_memory = Store::open(memory, site, clock.now());
    ASSERT_TRUE(in_memory);
    ASSERT_TRUE(in_memory->commit(test::poll_batch(site, clock.now(), 77), clock.now()));
  }
  clock.set_wall_clock(UtcTime{std::chrono::hours{1}});
  ASSERT_TRUE(store.adopt(memory, clock.now()));
  std::filesystem::remove_all(memory);
  const auto delivery = store.next(0, {.most_rows = 1});
  ASSERT_TRUE(delivery);
  EXPECT_EQ(to_ms(delivery->oldest), to_ms(when));
}

TEST_F(OutboxChanges, ALetterOfAnotherSinkIsNotDropped) {
  const auto number = letters().at(0).number;
  EXPECT_FALSE(store.change({.action = Action::drop_letters, .sink = "none", .letter = number}, clock.now()));
  EXPECT_EQ(letters().size(), 1u);
}

TEST_F(OutboxChanges, ALetterThatIsNotThereIsSaidToBe) {
  const auto done = store.change({.action = Action::requeue_letters, .letter = 99}, clock.now());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().context, "there is no dead letter 99");
  expect_balance();
}

TEST_F(OutboxChanges, LettersAreBoundedTheOldestGoesAndIsCounted) {
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(store.commit(test::poll_batch(site, clock.now(), round), clock.now()));
    const auto delivery = store.next(0, {.most_rows = 1});
    std::vector<DeadLetter> many(static_cast<std::size_t>(Outbox::most_letters) / 2 + 1);
    for (auto& letter : many) letter = {.reason = "r", .line = "x y=1 1", .lines = 0, .values = 0};
    many[0].lines = 1;
    store.acknowledge(0, *delivery, std::move(many));
    save();
    clock.advance(1s);
  }
  EXPECT_EQ(dead_letters(folder.path(), "", 100'000)->size(), static_cast<std::size_t>(Outbox::most_letters));
  expect_balance();
  EXPECT_GE(store.figures(0).dropped_lines, 1u);
}

TEST_F(OutboxChanges, AnotherProcessAsksAndTheOneThatRunsDoesIt) {
  StoreThread running(std::move(store), site.sinks.size(), clock);
  const auto answer = ask_outbox_change(folder.path(), {.action = Action::requeue_letters, .sink = "central"});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(*answer, "1 dead letter of 1 line queued again");
  const auto refused_one = ask_outbox_change(folder.path(), {.action = Action::drop_letters, .letter = 12345});
  EXPECT_EQ(refused_one.value(), "refused: there is no dead letter 12345");
  running.stop();
  EXPECT_EQ(running.figures(0).queued_lines, 1u);
}

TEST_F(OutboxChanges, WithoutAGatewayTheNextStartDoesIt) {
  { const Store gone = std::move(store); }
  // The lock's file still names this process, which lives: only the patience ends the wait.
  const auto answer = ask_outbox_change(folder.path(), {.action = Action::drop_letters, .sink = "central"}, 200ms);
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->find("as soon as the gateway runs"), std::string::npos);
  EXPECT_EQ(letters().size(), 1u);
  store = open();
  store.work_off_requests(clock.now());
  EXPECT_TRUE(letters().empty());
  expect_balance();
}

TEST_F(OutboxChanges, WhatAStoreInMemoryHasKeptIsTakenOverWithoutItsWindows) {
  const auto memory = memory_folder_of(folder.path());
  EXPECT_EQ(memory, memory_folder_of(folder.path() / ".")) << "the same for the same folder";
  ASSERT_TRUE(make_memory_folder(memory));
  ASSERT_TRUE(make_memory_folder(memory)) << "also when it is there already";
  {
    auto in_memory = Store::open(memory, site, clock.now());
    ASSERT_TRUE(in_memory);
    auto batch = test::poll_batch(site, clock.now(), 77);
    batch.windows.push_back(
        {.node = NodeId{0}, .length = WindowLength::minute, .start = {}, .amount = 5, .samples = 1});
    batch.modes.push_back({.event = 4712,
                           .kind = ModeRecord::Kind::mode,
                           .subject = "",
                           .value = "typhoon",
                           .changed = clock.utc(),
                           .by = "王",
                           .comment = ""});
    batch.alarms.push_back({.alarm = AlarmId{0},
                            .event = 4711,
                            .occurrence = 4711,
                            .change = AlarmChange::raised,
                            .state = AlarmState::unacknowledged,
                            .announced = true,
                            .raised = clock.utc(),
                            .changed = clock.utc(),
                            .value = 1,
                            .by = "",
                            .comment = ""});
    ASSERT_TRUE(in_memory->commit(batch, clock.now()));
  }
  const auto before = store.figures(1).queued_lines;
  const auto adopted = store.adopt(memory, clock.now());
  std::filesystem::remove_all(memory);
  ASSERT_TRUE(adopted) << adopted.error().message();
  EXPECT_EQ(*adopted, 2u) << "the poll and the alarm";
  EXPECT_EQ(store.figures(1).queued_lines, before + 2);
  EXPECT_EQ(store.load_alarms()->size(), 1u);
  // By its number people were told, and will be told of what follows.
  auto reader = StoreReader::open(store.file(), site).value();
  const auto journal = reader.alarm_journal(10).value();
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].record.event, 4711u);
  EXPECT_EQ(journal[0].record.occurrence, 4711u);
  EXPECT_TRUE(journal[0].record.announced);
  EXPECT_EQ(journal[0].area, "b1");
  EXPECT_EQ(reader.alarm_journal({.after = 4710}).value().size(), 1u);
  EXPECT_EQ(store.load_modes().value().at(0).value, "typhoon");
  EXPECT_EQ(reader.mode_journal(10).value().size(), 1u);
  expect_balance();
  const auto text = gunzip(store.next(1, {.most_rows = 10})->body, 1 << 20).value();
  EXPECT_NE(text.find("power_w=77"), std::string::npos);
  EXPECT_EQ(text.find("consumption"), std::string::npos);
}

TEST_F(OutboxChanges, OnlyADiskThatRefusesIsAReasonForAStoreInMemory) {
  EXPECT_TRUE(is_refusing_disk(std::error_code{EROFS, std::generic_category()}));
  EXPECT_TRUE(is_refusing_disk(std::error_code{ENOSPC, std::system_category()}));
  EXPECT_FALSE(is_refusing_disk(std::error_code{EACCES, std::generic_category()})) << "somebody has to mend that";
  EXPECT_FALSE(is_refusing_disk(std::make_error_code(std::errc::device_or_resource_busy)));
  EXPECT_TRUE(takes_writes(folder.path()));
  EXPECT_FALSE(takes_writes(folder.path() / "none"));
}

TEST_F(OutboxChanges, AFolderWithoutADatabaseIsAnError) {
  EXPECT_FALSE(ask_outbox_change(folder.path() / "none", {}));
  EXPECT_FALSE(dead_letters(folder.path() / "none", "", 1));
}

}  // namespace
}  // namespace gateway
