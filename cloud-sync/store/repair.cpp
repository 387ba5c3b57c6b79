#include "cloud-sync/store/repair.hpp"

#include <array>
#include <optional>

#include <sqlite3.h>

#include "cloud-sync/store/alarm_tables.hpp"
#include "cloud-sync/store/folder_lock.hpp"
#include "cloud-sync/store/outbox.hpp"
#include "cloud-sync/store/schema.hpp"
#include "core/records.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::array beside{"", "-wal", "-shm"};
// In a hole each place is tried, then steps grow: a hole may be a page, or a million rows under one lost page.
constexpr std::int64_t tried_one_by_one = 512;
constexpr int most_set_aside = 3;
constexpr std::int64_t most_tries = 100'000;
// A tree whose order is damaged may show the same rows from hole to hole: more of them than of new ones, and it is
// left.
constexpr std::uint64_t most_repeated = 100'000;
constexpr std::uint64_t rows_between_beats = 2000;
// What a repair leaves free: it must not be what fills the disk.
constexpr std::uint64_t spare_bytes = 4 << 20;

fs::path with(const fs::path& file, std::string_view ending) {
  fs::path path = file;
  path += ending;
  return path;
}

void move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error && error != std::errc::no_such_file_or_directory)
    throw DatabaseError({error, from.string() + " can't be renamed to " + to.string()});
}

void remove_files(const fs::path& file) noexcept {
  std::error_code ignored;
  for (const char* ending : beside) fs::remove(with(file, ending), ignored);
}

bool is_full(const DatabaseError& failed) { return (failed.error().code.value() & 0xFF) == SQLITE_FULL; }

void put_in_place(const fs::path& file) {
  move(with(file, ".repaired"), file);
  sync_folder(file.parent_path());
}

}  // namespace

fs::path set_aside(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error) && !fs::exists(with(file, "-wal"), error)) return {};
  // The first ones tell most about the cause; a medium that goes on damaging must not fill the disk with copies.
  fs::path to;
  for (int i = 1; i <= most_set_aside; ++i) {
    to = with(file, ".damaged-" + std::to_string(i));
    if (!fs::exists(to, error) && !fs::exists(with(to, "-wal"), error)) break;
    if (i == most_set_aside) remove_files(to);
  }
  for (const char* ending : beside) move(with(file, ending), with(to, ending));
  return to;
}

namespace {

void remove_set_aside(const fs::path& file) noexcept {
  for (int i = 1; i <= most_set_aside; ++i) remove_files(with(file, ".damaged-" + std::to_string(i)));
}

}  // namespace

namespace {

// A table, or a part of it, in the order of one number.
struct Part {
  std::string table;
  std::string columns;  // the first is the number
  std::string only = "1";
  std::int64_t unit = 1;  // the smallest distance between two numbers
};

class Carrier {
 public:
  Carrier(Database& from, Database& to, const std::function<void()>& progress)
      : from_(from), to_(to), progress_(progress) {}
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

  // Everything that reads, whatever lies between.
  void carry(const Part& part) {
    try {
      prepare(part);
    } catch (const DatabaseError&) {
      return;  // not even the table's definition reads
    }
    std::int64_t at = INT64_MIN;
    repeated_ = 0;
    const std::uint64_t before = rows_;
    for (;;) {
      const auto hole = up(at);
      if (!hole || repeated_ > most_repeated + (rows_ - before)) return;
      const auto beyond = leap(*hole, part.unit);
      if (!beyond) {
        // Nothing reads above: the end of the table, a tail that reads backwards, or a hole that is none because the
        // number before it is wrong.
        down(at, INT64_MAX);
        return;
      }
      down(*hole, *beyond);
      at = *beyond;
    }
  }

  // A few rows without a number: as far as they read from either end.
  void carry_small(const std::string& table, const std::string& columns, const std::string& order,
                   bool (*good)(const Statement&) = nullptr) {
    for (const char* direction : {" ASC", " DESC"}) {
      try {
        Statement rows = from_.prepare("SELECT " + columns + " FROM " + table + " ORDER BY " + order + direction);
        Statement into = insert(table, columns);
        while (rows.step()) {
          if (good != nullptr && !good(rows)) continue;
          put(into, rows);
        }
        return;
      } catch (const DatabaseError& failed) {
        if (!is_damage(failed.error().code) && !is_logic(failed)) throw;
      }
    }
  }

 private:
  static bool is_logic(const DatabaseError& failed) { return (failed.error().code.value() & 0xFF) == SQLITE_ERROR; }
  Statement insert(const std::string& table, const std::string& columns) {
    std::string places = "?1";
    int count = 1;
    for (const char c : columns)
      if (c == ',') places += ", ?" + std::to_string(++count);
    return to_.prepare("INSERT OR IGNORE INTO " + table + "(" + columns + ") VALUES(" + places + ")");
  }
  void prepare(const Part& part) {
    const std::string number = part.columns.substr(0, part.columns.find(','));
    const std::string head =
        "SELECT " + part.columns + " FROM " + part.table + " WHERE " + part.only + " AND " + number;
    up_ = from_.prepare(head + " >= ?1 ORDER BY " + number);
    down_ = from_.prepare(head + " >= ?1 AND " + number + " <= ?2 ORDER BY " + number + " DESC");
    highest_ = from_.prepare(head + " >= ?1 ORDER BY " + number + " DESC LIMIT 1");
    insert_ = insert(part.table, part.columns);
  }
  void beat() {
    if (progress_ && ++done_ % rows_between_beats == 0) progress_();
  }
  void put(Statement& into, const Statement& row) {
    beat();
    into.run_with_row_of(row);
    (to_.changes() > 0 ? rows_ : repeated_) += 1;
  }
  // From `at` to the end. The last number before a hole; nullopt: there was none.
  std::optional<std::int64_t> up(std::int64_t at) {
    std::int64_t last = at;
    try {
      up_.with(at);
      while (up_.step()) {
        last = up_.integer(0);
        put(insert_, up_);
      }
      up_.reset();
      return std::nullopt;
    } catch (const DatabaseError& failed) {
      if (!is_damage(failed.error().code)) throw;
      return std::max(last, at);  // among numbers that are out of order the last one may be a small one
    }
  }
  void down(std::int64_t from, std::int64_t to) {
    try {
      down_.with(from, to);
      while (down_.step()) put(insert_, down_);
      down_.reset();
    } catch (const DatabaseError& failed) {
      if (!is_damage(failed.error().code)) throw;
    }
  }
  // The next number after `hole` from which on it reads again.
  std::optional<std::int64_t> leap(std::int64_t hole, std::int64_t unit) {
    std::optional<std::int64_t> highest;
    try {
      highest_.with(hole);
      if (highest_.step()) highest = highest_.integer(0);
      highest_.reset();
    } catch (const DatabaseError& failed) {
      if (!is_damage(failed.error().code)) throw;
    }
    std::int64_t at = std::max<std::int64_t>(hole, 0);
    std::int64_t step = unit;
    for (std::int64_t tries = 0; tries < most_tries; ++tries) {
      if (tries > tried_one_by_one) step = std::min(step + step / 64 + unit, INT64_MAX / 4);
      if (at > INT64_MAX / 2) return std::nullopt;
      at += step;
      beat();
      if (highest && at > *highest) return std::nullopt;
      try {
        up_.with(at);
        if (!up_.step()) return std::nullopt;
        const std::int64_t found = up_.integer(0);
        up_.reset();
        // Among numbers that are out of order a search ends anywhere: what it finds must not lead back.
        if (found >= at) return found;
      } catch (const DatabaseError& failed) {
        if (!is_damage(failed.error().code)) throw;
      }
    }
    return std::nullopt;
  }

  Database& from_;
  Database& to_;
  const std::function<void()>& progress_;
  std::uint64_t rows_ = 0;
  std::uint64_t repeated_ = 0;  // of this part: read, and there already
  std::uint64_t done_ = 0;
  Statement up_, down_, highest_, insert_;
};

// Of a damaged database of any version. First what the gateway goes on with, then history, longest windows first.
class CarryOver {
 public:
  CarryOver(Database& from, Database& to, const std::function<void()>& progress)
      : to_(to), carrier_(from, to, progress) {
    try {
      version_ = from.number("PRAGMA user_version");
    } catch (const DatabaseError&) {  // then the tables say whether they can be read
    }
    // An unreadable version is most likely today's.
    before_3_ = version_ == 1 || version_ == 2;
  }
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

  void carry_what_it_goes_on_with() {
    to_.run("DELETE FROM ledger");  // its first row comes from the damaged one
    std::string ledger{ledger_columns};
    if (version_ < 2) {
      ledger.replace(ledger.rfind("crc"), 3, "NULL AS crc");
      carrier_.carry_small("ledger", ledger.substr(0, ledger.rfind(',')), "sink");
    } else {
      carrier_.carry_small("ledger", ledger, "sink", ledger_row_intact);
      carrier_.carry_small("checkpoint", "id, saved_ms, state, crc", "id");
      carrier_.carry({"store_journal", "id, at_ms, event, lines"});
    }
    to_.run("INSERT OR IGNORE INTO ledger(sink) VALUES('')");
    if (version_ >= 3) {
      carrier_.carry_small("clock", "id, boot, believed, newest_ms, overlap_until_ms, pass", "id");
      carrier_.carry_small("notifier", "id, event, memory", "id");
      carrier_.carry({"outbox_request", "id, action, sink, letter, answer"});
    }
    if (version_ >= 4)
      carrier_.carry({"meter_request",
                      "id, kind, meter, old_last, new_first, from_ms, to_ms, amount, by, reason, taken, done, answer"});
    carrier_.carry_small("alarm_state", alarm_columns(), "rule, source");
    if (!before_3_) carrier_.carry_small("mode_state", std::string{mode_record_columns}, "kind, subject");
    carrier_.carry({"node", "id, name, utility"});
    // A number beyond all reason would be the last one ever given.
    carrier_.carry(
        {"outbox", "id, created_ms, lines, vals, rewritten, crc, body", "id BETWEEN 1 AND 9007199254740992"});
    carrier_.carry({"dead_letter", "id, sink, at_ms, reason, lines, vals, body"});
    rows_ = carrier_.rows();
  }

  // Part after part, each in a transaction of its own. False: it ends where there is no more room.
  bool carry_history() {
    for (const Part& part : history()) {
      try {
        Transaction transaction(to_);
        carrier_.carry(part);
        transaction.commit();
        rows_ = carrier_.rows();
      } catch (const DatabaseError& failed) {
        if (!is_full(failed)) throw;
        return false;
      }
    }
    return true;
  }

 private:
  [[nodiscard]] std::string alarm_columns() const {
    constexpr std::string_view old = "rule, source, state, raised_ns, changed_ns, value, by, comment";
    return std::string{before_3_ ? old : alarm_record_columns};
  }
  [[nodiscard]] std::vector<Part> history() const {
    std::vector<Part> parts;
    parts.push_back({"quality_journal", std::string{"id, meter, kind, at_ns, before, after, amount"} +
                                            (before_3_ ? "" : ", from_ns, by, comment")});
    parts.push_back({"demand", "month_ms, node, kind, at_ms, amount, estimated"});
    parts.push_back({"alarm_journal", "id, " + alarm_columns() + (before_3_ ? "" : ", area, priority")});
    if (!before_3_) parts.push_back({"mode_journal", "id, " + std::string{mode_record_columns}});
    constexpr std::array<std::int64_t, window_length_count> window_ms{60'000, 900'000, 3'600'000, 86'400'000,
                                                                      28 * 86'400'000LL};
    for (std::size_t window = window_ms.size(); window-- > 0;) {
      const std::string only = "window = " + std::to_string(window);
      if (window == 1) parts.push_back({"counter_reading", "at_ms, meter, reading"});
      parts.push_back(
          {"consumption",
           std::string{"start_ms, window, node, amount, estimated, rate_sum, rate_min, rate_max, samples, parts"} +
               (before_3_ ? "" : ", cost, covered_us"),
           only, window_ms[window]});
      if (!before_3_)
        parts.push_back(
            {"tariff_part", "start_ms, window, node, band, off_hours, amount, cost", only, window_ms[window]});
    }
    return parts;
  }

  Database& to_;
  Carrier carrier_;
  std::uint64_t rows_ = 0;
  std::int64_t version_ = 0;
  bool before_3_ = false;
};

// Into `fresh`, which is not there yet. Throws SQLITE_FULL where there is no room even for what the gateway goes on
// with.
void make_fresh(const fs::path& file, const fs::path& fresh, const Site& site, UtcTime now, std::uint64_t room,
                const RepairOptions& options, Repair& done) {
  Database to = Database::open(fresh, Database::Mode::create);
  // Nothing of it counts before it is renamed: one sync at the end is enough.
  to.run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
  if (auto ready = prepare_schema(to); !ready) throw DatabaseError(ready.error());
  const auto page_size = static_cast<std::uint64_t>(to.number("PRAGMA page_size"));
  to.run(("PRAGMA max_page_count = " + std::to_string(std::min<std::uint64_t>(room / page_size, INT32_MAX))).c_str());
  std::optional<Database> from;
  std::optional<CarryOver> carry;
  std::error_code error;
  if (fs::exists(file, error)) {
    try {
      from = Database::open(file, Database::Mode::write);
      from->leave_as_found();
      carry.emplace(*from, to, options.progress);
    } catch (const DatabaseError& failed) {
      if (!is_damage(failed.error().code)) throw;
    }
  }
  {
    Transaction transaction(to);
    try {
      if (carry) carry->carry_what_it_goes_on_with();
    } catch (const DatabaseError& failed) {
      if (!is_damage(failed.error().code)) throw;
    }
    Outbox outbox(to, site);
    outbox.settle_sinks();
    done.lost_lines = outbox.recount();
    transaction.commit();
  }
  if (carry) {
    done.without_history = !carry->carry_history();
    done.rows = carry->rows();
  }
  // The bound was the carrying's. The journal's line fits into what was left free.
  to.run("PRAGMA max_page_count = 4294967294");
  Statement journal = to.prepare("INSERT INTO store_journal(at_ms, event, lines) VALUES(?1, ?2, ?3)");
  journal.run(to_ms(now), done.text(), done.lost_lines);
}

std::uint64_t room_of(const fs::path& folder, const RepairOptions& options) {
  const auto space = options.space ? options.space(folder) : DiskRoom::of_system(folder);
  if (!space) return UINT64_MAX;
  return space->available > spare_bytes ? space->available - spare_bytes : 0;
}

}  // namespace

std::string Repair::text() const {
  std::string text = "the database was damaged (" + reason + "): " + std::to_string(rows) +
                     " rows were carried over, " + std::to_string(lost_lines) +
                     " lines that waited to be sent are known to be lost";
  if (without_history) text += "; the disk had no room for all of the history";
  if (!set_aside.empty()) text += "; the damaged one is kept as " + set_aside.filename().string();
  return text;
}

void finish_repair(const fs::path& file) {
  std::error_code error;
  remove_files(with(file, ".repairing"));
  if (!fs::exists(with(file, ".repaired"), error)) return;
  set_aside(file);
  put_in_place(file);
}

Repair repair(const fs::path& file, const Site& site, UtcTime now, std::string reason, const RepairOptions& options) {
  const fs::path fresh = with(file, ".repairing");
  const auto folder = file.parent_path();
  std::error_code error;
  const auto size = fs::file_size(file, error);
  try {
    Repair done;
    done.reason = std::move(reason);
    remove_files(fresh);
    if (room_of(folder, options) < (error ? 0 : size)) remove_set_aside(file);
    make_fresh(file, fresh, site, now, room_of(folder, options), options, done);
    sync_file(fresh);
    move(fresh, with(file, ".repaired"));
    sync_folder(folder);
    done.set_aside = set_aside(file);
    put_in_place(file);
    return done;
  } catch (const DatabaseError& failed) {
    // Half a database that nobody uses must not take the room that somebody makes.
    remove_files(fresh);
    if (is_full(failed))
      throw DatabaseError({failed.error().code, "there is no room to carry over a damaged database of " +
                                                    std::to_string((size + 999'999) / 1'000'000) + " MB"});
    throw;
  }
}

std::string find_damage(Database& database) {
  try {
    Statement check = database.prepare("PRAGMA quick_check(1)");
    if (!check.step()) return {};
    const std::string said{check.text(0)};
    return said == "ok" ? std::string{} : said;
  } catch (const DatabaseError& failed) {
    return is_damage(failed.error().code) ? failed.error().message() : std::string{};
  }
}

std::string find_damage(const fs::path& file, const std::atomic<bool>& end) {
  try {
    Database database = Database::open(file, Database::Mode::read);
    database.end_when(&end);
    return find_damage(database);
  } catch (const DatabaseError& failed) {
    return is_damage(failed.error().code) ? failed.error().message() : std::string{};
  }
}

}  // namespace gateway
