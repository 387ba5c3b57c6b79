#include "cloud-sync/store/clock_table.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "cloud-sync/store/alarm_tables.hpp"

namespace gateway {
namespace {

std::int64_t first_ms(std::chrono::nanoseconds offset, const Batch& batch) {
  return to_ms(UtcTime{batch.readings.front().time().time_since_epoch() + offset});
}

struct StampColumn {
  const char* table;
  const char* column;
};
constexpr std::array<StampColumn, 8> stamp_columns{{{"alarm_state", "raised_ns"},
                                                    {"alarm_state", "changed_ns"},
                                                    {"alarm_state", "shelved_until_ns"},
                                                    {"alarm_journal", "raised_ns"},
                                                    {"alarm_journal", "changed_ns"},
                                                    {"alarm_journal", "shelved_until_ns"},
                                                    {"mode_state", "changed_ns"},
                                                    {"mode_journal", "changed_ns"}}};

}  // namespace

ClockTable::ClockTable(Database& database, const Site& site, LineEncoder& encoder, std::string boot_id)
    : database_(database), site_(site), encoder_(encoder), boot_id_(std::move(boot_id)) {
  put_ = database.prepare(
      "INSERT OR REPLACE INTO clock(id, boot, believed, newest_ms, overlap_until_ms, pass) VALUES(1, ?1, ?2, ?3, ?4, "
      "?5)");
}

void ClockTable::recall() {
  std::int64_t last_ms = std::max(database_.number("SELECT max(saved_ms) FROM checkpoint"),
                                  database_.number("SELECT created_ms FROM outbox ORDER BY id DESC LIMIT 1"));
  Statement row = database_.prepare("SELECT boot, believed, newest_ms, overlap_until_ms, pass FROM clock WHERE id = 1");
  bool same_boot = true;
  LineEncoder::Stamps stamps{.newest_ms = last_ms, .overlap_until_ms = 0, .last_ms = last_ms, .pass = 0};
  if (row.step()) {
    same_boot = row.text(0) == boot_id_;
    memory_.believed_this_boot = same_boot && !boot_id_.empty() && row.integer(1) != 0;
    last_ms = std::max(last_ms, row.integer(2));
    stamps = {
        .newest_ms = last_ms, .overlap_until_ms = row.integer(3), .last_ms = row.integer(2), .pass = row.integer(4)};
  }
  row.reset();
  encoder_.restore(stamps);
  memory_.last_stored = utc_from_ms(last_ms);
  // What an earlier boot could not date, nobody can: it gets the latest time known before it, the earliest it can have
  // been, and is not sent.
  if (!same_boot) date_rows(Dating::set, to_ns(memory_.last_stored));
}

void ClockTable::date_rows(Dating how, std::int64_t value) {
  for (const auto& [table, name] : stamp_columns) {
    const std::string column = name;
    const std::string stamp = how == Dating::set ? "?1" : column + " + ?1";
    database_
        .prepare(std::string{"UPDATE "} + table + " SET " + column + " = " + stamp + " WHERE " + column + " > 0 AND " +
                 column + " < ?2")
        .run(value, to_ns(provisional_end));
  }
}

// What happened while the clock was not believed gets its date, and goes out now.
void ClockTable::date_back_kept(std::chrono::nanoseconds by) {
  std::vector<std::int64_t> dated;
  Statement kept =
      database_.prepare("SELECT id FROM alarm_journal WHERE changed_ns < ?1 AND changed_ns > 0 ORDER BY id");
  kept.with(to_ns(provisional_end));
  while (kept.step()) dated.push_back(kept.integer(0));
  date_rows(Dating::add, by.count());
  Statement row =
      database_.prepare("SELECT " + std::string{alarm_record_columns} + " FROM alarm_journal WHERE id = ?1");
  for (const auto id : dated) {
    if (!row.with(id).step()) continue;
    if (const auto record = read_alarm_record(row, 0, site_); record.alarm.valid()) encoder_.add_alarm(record);
  }
}

void ClockTable::encode(const Batch& batch) {
  if (batch.date_back_by) date_back_kept(*batch.date_back_by);
  if (batch.provisional) return;
  if (!batch.readings.empty()) {
    // Also over a restart, where only the newest stamp of before is known.
    const auto before = stamping_offset_ ? first_ms(*stamping_offset_, batch) : encoder_.stamps().newest_ms;
    if (first_ms(batch.utc_offset, batch) < before) encoder_.stepped_back();
    stamping_offset_ = batch.utc_offset;
    known_ = true;
  }
  encoder_.add(batch);
}

void ClockTable::save(const Batch& batch) {
  const auto& stamps = encoder_.stamps();
  if (!known_ && !batch.provisional) return;
  if (saved_belief_ == known_ && batch.checkpoint.empty() && stamps.overlap_until_ms == saved_overlap_) return;
  put_.run(boot_id_, known_ ? 1 : 0, stamps.newest_ms, stamps.overlap_until_ms, stamps.pass);
  saved_overlap_ = stamps.overlap_until_ms;
  saved_belief_ = known_;
}

}  // namespace gateway
