// How the alarms are doing as a whole (ISA-18.2, EEMUA 191). Plain value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gateway {

struct AlarmMetrics {
  std::size_t standing = 0;        // the condition is there, and nobody has set it aside
  std::size_t unacknowledged = 0;  // also returned and latched ones
  std::size_t pending = 0;         // the on-delay runs
  std::size_t shelved = 0;
  std::size_t suppressed = 0;
  std::size_t out_of_service = 0;
  std::size_t chattering = 0;  // three changes within a minute, and no ten quiet minutes since
  std::size_t stale = 0;       // standing for more than 24 h
  std::size_t recent = 0;      // new alarms of the last ten minutes that call for somebody
  std::size_t last_hour = 0;   // and of the last hour; per operator: divided by `operators`
  std::size_t last_day = 0;    // and of the last 24 hours
  std::size_t peak = 0;        // the most in any ten minutes since the start
  std::size_t operators = 1;
  std::uint64_t raised = 0;     // since the start, also of those that are set aside
  std::uint64_t announced = 0;  // since the start
  std::uint64_t floods = 0;     // since the start
  bool flooded = false;
};

}  // namespace gateway
