#include "drivers/modbus/poll_plan.hpp"

#include <algorithm>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace gateway {
namespace {

MeterModel model_of(const std::vector<std::uint16_t>& addresses, std::uint16_t block_limit = 125) {
  MeterModel model;
  model.block_limit = block_limit;
  std::uint8_t quantity = 0;
  for (const auto address : addresses) {
    MeterRegister entry;
    entry.quantity = static_cast<Quantity>(quantity++);
    entry.address = address;
    entry.encoding = Encoding::f32;
    model.registers.push_back(entry);
  }
  return model;
}

// Every way to cut the sorted registers into blocks.
double brute_force(const MeterModel& model, const WireCost& cost) {
  auto registers = model.registers;
  std::ranges::sort(registers, {}, &MeterRegister::address);
  double best = std::numeric_limits<double>::infinity();
  for (unsigned cuts = 0; cuts < 1u << (registers.size() - 1); ++cuts) {
    double sum = 0;
    std::size_t begin = 0;
    bool possible = true;
    for (std::size_t i = 0; i < registers.size(); ++i) {
      if (i + 1 < registers.size() && (cuts >> i & 1) == 0) continue;
      const auto count = registers[i].address + 2 - registers[begin].address;
      possible = possible && count <= model.block_limit;
      sum += cost.request + cost.register_ * count;
      begin = i + 1;
    }
    if (possible) best = std::min(best, sum);
  }
  return best;
}

TEST(PollPlan, IsAsCheapAsTheBestOfAllWaysToCut) {
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    std::vector<std::uint16_t> addresses;
    std::uint16_t at = 0;
    const auto count = 1 + random() % 10;
    for (std::size_t i = 0; i < count; ++i) {
      addresses.push_back(at);
      at = static_cast<std::uint16_t>(at + 2 + (random() % 2 ? 0 : random() % 60));
    }
    const auto model = model_of(addresses, static_cast<std::uint16_t>(10 + random() % 100));
    for (const char* url : {"tcp://h:1", "rtu:///dev/x?baud=9600", "rtu:///dev/x?baud=1200"}) {
      const auto cost = wire_cost(*parse_bus_url(url));
      const auto plan = plan_polls(model, cost);
      EXPECT_NEAR(duration_us(plan, cost), brute_force(model, cost), 1e-6);
    }
  }
}

TEST(PollPlan, ReadsOverAShortGapAndNotOverALongOne) {
  const auto cost = wire_cost(*parse_bus_url("rtu:///dev/x?baud=9600"));
  EXPECT_EQ(plan_polls(model_of({0, 8}), cost).size(), 1u);
  EXPECT_EQ(plan_polls(model_of({0, 100}), cost).size(), 2u);
}

TEST(PollPlan, NeverAsksForMoreThanTheMeterGivesInOneAnswer) {
  std::vector<std::uint16_t> addresses;
  for (std::uint16_t i = 0; i < 40; ++i) addresses.push_back(static_cast<std::uint16_t>(2 * i));
  const auto plan = plan_polls(model_of(addresses, 22), wire_cost(*parse_bus_url("tcp://h:1")));
  std::size_t registers = 0;
  for (const auto& block : plan) {
    EXPECT_LE(block.count, 22);
    registers += block.registers.size();
  }
  EXPECT_EQ(registers, 40u);
}

TEST(PollPlan, FunctionCodesAreNeverMixedInABlock) {
  auto model = model_of({0, 2, 4});
  model.registers[1].function = 4;
  EXPECT_EQ(plan_polls(model, wire_cost(*parse_bus_url("tcp://h:1"))).size(), 2u);
}

}  // namespace
}  // namespace gateway
