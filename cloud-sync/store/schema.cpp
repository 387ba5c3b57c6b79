#include "cloud-sync/store/schema.hpp"

namespace gateway {
namespace {

// outbox: bodies as they are sent. Numbers are never used twice (ledger.next_row), sinks' cursors count on it.
// ledger: what became of every line, for each sink ('' is the store itself): kept = delivered + queued + dead +
// dropped.
//   next_row: the store's: the next number in the outbox; a sink's: the first row it is not done with.
//   One row each, all on one page: it is written with every commit.
// consumption: key begins with the time, so that a minute of all nodes is written side by side, and forgotten so.
constexpr const char* version_1 = R"sql(
CREATE TABLE outbox(id INTEGER PRIMARY KEY, created_ms INTEGER NOT NULL, lines INTEGER NOT NULL, vals INTEGER NOT NULL,
  rewritten INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE ledger(sink TEXT PRIMARY KEY, next_row INTEGER NOT NULL DEFAULT 1, stretches TEXT NOT NULL DEFAULT '',
  kept_lines INTEGER NOT NULL DEFAULT 0, kept_vals INTEGER NOT NULL DEFAULT 0,
  delivered_lines INTEGER NOT NULL DEFAULT 0, delivered_vals INTEGER NOT NULL DEFAULT 0,
  dead_lines INTEGER NOT NULL DEFAULT 0, dead_vals INTEGER NOT NULL DEFAULT 0,
  dropped_lines INTEGER NOT NULL DEFAULT 0, dropped_vals INTEGER NOT NULL DEFAULT 0,
  queued_rows INTEGER NOT NULL DEFAULT 0, queued_bytes INTEGER NOT NULL DEFAULT 0,
  rewritten INTEGER NOT NULL DEFAULT 0, commits INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE dead_letter(id INTEGER PRIMARY KEY, sink TEXT NOT NULL, at_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  lines INTEGER NOT NULL, vals INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE node(id INTEGER PRIMARY KEY, name TEXT NOT NULL, utility INTEGER NOT NULL, UNIQUE(name, utility));
CREATE TABLE consumption(window INTEGER NOT NULL, start_ms INTEGER NOT NULL, node INTEGER NOT NULL,
  amount INTEGER NOT NULL, estimated INTEGER NOT NULL, rate_sum REAL NOT NULL, rate_min REAL NOT NULL,
  rate_max REAL NOT NULL, samples INTEGER NOT NULL, parts INTEGER NOT NULL,
  PRIMARY KEY(window, start_ms, node)) WITHOUT ROWID;
CREATE TABLE alarm_state(rule TEXT NOT NULL, source TEXT NOT NULL, state INTEGER NOT NULL, raised_ns INTEGER NOT NULL,
  changed_ns INTEGER NOT NULL, value REAL, by TEXT NOT NULL, comment TEXT NOT NULL,
  PRIMARY KEY(rule, source)) WITHOUT ROWID;
CREATE TABLE alarm_journal(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, source TEXT NOT NULL, state INTEGER NOT NULL,
  raised_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL, value REAL, by TEXT NOT NULL, comment TEXT NOT NULL);
CREATE TABLE quality_journal(id INTEGER PRIMARY KEY, meter TEXT NOT NULL, kind INTEGER NOT NULL, at_ns INTEGER NOT NULL,
  before INTEGER NOT NULL, after INTEGER NOT NULL, amount INTEGER NOT NULL);
CREATE TABLE checkpoint(id INTEGER PRIMARY KEY, saved_ms INTEGER NOT NULL, state BLOB NOT NULL);
INSERT INTO ledger(sink) VALUES('');
PRAGMA user_version = 1;
)sql";

// 2: checksums where a flipped bit would lose or invent something unnoticed (SQLite has none of its own), and a journal
// of what happened to the store itself.
constexpr const char* version_2 = R"sql(
ALTER TABLE ledger ADD COLUMN crc INTEGER;
ALTER TABLE checkpoint ADD COLUMN crc INTEGER;
CREATE TABLE store_journal(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, event TEXT NOT NULL, lines INTEGER NOT NULL);
PRAGMA user_version = 2;
)sql";

// 3: how far each [[notify]] has come in the alarm journal.
constexpr const char* version_3_notifiers = R"sql(
CREATE TABLE notifier(id TEXT PRIMARY KEY, event INTEGER NOT NULL, memory TEXT NOT NULL) WITHOUT ROWID;
)sql";

// 3: consumption: cost in millionths of a yuan, covered_us how much of the window was metered. tariff_part: what a day
// or a month is made of; band 4: no tariff was in force. demand: kind 0 by quarter hours, 1 sliding. counter_reading:
// as the meter gave them, never changed; `meter` is its node's number.
//   outbox_request: what another process asks for (`gateway outbox requeue`): only the store's thread writes the books.
//   clock: boot: the last boot that wrote here; believed: whether it believed its clock; the stamps given so far.
constexpr const char* version_3 = R"sql(
ALTER TABLE consumption ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consumption ADD COLUMN covered_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quality_journal ADD COLUMN from_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quality_journal ADD COLUMN by TEXT NOT NULL DEFAULT '';
ALTER TABLE quality_journal ADD COLUMN comment TEXT NOT NULL DEFAULT '';
CREATE TABLE tariff_part(window INTEGER NOT NULL, start_ms INTEGER NOT NULL, node INTEGER NOT NULL,
  band INTEGER NOT NULL, off_hours INTEGER NOT NULL, amount INTEGER NOT NULL, cost INTEGER NOT NULL,
  PRIMARY KEY(window, start_ms, node, band, off_hours)) WITHOUT ROWID;
CREATE TABLE demand(month_ms INTEGER NOT NULL, node INTEGER NOT NULL, kind INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  amount INTEGER NOT NULL, estimated INTEGER NOT NULL, PRIMARY KEY(month_ms, node, kind)) WITHOUT ROWID;
CREATE TABLE counter_reading(at_ms INTEGER NOT NULL, meter INTEGER NOT NULL, reading INTEGER NOT NULL,
  PRIMARY KEY(at_ms, meter)) WITHOUT ROWID;
CREATE TABLE clock(id INTEGER PRIMARY KEY, boot TEXT NOT NULL, believed INTEGER NOT NULL, newest_ms INTEGER NOT NULL,
  overlap_until_ms INTEGER NOT NULL, pass INTEGER NOT NULL);
CREATE TABLE outbox_request(id INTEGER PRIMARY KEY, action TEXT NOT NULL, sink TEXT NOT NULL, letter INTEGER,
  answer TEXT);
PRAGMA user_version = 3;
)sql";

// 3, alarms: the whole record, what the journal is searched by, and the modes. An alarm's number is its row's in the
// journal.
constexpr const char* alarm_columns_of_version_3 = R"sql(
ADD COLUMN event INTEGER NOT NULL DEFAULT 0;
ADD COLUMN occurrence INTEGER NOT NULL DEFAULT 0;
ADD COLUMN change INTEGER NOT NULL DEFAULT 0;
ADD COLUMN process INTEGER;
ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ADD COLUMN value_limit REAL NOT NULL DEFAULT 0;
ADD COLUMN finding INTEGER NOT NULL DEFAULT 0;
ADD COLUMN cause_rule TEXT NOT NULL DEFAULT '';
ADD COLUMN cause_source TEXT NOT NULL DEFAULT '';
ADD COLUMN shelved_until_ns INTEGER NOT NULL DEFAULT 0;
ADD COLUMN out_of_service INTEGER NOT NULL DEFAULT 0;
ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
ADD COLUMN held_reason TEXT NOT NULL DEFAULT '';
)sql";
constexpr const char* version_3_alarms = R"sql(
ALTER TABLE alarm_journal ADD COLUMN area TEXT NOT NULL DEFAULT '';
ALTER TABLE alarm_journal ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
CREATE INDEX alarm_journal_by_time ON alarm_journal(changed_ns);
CREATE TABLE mode_state(event INTEGER NOT NULL, kind INTEGER NOT NULL, subject TEXT NOT NULL, value TEXT NOT NULL,
  changed_ns INTEGER NOT NULL, by TEXT NOT NULL, comment TEXT NOT NULL, PRIMARY KEY(kind, subject)) WITHOUT ROWID;
CREATE TABLE mode_journal(id INTEGER PRIMARY KEY, event INTEGER NOT NULL, kind INTEGER NOT NULL, subject TEXT NOT NULL,
  value TEXT NOT NULL, changed_ns INTEGER NOT NULL, by TEXT NOT NULL, comment TEXT NOT NULL);
)sql";

// 4: meter_request: what a command tells of a meter (`gateway exchange`, `gateway correct`). An entry of the core and
// its answer here are of one transaction, so that it is made once.
constexpr const char* version_4 = R"sql(
CREATE TABLE meter_request(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, meter TEXT NOT NULL, old_last INTEGER NOT NULL,
  new_first INTEGER NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, amount INTEGER NOT NULL,
  by TEXT NOT NULL, reason TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
  answer TEXT);
PRAGMA user_version = 4;
)sql";

void widen_alarm_tables(Database& database) {
  std::string_view left{alarm_columns_of_version_3};
  for (auto at = left.find("ADD"); at != std::string_view::npos; at = left.find("ADD")) {
    left.remove_prefix(at);
    const std::string column{left.substr(0, left.find(';'))};
    for (const char* table : {"alarm_state", "alarm_journal"})
      database.run(("ALTER TABLE " + std::string{table} + " " + column).c_str());
    left.remove_prefix(column.size());
  }
  database.run(version_3_alarms);
}

}  // namespace

Expected<void> prepare_schema(Database& database) {
  const std::int64_t found = database.number("PRAGMA user_version");
  if (found == schema_version) return {};
  if (found > schema_version)
    return failure(std::errc::not_supported, "the database is of version " + std::to_string(found) +
                                                 ", this gateway knows up to " + std::to_string(schema_version) +
                                                 " and leaves it untouched; install the newer gateway");
  Transaction transaction(database);
  if (found < 1) database.run(version_1);
  if (found < 2) database.run(version_2);
  if (found < 3) {
    database.run(version_3);
    widen_alarm_tables(database);
    database.run(version_3_notifiers);
  }
  if (found < 4) database.run(version_4);
  transaction.commit();
  return {};
}

}  // namespace gateway
