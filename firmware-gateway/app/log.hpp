// The log: one line an event on standard error, where journald takes it, repeated ones seldom (log_limit.hpp). For
// people who look for what went wrong; counters and states are on the device page.
#pragma once

#include <string>

namespace gateway {

// "debug", "info", "warn", "error".
void set_up_log(const std::string& level);

}  // namespace gateway
