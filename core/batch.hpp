// What the core hands to the store about once a second, and at once when an alarm changes. Kept in one transaction,
// whole or not at all. Batches are recycled: the core fills one that the store has emptied, so the vectors keep their
// memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/meter_request.hpp"
#include "core/reading.hpp"
#include "core/records.hpp"

namespace gateway {

struct Batch {
  std::chrono::nanoseconds utc_offset{};  // UTC = monotonic + this, for every reading in here
  std::vector<Reading> readings;          // those of one poll or message side by side, with equal times
  std::vector<WindowRecord> windows;
  std::vector<AlarmRecord> alarms;
  std::vector<QualityRecord> quality;
  std::vector<ModeRecord> modes;
  std::vector<TariffRecord> tariffs;
  std::vector<DemandRecord> demands;
  std::vector<CounterRecord> counters;
  // To what was asked through the store: with the entries that they tell of, or not at all.
  std::vector<RequestAnswer> answers;
  // The core's state that all of the above leads to; empty: none this time. Windows, tariffs, demands and
  // quality never come without one.
  std::vector<std::byte> checkpoint;
  // What the alarm rules have learned (nights of water, base loads); empty: none this time.
  std::vector<std::byte> learned;

  // The wall clock is not believed yet (core/clock_belief.hpp): the stamps in here are provisional, and there are no
  // readings and windows in it.
  bool provisional = false;
  // From here on it is: what was kept with provisional stamps is dated back by this.
  std::optional<std::chrono::nanoseconds> date_back_by;

  [[nodiscard]] UtcTime utc(MonotonicTime time) const noexcept { return UtcTime{time.time_since_epoch() + utc_offset}; }
  [[nodiscard]] bool empty() const noexcept {
    return readings.empty() && windows.empty() && alarms.empty() && quality.empty() && modes.empty() &&
           tariffs.empty() && demands.empty() && counters.empty() && answers.empty() && checkpoint.empty() &&
           learned.empty() && !date_back_by;
  }
  void clear() noexcept {
    readings.clear();
    windows.clear();
    alarms.clear();
    quality.clear();
    modes.clear();
    tariffs.clear();
    demands.clear();
    counters.clear();
    answers.clear();
    checkpoint.clear();
    learned.clear();
    date_back_by.reset();
    provisional = false;
  }
};

}  // namespace gateway
