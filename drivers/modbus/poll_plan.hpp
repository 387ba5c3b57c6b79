// Which block reads get a meter's registers in the least time on the wire.
//
// A request costs the same whatever it asks for (frames, turnaround, silence or round trip), a register costs its two
// bytes; so reading over a gap is cheaper than a second request when the gap is short. The plan is the optimum under
// that model (dynamic programming over the sorted registers), within the meter's block limit and never over registers
// that must not be touched. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/bus_url.hpp"
#include "drivers/modbus/meter_model.hpp"

namespace gateway {

struct PollBlock {
  std::uint8_t function = 3;
  std::uint16_t address = 0;
  std::uint16_t count = 0;
  std::vector<std::size_t> registers;  // in MeterModel::registers, by address
  bool operator==(const PollBlock&) const = default;
};

struct WireCost {
  double request = 0;    // microseconds for a request and its answer, without data
  double register_ = 0;  // microseconds for one register of the answer
  double unit = 0;       // microseconds once a poll: the silence when the line turns to another unit
};
// RTU: request of 8 characters, answer of 5, the silence before each and the meter's own turnaround; TCP: a round trip.
// turnaround: what the meter usually takes to begin its answer; 0: 10 ms on a serial line, 1 ms on a network.
[[nodiscard]] WireCost wire_cost(const BusUrl& url, std::chrono::nanoseconds turnaround = {},
                                 std::chrono::nanoseconds pause = {}) noexcept;

// What a meter taught us by exceptions, beyond what its model says.
struct LearntLimits {
  struct Cut {
    std::uint8_t function = 3;
    std::uint16_t address = 0;  // no block holds both this register and the one before it
    bool operator==(const Cut&) const = default;
  };
  std::uint16_t block_limit = 125;
  std::vector<Cut> cuts;
};

// registers: those to read, by place in MeterModel::registers; each stands in exactly one block of the plan.
[[nodiscard]] std::vector<PollBlock> plan_polls(const MeterModel& model, std::span<const std::size_t> registers,
                                                const WireCost& cost, const LearntLimits& learnt = {});
// All of them.
[[nodiscard]] std::vector<PollBlock> plan_polls(const MeterModel& model, const WireCost& cost);
// Of one poll.
[[nodiscard]] double duration_us(std::span<const PollBlock> plan, const WireCost& cost) noexcept;

// Where a block that the meter refused is best cut in two: in its widest gap, else between two values, nearest to the
// middle. nullopt: it is a single value.
[[nodiscard]] std::optional<LearntLimits::Cut> best_cut(const MeterModel& model, const PollBlock& block);
// Whether a value of the model begins at the cut; another cut, as from a file, says nothing.
[[nodiscard]] bool can_cut(const MeterModel& model, const LearntLimits::Cut& cut) noexcept;

}  // namespace gateway
