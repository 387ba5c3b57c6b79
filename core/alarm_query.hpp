// What somebody wants to see of the alarm journal. Every condition that is given has to hold. Plain value.
#pragma once

#include <optional>
#include <string>

#include "core/records.hpp"

namespace gateway {

struct AlarmJournalQuery {
  std::optional<UtcTime> from{};  // changes in [from, to)
  std::optional<UtcTime> to{};
  std::uint64_t before = 0;  // events with a lower number: the next page; 0: from the newest on
  std::uint64_t after = 0;   // events with a higher number
  std::string rule{};        // "": any
  std::string source{};
  std::string area{};
  std::optional<Priority> priority{};
  std::optional<AlarmState> state{};
  bool announced_only = false;
  bool oldest_first = false;
  std::size_t limit = 200;
};

}  // namespace gateway
