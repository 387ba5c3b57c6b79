// What a person tells of a meter on the command line: left in the store by the command, done by the gateway that runs
// on it, answered in the same transaction as the entry that it makes. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace gateway {

struct MeterRequest {
  enum class Kind : std::uint8_t { exchange, correct };
  std::int64_t id = 0;  // given by the store
  Kind kind{};
  std::string meter{};  // id
  // Thousandths of Wh or L.
  std::int64_t old_last = 0;   // exchange
  std::int64_t new_first = 0;  // exchange
  std::int64_t amount = 0;     // correct
  UtcTime from{};              // correct, [from, to)
  UtcTime to{};
  std::string by{};
  std::string reason{};
};
[[nodiscard]] constexpr std::string_view name_of(MeterRequest::Kind kind) noexcept {
  return kind == MeterRequest::Kind::exchange ? "exchange" : "correct";
}

struct RequestAnswer {
  std::int64_t request = 0;
  bool done = false;   // false: refused
  std::string text{};  // for the person who asked
};

}  // namespace gateway
