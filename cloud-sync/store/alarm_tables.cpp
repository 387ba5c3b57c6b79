#include "cloud-sync/store/alarm_tables.hpp"

#include <algorithm>

namespace gateway {
namespace {

// A commit must not take long: so many at a time, a few hundred bytes each.
constexpr std::uint64_t most_forgotten = 1000;

std::int64_t ns(UtcTime time) { return time.time_since_epoch().count(); }
UtcTime from_ns(std::int64_t ns) { return UtcTime{std::chrono::nanoseconds{ns}}; }

std::string places(int count) {
  std::string out = "?1";
  for (int i = 2; i <= count; ++i) out += ", ?" + std::to_string(i);
  return out;
}

template <class E>
E enumerator(std::int64_t number, std::size_t count) noexcept {
  return number >= 0 && number < static_cast<std::int64_t>(count) ? static_cast<E>(number) : E{};
}

}  // namespace

AlarmRecord read_alarm_record(const Statement& row, int first, const Site& site) {
  AlarmRecord record;
  record.alarm = site.alarm_named(row.text(first), row.text(first + 1));
  record.state = enumerator<AlarmState>(row.integer(first + 2), alarm_state_count);
  record.raised = from_ns(row.integer(first + 3));
  record.changed = from_ns(row.integer(first + 4));
  record.value = row.real(first + 5);
  record.by = row.text(first + 6);
  record.comment = row.text(first + 7);
  // What an older gateway wrote has no more than that.
  record.event = static_cast<std::uint64_t>(row.integer(first + 8));
  record.occurrence = static_cast<std::uint64_t>(row.integer(first + 9));
  record.change = enumerator<AlarmChange>(row.integer(first + 10), alarm_change_count);
  record.process =
      row.null(first + 11) ? record.state : enumerator<AlarmState>(row.integer(first + 11), alarm_state_count);
  record.announced = row.integer(first + 12) != 0;
  record.told = row.integer(first + 13) != 0;
  record.limit = row.real(first + 14);
  record.finding = enumerator<AlarmFinding>(row.integer(first + 15), alarm_finding_count);
  record.cause = site.alarm_named(row.text(first + 16), row.text(first + 17));
  record.shelved_until = from_ns(row.integer(first + 18));
  record.out_of_service = row.integer(first + 19) != 0;
  record.held_by = row.text(first + 20);
  record.held_reason = row.text(first + 21);
  return record;
}

ModeRecord read_mode_record(const Statement& row, int first) {
  ModeRecord record;
  record.event = static_cast<std::uint64_t>(row.integer(first));
  record.kind = enumerator<ModeRecord::Kind>(row.integer(first + 1), 3);
  record.subject = row.text(first + 2);
  record.value = row.text(first + 3);
  record.changed = from_ns(row.integer(first + 4));
  record.by = row.text(first + 5);
  record.comment = row.text(first + 6);
  return record;
}

AlarmTables::AlarmTables(Database& database, const Site& site) : site_(&site), database_(database) {
  const std::string columns{alarm_record_columns};
  put_alarm_ = database.prepare("INSERT OR REPLACE INTO alarm_state(" + columns + ") VALUES(" +
                                places(alarm_record_column_count) + ")");
  // The event number is the row's own: telling the same change twice keeps it once.
  journal_alarm_ =
      database.prepare("INSERT OR REPLACE INTO alarm_journal(" + columns + ", id, area, priority) VALUES(" +
                       places(alarm_record_column_count) + ", NULLIF(?9, 0), ?23, ?24)");
  const std::string mode_columns{mode_record_columns};
  put_mode_ = database.prepare("INSERT OR REPLACE INTO mode_state(" + mode_columns + ") VALUES(" + places(7) + ")");
  journal_mode_ =
      database.prepare("INSERT OR REPLACE INTO mode_journal(" + mode_columns + ", id) VALUES(" + places(7) + ", ?1)");
  // By the index on the time, whatever else seems cheaper: the oldest are few, the journal is long.
  forget_alarms_ = database.prepare(R"sql(
DELETE FROM alarm_journal WHERE id IN (
  SELECT j.id FROM alarm_journal AS j INDEXED BY alarm_journal_by_time WHERE j.changed_ns < ?1 AND NOT EXISTS (
    SELECT 1 FROM alarm_state AS s WHERE s.rule = j.rule AND s.source = j.source AND s.state <> 0
      AND j.event >= s.occurrence)
  ORDER BY j.changed_ns LIMIT ?2))sql");
  forget_modes_ = database.prepare(
      "DELETE FROM mode_journal WHERE changed_ns < ?1 AND event NOT IN (SELECT event FROM mode_state)");
}

bool AlarmTables::forget(UtcTime before, std::uint64_t most) {
  if (!journalled_) journalled_ = static_cast<std::uint64_t>(database_.number("SELECT count(*) FROM alarm_journal"));
  const auto take = [&](std::int64_t older_than_ns, std::uint64_t count) {
    forget_alarms_.run(older_than_ns, count);
    const auto gone = static_cast<std::uint64_t>(database_.changes());
    journalled_ = *journalled_ - std::min(*journalled_, gone);
    return gone;
  };
  const bool more = take(ns(before), most_forgotten) == most_forgotten;
  std::uint64_t beyond = *journalled_ > most ? std::min(*journalled_ - most, most_forgotten) : 0;
  if (beyond > 0) beyond = take(INT64_MAX, beyond);
  forget_modes_.run(ns(before));
  return more || beyond == most_forgotten;
}

void AlarmTables::put(std::span<const AlarmRecord> alarms, std::span<const ModeRecord> modes) {
  const std::string none;
  for (const auto& record : alarms) {
    const auto& source = site_->source_of(record.alarm);
    const auto& rule = site_->rules[source.rule];
    const bool caused = record.cause.valid();
    const auto values = [&](Statement& statement, const auto&... more) {
      statement.run(rule.id, source.id, static_cast<int>(record.state), ns(record.raised), ns(record.changed),
                    record.value, record.by, record.comment, record.event, record.occurrence,
                    static_cast<int>(record.change), static_cast<int>(record.process), record.announced ? 1 : 0,
                    record.told ? 1 : 0, record.limit, static_cast<int>(record.finding),
                    caused ? site_->rule_of(record.cause).id : none, caused ? site_->source_of(record.cause).id : none,
                    ns(record.shelved_until), record.out_of_service ? 1 : 0, record.held_by, record.held_reason,
                    more...);
    };
    values(put_alarm_);
    if (journalled_) ++*journalled_;
    values(journal_alarm_, source.where.valid() ? site_->area(source.where).id : none, static_cast<int>(rule.priority));
  }
  for (const auto& record : modes)
    for (auto* statement : {&put_mode_, &journal_mode_})
      statement->run(record.event, static_cast<int>(record.kind), record.subject, record.value, ns(record.changed),
                     record.by, record.comment);
}

std::vector<AlarmRecord> AlarmTables::alarms(Database& database) const {
  std::vector<AlarmRecord> records;
  Statement row = database.prepare("SELECT " + std::string{alarm_record_columns} + " FROM alarm_state");
  while (row.step())
    if (auto record = read_alarm_record(row, 0, *site_); record.alarm.valid()) records.push_back(std::move(record));
  return records;
}

std::vector<ModeRecord> AlarmTables::modes(Database& database) {
  std::vector<ModeRecord> records;
  Statement row =
      database.prepare("SELECT " + std::string{mode_record_columns} + " FROM mode_state ORDER BY kind, event");
  while (row.step()) records.push_back(read_mode_record(row, 0));
  return records;
}

}  // namespace gateway
