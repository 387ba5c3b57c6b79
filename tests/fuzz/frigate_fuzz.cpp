// Frigate: events, counts, a camera's roles and motion.
#include "tests/fuzz/decoded.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  if (const auto event = gateway::decode_frigate_event(payload))
    GATEWAY_CHECK(!event->camera.empty() && !event->id.empty() && !event->label.empty());
  (void)gateway::decode_count(payload);
  (void)gateway::decode_camera_role(payload);
  gateway::fuzz::check(gateway::decode_frigate_motion(payload));
  return 0;
}
