// The window that is under way, for those who look at today. Quarters, hours and days reach the store when they close;
// until then what they hold so far is the sum of their closed minutes, which are in the store within seconds (an hour
// or a day: and of its closed quarter hours; a month: and of its closed days). Any thread that may use the reader.
#pragma once

#include <vector>

#include "cloud-sync/store/store_reader.hpp"

namespace gateway {

// What is in the store of [from, to) when its own window is not: the quarter hours that are closed, and the minutes of
// those that are not. Minutes alone would not do: what a gap of more than a day is spread over has no minutes. Hours of
// the clock, two days at most. Errors: as StoreReader.
Expected<std::vector<WindowRecord>> closed_parts(StoreReader& reader, const Site& site, NodeId node, UtcTime from,
                                                 UtcTime to);

// `history`: what reader.history() gave for this node and window from `from` to `to`. Puts the window that holds `now`
// at its end, or in the place of the part that a restart wrote of it; likewise the one before while it is not closed
// yet. A history that was cut is left alone. `site.time` must have a value. Errors: as StoreReader.
Expected<void> add_running_window(StoreReader& reader, const Site& site, History& history, NodeId node,
                                  WindowLength window, UtcTime from, UtcTime to, UtcTime now);

}  // namespace gateway
