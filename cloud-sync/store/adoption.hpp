// Takes over what a store in another folder has kept and not sent (docs/storage.md, "When the disk refuses"). Works on
// the connection of the store that takes over. Throws DatabaseError. For the store's thread.
#pragma once

#include <cstdint>
#include <filesystem>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/outbox.hpp"
#include "core/clock.hpp"

namespace gateway {

// Outbox rows without their consumption windows (the store that takes over books that time itself), journals, alarm
// states; in one transaction. Rows keep their age: what they hold was stamped by a clock that was believed, which ours
// may not be yet. Returns the lines taken over.
std::uint64_t adopt(Database& database, Outbox& outbox, GzipCompressor& gzip, const std::filesystem::path& other_file,
                    UtcTime now);

}  // namespace gateway
