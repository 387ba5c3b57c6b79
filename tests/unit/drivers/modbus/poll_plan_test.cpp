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
      for (const auto& range : model.forbidden)
        possible = possible && !(registers[begin].address <= range.last && range.first < registers[i].address + 2);
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
    auto model = model_of(addresses, static_cast<std::uint16_t>(10 + random() % 100));
    // Now and then a gap that must not be read over.
    for (std::size_t i = 0; i + 1 < addresses.size(); ++i)
      if (addresses[i + 1] > addresses[i] + 2 && random() % 3 == 0)
        model.forbidden.push_back(
            {0, static_cast<std::uint16_t>(addresses[i] + 2), static_cast<std::uint16_t>(addresses[i + 1] - 1)});
    for (const char* url : {"tcp://h:1", "rtu:///dev/x?baud=9600", "rtu:///dev/x?baud=1200"}) {
      const auto cost = wire_cost(*parse_bus_url(url));
      const auto plan = plan_polls(model, cost);
      EXPECT_NEAR(duration_us(plan, cost), cost.unit + brute_force(model, cost), 1e-6);
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

TEST(PollPlan, NeverReadsOverWhatTheModelForbids) {
  auto model = model_of({0, 8});
  model.forbidden = {{0, 5, 5}};
  const auto cost = wire_cost(*parse_bus_url("rtu:///dev/x?baud=9600"));
  EXPECT_EQ(plan_polls(model, cost).size(), 2u);
  model.forbidden = {{4, 5, 5}};  // input registers only; these are holding registers
  EXPECT_EQ(plan_polls(model, cost).size(), 1u);
}

TEST(PollPlan, ABlockThatWasRefusedIsCutInItsWidestGap) {
  const auto model = model_of({0, 4, 20, 22});
  const auto plan = plan_polls(model, wire_cost(*parse_bus_url("tcp://h:1")));
  ASSERT_EQ(plan.size(), 1u);
  const auto cut = best_cut(model, plan[0]);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->address, 20);
  LearntLimits learnt;
  learnt.cuts = {*cut};
  const std::vector<std::size_t> all{0, 1, 2, 3};
  const auto parts = plan_polls(model, all, wire_cost(*parse_bus_url("tcp://h:1")), learnt);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].count, 6);
  EXPECT_EQ(parts[1].address, 20);
}

TEST(PollPlan, ABlockWithoutGapsIsCutInTheMiddleAndASingleValueNotAtAll) {
  const auto model = model_of({0, 2, 4, 6});
  const auto plan = plan_polls(model, wire_cost(*parse_bus_url("tcp://h:1")));
  EXPECT_EQ(best_cut(model, plan[0])->address, 4);
  EXPECT_FALSE(best_cut(model, PollBlock{3, 0, 2, {0}}));
}

TEST(PollPlan, EveryRegisterStandsInExactlyOneBlockWhateverWasLearnt) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint16_t> addresses;
    for (std::uint16_t i = 0; i < 12; ++i) addresses.push_back(static_cast<std::uint16_t>(2 * i + 4 * (random() % 2)));
    auto model = model_of(addresses);
    LearntLimits learnt;
    learnt.block_limit = static_cast<std::uint16_t>(1 + random() % 40);
    for (int i = 0; i < 3; ++i) learnt.cuts.push_back({3, static_cast<std::uint16_t>(random() % 40)});
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < addresses.size(); ++i)
      if (random() % 4 != 0) wanted.push_back(i);
    std::vector<std::size_t> found;
    for (const auto& block : plan_polls(model, wanted, wire_cost(*parse_bus_url("tcp://h:1")), learnt))
      found.insert(found.end(), block.registers.begin(), block.registers.end());
    std::ranges::sort(found);
    EXPECT_EQ(found, wanted);
  }
}

TEST(PollPlan, FunctionCodesAreNeverMixedInABlock) {
  auto model = model_of({0, 2, 4});
  model.registers[1].function = 4;
  EXPECT_EQ(plan_polls(model, wire_cost(*parse_bus_url("tcp://h:1"))).size(), 2u);
}

}  // namespace
}  // namespace gateway
