// The database's tables and their version. A database of an older version is brought up to date, step by step, in one
// transaction; one of a newer version is left untouched.
#pragma once

#include "cloud-sync/store/database.hpp"

namespace gateway {

inline constexpr std::int64_t schema_version = 4;

// Throws DatabaseError. Error: not_supported for a database of a later version.
[[nodiscard]] Expected<void> prepare_schema(Database& database);

}  // namespace gateway
