#include "firmware-gateway/app/core_loop.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A core whose far ends are lists, on a clock that the test turns.
class CoreLoopTest : public ::testing::Test {
 protected:
  CoreLoopTest()
      : site_(test::sensor_site(R"([[alarm]]
id = "door"
kind = "door_open"
after = "10s"
)")) {}

  CoreOutputs outputs() {
    return {[this](std::unique_ptr<Batch>& batch, bool urgent) {
              if (store_is_behind_) return false;
              handed_over_.push_back(std::move(batch));
              urgent_.push_back(urgent);
              batch = std::make_unique<Batch>();
              return true;
            },
            [this](std::shared_ptr<const LiveSnapshot> live) { live_.push_back(std::move(live)); },
            [this](std::vector<Reading> changed) { changed_.push_back(std::move(changed)); },
            [this](const AlarmRecord& record) { alarms_.push_back(record); },
            [](const ModeRecord&) {},
            [this](std::vector<PendingAlarm> pending, const AlarmMetrics&) { pending_ = std::move(pending); }};
  }

  PointId point(Quantity quantity) const {
    for (std::size_t i = 0; i < site_.points.size(); ++i)
      if (site_.points[i].quantity == quantity) return PointId{i};
    return {};
  }
  void push_open(bool open) {
    core_.mailbox().try_push(Reading::flag(point(Quantity::open), clock_.monotonic(), open));
  }
  void push_power(double watts) {
    core_.mailbox().try_push(Reading::gauge(point(Quantity::active_power), clock_.monotonic(), watts));
  }
  // Steps the core as its thread would, for a while.
  void run(std::chrono::nanoseconds time) {
    for (const auto end = clock_.monotonic() + time; clock_.monotonic() < end;)
      clock_.advance(std::max<std::chrono::nanoseconds>(core_.step(clock_.now()), 1ms));
  }
  std::size_t readings_handed_over() const {
    std::size_t count = 0;
    for (const auto& batch : handed_over_) count += batch->readings.size();
    return count;
  }

  Site site_;
  test::FakeClock clock_;
  std::vector<std::unique_ptr<Batch>> handed_over_;
  std::vector<bool> urgent_;
  std::vector<std::shared_ptr<const LiveSnapshot>> live_;
  std::vector<std::vector<Reading>> changed_;
  std::vector<AlarmRecord> alarms_;
  std::vector<PendingAlarm> pending_;
  bool store_is_behind_ = false;
  CoreLoop core_{site_, "boot", outputs()};
};

TEST_F(CoreLoopTest, ALivePictureAndABatchASecond) {
  for (int second = 0; second < 10; ++second) {
    push_power(1000 + second);
    run(1s);
  }
  EXPECT_NEAR(static_cast<double>(live_.size()), 10, 1);
  EXPECT_NEAR(static_cast<double>(handed_over_.size()), 10, 1);
  EXPECT_EQ(core_.readings(), 10u);
  EXPECT_EQ(readings_handed_over(), 10u);
}

TEST_F(CoreLoopTest, ADoorIsToldAtOnceAndOnlyWhenItChanges) {
  run(1500ms);
  push_open(true);
  core_.step(clock_.now());
  ASSERT_EQ(changed_.size(), 1u);
  EXPECT_EQ(changed_[0].size(), 1u);
  push_open(true);
  core_.step(clock_.now());
  EXPECT_EQ(changed_.size(), 1u);
  push_open(false);
  core_.step(clock_.now());
  EXPECT_EQ(changed_.size(), 2u);
}

TEST_F(CoreLoopTest, AnAlarmIsCommittedAtOnceAndTheThreadSleepsUntilItIsDue) {
  run(1500ms);
  const auto opened = clock_.monotonic();
  push_open(true);
  // Sleeps exactly as long as the core says.
  while (clock_.monotonic() < opened + 20s) {
    const auto wait = core_.step(clock_.now());
    if (!alarms_.empty()) break;
    clock_.advance(wait);
  }
  ASSERT_EQ(alarms_.size(), 1u);
  EXPECT_EQ(alarms_[0].state, AlarmState::unacknowledged);
  EXPECT_EQ(clock_.monotonic() - opened, 10s) << "no sooner and no later than the rule asks for";
  ASSERT_FALSE(handed_over_.empty());
  EXPECT_TRUE(urgent_.back());
  EXPECT_EQ(handed_over_.back()->alarms.size(), 1u);
}

TEST_F(CoreLoopTest, AnAcknowledgementIsAnsweredWithTheAlarmAsItIsNow) {
  push_open(true);
  run(12s);
  ASSERT_EQ(alarms_.size(), 1u);
  std::optional<Expected<AlarmRecord>> answer;
  core_.command(AlarmCommand{AlarmCommand::Action::acknowledge, alarms_[0].alarm, "chen", "delivery", {}},
                [&](Expected<AlarmRecord> got) { answer = std::move(got); });
  core_.step(clock_.now());
  ASSERT_TRUE(answer.has_value());
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->state, AlarmState::acknowledged);
  EXPECT_EQ((*answer)->by, "chen");
  EXPECT_EQ(alarms_.size(), 2u);
}

// Told in this very step, after the call that asks: the worst moment for a page that asks for the journal at once.
TEST_F(CoreLoopTest, WhoAsksAfterATellingIsCalledWhenTheStoreHasIt) {
  run(1500ms);
  push_open(true);
  run(12s);
  ASSERT_EQ(alarms_.size(), 1u);
  std::optional<std::size_t> told;
  std::optional<std::size_t> handed_over;
  core_.command(AlarmCommand{AlarmCommand::Action::acknowledge, alarms_[0].alarm, "chen", "delivery", {}},
                [&](const Expected<AlarmRecord>&) { told = handed_over_.size(); });
  core_.after_hand_over([&] { handed_over = handed_over_.size(); });
  core_.step(clock_.now());
  ASSERT_TRUE(told && handed_over);
  ASSERT_EQ(*handed_over, *told + 1);
  EXPECT_EQ(handed_over_.back()->alarms.back().by, "chen");
  EXPECT_TRUE(urgent_.back());
}

TEST_F(CoreLoopTest, WhoAsksIsCalledAlsoWhileTheStoreIsBehind) {
  run(1500ms);
  store_is_behind_ = true;
  bool called = false;
  core_.after_hand_over([&] { called = true; });
  core_.step(clock_.now());
  EXPECT_TRUE(called);
}

// 1,000 kWh, then 1,000.5; the old meter is taken out at 1,000.75 and the new one begins at 3: 0.75 kWh so far.
TEST_F(CoreLoopTest, AnAnnouncedExchangeIsCommittedAtOnceWithWhoAndWhy) {
  const auto push_energy = [&](std::int64_t kwh_quarters) {
    core_.mailbox().try_push(
        Reading::counter(point(Quantity::energy_import), clock_.monotonic(), kwh_quarters * 250'000));
  };
  push_energy(4000);
  run(1s);
  push_energy(4002);
  run(1500ms);
  const auto batches = handed_over_.size();
  std::optional<Expected<QualityRecord>> answer;
  core_.exchange(MeterId{0}, 4003 * 250'000, 3'000'000, "lin", "due",
                 [&](Expected<QualityRecord> got) { answer = std::move(got); });
  core_.step(clock_.now());
  ASSERT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_EQ((*answer)->kind, QualityKind::announced_exchange);
  EXPECT_EQ((*answer)->amount, 250'000);
  ASSERT_GT(handed_over_.size(), batches);
  EXPECT_TRUE(urgent_.back());
  ASSERT_EQ(handed_over_.back()->quality.size(), 1u);
  const auto& entry = handed_over_.back()->quality[0];
  EXPECT_EQ(entry.before, 4003 * 250'000);
  EXPECT_EQ(entry.after, 3'000'000);
  EXPECT_EQ(entry.by, "lin");
  EXPECT_EQ(entry.comment, "due");
}

// Last read: 1,000.5 kWh. 100,075 is a slip of the pen, and 990 it had passed already.
TEST_F(CoreLoopTest, AReadingThatTheOldMeterCannotHaveHadIsRefusedAndNothingIsBooked) {
  core_.mailbox().try_push(
      Reading::counter(point(Quantity::energy_import), clock_.monotonic(), std::int64_t{1'000'500'000}));
  run(1500ms);
  for (const auto old_last : {std::int64_t{100'075'000'000}, std::int64_t{990'000'000}}) {
    std::optional<Expected<QualityRecord>> answer;
    core_.exchange(MeterId{0}, old_last, 0, "lin", "due",
                   [&](Expected<QualityRecord> got) { answer = std::move(got); });
    core_.step(clock_.now());
    ASSERT_TRUE(answer.has_value());
    ASSERT_FALSE(answer->has_value());
    EXPECT_EQ(answer->error().code, std::errc::invalid_argument);
    EXPECT_NE(answer->error().context.find("last read as 1000.5"), std::string::npos) << answer->error().context;
  }
  run(2s);
  for (const auto& batch : handed_over_) EXPECT_TRUE(batch->quality.empty());
}

TEST_F(CoreLoopTest, ACorrectionIsInTheNextBatchWithWhoAndWhy) {
  run(1500ms);
  std::optional<Expected<QualityRecord>> answer;
  const auto now = clock_.utc();
  core_.correct(MeterId{0}, now - 1h, now - 30min, -250'000, "lin", "bypass",
                [&](Expected<QualityRecord> got) { answer = std::move(got); });
  core_.step(clock_.now());
  ASSERT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_EQ((*answer)->kind, QualityKind::correction);
  ASSERT_EQ(handed_over_.back()->quality.size(), 1u);
  EXPECT_EQ(handed_over_.back()->quality[0].amount, -250'000);
  EXPECT_EQ(handed_over_.back()->quality[0].from, now - 1h);
  EXPECT_EQ(handed_over_.back()->quality[0].at, now - 30min);
}

TEST_F(CoreLoopTest, ACorrectionOfTheFutureIsRefusedByTheClockThatItWouldBeBookedBy) {
  run(1500ms);
  std::optional<Expected<QualityRecord>> answer;
  const auto now = clock_.utc();
  core_.correct(MeterId{0}, now + 1h, now + 2h, 250'000, "lin", "bypass",
                [&](Expected<QualityRecord> got) { answer = std::move(got); });
  core_.step(clock_.now());
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->has_value());
  for (const auto& batch : handed_over_) EXPECT_TRUE(batch->quality.empty());
}

TEST_F(CoreLoopTest, WhatACommandAskedForIsAnsweredInTheBatchThatHasTheEntry) {
  core_.mailbox().try_push(
      Reading::counter(point(Quantity::energy_import), clock_.monotonic(), std::int64_t{1'000'500'000}));
  run(1500ms);
  core_.run(MeterId{0}, {.id = 7,
                         .kind = MeterRequest::Kind::exchange,
                         .meter = "main",
                         .old_last = 1'000'750'000,
                         .new_first = 3'000'000,
                         .by = "lin",
                         .reason = "due"});
  core_.step(clock_.now());
  ASSERT_FALSE(handed_over_.empty());
  EXPECT_TRUE(urgent_.back());
  const auto& batch = *handed_over_.back();
  ASSERT_EQ(batch.quality.size(), 1u);
  EXPECT_EQ(batch.quality[0].by, "lin");
  EXPECT_FALSE(batch.checkpoint.empty());
  ASSERT_EQ(batch.answers.size(), 1u);
  EXPECT_EQ(batch.answers[0].request, 7);
  EXPECT_TRUE(batch.answers[0].done);
  EXPECT_NE(batch.answers[0].text.find("0.25 kWh up to the old meter's 1000.75; the new one counts from 3"),
            std::string::npos)
      << batch.answers[0].text;
}

TEST_F(CoreLoopTest, WhatACommandAskedForInVainIsAnsweredWithWhy) {
  core_.mailbox().try_push(
      Reading::counter(point(Quantity::energy_import), clock_.monotonic(), std::int64_t{1'000'500'000}));
  run(1500ms);
  core_.run(MeterId{0}, {.id = 8,
                         .kind = MeterRequest::Kind::exchange,
                         .meter = "main",
                         .old_last = 900'000'000,
                         .by = "lin",
                         .reason = "due"});
  core_.refuse(9, "no such meter");
  core_.step(clock_.now());
  ASSERT_FALSE(handed_over_.empty());
  const auto& batch = *handed_over_.back();
  EXPECT_TRUE(batch.quality.empty());
  ASSERT_EQ(batch.answers.size(), 2u);
  EXPECT_FALSE(batch.answers[0].done);
  EXPECT_NE(batch.answers[0].text.find("last read as 1000.5"), std::string::npos) << batch.answers[0].text;
  EXPECT_FALSE(batch.answers[1].done);
  EXPECT_EQ(batch.answers[1].request, 9);
  EXPECT_EQ(batch.answers[1].text, "no such meter");
}

TEST_F(CoreLoopTest, WhileTheStoreIsBehindTheBatchGoesOnFillingAndIsHandedOverWhole) {
  store_is_behind_ = true;
  for (int second = 0; second < 60; ++second) {
    push_power(1000 + second);
    run(1s);
  }
  EXPECT_TRUE(handed_over_.empty());
  EXPECT_TRUE(core_.has_unhanded());
  store_is_behind_ = false;
  run(2s);
  EXPECT_EQ(readings_handed_over(), 60u);
  EXPECT_EQ(core_.dropped_readings(), 0u);
}

TEST_F(CoreLoopTest, WhatNeverFitsIsCountedAsDroppedNotForgotten) {
  store_is_behind_ = true;
  std::uint64_t pushed = 0;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 1000; ++i, ++pushed) push_power(i);
    core_.step(clock_.now());
    clock_.advance(10ms);
  }
  store_is_behind_ = false;
  run(2s);
  EXPECT_GT(core_.dropped_readings(), 0u);
  EXPECT_EQ(readings_handed_over() + core_.dropped_readings(), pushed);
}

TEST_F(CoreLoopTest, ACleanStopLeavesACheckpointThatTheNextCoreGoesOnFrom) {
  const auto energy = point(Quantity::energy_import);
  std::int64_t counter = 5'000'000;
  for (int second = 0; second < 30; ++second) {
    core_.mailbox().try_push(Reading::counter(energy, clock_.monotonic(), counter += 1000));
    run(1s);
  }
  core_.finish(clock_.now());
  ASSERT_FALSE(handed_over_.empty());
  const auto checkpoint = handed_over_.back()->checkpoint;
  ASSERT_FALSE(checkpoint.empty());
  EXPECT_FALSE(core_.has_unhanded());
  const auto today = live_.back()->nodes.at(0).today;
  EXPECT_GT(today, 0);

  live_.clear();
  CoreLoop next(site_, "boot", outputs());
  ASSERT_TRUE(next.restore({.checkpoint = checkpoint, .learned = {}, .alarms = alarms_, .modes = {}}, clock_.now())
                  .has_value());
  next.step(clock_.now());
  ASSERT_EQ(live_.size(), 1u);
  EXPECT_EQ(live_[0]->nodes.at(0).today, today);
}

TEST_F(CoreLoopTest, ACheckpointOfSomethingElseIsToldAndTheCoreStartsAfresh) {
  const std::vector<std::byte> nonsense(100, std::byte{0x5a});
  EXPECT_FALSE(
      core_.restore({.checkpoint = nonsense, .learned = {}, .alarms = {}, .modes = {}}, clock_.now()).has_value());
  push_power(1000);
  run(2s);
  EXPECT_EQ(readings_handed_over(), 1u);
}

}  // namespace
}  // namespace gateway
