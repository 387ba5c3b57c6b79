#include "drivers/modbus/poll_plan.hpp"

#include <algorithm>
#include <limits>

namespace gateway {
namespace {

constexpr double bits_a_character =
    11;  // start, 8 data, parity or second stop, stop (Modbus over Serial Line 1.02, 2.5.1)
constexpr double usual_turnaround_us =
    10'000;  // meters take 5 to 50 ms to answer; only the sum with the frames matters here
constexpr double round_trip_us = 1'000;

}  // namespace

WireCost wire_cost(const BusUrl& url) noexcept {
  if (!url.serial_frames()) return {round_trip_us, 0.2};
  const double character = 1e6 * bits_a_character / url.baud;
  const double silence = url.baud > 19'200 ? 1'750 : 3.5 * character;  // 2.5.1.1: fixed above 19200 baud
  return {(8 + 5) * character + 2 * silence + usual_turnaround_us, 2 * character};
}

std::vector<PollBlock> plan_polls(const MeterModel& model, const WireCost& cost) {
  std::vector<std::size_t> order(model.registers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto& registers = model.registers;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::pair(registers[a].function, registers[a].address) <
           std::pair(registers[b].function, registers[b].address);
  });
  const auto end_of = [&](std::size_t i) {
    return registers[order[i]].address + register_count(registers[order[i]].encoding);
  };
  // cheapest[i]: cost of the first i registers; from[i]: where the last block of that solution begins.
  std::vector<double> cheapest(order.size() + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> from(order.size() + 1, 0);
  cheapest[0] = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::size_t end = 0;
    for (std::size_t last = i; last < order.size() && registers[order[last]].function == registers[order[i]].function;
         ++last) {
      end = std::max(end, end_of(last));
      const auto count = end - registers[order[i]].address;
      if (count > model.block_limit) break;
      const auto total = cheapest[i] + cost.request + cost.register_ * static_cast<double>(count);
      if (total < cheapest[last + 1]) {
        cheapest[last + 1] = total;
        from[last + 1] = i;
      }
    }
  }
  std::vector<PollBlock> plan;
  for (std::size_t end = order.size(); end > 0; end = from[end]) {
    PollBlock block;
    const auto begin = from[end];
    block.function = registers[order[begin]].function;
    block.address = registers[order[begin]].address;
    std::size_t last = 0;
    for (std::size_t i = begin; i < end; ++i) {
      last = std::max(last, end_of(i));
      block.registers.push_back(order[i]);
    }
    block.count = static_cast<std::uint16_t>(last - block.address);
    plan.push_back(std::move(block));
  }
  std::ranges::reverse(plan);
  return plan;
}

double duration_us(std::span<const PollBlock> plan, const WireCost& cost) noexcept {
  double sum = 0;
  for (const auto& block : plan) sum += cost.request + cost.register_ * block.count;
  return sum;
}

}  // namespace gateway
