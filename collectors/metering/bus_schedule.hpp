// Who is asked next on a bus, and when: earliest deadline first. A meter that fails is asked ever less often (up to
// once in half a minute, with a shorter wait each time), so that a dead one costs the others next to nothing; one good
// answer brings it back. Pure: the caller says what time it is.
#pragma once

#include <vector>

#include "core/clock.hpp"

namespace gateway {

class BusSchedule {
 public:
  struct Turn {
    std::size_t meter = 0;
    MonotonicTime due{};
    bool probe = false;  // it failed before: wait only a short time for it; but now and then as long as for the others
  };

  // Intervals of the meters, in their order. Their first turns are spread over one interval.
  BusSchedule(std::vector<std::chrono::nanoseconds> intervals, MonotonicTime now);

  [[nodiscard]] Turn next() const;
  void answered(std::size_t meter, MonotonicTime now);
  void failed(std::size_t meter, MonotonicTime now);
  // Polls that were left out because the bus was too slow.
  [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

 private:
  struct Entry {
    std::chrono::nanoseconds interval{};
    MonotonicTime due{};
    unsigned failures = 0;
  };
  void set_next(Entry& entry, std::chrono::nanoseconds step, MonotonicTime now);

  std::vector<Entry> entries_;
  std::uint64_t missed_ = 0;
};

}  // namespace gateway
