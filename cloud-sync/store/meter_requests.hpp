// How a command tells a running gateway of a meter: by a row in its store (docs/decisions.md 67). Any thread.
#pragma once

#include <chrono>
#include <filesystem>

#include "core/error.hpp"
#include "core/meter_request.hpp"

namespace gateway {

// Whether ask_meter_request() could leave one now: to be known before a person is asked to confirm it. Errors: its
// first two; what SQLite says.
[[nodiscard]] Expected<void> can_ask_meter_request(const std::filesystem::path& folder);
// Leaves the request (its id does not matter) and waits for the answer. Errors: no_such_file_or_directory, there is no
// store; no_child_process, no gateway runs on it or none takes the request, and nothing is left; timed_out, one has
// taken it and not answered (yet): it does it when it gets to it, after its next start at the latest; what SQLite says.
[[nodiscard]] Expected<RequestAnswer> ask_meter_request(const std::filesystem::path& folder,
                                                        const MeterRequest& request,
                                                        std::chrono::milliseconds patience = std::chrono::seconds{20});

}  // namespace gateway
