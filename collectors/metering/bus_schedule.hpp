// Who is asked next on a bus, and when: earliest deadline first. Pure: the caller says what time it is.
//
// A task is a set of registers of one meter with its interval. Tasks of one interval are due together, at multiples of
// it on the clock that all buses share, and are asked one right after the other: a main meter and its sub-meters are
// read as close together in time as the bus allows, so that their difference compares one moment, and the thread sleeps
// once a round instead of once a poll. A task that was held up is made up for, by at most one interval; what is beyond
// that is left out and counted, so an overloaded bus stretches every interval alike.
//
// A meter that fails twice is given up (circuit breaker): only its first task is tried, ever less often (up to once in
// half a minute) and with a short wait, so that it costs the others next to nothing; one good answer brings all back.
#pragma once

#include <vector>

#include "core/clock.hpp"

namespace gateway {

class BusSchedule {
 public:
  struct Task {
    std::size_t meter = 0;  // of the bus; tasks of a meter stand one after the other
    std::chrono::nanoseconds interval{};
  };
  struct Turn {
    std::size_t task = 0;
    MonotonicTime due{};
    bool probe = false;  // the meter was given up: wait only a short time; but now and then as long as for the others
  };

  // All are due at once: people who start it want to see values. phase: by how much this bus's rounds begin after the
  // multiples of the interval; buses that all woke in the same millisecond would keep a door waiting for a processor.
  BusSchedule(const std::vector<Task>& tasks, MonotonicTime now, std::chrono::nanoseconds phase = {});

  [[nodiscard]] Turn next() const;
  void answered(std::size_t task, MonotonicTime now);
  void failed(std::size_t task, MonotonicTime now);
  // The whole line was gone, for which no meter can be blamed: everything is due.
  void line_is_back(MonotonicTime now);

  // Polls that were left out because the bus was too slow: of all tasks, of one.
  [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }
  [[nodiscard]] std::uint64_t missed(std::size_t task) const noexcept { return entries_[task].missed; }

 private:
  struct Entry {
    std::size_t meter = 0;
    std::chrono::nanoseconds interval{};
    MonotonicTime due{};
    std::uint64_t missed = 0;
  };
  struct Meter {
    std::size_t first_task = 0;
    std::size_t tasks = 0;
    unsigned failures = 0;  // in a row
  };
  void set_next(Entry& entry, MonotonicTime now);
  [[nodiscard]] MonotonicTime on_grid(MonotonicTime now, std::chrono::nanoseconds interval) const;

  std::vector<Entry> entries_;
  std::vector<Meter> meters_;
  std::chrono::nanoseconds phase_;
  std::uint64_t missed_ = 0;
};

}  // namespace gateway
