#include "collectors/metering/bus_worker.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

double in_ms(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

// Holding registers by unit; a unit that is not there times out. A unit's `missing` registers are answered with
// exception 2.
class FakeLine final : public RegisterReader {
 public:
  std::expected<std::chrono::nanoseconds, LinkFailure> read(const ReadRequest& request,
                                                            std::span<std::uint16_t> out) override {
    ++requests;
    if (asked) asked();
    if (hang) {
      std::unique_lock lock(mutex);
      woken.wait(lock, [&] { return interrupted; });
      return std::unexpected(LinkFailure{PollFailure::connection, 0, "stopped"});
    }
    if (hangs_up.contains(request.unit)) {
      LinkFailure closed{PollFailure::connection, 0, "the line was closed at the other end"};
      closed.hung_up = true;
      return std::unexpected(closed);
    }
    if (gone) return std::unexpected(LinkFailure{PollFailure::connection, 0, "/dev/x: no such device"});
    if (!fail_next.empty()) {
      const auto failure = fail_next.front();
      fail_next.pop_front();
      return std::unexpected(LinkFailure{failure, exception, "as the test says"});
    }
    const auto found = units.find(request.unit);
    if (found == units.end()) {
      last_timeout = request.timeout;
      clock->advance(request.timeout);
      return std::unexpected(LinkFailure{PollFailure::timeout, 0, "no answer"});
    }
    clock->advance(takes);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto address = static_cast<std::uint16_t>(request.address + i);
      if (missing.contains(address)) return std::unexpected(LinkFailure{PollFailure::exception, 2, "exception 2"});
      out[i] = found->second[address];
    }
    if (out.size() > longest_answer) return std::unexpected(LinkFailure{PollFailure::exception, 3, "exception 3"});
    return takes;
  }
  [[nodiscard]] bool is_open() const override { return hangs_up.empty(); }
  void interrupt() override {
    const std::scoped_lock lock(mutex);
    interrupted = true;
    woken.notify_all();
  }
  std::map<std::uint8_t, std::map<std::uint16_t, std::uint16_t>> units;
  std::deque<PollFailure> fail_next;
  std::uint8_t exception = 4;
  std::set<std::uint16_t> missing;
  std::size_t longest_answer = 125;
  std::set<std::uint8_t> hangs_up;  // units upon which the connection is closed
  bool gone = false;
  int requests = 0;
  std::chrono::nanoseconds takes = 5ms;
  std::function<void()> asked;  // at each request
  std::chrono::nanoseconds last_timeout{};
  test::FakeClock* clock = nullptr;
  std::atomic<bool> hang{false};
  std::mutex mutex;
  std::condition_variable woken;
  bool interrupted = false;
};

class BusWorkerTest : public testing::Test {
 protected:
  BusWorkerTest() {
    auto line = std::make_unique<FakeLine>();
    line_ = line.get();
    line_->clock = &clock_;
    auto& registers = line_->units[3];
    registers[0x00] = 0x449A;  // 1234.5 W
    registers[0x01] = 0x5000;
    registers[0x12] = 0x0001;  // 65,538 Wh
    registers[0x13] = 0x0002;
    worker_ = std::make_unique<BusWorker>(site_, BusId{0}, clock_, mailbox_, core_, std::move(line));
  }
  std::vector<Reading> drain() {
    std::vector<Reading> out;
    mailbox_.drain([&](const Reading& reading) { out.push_back(reading); });
    return out;
  }
  // Turns until the next one is not due yet.
  void turn_all() {
    while (worker_->turn() <= clock_.monotonic()) {
    }
  }
  const Reading* find(const std::vector<Reading>& readings, Quantity quantity) {
    for (const auto& reading : readings)
      if (site_.point(reading.point()).quantity == quantity) return &reading;
    return nullptr;
  }

  ModelLibrary models_ = ModelLibrary::embedded();
  Site site_ = *parse_site(R"([site]
id = "s"
[[bus]]
id = "x"
url = "tcp://127.0.0.1:1"
[[meter]]
id = "m"
bus = "x"
unit = 3
model = "generic-10"
ct_ratio = 20
)",
                           "site.toml", models_);
  test::FakeClock clock_;
  Mailbox<Reading> mailbox_{256};
  Doorbell core_;
  FakeLine* line_ = nullptr;
  std::unique_ptr<BusWorker> worker_;
};

TEST_F(BusWorkerTest, APollIsOneGroupWithOneTimeThatEndsWithOnline) {
  worker_->turn();
  const auto readings = drain();
  ASSERT_EQ(readings.size(), 11u);
  for (const auto& reading : readings) EXPECT_EQ(reading.time(), readings[0].time());
  EXPECT_EQ(site_.point(readings.back().point()).quantity, Quantity::online);
  EXPECT_TRUE(readings.back().as_flag());
}

TEST_F(BusWorkerTest, TransformerRatiosMultiplyPowerAndEnergyAndCurrentButNotVoltage) {
  line_->units[3][0x02] = 0x4366;  // 230.5 V
  line_->units[3][0x03] = 0x8000;
  worker_->turn();
  const auto readings = drain();
  EXPECT_EQ(find(readings, Quantity::active_power)->as_gauge(), 20 * 1234.5);
  EXPECT_EQ(find(readings, Quantity::energy_import)->as_counter(), 20 * 65'538'000LL);
  EXPECT_EQ(find(readings, Quantity::voltage_l1)->as_gauge(), 230.5);
}

TEST_F(BusWorkerTest, AFailedPollGivesNoValueOnlyBadQualityAndOffline) {
  line_->units.clear();
  worker_->turn();
  const auto readings = drain();
  ASSERT_EQ(readings.size(), 11u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(readings[i].quality(), Quality::bad);
  EXPECT_EQ(site_.point(readings[10].point()).quantity, Quantity::online);
  EXPECT_FALSE(readings[10].as_flag());
  EXPECT_TRUE(readings[10].good());
}

TEST_F(BusWorkerTest, EveryFailureIsCountedUnderItsName) {
  for (const auto failure : {PollFailure::crc, PollFailure::short_frame, PollFailure::foreign_unit, PollFailure::stale,
                             PollFailure::exception}) {
    line_->fail_next = {failure};
    clock_.advance(60s);
    turn_all();
  }
  const auto status = worker_->status();
  const auto& meter = status.meters[0].second;
  for (const auto failure : {PollFailure::crc, PollFailure::short_frame, PollFailure::foreign_unit, PollFailure::stale,
                             PollFailure::exception})
    EXPECT_EQ(meter.failures[static_cast<std::size_t>(failure)], 1u) << poll_failure_names[static_cast<int>(failure)];
  EXPECT_EQ(meter.failures[static_cast<std::size_t>(PollFailure::timeout)], 0u);
  EXPECT_EQ(meter.exceptions[4], 1u);
  EXPECT_EQ(status.requests, static_cast<std::uint64_t>(line_->requests));
}

TEST_F(BusWorkerTest, ABrokenFrameIsAskedForOnceMoreAndNoOftener) {
  line_->fail_next = {PollFailure::crc};
  worker_->turn();
  EXPECT_EQ(line_->requests, 2);
  EXPECT_TRUE(drain().back().as_flag());
  line_->fail_next = {PollFailure::crc, PollFailure::short_frame};
  line_->requests = 0;
  clock_.advance(1s);
  worker_->turn();
  EXPECT_EQ(line_->requests, 2);
  EXPECT_FALSE(drain().back().as_flag());
}

TEST_F(BusWorkerTest, ABusyMeterIsAskedOnceMoreADefectiveOneIsNot) {
  line_->exception = 6;
  line_->fail_next = {PollFailure::exception};
  worker_->turn();
  EXPECT_EQ(line_->requests, 2);
  line_->exception = 4;
  line_->fail_next = {PollFailure::exception};
  line_->requests = 0;
  clock_.advance(1s);
  worker_->turn();
  EXPECT_EQ(line_->requests, 1);
}

TEST_F(BusWorkerTest, ANotANumberHasBadQualityIsCountedAndTheRestIsKept) {
  line_->units[3][0x00] = 0x7FC0;  // NaN
  worker_->turn();
  const auto readings = drain();
  EXPECT_EQ(find(readings, Quantity::active_power)->quality(), Quality::bad);
  EXPECT_TRUE(find(readings, Quantity::energy_import)->good());
  EXPECT_TRUE(readings.back().as_flag());
  EXPECT_EQ(worker_->status().meters[0].second.unusable_values, 1u);
}

TEST_F(BusWorkerTest, FloatsWithSwappedWordsAreBadNotNextToNothing) {
  line_->units[3][0x02] = 0x8000;  // 230.5 V, low word first: -1.5e-41 as the model reads it
  line_->units[3][0x03] = 0x0043;
  line_->units[3][0x0E] = 0x0AE1;  // 50.01 Hz, low word first
  line_->units[3][0x0F] = 0x4248;
  worker_->turn();
  const auto readings = drain();
  EXPECT_EQ(find(readings, Quantity::voltage_l1)->quality(), Quality::bad);
  EXPECT_EQ(find(readings, Quantity::frequency)->quality(), Quality::bad);
}

TEST_F(BusWorkerTest, OneRegisterThatIsNotThereCostsItsOwnValueAndIsRemembered) {
  line_->missing = {0x0A};  // half of current_l2
  worker_->turn();
  auto readings = drain();
  ASSERT_EQ(readings.size(), 11u);
  EXPECT_EQ(find(readings, Quantity::current_l2)->quality(), Quality::bad);
  EXPECT_TRUE(find(readings, Quantity::current_l1)->good());
  EXPECT_TRUE(find(readings, Quantity::current_l3)->good());
  EXPECT_TRUE(find(readings, Quantity::energy_import)->good());
  EXPECT_TRUE(readings.back().as_flag());
  EXPECT_EQ(worker_->status().meters[0].second.absent_values, 1u);
  // Remembered: no more exceptions, and no more requests than there are parts.
  const auto exceptions = worker_->status().meters[0].second.exceptions[2];
  line_->requests = 0;
  clock_.advance(1s);
  turn_all();
  EXPECT_EQ(worker_->status().meters[0].second.exceptions[2], exceptions);
  EXPECT_LE(line_->requests, 4);
  EXPECT_EQ(find(drain(), Quantity::current_l2)->quality(), Quality::bad);
  // And asked for again later: the meter may only have been starting up.
  line_->missing.clear();
  clock_.advance(11min);
  turn_all();
  EXPECT_TRUE(find(drain(), Quantity::current_l2)->good());
}

TEST_F(BusWorkerTest, AMeterThatIsStartingUpTeachesNothing) {
  for (std::uint16_t at = 0; at < 0x14; ++at) line_->missing.insert(at);
  worker_->turn();
  EXPECT_FALSE(drain().back().as_flag());
  line_->missing.clear();
  line_->requests = 0;
  clock_.advance(1s);
  turn_all();
  for (const auto& reading : drain()) EXPECT_TRUE(reading.good());
  EXPECT_EQ(line_->requests, 1);  // whole again
  EXPECT_EQ(worker_->lessons(), 0u);
}

TEST_F(BusWorkerTest, AMeterThatGivesFewerRegistersThanItsModelSaysIsReadInParts) {
  line_->longest_answer = 7;
  worker_->turn();
  for (const auto& reading : drain()) EXPECT_TRUE(reading.good());
  line_->requests = 0;
  clock_.advance(1s);
  turn_all();
  EXPECT_LE(line_->requests, 4);  // 20 registers, 6 at a time since a float can't be cut
}

TEST_F(BusWorkerTest, WhatAMeterTaughtIsKnownAfterARestart) {
  line_->longest_answer = 7;
  worker_->turn();
  drain();
  const auto learnt = worker_->learnt();
  ASSERT_EQ(learnt.size(), 1u);
  EXPECT_EQ(learnt[0].meter, MeterId{0});
  EXPECT_EQ(worker_->lessons(), learnt[0].cuts.size());
  auto units = line_->units;
  auto line = std::make_unique<FakeLine>();
  line_ = line.get();
  line_->clock = &clock_;
  line_->units = std::move(units);
  line_->longest_answer = 7;
  worker_ = std::make_unique<BusWorker>(site_, BusId{0}, clock_, mailbox_, core_, std::move(line));
  auto odd = learnt;
  odd[0].cuts.push_back({3, 0x01});  // in the middle of a value: no model says so
  worker_->remember(odd);
  EXPECT_EQ(worker_->lessons(), learnt[0].cuts.size());
  turn_all();
  const auto status = worker_->status();
  EXPECT_EQ(status.meters[0].second.failures[static_cast<std::size_t>(PollFailure::exception)], 0u);
  EXPECT_LE(line_->requests, 4);
  for (const auto& reading : drain()) EXPECT_TRUE(reading.good());
}

TEST_F(BusWorkerTest, APollOfManyBlocksOverASlowWayIsNotTakenForOneThatHangs) {
  const auto site = *parse_site(R"([site]
id = "s"
[[bus]]
id = "lora"
url = "tcp://127.0.0.1:1"
timeout = "5s"
[[meter]]
id = "m"
bus = "lora"
unit = 3
model = "generic-10"
)",
                                "site.toml", models_);
  auto line = std::make_unique<FakeLine>();
  line_ = line.get();
  line_->clock = &clock_;
  line_->units[3];
  line_->takes = 3s;
  line_->longest_answer = 2;  // a block a value
  BusWorker worker(site, BusId{0}, clock_, mailbox_, core_, std::move(line));
  const auto begun = clock_.monotonic();
  auto longest = 0ns;
  line_->asked = [&] { longest = std::max(longest, clock_.monotonic() - worker.status().due); };
  worker.turn();
  EXPECT_GE(line_->requests, 10);
  EXPECT_GE(clock_.monotonic() - begun, 30s);
  EXPECT_EQ(longest, 0ns) << "overdue in the middle of a poll";
  // A request that does not come back is seen.
  clock_.advance(30s);
  EXPECT_GT(clock_.monotonic() - worker.status().due, 5s);
}

TEST_F(BusWorkerTest, WhatARequestMayTakeByRightsIsNotOverdue) {
  // No answer, which a serial line waits for once more as long, and before it a connection that had to be made anew.
  const auto status = worker_->status();
  EXPECT_GE(status.due - clock_.monotonic(), 3 * site_.bus(BusId{0}).timeout);
  EXPECT_LE(status.due - clock_.monotonic(), 5s) << "with the default: found within 30 s, with all that comes after";
}

TEST_F(BusWorkerTest, ALineThatIsGoneIsOneFaultAndIsOpenedAnewWithinTenSeconds) {
  worker_->turn();
  drain();
  line_->gone = true;
  clock_.advance(1s);
  for (int i = 0; i < 60; ++i) {
    turn_all();
    clock_.advance(500ms);
  }
  auto status = worker_->status();
  EXPECT_EQ(status.faults, 1u);
  EXPECT_FALSE(status.online);
  EXPECT_FALSE(status.meters[0].second.online);
  EXPECT_EQ(status.last_error, "/dev/x: no such device");
  EXPECT_EQ(status.last_failure, PollFailure::connection);
  EXPECT_FALSE(status.last_failed.valid()) << "no meter is blamed";
  EXPECT_TRUE(status.last_failed_at);
  EXPECT_EQ(drain().size(), 11u);  // told once
  line_->gone = false;
  const auto plugged_in = clock_.monotonic();
  while (!worker_->status().meters[0].second.online && clock_.monotonic() < plugged_in + 60s) {
    turn_all();
    clock_.advance(100ms);
  }
  EXPECT_LT(clock_.monotonic() - plugged_in, 10s);
}

TEST_F(BusWorkerTest, AUnitUponWhichTheConnectionIsClosedHurtsNoOther) {
  const auto site = *parse_site(R"([site]
id = "s"
[[bus]]
id = "x"
url = "tcp://127.0.0.1:1"
[[meter]]
id = "dead"
bus = "x"
unit = 2
model = "generic-10"
[[meter]]
id = "m"
bus = "x"
unit = 3
model = "generic-10"
)",
                                "site.toml", models_);
  auto owned = std::make_unique<FakeLine>();
  auto& line = *owned;
  line.clock = &clock_;
  line.units[3] = line_->units[3];
  line.hangs_up = {2};
  BusWorker worker(site, BusId{0}, clock_, mailbox_, core_, std::move(owned));
  const auto begin = clock_.monotonic();
  while (clock_.monotonic() < begin + 30s) {
    while (worker.turn() <= clock_.monotonic()) {
    }
    clock_.advance(100ms);
  }
  const auto status = worker.status();
  EXPECT_EQ(status.faults, 0u);
  EXPECT_TRUE(status.online);
  EXPECT_FALSE(status.meters[0].second.online);
  EXPECT_GE(status.meters[0].second.failures[static_cast<std::size_t>(PollFailure::connection)], 3u);
  EXPECT_TRUE(status.meters[1].second.online);
  EXPECT_GE(status.meters[1].second.polls, 29u);
  // All of them: then the bus is away.
  line.hangs_up = {2, 3};
  clock_.advance(1s);
  while (worker.turn() <= clock_.monotonic()) {
  }
  EXPECT_FALSE(worker.status().online);
}

TEST_F(BusWorkerTest, AValueThatTheMeterNoLongerHasDoesNotStayGood) {
  const auto site = *parse_site(R"([site]
id = "s"
[[bus]]
id = "x"
url = "tcp://127.0.0.1:1"
[[meter]]
id = "m"
bus = "x"
unit = 3
model = "abb-b23"
)",
                                "site.toml", models_);
  auto owned = std::make_unique<FakeLine>();
  auto& registers = owned->units[3];
  owned->clock = &clock_;
  registers[0x5B01] = registers[0x5B03] = 2301;                               // 230.1 V of L1 and L2
  registers[0x5B04] = registers[0x5B05] = 0xFFFF;                             // never an L3
  for (std::uint16_t at = 0x5004; at < 0x5008; ++at) registers[at] = 0xFFFF;  // nor an export
  BusWorker worker(site, BusId{0}, clock_, mailbox_, core_, std::move(owned));
  worker.turn();
  auto readings = drain();
  const auto of = [&](Quantity quantity) {
    return std::ranges::find(readings, site.point_of(MeterId{0}, quantity), &Reading::point);
  };
  EXPECT_TRUE(of(Quantity::voltage_l2)->good());
  EXPECT_EQ(of(Quantity::voltage_l3), readings.end());
  EXPECT_EQ(of(Quantity::energy_export), readings.end());
  registers[0x5B02] = registers[0x5B03] = 0xFFFF;
  clock_.advance(1s);
  worker.turn();
  readings = drain();
  ASSERT_NE(of(Quantity::voltage_l2), readings.end());
  EXPECT_EQ(of(Quantity::voltage_l2)->quality(), Quality::bad);
  EXPECT_TRUE(of(Quantity::voltage_l1)->good());
  EXPECT_EQ(of(Quantity::voltage_l3), readings.end());
  EXPECT_EQ(worker.status().meters[0].second.unusable_values, 1u);
}

TEST_F(BusWorkerTest, PollsThatThereWasNoTimeForAreCountedAndShown) {
  turn_all();
  clock_.advance(5s);  // the line was busy with something else
  turn_all();
  const auto status = worker_->status();
  EXPECT_EQ(status.missed, 3u);
  EXPECT_EQ(status.meters[0].second.missed, 3u);
  EXPECT_EQ(status.meters[0].second.polls, 3u);  // one was made up for
}

TEST_F(BusWorkerTest, TheWaitForAnAnswerFollowsWhatTheMeterTakes) {
  for (int i = 0; i < 20; ++i) {
    turn_all();
    clock_.advance(1s);
  }
  const auto before = worker_->status().meters[0].second.timeout_ms;
  EXPECT_LT(before, 200);  // answers come after 5 ms; the site allows 1 s
  line_->units.clear();
  turn_all();
  EXPECT_NEAR(in_ms(line_->last_timeout), before, 1);
  // Silent: it may have become slower.
  clock_.advance(1s);
  turn_all();
  EXPECT_NEAR(in_ms(line_->last_timeout), 2 * before, 2);
}

TEST_F(BusWorkerTest, StopReturnsAlthoughTheDeviceHangs) {
  line_->hang = true;
  worker_->start();
  worker_->stop();  // would hang here
}

}  // namespace
}  // namespace gateway
