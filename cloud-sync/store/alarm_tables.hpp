// The alarms' part of the database: the newest record of each alarm, the journal of every change, and likewise of the
// modes. Rows go by names (rule and source), so they outlive changes of the site.
//
// Throws DatabaseError. For the store thread; the columns are StoreReader's, too.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cloud-sync/store/database.hpp"
#include "core/site.hpp"

namespace gateway {

// Those of AlarmRecord, in the order in which read_alarm_record takes them.
inline constexpr std::string_view alarm_record_columns =
    "rule, source, state, raised_ns, changed_ns, value, by, comment, event, occurrence, change, process, announced, "
    "told, value_limit, finding, cause_rule, cause_source, shelved_until_ns, out_of_service, held_by, held_reason";
inline constexpr int alarm_record_column_count = 22;
inline constexpr std::string_view mode_record_columns = "event, kind, subject, value, changed_ns, by, comment";

// From the columns that begin with `first`. alarm is not valid when the site no longer has it.
[[nodiscard]] AlarmRecord read_alarm_record(const Statement& row, int first, const Site& site);
[[nodiscard]] ModeRecord read_mode_record(const Statement& row, int first);

class AlarmTables {
 public:
  AlarmTables(Database& database, const Site& site);
  void put(std::span<const AlarmRecord> alarms, std::span<const ModeRecord> modes);
  // Forgets changes from before `before`, and the oldest beyond `most`; of an alarm that is not back to normal nothing
  // since it rose, of the modes nothing that is in force. True: there is more, this was as much as one commit takes.
  bool forget(UtcTime before, std::uint64_t most);
  // The newest record of every alarm that this site still has.
  [[nodiscard]] std::vector<AlarmRecord> alarms(Database& database) const;
  // The newest record of every subject, the mode first.
  [[nodiscard]] static std::vector<ModeRecord> modes(Database& database);

 private:
  const Site* site_;
  Database& database_;
  std::optional<std::uint64_t> journalled_;  // rows; counted when it is first asked for
  Statement put_alarm_, journal_alarm_, put_mode_, journal_mode_, forget_alarms_, forget_modes_;
};

}  // namespace gateway
