// Which block reads get all of a meter's registers in the least time on the wire.
//
// A request costs the same whatever it asks for (frames, turnaround, silence or round trip), a register costs its two
// bytes; so reading over a gap is cheaper than a second request when the gap is short. The plan is the optimum under
// that model (dynamic programming over the sorted registers), within the meter's block limit. Pure; any thread.
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
  std::vector<std::size_t> registers;  // in MeterModel::registers
};

struct WireCost {
  double request = 0;    // microseconds for a request and its answer, without data
  double register_ = 0;  // microseconds for one register of the answer
};
// RTU: request of 8 characters, answer of 5, two silences of 3.5 and the meter's own turnaround; TCP: a round trip.
// Characters of 11 bits.
[[nodiscard]] WireCost wire_cost(const BusUrl& url) noexcept;

[[nodiscard]] std::vector<PollBlock> plan_polls(const MeterModel& model, const WireCost& cost);
[[nodiscard]] double duration_us(std::span<const PollBlock> plan, const WireCost& cost) noexcept;

}  // namespace gateway
