#include "collectors/metering/bus_schedule.hpp"

#include <algorithm>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// Retries at the usual interval before a meter counts as failing: a single lost frame is everyday life on RS-485.
constexpr unsigned patient = 2;
constexpr std::chrono::nanoseconds longest_pause = 30s;
constexpr unsigned full_wait_every = 4;  // probes

}  // namespace

BusSchedule::BusSchedule(const std::vector<Task>& tasks, MonotonicTime now, std::chrono::nanoseconds phase)
    : phase_(phase) {
  for (const auto& task : tasks) {
    if (task.meter >= meters_.size()) meters_.resize(task.meter + 1);
    auto& meter = meters_[task.meter];
    if (meter.tasks++ == 0) meter.first_task = entries_.size();
    entries_.push_back({task.meter, task.interval, on_grid(now, task.interval), 0});
  }
}

// The last point of the grid, so it is due now.
MonotonicTime BusSchedule::on_grid(MonotonicTime now, std::chrono::nanoseconds interval) const {
  return now - (now.time_since_epoch() - phase_) % interval;
}

BusSchedule::Turn BusSchedule::next() const {
  const auto first = std::ranges::min_element(entries_, {}, &Entry::due);
  const auto failures = meters_[first->meter].failures;
  return {static_cast<std::size_t>(first - entries_.begin()), first->due,
          failures >= patient && failures % full_wait_every != 0};
}

void BusSchedule::set_next(Entry& entry, MonotonicTime now) {
  // On its own grid, so that intervals don't creep. Late by up to an interval, it is asked again at once and so
  // catches up as soon as the bus has time.
  entry.due += entry.interval;
  if (const auto behind = (now - entry.due) / entry.interval; entry.due + entry.interval <= now) {
    missed_ += static_cast<std::uint64_t>(behind);
    entry.missed += static_cast<std::uint64_t>(behind);
    entry.due += behind * entry.interval;
  }
}

void BusSchedule::answered(std::size_t task, MonotonicTime now) {
  auto& entry = entries_[task];
  auto& meter = meters_[entry.meter];
  if (meter.failures >= patient) {  // back: its other tasks too, and this one has just been done
    for (std::size_t i = 0; i < meter.tasks; ++i) {
      auto& other = entries_[meter.first_task + i];
      other.due = on_grid(now, other.interval);
    }
  }
  meter.failures = 0;
  set_next(entry, now);
}

void BusSchedule::failed(std::size_t task, MonotonicTime now) {
  auto& entry = entries_[task];
  auto& meter = meters_[entry.meter];
  ++meter.failures;
  if (meter.failures < patient) return set_next(entry, now);
  const auto doublings = std::min(meter.failures - patient + 1, 10u);
  for (std::size_t i = 1; i < meter.tasks; ++i) entries_[meter.first_task + i].due = MonotonicTime::max();
  auto& first = entries_[meter.first_task];
  first.due = now + std::max(first.interval,
                             std::min<std::chrono::nanoseconds>(first.interval * (1 << doublings), longest_pause));
}

void BusSchedule::line_is_back(MonotonicTime now) {
  for (auto& meter : meters_) meter.failures = 0;
  for (auto& entry : entries_) entry.due = on_grid(now, entry.interval);
}

}  // namespace gateway
