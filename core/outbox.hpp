// What people may know and want of what could not be delivered: plain values for the command line, the API and the
// store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace gateway {

// Lines that a sink has refused for good.
struct LetterReport {
  std::int64_t number = 0;
  std::string sink;
  UtcTime at{};
  std::string reason;  // as the far end gave it
  std::uint64_t lines = 0;
  std::string text;  // line protocol
};

struct OutboxChange {
  enum class Action : std::uint8_t { requeue_letters, drop_letters, drop_waiting };
  friend constexpr std::string_view name_of(Action named) noexcept {
    return named == Action::requeue_letters ? "requeue" : named == Action::drop_letters ? "drop" : "drop_waiting";
  }
  Action action{};
  std::string sink{};                    // "": all; drop_waiting needs one
  std::optional<std::int64_t> letter{};  // one dead letter by its number
};

}  // namespace gateway
