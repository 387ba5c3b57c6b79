#include "cloud-sync/notify/notifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/notify_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using enum AlarmState;
using test::door_alarm;
using test::leak_alarm;
using Outcome = Reply::Outcome;

class NotifierTest : public testing::Test {
 protected:
  void use(std::string_view more = "") {
    site.emplace(test::notify_site("[[notify]]\nid = \"duty\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1\"\n" +
                                   std::string(more)));
    journal.emplace(*site);
    start();
  }
  // Like a restart of the gateway: the plan's memory is what was saved.
  void start() {
    notifier.reset();
    notifier.emplace(site->notifiers[0], *site, clock, journal->access(), journal->saved,
                     [this](const Notice& notice, UtcTime) {
                       tried.push_back(notice.id("c"));
                       if (during) during();
                       const auto answer = answers.empty() ? Outcome::taken : answers.front();
                       if (!answers.empty()) answers.erase(answers.begin());
                       Reply reply{answer, "said", {}, 0, {}};
                       reply.left_out = left_out;
                       return reply;
                     });
  }
  void happens(AlarmId alarm, AlarmState state, std::string by = "") { journal->add(alarm, state, clock.utc(), by); }
  std::vector<std::string> after(std::chrono::nanoseconds time) {
    (void)notifier->step();
    clock.advance(time);
    (void)notifier->step();
    return std::exchange(tried, {});
  }

  void after_a_second() {
    clock.advance(1s);
    (void)notifier->step();
  }

  test::FakeClock clock;
  std::optional<Site> site;
  std::optional<test::FakeJournal> journal;
  std::optional<Notifier> notifier;
  std::vector<std::string> tried;
  std::function<void()> during;  // each attempt
  std::vector<Outcome> answers;
  std::string left_out;
};

TEST_F(NotifierTest, ARaisedAlarmIsToldOnceAndItsReturnToo) {
  use();
  happens(door_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4711"));
  EXPECT_THAT(after(1h), IsEmpty());
  happens(door_alarm, acknowledged, "王伟");
  EXPECT_THAT(after(1s), IsEmpty());
  happens(door_alarm, normal);
  EXPECT_THAT(after(1s), ElementsAre("c-4713-returned"));
  EXPECT_EQ(notifier->status().sent, 2u);
}

TEST_F(NotifierTest, AMessageThatOutlastsItsTimeLimitMakesItOverdueAndManyInARowDoNot) {
  use("timeout = \"20s\"\n");
  int messages = 0;
  auto longest = 0ns;
  during = [&] {
    ++messages;
    clock.advance(20s);
    longest = std::max(longest, clock.monotonic() - notifier->status().due);
  };
  happens(door_alarm, unacknowledged);
  happens(leak_alarm, unacknowledged);
  (void)after(1s);
  EXPECT_EQ(messages, 2);
  EXPECT_EQ(longest, 0ns);
  during = [&] {
    clock.advance(26s);
    EXPECT_EQ(clock.monotonic() - notifier->status().due, 6s);
  };
  happens(door_alarm, normal);
  (void)after(1s);
}

TEST_F(NotifierTest, AnAcknowledgementIsToldWhereItIsWanted) {
  use("acknowledged = true\nreturned = false\n");
  happens(door_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4711"));
  happens(door_alarm, returned_unacknowledged);
  EXPECT_THAT(after(1s), IsEmpty());
  happens(door_alarm, normal, "王伟");
  EXPECT_THAT(after(1s), ElementsAre("c-4713-acknowledged"));
}

TEST_F(NotifierTest, OnlyWhatItsFilterWantsIsTold) {
  use("priority = \"high\"\n");
  happens(door_alarm, unacknowledged);
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4712"));
  use("areas = [\"b1\"]\n");
  happens(door_alarm, unacknowledged);
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4711")) << "the door lies on a floor of b1";
  use("rules = [\"leak\"]\n");
  happens(door_alarm, unacknowledged);
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4712"));
}

TEST_F(NotifierTest, TheNextLevelHearsOnlyWhatNobodyAcknowledgedInTime) {
  use("after = \"15min\"\n");
  happens(door_alarm, unacknowledged);
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(10min), IsEmpty());
  happens(door_alarm, acknowledged, "王伟");
  EXPECT_THAT(after(5min), ElementsAre("c-4712-escalated"));
  happens(door_alarm, normal);
  happens(leak_alarm, returned_unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4715-returned")) << "of the door it was never told";
}

TEST_F(NotifierTest, AnEscalationThatIsDueDuringARestartIsNotForgotten) {
  use("after = \"15min\"\n");
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(1min), IsEmpty());
  start();
  EXPECT_THAT(after(20min), ElementsAre("c-4711-escalated"));
  start();
  EXPECT_THAT(after(20min), IsEmpty()) << "nothing is told again after a restart";
}

TEST_F(NotifierTest, AnAlarmThatStandsIsTroubledAboutAgainWhileNobodyAcknowledges) {
  use("repeat_after = \"30min\"\n");
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4711"));
  EXPECT_THAT(after(30min), ElementsAre("c-4711-reminded-1"));
  EXPECT_THAT(after(30min), ElementsAre("c-4711-reminded-2"));
  happens(leak_alarm, acknowledged, "王伟");
  EXPECT_THAT(after(2h), IsEmpty());
}

TEST_F(NotifierTest, WhatRepeatsTooSoonIsHeldBackAndToldWhenItStays) {
  use("quiet = \"10min\"\nreturned = false\n");
  happens(door_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4711"));
  for (int i = 0; i < 3; ++i) {
    happens(door_alarm, returned_unacknowledged);
    happens(door_alarm, unacknowledged);
    EXPECT_THAT(after(30s), IsEmpty());
  }
  EXPECT_EQ(notifier->status().quieted, 3u);
  EXPECT_THAT(after(10min), ElementsAre("c-4717")) << "it stays";
}

TEST_F(NotifierTest, ManyThatAreDueTogetherAreOneMessage) {
  use("most_at_once = 1\n");
  happens(door_alarm, unacknowledged);
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4711-summary-4712"));
  EXPECT_THAT(after(1h), IsEmpty());
}

TEST_F(NotifierTest, WhatTheFarEndDoesNotTakeIsTriedAgainWithGrowingPausesAndNothingIsLost) {
  use();
  answers.assign(5, Outcome::try_again);
  happens(door_alarm, unacknowledged);
  (void)notifier->step();
  for (int i = 0; i < 3600 && !answers.empty(); ++i) {
    clock.advance(1s);
    (void)notifier->step();
  }
  EXPECT_EQ(notifier->status().state, NotifierStatus::State::retrying);
  EXPECT_EQ(notifier->status().failed, 5u);
  EXPECT_TRUE(notifier->status().failing_since.has_value());
  for (int i = 0; i < 3600 && notifier->status().sent == 0; ++i) {
    clock.advance(1s);
    (void)notifier->step();
  }
  EXPECT_EQ(tried.back(), "c-4711");
  EXPECT_EQ(notifier->status().state, NotifierStatus::State::ok);
  EXPECT_FALSE(notifier->status().failing_since.has_value());
}

TEST_F(NotifierTest, ARecipientThatIsLeftOutHoldsUpNobodyAndIsSeenUntilAllAreReached) {
  use();
  left_out = "boss@example.org: 550 no such user";
  happens(door_alarm, unacknowledged);
  EXPECT_THAT(after(1h), ElementsAre("c-4711")) << "those who have it don't get it again";
  EXPECT_EQ(notifier->status().state, NotifierStatus::State::refused);
  EXPECT_EQ(notifier->status().last_error, "cangshan-4711: not to boss@example.org: 550 no such user");
  EXPECT_TRUE(notifier->status().failing_since.has_value());
  left_out.clear();
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(1h), ElementsAre("c-4712"));
  EXPECT_EQ(notifier->status().state, NotifierStatus::State::ok);
  EXPECT_FALSE(notifier->status().failing_since.has_value());
}

TEST_F(NotifierTest, AMessageThatIsRefusedAsSuchIsGivenUpAfterThreeTriesAndTheNextGoesThrough) {
  use();
  answers.assign(3, Outcome::refused_message);
  happens(door_alarm, unacknowledged);
  happens(leak_alarm, unacknowledged);
  (void)notifier->step();
  for (int i = 0; i < 100; ++i) {
    clock.advance(1s);
    (void)notifier->step();
  }
  EXPECT_THAT(tried, ElementsAre("c-4711", "c-4711", "c-4711", "c-4712"));
  EXPECT_EQ(notifier->status().given_up, 1u);
}

// What was refused twice became part of another message: that one has its three tries, too.
TEST_F(NotifierTest, RefusalsAreCountedForEachMessage) {
  use("most_at_once = 1\n");
  answers.assign(2, Outcome::refused_message);
  happens(door_alarm, unacknowledged);
  for (int i = 0; i < 100 && tried.size() < 2; ++i) after_a_second();
  ASSERT_EQ(tried.size(), 2u);
  answers.assign(1, Outcome::refused_message);
  happens(leak_alarm, unacknowledged);
  for (int i = 0; i < 100; ++i) after_a_second();
  EXPECT_THAT(tried, ElementsAre("c-4711", "c-4711", "c-4711-summary-4712", "c-4711-summary-4712"));
  EXPECT_EQ(notifier->status().given_up, 0u);
}

TEST_F(NotifierTest, WhatCameTwiceWhileTheFarEndWasAwayIsToldTwice) {
  use();
  answers.assign(1, Outcome::try_again);
  happens(door_alarm, unacknowledged);
  after_a_second();
  after_a_second();
  happens(door_alarm, returned_unacknowledged);
  happens(door_alarm, unacknowledged);
  for (int i = 0; i < 100; ++i) after_a_second();
  EXPECT_THAT(tried, ElementsAre("c-4711", "c-4711", "c-4712-returned", "c-4713"));
}

// It returned, and that was told; it came back twice within a minute, which was not. Now it stays.
TEST_F(NotifierTest, WhatChatteredAndStaysIsToldByEveryLevel) {
  for (const std::string_view level : {"", "after = \"15min\"\n"}) {
    use(level);
    happens(leak_alarm, unacknowledged);
    happens(leak_alarm, returned_unacknowledged);
    after(20min);
    AlarmEvent event = journal->add(leak_alarm, unacknowledged, clock.utc() - 1h);
    NotifyPlan plan(site->notifiers[0], *site);
    event.record.change = AlarmChange::reminded;
    plan.take(event, clock.utc());
    EXPECT_TRUE(plan.due(clock.utc()).has_value()) << level;
  }
}

TEST_F(NotifierTest, WhatIsToldAfterARestartHasTheNumbersOfBefore) {
  use("after = \"15min\"\n");
  AlarmEvent event = journal->add(leak_alarm, unacknowledged, clock.utc());
  event.record.value = 61.3;
  event.record.limit = 12.25;
  event.record.finding = AlarmFinding::night_flow;
  NotifyPlan plan(site->notifiers[0], *site);
  plan.take(event, clock.utc());
  NotifyPlan again(site->notifiers[0], *site);
  again.restore(plan.memory());
  const auto notice = again.due(clock.utc() + 15min);
  ASSERT_TRUE(notice.has_value());
  const auto& record = notice->items.front().event.record;
  EXPECT_EQ(record.value, 61.3);
  EXPECT_EQ(record.limit, 12.25);
  EXPECT_EQ(record.finding, AlarmFinding::night_flow);
}

TEST_F(NotifierTest, AClockThatIsSetBackPutsNoEscalationOff) {
  use("after = \"15min\"\nrepeat_after = \"30min\"\nquiet = \"1min\"\n");
  happens(leak_alarm, unacknowledged);
  EXPECT_THAT(after(5min), IsEmpty());
  clock.step_wall_clock(-8h);
  EXPECT_THAT(after(15min), ElementsAre("c-4711-escalated"));
  clock.step_wall_clock(-8h);
  EXPECT_THAT(after(30min), ElementsAre("c-4711-reminded-1"));
}

TEST_F(NotifierTest, AKillBetweenSendingAndSavingSendsTheSameIdAgain) {
  use();
  const auto before = journal->saved;
  happens(door_alarm, unacknowledged);
  EXPECT_THAT(after(1s), ElementsAre("c-4711"));
  journal->saved = before;  // the save never reached the disk
  start();
  EXPECT_THAT(after(1s), ElementsAre("c-4711"));
}

TEST_F(NotifierTest, ThePlaceIsNotSavedWhileSomethingIsStillToBeSent) {
  use();
  answers.assign(1000, Outcome::try_again);
  happens(door_alarm, unacknowledged);
  after(1s);
  EXPECT_EQ(journal->saved.event, 0);
  answers.clear();
  after(10min);
  EXPECT_EQ(journal->saved.event, 4711);
}

TEST_F(NotifierTest, ADamagedMemoryIsLeftOut) {
  use("after = \"15min\"\n");
  journal->saved = {4710,
                    "door-open east 1 x y z\n\n   \nleak pump 4700 0 5 - - 1 0 0\nnowhere nobody 1 2 3 4 5 6 7 8\n"};
  start();
  EXPECT_THAT(after(1s), ElementsAre("c-4700-escalated"));
}

TEST_F(NotifierTest, WhatTheCoreDoesNotAnnounceIsNotToldAndItsEndNeither) {
  use("acknowledged = true\n");
  journal->announced = false;  // a flood, a chattering signal
  happens(leak_alarm, unacknowledged);
  happens(leak_alarm, acknowledged, "王伟");
  happens(leak_alarm, normal);
  EXPECT_THAT(after(1h), IsEmpty());
}

TEST_F(NotifierTest, AShelvedAlarmIsNotToldAndNotEscalated) {
  use("after = \"15min\"\n");
  happens(leak_alarm, unacknowledged);
  after(1s);
  happens(leak_alarm, shelved, "王伟");
  EXPECT_THAT(after(1h), IsEmpty());
}

}  // namespace
}  // namespace gateway
