// A sensor that site.toml describes: the first line is the JSON pointer (empty: plain text), the rest is the payload.
#include <array>

#include "tests/fuzz/decoded.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gateway::Quantity;
  std::string_view payload(reinterpret_cast<const char*>(data), size);
  const std::string pointer(gateway::fuzz::line_of(payload));
  std::array<gateway::ValueMapping, 3> values;
  values[0] = {Quantity::open, "a", pointer, {"OPEN"}, {"CLOSED"}, false, 1, 0};
  values[1] = {Quantity::wet, "a", pointer, {}, {}, true, 1, 0};
  values[2] = {Quantity::temperature, "a", pointer, {}, {}, false, 0.1, -40};
  gateway::fuzz::check(gateway::decode_mapped("a", payload, values));
  return 0;
}
