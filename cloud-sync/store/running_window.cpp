#include "cloud-sync/store/running_window.hpp"

#include <algorithm>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A window closes a few seconds after its end, when the last minute of the slowest meter is in.
constexpr auto closing_takes = 30s;
constexpr std::size_t days_of_a_month = 31;
constexpr std::size_t two_days = std::size_t{49} * 60;  // minutes: yesterday is not closed yet just after midnight
constexpr std::size_t quarters_of_two_days = std::size_t{49} * 4;

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

Expected<std::vector<WindowRecord>> closed_parts(StoreReader& reader, const Site& site, NodeId node, UtcTime from,
                                                 UtcTime to) {
  const auto quarters = reader.history(node, WindowLength::quarter, from, to, quarters_of_two_days);
  if (!quarters) return std::unexpected(quarters.error());
  const auto minutes = reader.history(node, WindowLength::minute, from, to, two_days);
  if (!minutes) return std::unexpected(minutes.error());
  std::vector<WindowRecord> out;
  auto minute = minutes->windows.begin();
  // The minutes that begin before `end` stand for themselves.
  const auto take_minutes = [&](UtcTime end) {
    for (; minute != minutes->windows.end() && minute->start < end; ++minute) out.push_back(*minute);
  };
  for (const auto& quarter : quarters->windows) {
    take_minutes(quarter.start);
    const auto first = out.size();
    take_minutes(site.time->window_end(WindowLength::quarter, quarter.start));
    std::chrono::microseconds covered{};
    for (auto i = first; i < out.size(); ++i) covered += out[i].covered;
    // Of the one under way there may be a part, from before the clock was set: then its minutes know more.
    if (covered > quarter.covered) continue;
    out.resize(first);
    out.push_back(quarter);
  }
  take_minutes(to);
  return out;
}

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
    if (window == WindowLength::quarter) {
      auto minutes = reader.history(node, WindowLength::minute, start, end, two_days);
      if (!minutes) return std::unexpected(minutes.error());
      parts->windows = std::move(minutes->windows);
    } else {
      const auto closed = closed_parts(reader, site, node, std::max(start, minutes_from), end);
      if (!closed) return std::unexpected(closed.error());
      parts->windows.insert(parts->windows.end(), closed->begin(), closed->end());
    }
    if (parts->windows.empty()) continue;
    std::erase_if(history.windows, [&](const WindowRecord& record) { return record.start == start; });
    history.windows.push_back(sum_of(parts->windows, node, window, start));
    if (before == running) break;
  }
  return {};
}

}  // namespace gateway
