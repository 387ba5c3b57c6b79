#include "collectors/metering/bus_schedule.hpp"

#include <algorithm>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// Retries at the usual interval before a meter counts as failing: a single lost frame is everyday life on RS-485.
constexpr unsigned patient = 2;
constexpr std::chrono::nanoseconds longest_pause = 30s;

}  // namespace

BusSchedule::BusSchedule(const std::vector<std::chrono::nanoseconds>& intervals, MonotonicTime now,
                         std::chrono::nanoseconds phase) {
  // The last point of the grid, so it is due now.
  for (const auto interval : intervals)
    entries_.push_back({interval, now - (now.time_since_epoch() - phase) % interval, 0});
}

BusSchedule::Turn BusSchedule::next() const {
  const auto first = std::ranges::min_element(entries_, {}, &Entry::due);
  return {static_cast<std::size_t>(first - entries_.begin()), first->due,
          first->failures >= patient && first->failures % 4 != 0};
}

void BusSchedule::set_next(Entry& entry, std::chrono::nanoseconds step, MonotonicTime now) {
  // On its own grid, so that intervals don't creep; what was missed is not made up for.
  entry.due += step;
  if (entry.due <= now) {
    const auto behind = (now - entry.due) / step + 1;
    missed_ += static_cast<std::uint64_t>(behind);
    entry.due += behind * step;
  }
}

void BusSchedule::answered(std::size_t meter, MonotonicTime now) {
  auto& entry = entries_[meter];
  if (entry.failures >= patient) entry.due = now;  // back: a new grid from here
  entry.failures = 0;
  set_next(entry, entry.interval, now);
}

void BusSchedule::failed(std::size_t meter, MonotonicTime now) {
  auto& entry = entries_[meter];
  ++entry.failures;
  if (entry.failures < patient) return set_next(entry, entry.interval, now);
  const auto doublings = std::min(entry.failures - patient + 1, 10u);
  entry.due = now + std::max(entry.interval,
                             std::min<std::chrono::nanoseconds>(entry.interval * (1 << doublings), longest_pause));
}

}  // namespace gateway
