#include "drivers/modbus/poll_plan.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "drivers/modbus/wire_time.hpp"

namespace gateway {
namespace {

// Meters take 5 to 50 ms to answer; only the sum with the frames matters here.
constexpr double usual_turnaround_us = 10'000;
constexpr double round_trip_us = 1'000;

double microseconds(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::micro>(time).count(); }

// Addresses [first, end).
bool may_be_one_block(const MeterModel& model, const LearntLimits& learnt, std::uint8_t function, std::size_t first,
                      std::size_t end) {
  if (end - first > std::min(model.block_limit, learnt.block_limit)) return false;
  for (const auto& range : model.forbidden)
    if ((range.function == 0 || range.function == function) && first <= range.last && range.first < end) return false;
  return std::ranges::none_of(learnt.cuts, [&](const LearntLimits::Cut& cut) {
    return cut.function == function && first < cut.address && cut.address < end;
  });
}

}  // namespace

WireCost wire_cost(const BusUrl& url, std::chrono::nanoseconds turnaround, std::chrono::nanoseconds pause) noexcept {
  if (!url.serial_frames())
    return {(turnaround.count() > 0 ? microseconds(turnaround) : round_trip_us) + microseconds(pause), 0.2, 0};
  const double character = microseconds(characters(url, 1));
  const double silence = microseconds(frame_silence(url));
  const double answer_after = turnaround.count() > 0 ? microseconds(turnaround) : usual_turnaround_us;
  return {(8 + 5) * character + std::max(silence, microseconds(pause)) + std::max(silence, answer_after), 2 * character,
          silence};
}

std::vector<PollBlock> plan_polls(const MeterModel& model, const WireCost& cost) {
  std::vector<std::size_t> all(model.registers.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return plan_polls(model, all, cost);
}

std::vector<PollBlock> plan_polls(const MeterModel& model, std::span<const std::size_t> wanted, const WireCost& cost,
                                  const LearntLimits& learnt) {
  const auto& registers = model.registers;
  std::vector<std::size_t> order(wanted.begin(), wanted.end());
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
    const auto& first = registers[order[i]];
    std::size_t end = 0;
    for (std::size_t last = i; last < order.size() && registers[order[last]].function == first.function; ++last) {
      end = std::max(end, end_of(last));
      // A single value is asked for whatever was learnt: it can't be cut.
      if (last > i && !may_be_one_block(model, learnt, first.function, first.address, end)) break;
      const auto total = cheapest[i] + cost.request + cost.register_ * static_cast<double>(end - first.address);
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
  double sum = plan.empty() ? 0 : cost.unit;
  for (const auto& block : plan) sum += cost.request + cost.register_ * block.count;
  return sum;
}

std::optional<LearntLimits::Cut> best_cut(const MeterModel& model, const PollBlock& block) {
  std::optional<LearntLimits::Cut> best;
  std::size_t widest = 0, end = 0;
  int off_middle = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < block.registers.size(); ++i) {
    const auto& entry = model.registers[block.registers[i]];
    // A cut can't go through a value, and values may overlap.
    if (i > 0 && entry.address >= end) {
      const auto gap = entry.address - end;
      const int off = std::abs(2 * (entry.address - block.address) - block.count);
      if (!best || gap > widest || (gap == widest && off < off_middle)) {
        best = LearntLimits::Cut{block.function, entry.address};
        widest = gap;
        off_middle = off;
      }
    }
    end = std::max<std::size_t>(end, entry.address + register_count(entry.encoding));
  }
  return best;
}

bool can_cut(const MeterModel& model, const LearntLimits::Cut& cut) noexcept {
  return std::ranges::any_of(model.registers, [&](const MeterRegister& entry) {
    return entry.function == cut.function && entry.address == cut.address;
  });
}

}  // namespace gateway
