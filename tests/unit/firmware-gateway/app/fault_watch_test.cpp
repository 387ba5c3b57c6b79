#include "firmware-gateway/app/fault_watch.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Part = AlarmSource::Part;

class FaultWatchTest : public testing::Test {
 protected:
  MonotonicTime now{1000s};
  StoreStatus store;
  std::vector<SinkStatus> sinks = std::vector<SinkStatus>(2);
  std::vector<BusStatus> buses = std::vector<BusStatus>(1);
  std::uint64_t dropped = 0;
  bool believed = true;
  bool refused = false;
  std::optional<bool> served = true;
  std::vector<AlarmEngine::Fact> told;
  FaultWatch watch{sources(), [this](AlarmEngine::Fact fact) { told.push_back(fact); }};

  FaultWatch::Sources sources() {
    FaultWatch::Sources out;
    out.buses = [this] { return buses; };
    out.sinks = [this] { return sinks; };
    out.store = [this] { return store; };
    out.broker_connected = [] { return std::optional<bool>{}; };
    out.dropped_readings = [this] { return dropped; };
    out.clock_believed = [this] { return believed; };
    out.configuration_refused = [this] { return refused; };
    out.dashboard_served = [this] { return served; };
    return out;
  }
  FaultWatchTest() {
    buses[0].bus = BusId{0};
    buses[0].online = true;
    look();
    look(FaultWatch::forecast_takes);
    told.clear();
  }
  void look(std::chrono::seconds later = 1s) {
    now += later;
    watch.look(now);
  }
};

TEST_F(FaultWatchTest, ChangesAreToldOnceAndTheirEndToo) {
  look();
  EXPECT_TRUE(told.empty());
  sinks[1].state = SinkStatus::State::refused;
  store.last_error = "disk full";
  buses[0].online = false;
  believed = false;
  look();
  look();
  ASSERT_EQ(told.size(), 4u);
  EXPECT_TRUE(std::ranges::all_of(told, &AlarmEngine::Fact::bad));
  EXPECT_EQ(std::ranges::find(told, Part::sink, &AlarmEngine::Fact::part)->place, 1u);
  told.clear();
  sinks[1].state = SinkStatus::State::retrying;
  store.last_error.clear();
  buses[0].online = true;
  believed = true;
  look();
  ASSERT_EQ(told.size(), 4u);
  EXPECT_TRUE(std::ranges::none_of(told, &AlarmEngine::Fact::bad));
}

TEST_F(FaultWatchTest, WhatWasDroppedIsAFaultForAWhileHoweverShortItWas) {
  dropped = 17;
  look();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].part, Part::readings);
  EXPECT_EQ(told[0].value, 17);
  look(FaultWatch::counts_for - 1s);
  EXPECT_EQ(told.size(), 1u);
  look();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FALSE(told[1].bad);
  store.dropped_lines = 3;  // at the outbox's cap
  look();
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[2].value, 3);
}

TEST_F(FaultWatchTest, WhatWasDroppedBeforeTheStartIsNoNews) {
  store.dropped_lines = 1000;
  FaultWatch fresh{sources(), [this](AlarmEngine::Fact fact) { told.push_back(fact); }};
  fresh.look(now);
  EXPECT_TRUE(std::ranges::none_of(told, &AlarmEngine::Fact::bad));
}

// After a restart with alarms about them: "fine" would end them, and the first refusal would announce them anew.
TEST_F(FaultWatchTest, OfWhatHasNotShownYetHowItIsNothingIsSaid) {
  std::vector<NotifierStatus> notifiers(1);
  auto from = sources();
  from.notifiers = [&] { return notifiers; };
  FaultWatch fresh{from, [this](AlarmEngine::Fact fact) { told.push_back(fact); }};
  const auto said = [&](Part part) {
    fresh.look(now += 1s);
    const auto found = std::ranges::find(told, part, &AlarmEngine::Fact::part);
    const auto bad = found == told.end() ? std::nullopt : std::optional{found->bad};
    told.clear();
    return bad;
  };
  EXPECT_EQ(said(Part::sink), std::nullopt);
  sinks[0].state = SinkStatus::State::retrying;  // the network is not up yet
  EXPECT_EQ(said(Part::sink), std::nullopt);
  sinks[0].state = SinkStatus::State::refused;
  EXPECT_EQ(said(Part::sink), true);
  sinks[0].state = SinkStatus::State::ok;
  EXPECT_EQ(said(Part::sink), false);
  EXPECT_EQ(said(Part::notifier), std::nullopt);
  notifiers[0].last_success = UtcTime{1s};
  EXPECT_EQ(said(Part::notifier), false);
  notifiers[0].failing_since = UtcTime{2s};
  EXPECT_EQ(said(Part::notifier), true);
  EXPECT_EQ(said(Part::filling), std::nullopt) << "nobody knows yet how fast it fills";
  now += FaultWatch::forecast_takes;
  EXPECT_EQ(said(Part::filling), false);
}

TEST_F(FaultWatchTest, ACommitThatFailedOnceIsAFaultForAWhileHoweverSoonTheNextWorked) {
  store.failed_commits = 1;  // between two looks, with no error left of it
  look();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].part, Part::store);
  EXPECT_TRUE(told[0].bad);
  look(FaultWatch::counts_for - 1s);
  EXPECT_EQ(told.size(), 1u);
  look();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FALSE(told[1].bad);
}

TEST_F(FaultWatchTest, ADatabaseThatWasRepairedAtTheStartIsAFault) {
  store.repairs = 1;
  FaultWatch fresh{sources(), [this](AlarmEngine::Fact fact) { told.push_back(fact); }};
  fresh.look(now);
  const auto fact = std::ranges::find(told, Part::store, &AlarmEngine::Fact::part);
  ASSERT_NE(fact, told.end());
  EXPECT_TRUE(fact->bad);
}

TEST_F(FaultWatchTest, AnOutboxThatIsFullWithinADayIsToldAndDoesNotFlutter) {
  store.full_in = 30h;
  look();
  EXPECT_TRUE(told.empty());
  store.full_in = 23h;
  look();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].part, Part::filling);
  EXPECT_EQ(told[0].value, 23);
  store.full_in = 26h;
  look();
  EXPECT_EQ(told.size(), 1u);
  store.full_in.reset();
  look();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FALSE(told[1].bad);
}

TEST_F(FaultWatchTest, AConfigurationThatDoesNotRunAndADiskThatTakesNothingAreFaults) {
  refused = true;
  store.on_disk = false;
  look();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_TRUE(std::ranges::all_of(told, &AlarmEngine::Fact::bad));
}

TEST_F(FaultWatchTest, ADashboardThatCanNotBeServedIsAFaultAndOfOneThatIsNotTriedYetNothingIsSaid) {
  served = std::nullopt;
  FaultWatch fresh{sources(), [this](AlarmEngine::Fact fact) { told.push_back(fact); }};
  fresh.look(now);
  EXPECT_EQ(std::ranges::find(told, Part::dashboard, &AlarmEngine::Fact::part), told.end());
  told.clear();
  served = false;
  look();
  look();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].part, Part::dashboard);
  EXPECT_TRUE(told[0].bad);
  served = true;
  look();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FALSE(told[1].bad);
}

}  // namespace
}  // namespace gateway
