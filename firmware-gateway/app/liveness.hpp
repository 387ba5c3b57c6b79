// How long a part may stand still before the watchdog is not fed any more. What was promised is a restart within 30 s
// of the standstill; liveness_test adds up that it is so with the settings that site.toml has by itself.
#pragma once

#include <chrono>

namespace gateway {

inline constexpr std::chrono::seconds stuck_after{10};
inline constexpr std::chrono::seconds store_stuck_after{15};  // cheap flash clears up for seconds at a time
// Past the time at which it is due by its own account: its timeout, or what it sleeps, is in that.
inline constexpr std::chrono::seconds overdue_after{5};

// Of the packaged unit: WatchdogSec=, RestartSec=. And the main thread looks once a second.
inline constexpr std::chrono::seconds watchdog_time{10};
inline constexpr std::chrono::seconds restart_time{1};
inline constexpr std::chrono::seconds look_interval{1};
inline constexpr std::chrono::seconds longest_standstill{30};

}  // namespace gateway
