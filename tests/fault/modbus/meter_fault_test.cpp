// FAULTS 33 and 34, from the registers on a line through the poller to what is booked: a counter that lies for one
// poll, wraps, or belongs to another meter; a NaN; swapped words.
#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "collectors/aggregation/aggregator.hpp"
#include "collectors/metering/bus_plan.hpp"
#include "collectors/metering/meter_poller.hpp"
#include "tests/fault/modbus/scripted_bus.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using test::Asked;
using test::Bytes;
using test::Frames;
using test::Reply;
using test::ScriptedBus;
using namespace std::chrono_literals;

class MeterFault : public testing::TestWithParam<BusKind> {
 protected:
  MeterFault()
      : bus_(GetParam(),
             [this](const Asked& asked, const Frames& frames) {
               const std::scoped_lock lock(mutex_);
               Bytes body{asked.function, static_cast<std::uint8_t>(2 * asked.count)};
               for (int i = 0; i < asked.count; ++i) {
                 const auto word = registers_[static_cast<std::uint16_t>(asked.address + i)];
                 body.push_back(static_cast<std::uint8_t>(word >> 8));
                 body.push_back(static_cast<std::uint8_t>(word));
               }
               return std::vector<Reply>{{frames.pdu(asked, asked.unit, body), 0ms, false}};
             }),
        site_(site_of(bus_.url())),
        link_(site_.buses[0].url),
        poller_(site_, MeterId{0}, poll_tasks(site_, MeterId{0}).front().registers),
        aggregator_(site_) {
    set(0x02, {0x4366, 0x8000});  // 230.5 V
    set(0x0E, {0x4248, 0x0000});  // 50 Hz
    aggregator_.advance(clock_.now(), batch_);
  }
  Site site_of(const BusUrl& url) {
    const auto where = url.kind == BusKind::rtu ? "rtu://" + url.device : "tcp://127.0.0.1:" + std::to_string(url.port);
    auto site =
        parse_site("[site]\nid = \"s\"\n[[bus]]\nid = \"x\"\nurl = \"" + where +
                       "\"\n[[meter]]\nid = \"m\"\nbus = \"x\"\nunit = 1\nmodel = \"generic-10\"\nrated_power = "
                       "\"100 kW\"\ninterval = \"10s\"\n",
                   "site.toml", ModelLibrary::embedded());
    EXPECT_TRUE(site) << site.error().front().text();
    return std::move(*site);
  }
  void set(std::uint16_t address, std::vector<std::uint16_t> words) {
    const std::scoped_lock lock(mutex_);
    for (const auto word : words) registers_[address++] = word;
  }
  // Polls 10 s later, with the counter at so many watt-hours.
  std::vector<Reading> poll(std::uint32_t watt_hours) {
    set(0x12, {static_cast<std::uint16_t>(watt_hours >> 16), static_cast<std::uint16_t>(watt_hours)});
    clock_.advance(10s);
    aggregator_.advance(clock_.now(), batch_);
    ResponseTime response(5s);  // a busy machine is no fault of the meter's
    const auto polled = poller_.poll(link_, clock_, response, false);
    EXPECT_TRUE(polled) << polled.error().text;
    if (!polled) return {};
    aggregator_.ingest(*polled);
    return {polled->begin(), polled->end()};
  }
  // What has been booked for the meter, in watt-hours, once the last minute is closed.
  std::int64_t booked() {
    clock_.advance(5min);
    aggregator_.advance(clock_.now(), batch_);
    std::int64_t sum = 0;
    for (const auto& record : batch_.windows)
      if (record.length == WindowLength::minute && site_.node(record.node).kind == NodeKind::meter)
        sum += record.amount;
    return sum / 1000;
  }
  [[nodiscard]] bool journalled(QualityKind kind) const {
    return std::ranges::any_of(batch_.quality, [&](const QualityRecord& record) { return record.kind == kind; });
  }
  const Reading* find(const std::vector<Reading>& readings, Quantity quantity) {
    for (const auto& reading : readings)
      if (site_.point(reading.point()).quantity == quantity) return &reading;
    return nullptr;
  }

  std::mutex mutex_;
  std::map<std::uint16_t, std::uint16_t> registers_;
  ScriptedBus bus_;
  Site site_;
  ModbusLink link_;
  MeterPoller poller_;
  test::FakeClock clock_;
  Aggregator aggregator_;
  Batch batch_;
};

TEST_P(MeterFault, ACounterThatShowsNothingOrTooMuchForOnePollBooksNoSpike) {
  for (std::uint32_t i = 0; i < 5; ++i) poll(100'000 + 10 * i);
  poll(0);
  poll(100'060);
  poll(4'000'000'000);
  poll(100'080);
  poll(99'000);
  for (std::uint32_t i = 10; i < 20; ++i) poll(100'000 + 10 * i);
  EXPECT_EQ(booked(), 190);
  EXPECT_TRUE(journalled(QualityKind::glitch));
}

TEST_P(MeterFault, AWrapLosesNothing) {
  const std::uint32_t before = 4'294'967'296 - 100;
  for (std::uint32_t i = 0; i < 30; ++i) poll(before + 10 * i);  // unsigned: wraps as the register does
  EXPECT_EQ(booked(), 290);
  EXPECT_TRUE(journalled(QualityKind::wrap));
}

TEST_P(MeterFault, AnotherMeterInItsPlaceBooksNoDifferenceOfTheTwo) {
  for (std::uint32_t i = 0; i < 10; ++i) poll(900'000 + 10 * i);
  for (std::uint32_t i = 0; i < 20; ++i) poll(50'000 + 10 * i);
  // 90 of the old, 190 of the new; what flowed between the two is not known and not made up.
  EXPECT_EQ(booked(), 280);
  EXPECT_TRUE(journalled(QualityKind::exchange));
}

TEST_P(MeterFault, ANaNHasBadQualityAndNeverReachesTheTotals) {
  poll(1'000);
  set(0x00, {0x7FC0, 0x0000});
  const auto readings = poll(1'010);
  ASSERT_NE(find(readings, Quantity::active_power), nullptr);
  EXPECT_EQ(find(readings, Quantity::active_power)->quality(), Quality::bad);
  EXPECT_TRUE(find(readings, Quantity::energy_import)->good());
  poll(1'020);
  EXPECT_EQ(booked(), 20);
  for (const auto& record : batch_.windows) EXPECT_TRUE(std::isfinite(record.rate_sum));
}

TEST_P(MeterFault, SwappedWordsAreBadQualityNotAValue) {
  set(0x02, {0x8000, 0x4366});
  set(0x0E, {0x0000, 0x4248});
  const auto readings = poll(1'000);
  EXPECT_EQ(find(readings, Quantity::frequency)->quality(), Quality::bad);
  EXPECT_EQ(find(readings, Quantity::voltage_l1)->quality(), Quality::bad);
  EXPECT_GE(poller_.account().unusable, 2u);
}

TEST_P(MeterFault, AMeterWhoseMeasurementsStandStillForHalfAnHourIsUncertain) {
  std::vector<Reading> readings;
  for (std::uint32_t i = 0; i < 170; ++i) readings = poll(1'000);  // 28 minutes
  EXPECT_TRUE(find(readings, Quantity::voltage_l1)->good());
  for (std::uint32_t i = 0; i < 20; ++i) readings = poll(1'000);
  EXPECT_EQ(find(readings, Quantity::voltage_l1)->quality(), Quality::uncertain);
  set(0x02, {0x4366, 0x4000});
  readings = poll(1'000);
  EXPECT_TRUE(find(readings, Quantity::voltage_l1)->good());
}

INSTANTIATE_TEST_SUITE_P(Lines, MeterFault, testing::Values(BusKind::tcp, BusKind::rtu),
                         [](const auto& line) { return line.param == BusKind::tcp ? "Tcp" : "Rtu"; });

}  // namespace
}  // namespace gateway
