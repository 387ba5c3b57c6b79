// What a command asks of the gateway that runs on a store: a row that it leaves there, answered in the same row
// (docs/decisions.md 67). Throws DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "cloud-sync/store/database.hpp"

namespace gateway {

// Runs an INSERT ... RETURNING id, whose values are set: the row's id.
std::int64_t leave_request(Statement& insert);
// Looks for the answer, by a SELECT that has no row before there is one (?1: the id), ten times a second. True: `look`
// stands on it. False: `patience` is over, or no gateway runs on the folder any more.
[[nodiscard]] bool await_answer(Statement& look, std::int64_t id, const std::filesystem::path& folder,
                                std::chrono::milliseconds patience);

}  // namespace gateway
