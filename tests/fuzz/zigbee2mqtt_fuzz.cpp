// Zigbee2MQTT: a device's message, and both forms of its availability.
#include "tests/fuzz/decoded.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  gateway::fuzz::check(gateway::decode_zigbee2mqtt(payload));
  (void)gateway::decode_availability(payload);
  gateway::fuzz::check_excerpt(payload);
  return 0;
}
