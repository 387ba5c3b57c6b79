// The window that is under way, for those who look at today. Quarters, hours and days reach the store when they close;
// until then what they hold so far is the sum of their closed minutes (a month: and its closed days), which are in the
// store within seconds. Any thread that may use the reader.
#pragma once

#include "cloud-sync/store/store_reader.hpp"

namespace gateway {

// `history`: what reader.history() gave for this node and window from `from` to `to`. Puts the window that holds `now`
// at its end, or in the place of the part that a restart wrote of it; likewise the one before while it is not closed
// yet. A history that was cut is left alone. `site.time` must have a value. Errors: as StoreReader.
Expected<void> add_running_window(StoreReader& reader, const Site& site, History& history, NodeId node,
                                  WindowLength window, UtcTime from, UtcTime to, UtcTime now);

}  // namespace gateway
