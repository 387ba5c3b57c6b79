#include "cloud-sync/store/running_window.hpp"

#include <algorithm>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A window closes a few seconds after its end, when the last minute of the slowest meter is in.
constexpr auto closing_takes = 30s;
constexpr std::size_t days_of_a_month = 31;
constexpr std::size_t two_days = 49 * 60;  // minutes: yesterday is not closed yet just after midnight

WindowRecord sum_of(std::span<const WindowRecord> parts, NodeId node, WindowLength window, UtcTime start) {
  WindowRecord sum{.node = node, .length = window, .start = start};
  for (const auto& part : parts) {
    sum.amount += part.amount;
    sum.estimated += part.estimated;
    sum.cost += part.cost;
    sum.covered += part.covered;
    if (part.samples == 0) continue;
    sum.rate_sum += part.rate_sum;
    sum.rate_min = sum.samples == 0 ? part.rate_min : std::min(sum.rate_min, part.rate_min);
    sum.rate_max = sum.samples == 0 ? part.rate_max : std::max(sum.rate_max, part.rate_max);
    sum.samples += part.samples;
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
    // Of a month the days that are closed, and the minutes of the one that is not.
    const auto minutes_from = window == WindowLength::month
                                  ? site.time->window_start(WindowLength::day, std::min(end - 1ns, now - closing_takes))
                                  : start;
    auto parts = reader.history(node, WindowLength::day, start, minutes_from, days_of_a_month);
    if (!parts) return std::unexpected(parts.error());
    const auto minutes = reader.history(node, WindowLength::minute, std::max(start, minutes_from), end, two_days);
    if (!minutes) return std::unexpected(minutes.error());
    parts->windows.insert(parts->windows.end(), minutes->windows.begin(), minutes->windows.end());
    if (parts->windows.empty()) continue;
    std::erase_if(history.windows, [&](const WindowRecord& record) { return record.start == start; });
    history.windows.push_back(sum_of(parts->windows, node, window, start));
    if (before == running) break;
  }
  return {};
}

}  // namespace gateway
