// Shelly, all generations. The first line is the part of the topic that says what the rest is.
#include "tests/fuzz/decoded.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view payload(reinterpret_cast<const char*>(data), size);
  const auto part = gateway::fuzz::line_of(payload);
  gateway::fuzz::check(gateway::decode_shelly1(part, payload));
  gateway::fuzz::check(gateway::decode_shelly2_status(part, payload, 0));
  gateway::fuzz::check(gateway::decode_shelly2_rpc(payload, 0));
  return 0;
}
