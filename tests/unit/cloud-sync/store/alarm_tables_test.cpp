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
  Store open() {
    auto store = Store::open(folder.path(), site, clock.now());
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

}  // namespace
}  // namespace gateway
