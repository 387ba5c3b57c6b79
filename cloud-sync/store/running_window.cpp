#include "cloud-sync/store/running_window.hpp"

#include <algorithm>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A window closes a few seconds after its end, when the last minute of the slowest meter is in.
constexpr auto closing_takes = 30s;
constexpr std::size_t minutes_of_a_day = 25 * 60;

WindowRecord sum_of(std::span<const WindowRecord> minutes, NodeId node, WindowLength window, UtcTime start) {
  WindowRecord sum{.node = node, .length = window, .start = start};
  for (const auto& minute : minutes) {
    sum.amount += minute.amount;
    sum.estimated += minute.estimated;
    if (minute.samples == 0) continue;
    sum.rate_sum += minute.rate_sum;
    sum.rate_min = sum.samples == 0 ? minute.rate_min : std::min(sum.rate_min, minute.rate_min);
    sum.rate_max = sum.samples == 0 ? minute.rate_max : std::max(sum.rate_max, minute.rate_max);
    sum.samples += minute.samples;
  }
  return sum;
}

}  // namespace

Expected<void> add_running_window(StoreReader& reader, const Site& site, History& history, NodeId node,
                                  WindowLength window, UtcTime from, UtcTime to, UtcTime now) {
  if (window == WindowLength::minute || history.truncated) return {};
  const auto running = site.time->window_start(window, now);
  const auto before = site.time->window_start(window, now - closing_takes);
  for (const auto start : {before, running}) {
    if (start < from || start >= to ||
        (start == before && before != running && !history.windows.empty() && history.windows.back().start == before))
      continue;
    const auto end = site.time->window_end(window, start);
    auto minutes = reader.history(node, WindowLength::minute, start, end, minutes_of_a_day);
    if (!minutes) return std::unexpected(minutes.error());
    if (minutes->windows.empty()) continue;
    std::erase_if(history.windows, [&](const WindowRecord& record) { return record.start == start; });
    history.windows.push_back(sum_of(minutes->windows, node, window, start));
    if (before == running) break;
  }
  return {};
}

}  // namespace gateway
