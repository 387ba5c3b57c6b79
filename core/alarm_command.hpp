// What a person does to an alarm. Plain value; handed to the core by queue.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "core/id.hpp"

namespace gateway {

struct AlarmCommand {
  enum class Action : std::uint8_t { acknowledge, reset, shelve, unshelve, take_out_of_service, return_to_service };
  Action action{};
  AlarmId alarm;
  std::string by;
  std::string comment;                  // shelve, take_out_of_service: the reason, required
  std::chrono::nanoseconds duration{};  // shelve: for how long
};
inline constexpr std::size_t alarm_action_count = 6;

// As in the API's addresses: "ack", "out-of-service".
[[nodiscard]] constexpr std::string_view name_of(AlarmCommand::Action action) noexcept {
  constexpr std::array<std::string_view, alarm_action_count> names{"ack",      "reset",          "shelve",
                                                                   "unshelve", "out-of-service", "return-to-service"};
  return names[static_cast<std::size_t>(action)];
}

}  // namespace gateway
