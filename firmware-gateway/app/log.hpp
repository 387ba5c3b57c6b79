// The log: one line an event on standard error, where journald takes it, repeated ones seldom (log_limit.hpp). For
// people who look for what went wrong; counters and states are on the device page.
#pragma once

#include <filesystem>
#include <string>

namespace gateway {

// level: "debug", "info", "warn", "error". In the runtime folder it keeps what is left of the log's budget, for the
// next life of the program; no folder: each has a whole one.
void set_up_log(const std::string& level, const std::filesystem::path& runtime_folder = {});
// The next life has a whole budget: nobody restarts by hand so often that it would wear the disk.
void forget_log_budget(const std::filesystem::path& runtime_folder);

}  // namespace gateway
