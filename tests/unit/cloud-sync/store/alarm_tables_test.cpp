#include "cloud-sync/store/alarm_tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud-sync/store/store.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using enum AlarmState;

class AlarmTablesTest : public testing::Test {
 protected:
  Store open(StoreOptions options = {}) {
    auto store = Store::open(folder.path(), site, clock.now(), options);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }
  AlarmRecord record(AlarmState state, bool announced = false) {
    AlarmRecord out;
    out.alarm = AlarmId{0};
    out.event = ++event;
    out.occurrence = 7;
    out.change = AlarmChange::shelved;
    out.state = state;
    out.process = acknowledged;
    out.announced = announced;
    out.told = true;
    out.raised = clock.utc() - 1h;
    out.changed = clock.utc();
    out.value = 61.5;
    out.limit = 60;
    out.finding = AlarmFinding::burst;
    out.cause = AlarmId{0};
    out.shelved_until = clock.utc() + 2h;
    out.out_of_service = true;
    out.held_by = "王";
    out.held_reason = "门锁维修";
    out.by = "陈";
    out.comment = "c";
    clock.advance(1min);
    return out;
  }
  // A change at this moment, and nothing special about it.
  AlarmRecord change(std::size_t alarm, AlarmState state, std::uint64_t occurrence) {
    AlarmRecord out;
    out.alarm = AlarmId{alarm};
    out.event = ++event;
    out.occurrence = occurrence;
    out.state = out.process = state;
    out.changed = clock.utc();
    clock.advance(1s);
    return out;
  }
  // With a reading, by which the store knows that the clock is believed.
  void commit(Store& store, std::vector<AlarmRecord> alarms = {}, std::vector<ModeRecord> modes = {}) {
    auto batch = test::poll_batch(site, clock.now());
    batch.alarms = std::move(alarms);
    batch.modes = std::move(modes);
    ASSERT_TRUE(store.commit(batch, clock.now()));
  }
  std::vector<std::uint64_t> journal(const Store& store) {
    auto reader = StoreReader::open(store.file(), site).value();
    return events(reader, {.oldest_first = true, .limit = 10'000});
  }
  std::vector<std::uint64_t> events(StoreReader& reader, const AlarmJournalQuery& query) {
    std::vector<std::uint64_t> out;
    const auto entries = reader.alarm_journal(query).value();
    for (const auto& entry : entries) out.push_back(entry.record.event);
    return out;
  }

  Site site = test::store_site();
  test::FakeClock clock;
  test::TemporaryFolder folder;
  std::uint64_t event = 100;
};

TEST_F(AlarmTablesTest, ARecordComesBackWhole) {
  const auto kept = record(shelved, true);
  {
    Store store = open();
    Batch batch;
    batch.alarms = {kept};
    ASSERT_TRUE(store.commit(batch, clock.now()));
  }
  Store store = open();
  const auto alarms = store.load_alarms().value();
  ASSERT_EQ(alarms.size(), 1u);
  const auto& back = alarms[0];
  EXPECT_EQ(back.event, kept.event);
  EXPECT_EQ(back.occurrence, kept.occurrence);
  EXPECT_EQ(back.change, kept.change);
  EXPECT_EQ(back.state, shelved);
  EXPECT_EQ(back.process, acknowledged);
  EXPECT_TRUE(back.announced);
  EXPECT_TRUE(back.told);
  EXPECT_EQ(back.raised, kept.raised);
  EXPECT_EQ(back.changed, kept.changed);
  EXPECT_EQ(back.value, kept.value);
  EXPECT_EQ(back.limit, kept.limit);
  EXPECT_EQ(back.finding, kept.finding);
  EXPECT_EQ(back.cause, kept.cause);
  EXPECT_EQ(back.shelved_until, kept.shelved_until);
  EXPECT_TRUE(back.out_of_service);
  EXPECT_EQ(back.held_by, kept.held_by);
  EXPECT_EQ(back.held_reason, kept.held_reason);
  EXPECT_EQ(back.by, kept.by);
  EXPECT_EQ(back.comment, kept.comment);
}

TEST_F(AlarmTablesTest, TheJournalIsNarrowedByEveryCondition) {
  Store store = open();
  const auto start = clock.utc();
  Batch batch;
  batch.alarms = {record(unacknowledged, true), record(acknowledged), record(shelved), record(normal)};
  ASSERT_TRUE(store.commit(batch, clock.now()));
  ASSERT_TRUE(store.commit(batch, clock.now())) << "the same changes again are the same rows";
  auto reader = StoreReader::open(store.file(), site).value();
  EXPECT_THAT(events(reader, {}), ElementsAre(104, 103, 102, 101));
  EXPECT_THAT(events(reader, {.oldest_first = true, .limit = 2}), ElementsAre(101, 102));
  EXPECT_THAT(events(reader, {.before = 103}), ElementsAre(102, 101));
  EXPECT_THAT(events(reader, {.after = 102}), ElementsAre(104, 103));
  EXPECT_THAT(events(reader, {.from = start + 1min, .to = start + 3min}), ElementsAre(103, 102));
  EXPECT_THAT(events(reader, {.state = acknowledged}), ElementsAre(102));
  EXPECT_THAT(events(reader, {.announced_only = true}), ElementsAre(101));
  const auto entry = reader.alarm_journal(1).value().front();
  EXPECT_EQ(entry.rule, site.rules[0].id);
  EXPECT_EQ(entry.source, site.alarms[0].id);
  EXPECT_EQ(entry.priority, site.rules[0].priority);
  EXPECT_THAT(events(reader, {.rule = entry.rule, .source = entry.source, .priority = entry.priority}),
              ElementsAre(104, 103, 102, 101));
  EXPECT_THAT(events(reader, {.rule = "another"}), ElementsAre());
  EXPECT_THAT(events(reader, {.source = "another"}), ElementsAre());
  EXPECT_THAT(events(reader, {.area = "another"}), ElementsAre());
}

TEST_F(AlarmTablesTest, ModesAndWhatWasLearnedComeBack) {
  {
    Store store = open();
    Batch batch;
    const auto mode = [&](ModeRecord::Kind kind, std::string subject, std::string value) {
      ModeRecord out;
      out.event = ++event;
      out.kind = kind;
      out.subject = std::move(subject);
      out.value = std::move(value);
      out.changed = clock.utc();
      out.by = "王";
      return out;
    };
    batch.modes = {mode(ModeRecord::Kind::armed, "b1", "1"), mode(ModeRecord::Kind::mode, "", "typhoon"),
                   mode(ModeRecord::Kind::mode, "", "holiday")};
    batch.learned = {std::byte{1}, std::byte{2}};
    batch.checkpoint = {std::byte{3}};
    ASSERT_TRUE(store.commit(batch, clock.now()));
  }
  Store store = open();
  const auto modes = store.load_modes().value();
  ASSERT_EQ(modes.size(), 2u) << "the newest of each";
  EXPECT_EQ(modes[0].value, "holiday") << "the mode first";
  EXPECT_EQ(modes[1].subject, "b1");
  EXPECT_EQ(modes[1].by, "王");
  EXPECT_EQ(store.load_learned().value().size(), 2u);
  EXPECT_EQ(store.load_checkpoint().value().size(), 1u);
  auto reader = StoreReader::open(store.file(), site).value();
  EXPECT_EQ(reader.mode_journal(10).value().size(), 3u);
}

TEST_F(AlarmTablesTest, OldChangesGoAndWhatAnAlarmThatStandsWentThroughStays) {
  site.store.keep_alarms = 30 * 24h;
  Store store = open();
  commit(store, {change(0, unacknowledged, 101), change(0, normal, 101), change(0, unacknowledged, 103),
                 change(0, acknowledged, 103), change(1, unacknowledged, 105), change(1, normal, 105)});
  clock.advance(29 * 24h);
  commit(store, {change(1, unacknowledged, 107)});
  EXPECT_THAT(journal(store), ElementsAre(101, 102, 103, 104, 105, 106, 107));
  clock.advance(2 * 24h);
  commit(store);
  EXPECT_THAT(journal(store), ElementsAre(103, 104, 107)) << "the first alarm is acknowledged, and still there";
  EXPECT_EQ(store.load_alarms().value().size(), 2u);

  commit(store, {change(0, normal, 103)});
  clock.advance(11min);
  commit(store);
  EXPECT_THAT(journal(store), ElementsAre(107, 108)) << "it is over, and began long ago";
}

TEST_F(AlarmTablesTest, BeyondTheirNumberTheOldestGoExceptOfAnAlarmThatStands) {
  StoreOptions options;
  options.most_alarm_changes = 10;
  Store store = open(options);
  std::vector<AlarmRecord> changes{change(1, unacknowledged, 101)};
  for (int i = 0; i < 30; ++i) changes.push_back(change(0, i % 2 == 0 ? unacknowledged : normal, event + 1));
  commit(store, changes);
  clock.advance(2h);
  commit(store);
  EXPECT_THAT(journal(store), ElementsAre(101, 123, 124, 125, 126, 127, 128, 129, 130, 131));
  for (int i = 0; i < 3; ++i) commit(store, {change(0, normal, 131)});
  clock.advance(11min);
  commit(store);
  EXPECT_THAT(journal(store), ElementsAre(101, 126, 127, 128, 129, 130, 131, 132, 133, 134));
}

TEST_F(AlarmTablesTest, ALongJournalGoesInPartsThatHoldNobodyUp) {
  site.store.keep_alarms = 30 * 24h;
  Store store = open();
  std::vector<AlarmRecord> changes;
  for (int i = 0; i < 2500; ++i) changes.push_back(change(0, normal, 1));
  commit(store, changes);
  clock.advance(31 * 24h);
  for (const std::size_t left : {1500u, 500u, 0u}) {
    commit(store);
    EXPECT_EQ(journal(store).size(), left);
    clock.advance(5s);
  }
}

TEST_F(AlarmTablesTest, WhatModeIsInForceIsInTheJournalHoweverLong) {
  site.store.keep_alarms = 30 * 24h;
  Store store = open();
  const auto mode = [&](std::string value) {
    return ModeRecord{.event = ++event,
                      .kind = {},
                      .subject = "",
                      .value = std::move(value),
                      .changed = clock.utc(),
                      .by = "王",
                      .comment = ""};
  };
  commit(store, {}, {mode("typhoon"), mode("holiday")});
  clock.advance(31 * 24h);
  commit(store);
  auto reader = StoreReader::open(store.file(), site).value();
  const auto entries = reader.mode_journal(10).value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].value, "holiday");
}

TEST_F(AlarmTablesTest, AClockThatJumpsAheadForgetsNothing) {
  site.store.keep_alarms = 30 * 24h;
  Store store = open();
  commit(store, {change(0, normal, 101)});
  clock.advance(2h);
  commit(store);
  clock.step_wall_clock(400 * 24h);
  commit(store);
  clock.advance(30min);
  commit(store);
  EXPECT_THAT(journal(store), ElementsAre(101)) << "it may be set back any moment";
}

}  // namespace
}  // namespace gateway
