// What a simulated meter's registers hold. Laid out from the meters' register tables by hand, not by the gateway's
// decoder, so that each checks the other.
#pragma once

#include <cstdint>
#include <map>

#include "tests/simulator/compound.hpp"

namespace gateway::simulator {

struct RegisterImage {
  std::uint8_t function = 3;  // the function code that this meter answers to
  std::map<std::uint16_t, std::uint16_t> registers;
};

// `rate`: W or L/h.
[[nodiscard]] RegisterImage image_of(const PlantMeter& meter, double rate);

}  // namespace gateway::simulator
