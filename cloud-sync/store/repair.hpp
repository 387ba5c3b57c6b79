// A damaged database is not mended in place: what can be read of it is carried over into a fresh one, and the damaged
// one is set aside beside it, as gateway.db.damaged-1 and so on. Opening a store never fails because of damage.
//
// A power cut at any moment leaves either the damaged database, or the fresh one under its name, or the fresh one
// complete beside it (gateway.db.repaired), which the next start puts in its place (docs/decisions.md 30).
// Throws DatabaseError. For the store's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/disk_room.hpp"
#include "core/site.hpp"

namespace gateway {

struct RepairOptions {
  // Called every few thousand rows, for whoever watches whether the thread still moves.
  std::function<void()> progress{};
  DiskRoom::Look space{};  // of the file system; empty: the system's word
};

struct Repair {
  std::string reason;                      // what was found
  std::filesystem::path set_aside;         // where the damaged database is now; empty: there was none
  std::uint64_t rows = 0;                  // carried over, of all tables
  std::uint64_t lost_lines = 0;            // known to be lost; what the books themselves have lost nobody knows
  bool without_history = false;            // there was no room for all of it
  [[nodiscard]] std::string text() const;  // for the log and the sync page
};

// Before the database is opened: ends a repair that was cut short.
void finish_repair(const std::filesystem::path& file);
// All connections must be closed. Where there is no room for a second database, older damaged ones make way, then as
// much of the history as does not fit, shorter windows first; what waits to be sent, the books and the alarm states
// need room. Error: the disk can't be written, or has none: nothing has changed then, and the next start tries again.
[[nodiscard]] Repair repair(const std::filesystem::path& file, const Site& site, UtcTime now, std::string reason,
                            const RepairOptions& options = {});
// What is there under the database's name goes to the first free name. Empty: there was nothing.
std::filesystem::path set_aside(const std::filesystem::path& file);
// quick_check of the whole file: about a second a gigabyte. "" when it is sound, and when it was told to end early.
[[nodiscard]] std::string find_damage(Database& database);
// The same on a connection of its own, for a thread beside the store's; `end`: ends it early.
[[nodiscard]] std::string find_damage(const std::filesystem::path& file, const std::atomic<bool>& end);

}  // namespace gateway
