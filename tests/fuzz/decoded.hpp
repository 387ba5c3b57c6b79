// What must hold for whatever a payload decoder makes of any bytes.
#pragma once

#include "drivers/mqtt/payload.hpp"
#include "tests/fuzz/check.hpp"

namespace gateway::fuzz {

inline void check(const Decoded& decoded) {
  for (const auto& value : decoded.values) {
    GATEWAY_CHECK(std::isfinite(value.value));
    if (traits(value.quantity).kind == ValueKind::flag) GATEWAY_CHECK(value.value == 0 || value.value == 1);
  }
  if (decoded.problem) {
    GATEWAY_CHECK(!decoded.problem->text.empty());
    GATEWAY_CHECK(decoded.problem->text.size() < 100'000);
  }
}

inline void check_excerpt(std::string_view payload) {
  const auto shown = payload_excerpt(payload);
  GATEWAY_CHECK(shown.size() <= 203);
  for (const char c : shown) GATEWAY_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

}  // namespace gateway::fuzz
