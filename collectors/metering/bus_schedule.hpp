// Who is asked next on a bus, and when: earliest deadline first. A meter that fails is asked ever less often (up to
// once in half a minute, with a shorter wait each time), so that a dead one costs the others next to nothing; one good
// answer brings it back. Pure: the caller says what time it is.
//
// Meters of one interval are due together, at multiples of it on the clock that all buses share, and are asked one
// right after the other: a main meter and its sub-meters are read as close together in time as the bus allows, so that
// their difference compares one moment, and the thread sleeps once a round instead of once a poll.
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

  // Intervals of the meters, in their order. All are due at once: people who start it want to see values. phase: by how
  // much this bus's rounds begin after the multiples of the interval; buses that all woke in the same millisecond would
  // keep a door waiting for a processor.
  BusSchedule(const std::vector<std::chrono::nanoseconds>& intervals, MonotonicTime now,
              std::chrono::nanoseconds phase = {});

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
