// Tasmota: SENSOR, RESULT and POWER of a wired door, a climate sensor, and a Zigbee device behind the bridge.
#include <array>

#include "tests/fuzz/decoded.hpp"

namespace {

gateway::Sensor device(gateway::Sensor::Kind kind, const char* zigbee_device) {
  gateway::Sensor out;
  out.kind = kind;
  out.family = gateway::Sensor::Family::tasmota;
  out.key = "Switch1";
  out.zigbee_device = zigbee_device;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Kind = gateway::Sensor::Kind;
  static const std::array devices{device(Kind::door, ""), device(Kind::climate, ""), device(Kind::leak, "0x2916")};
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  for (const auto& each : devices) {
    gateway::fuzz::check(gateway::decode_tasmota(payload, each));
    gateway::fuzz::check(gateway::decode_tasmota_power(payload, each));
  }
  return 0;
}
