// How far one [[notify]] has come in the alarm journal, and what it has to remember. A plain value.
#pragma once

#include <cstdint>
#include <string>

namespace gateway {

struct NotifierPosition {
  std::int64_t event = 0;  // the last entry that it is done with
  std::string memory;      // the notifier's own; text

  bool operator==(const NotifierPosition&) const = default;
};

}  // namespace gateway
