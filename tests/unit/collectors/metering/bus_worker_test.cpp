#include "collectors/metering/bus_worker.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// Holding registers by unit; a unit that is not there times out.
class FakeLine final : public RegisterReader {
 public:
  std::expected<void, LinkFailure> read(std::uint8_t unit, std::uint8_t, std::uint16_t address,
                                        std::span<std::uint16_t> out, std::chrono::nanoseconds timeout) override {
    if (hang) {
      std::unique_lock lock(mutex);
      woken.wait(lock, [&] { return interrupted; });
      return std::unexpected(LinkFailure{PollFailure::connection, 0, "stopped"});
    }
    if (fail_next) {
      const auto failure = *fail_next;
      fail_next.reset();
      return std::unexpected(LinkFailure{failure, 2, "as the test says"});
    }
    const auto found = units.find(unit);
    if (found == units.end()) {
      clock->advance(timeout);
      return std::unexpected(LinkFailure{PollFailure::timeout, 0, "no answer"});
    }
    clock->advance(5ms);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = found->second[static_cast<std::uint16_t>(address + i)];
    return {};
  }
  [[nodiscard]] bool is_open() const override { return true; }
  void interrupt() override {
    const std::scoped_lock lock(mutex);
    interrupted = true;
    woken.notify_all();
  }
  std::map<std::uint8_t, std::map<std::uint16_t, std::uint16_t>> units;
  std::optional<PollFailure> fail_next;
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

TEST_F(BusWorkerTest, AFailedPollGivesNoValueOnlyOffline) {
  line_->units.clear();
  worker_->turn();
  const auto readings = drain();
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(site_.point(readings[0].point()).quantity, Quantity::online);
  EXPECT_FALSE(readings[0].as_flag());
}

TEST_F(BusWorkerTest, EveryFailureIsCountedUnderItsName) {
  for (const auto failure : {PollFailure::crc, PollFailure::exception, PollFailure::stale}) {
    line_->fail_next = failure;
    clock_.advance(60s);
    turn_all();
  }
  const auto status = worker_->status();
  const auto& meter = status.meters[0].second;
  EXPECT_EQ(meter.failures[static_cast<std::size_t>(PollFailure::crc)], 1u);
  EXPECT_EQ(meter.failures[static_cast<std::size_t>(PollFailure::exception)], 1u);
  EXPECT_EQ(meter.failures[static_cast<std::size_t>(PollFailure::stale)], 1u);
  EXPECT_EQ(meter.failures[static_cast<std::size_t>(PollFailure::timeout)], 0u);
}

TEST_F(BusWorkerTest, ANotANumberIsLeftOutAndTheRestIsKept) {
  line_->units[3][0x00] = 0x7FC0;  // NaN
  worker_->turn();
  const auto readings = drain();
  EXPECT_EQ(find(readings, Quantity::active_power), nullptr);
  EXPECT_NE(find(readings, Quantity::energy_import), nullptr);
}

TEST_F(BusWorkerTest, StopReturnsAlthoughTheDeviceHangs) {
  line_->hang = true;
  worker_->start();
  worker_->stop();  // would hang here
}

}  // namespace
}  // namespace gateway
