// What the store keeps about the wall clock: whether this boot believed it, and the stamps given so far; and the dating
// of what was kept before the clock was believed (docs/decisions.md 65). Works inside the store's transactions.
//
// Throws DatabaseError. For the store thread.
#pragma once

#include <optional>
#include <string>

#include "cloud-sync/influx/line_encoder.hpp"
#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/delivery.hpp"
#include "core/batch.hpp"
#include "core/site.hpp"

namespace gateway {

class ClockTable {
 public:
  // Everything must outlive it.
  ClockTable(Database& database, const Site& site, LineEncoder& encoder, std::string boot_id);

  // Once, after the alarm tables are there. What an earlier boot could not date gets the last time known before it.
  void recall();
  [[nodiscard]] const ClockMemory& memory() const noexcept { return memory_; }

  // Puts the batch's readings and alarms into the encoder, stamped; provisional ones not yet: those go when a later
  // batch brings the offset to date them by.
  void encode(const Batch& batch);
  void save(const Batch& batch);
  // Something was stamped by this process.
  [[nodiscard]] bool known() const noexcept { return known_; }

 private:
  enum class Dating : std::uint8_t { set, add };
  void date_rows(Dating how, std::int64_t value);
  void date_back_kept(std::chrono::nanoseconds by);

  Database& database_;
  const Site& site_;
  LineEncoder& encoder_;
  std::string boot_id_;
  ClockMemory memory_;
  bool known_ = false;
  std::optional<bool> saved_belief_;  // what the table says of it
  std::int64_t saved_overlap_ = 0;
  std::optional<std::chrono::nanoseconds> stamping_offset_;
  Statement put_;
};

}  // namespace gateway
