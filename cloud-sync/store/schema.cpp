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

// 3: what a start has to know about the clock (docs/decisions.md 65).
//   outbox_request: what another process asks for (`gateway outbox requeue`): only the store's thread writes the books.
//   clock: boot: the last boot that wrote here; believed: whether it believed its clock; the stamps given so far.
constexpr const char* version_3 = R"sql(
CREATE TABLE clock(id INTEGER PRIMARY KEY, boot TEXT NOT NULL, believed INTEGER NOT NULL, newest_ms INTEGER NOT NULL,
  overlap_until_ms INTEGER NOT NULL, pass INTEGER NOT NULL);
CREATE TABLE outbox_request(id INTEGER PRIMARY KEY, action TEXT NOT NULL, sink TEXT NOT NULL, letter INTEGER,
  answer TEXT);
PRAGMA user_version = 3;
)sql";

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
  if (found < 3) database.run(version_3);
  transaction.commit();
  return {};
}

}  // namespace gateway
