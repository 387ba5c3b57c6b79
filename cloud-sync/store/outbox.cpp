#include "cloud-sync/store/outbox.hpp"

#include <algorithm>
#include <array>

#include <sqlite3.h>
#include <zlib.h>

#include "cloud-sync/influx/gzip.hpp"

namespace gateway {
namespace {

// Rows are deleted in groups: each deletion writes the same few pages, whether of one row or of sixty.
constexpr std::int64_t rows_forgotten_together = 64;
constexpr std::int64_t most_rows_forgotten_at_once = 5000;
constexpr std::uint64_t most_rows_dropped_at_once = 2000;

// Over the whole row: SQLite itself keeps no checksums, and a flipped bit must not become a value somewhere.
std::int64_t checksum(std::int64_t created_ms, std::int64_t lines, std::int64_t values, std::int64_t rewritten,
                      std::span<const std::byte> body) {
  const std::array head{created_ms, lines, values, rewritten};
  uLong crc = crc32(0, reinterpret_cast<const Bytef*>(head.data()), sizeof head);
  crc = crc32(crc, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return static_cast<std::int64_t>(crc);
}

std::int64_t checksum(std::string_view text) {
  return static_cast<std::int64_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

constexpr int ledger_crc = 15;
constexpr std::int64_t highest_number = 9'007'199'254'740'992;  // beyond all reason

enum Column { id, created_ms, lines, vals, rewritten, crc, body };
constexpr std::string_view row_columns = "SELECT id, created_ms, lines, vals, rewritten, crc, body FROM outbox ";

Delivery::Row row_of(const Statement& row) {
  return {.number = row.integer(id),
          .lines = static_cast<std::uint64_t>(row.integer(lines)),
          .values = static_cast<std::uint64_t>(row.integer(vals)),
          .rewritten = static_cast<std::uint64_t>(row.integer(rewritten)),
          .bytes = row.blob(body).size()};
}

}  // namespace

bool ledger_row_intact(const Statement& row) {
  if (row.null(ledger_crc)) return true;
  std::string text;
  for (int i = 0; i < ledger_crc; ++i) text.append(row.text(i)) += '|';
  return row.integer(ledger_crc) == checksum(text);
}

Outbox::Outbox(Database& database, const Site& site) : database_(database), site_(site) {
  insert_ = database.prepare(
      "INSERT OR REPLACE INTO outbox(id, created_ms, lines, vals, rewritten, crc, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
      "?7)");
  from_ = database.prepare(std::string{row_columns} + "WHERE id >= ?1 AND id <= ?2 ORDER BY id");
  remove_up_to_ = database.prepare("DELETE FROM outbox WHERE id <= ?1");
  write_ledger_ = database.prepare(
      "INSERT OR REPLACE INTO ledger(sink, next_row, stretches, kept_lines, kept_vals, delivered_lines, "
      "delivered_vals, dead_lines, dead_vals, dropped_lines, dropped_vals, queued_rows, queued_bytes, rewritten, "
      "commits, crc) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
  insert_letter_ = database.prepare(
      "INSERT INTO dead_letter(sink, at_ms, reason, lines, vals, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  created_ = database.prepare("SELECT created_ms FROM outbox WHERE id >= ?1 ORDER BY id LIMIT 1");
}

Outbox::Account Outbox::read_account(const Statement& row) const {
  const auto count = [&](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
  Account account;
  account.sink = row.text(0);
  account.done = Acknowledged{row.integer(1) - 1, row.text(2)};
  account.kept = {count(3), count(4)};
  account.delivered = {count(5), count(6)};
  account.dead = {count(7), count(8)};
  account.dropped = {count(9), count(10)};
  account.queued_rows = count(11);
  account.queued_bytes = count(12);
  account.rewritten = count(13);
  account.commits = count(14);
  return account;
}

void Outbox::write_account(const Account& account, std::int64_t next_row) {
  const std::array numbers{account.kept.lines,  account.kept.values,  account.delivered.lines, account.delivered.values,
                           account.dead.lines,  account.dead.values,  account.dropped.lines,   account.dropped.values,
                           account.queued_rows, account.queued_bytes, account.rewritten,       account.commits};
  std::string text = account.sink + '|' + std::to_string(next_row) + '|' + account.done.text() + '|';
  for (const auto number : numbers) text += std::to_string(number) + '|';
  write_ledger_.run(account.sink, next_row, account.done.text(), account.kept.lines, account.kept.values,
                    account.delivered.lines, account.delivered.values, account.dead.lines, account.dead.values,
                    account.dropped.lines, account.dropped.values, account.queued_rows, account.queued_bytes,
                    account.rewritten, account.commits, checksum(text));
}

void Outbox::settle_sinks() {
  std::vector<Account> known;
  Statement all = database_.prepare("SELECT " + std::string{ledger_columns} + " FROM ledger");
  while (all.step()) {
    if (!ledger_row_intact(all)) throw DatabaseError({{SQLITE_CORRUPT, sqlite_category()}, "the books"});
    known.push_back(read_account(all));
  }
  books_ = {};
  for (const Account& account : known) {
    if (!account.sink.empty()) continue;
    books_.own = account;
    books_.next_row = account.done.cursor() + 1;
  }
  books_.forgotten = database_.number("SELECT coalesce(min(id), 0) - 1 FROM outbox");
  if (books_.forgotten < 0) books_.forgotten = books_.next_row - 1;

  for (const Sink& sink : site_.sinks) {
    const auto found = std::ranges::find(known, sink.id, &Account::sink);
    if (found != known.end()) {
      books_.sinks.push_back(*found);
      continue;
    }
    // A new sink, or an old one by a new name, is owed all that is still here.
    Account account;
    account.sink = sink.id;
    account.done = Acknowledged{books_.forgotten};
    Statement sums = database_.prepare("SELECT count(*), sum(length(body)), sum(lines), sum(vals) FROM outbox");
    if (sums.step()) {
      account.queued_rows = static_cast<std::uint64_t>(sums.integer(0));
      account.queued_bytes = static_cast<std::uint64_t>(sums.integer(1));
      account.kept = {static_cast<std::uint64_t>(sums.integer(2)), static_cast<std::uint64_t>(sums.integer(3))};
    }
    books_.sinks.push_back(std::move(account));
  }
  Statement gone = database_.prepare("DELETE FROM ledger WHERE sink = ?1");
  for (const Account& account : known) {
    if (account.sink.empty() || std::ranges::find(site_.sinks, account.sink, &Sink::id) != site_.sinks.end()) continue;
    books_.own.dropped.add(
        less(account.kept.lines, account.delivered.lines + account.dead.lines + account.dropped.lines), 0);
    gone.run(account.sink);
  }
  begin();
  save({});
  saved();
}

std::uint64_t Outbox::recount() {
  begin();
  std::vector<Account> found(draft_.sinks.size());
  draft_.own.queued_rows = 0;
  draft_.own.queued_bytes = 0;
  for (Account& account : draft_.sinks) account.queued_rows = account.queued_bytes = 0;
  from_.with(std::int64_t{0}, INT64_MAX);
  while (from_.step()) {
    const Delivery::Row row = row_of(from_);
    draft_.next_row = std::max(draft_.next_row, row.number + 1);
    ++draft_.own.queued_rows;
    draft_.own.queued_bytes += row.bytes;
    for (std::size_t i = 0; i < found.size(); ++i) {
      Account& account = draft_.sinks[i];
      if (account.done.contains(row.number)) continue;
      found[i].kept.add(row.lines, row.values);
      ++account.queued_rows;
      account.queued_bytes += row.bytes;
    }
  }
  from_.reset();
  std::uint64_t most_lines = 0;
  std::uint64_t most_values = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    Account& account = draft_.sinks[i];
    // Numbers are never used twice, so no new row may hide below a cursor.
    draft_.next_row = std::max(draft_.next_row, account.done.last() + 1);
    const auto settled = [](const Count& a, const Count& b, const Count& c) {
      return Count{a.lines + b.lines + c.lines, a.values + b.values + c.values};
    };
    const Count books = settled(account.delivered, account.dead, account.dropped);
    const std::uint64_t lines = less(less(account.kept.lines, books.lines), found[i].kept.lines);
    const std::uint64_t values = less(less(account.kept.values, books.values), found[i].kept.values);
    account.dropped.add(lines, values);
    // More in the outbox than the books know of: they are older than the outbox.
    account.kept.lines = std::max(account.kept.lines, books.lines + lines + found[i].kept.lines);
    account.kept.values = std::max(account.kept.values, books.values + values + found[i].kept.values);
    most_lines = std::max(most_lines, lines);
    most_values = std::max(most_values, values);
  }
  draft_.own.dropped.add(most_lines, most_values);
  for (const Account& account : draft_.sinks) {
    draft_.own.kept.lines = std::max(draft_.own.kept.lines, account.kept.lines);
    draft_.own.kept.values = std::max(draft_.own.kept.values, account.kept.values);
  }
  save({});
  saved();
  return most_lines;
}

void Outbox::begin() {
  draft_ = books_;
  drafting_ = true;
}

void Outbox::insert_row(std::int64_t number, UtcTime now, std::uint64_t line_count, std::uint64_t value_count,
                        std::uint64_t rewritten_count, std::span<const std::byte> content) {
  const std::int64_t at = to_ms(now);
  insert_.run(number, at, line_count, value_count, rewritten_count,
              checksum(at, static_cast<std::int64_t>(line_count), static_cast<std::int64_t>(value_count),
                       static_cast<std::int64_t>(rewritten_count), content),
              content);
}

void Outbox::append(std::span<const std::byte> content, UtcTime now, std::uint32_t line_count,
                    std::uint32_t value_count, std::uint32_t rewritten_count) {
  draft_.own.kept.add(line_count, value_count);
  if (draft_.sinks.empty()) return;  // nobody to keep it for
  insert_row(draft_.next_row++, now, line_count, value_count, rewritten_count, content);
  ++draft_.own.queued_rows;
  draft_.own.queued_bytes += content.size();
  for (Account& account : draft_.sinks) {
    account.kept.add(line_count, value_count);
    ++account.queued_rows;
    account.queued_bytes += content.size();
  }
}

void Outbox::drop(Account& account, const Delivery::Row& row) {
  if (account.done.contains(row.number)) return;
  account.done.add(row.number);
  account.dropped.add(row.lines, row.values);
  account.queued_rows = less(account.queued_rows, 1);
  account.queued_bytes = less(account.queued_bytes, row.bytes);
}

void Outbox::drop_everywhere(const Delivery::Row& row) {
  const bool waited = std::ranges::any_of(draft_.sinks, [&](const Account& a) { return !a.done.contains(row.number); });
  if (waited) draft_.own.dropped.add(row.lines, row.values);
  for (Account& account : draft_.sinks) drop(account, row);
}

void Outbox::enforce(std::uint64_t most_bytes, std::optional<UtcTime> oldest) {
  if (draft_.own.queued_bytes <= most_bytes && !oldest) return;
  std::int64_t last = 0;
  std::uint64_t dropped = 0;
  from_.with(draft_.forgotten + 1, INT64_MAX);
  while (dropped < most_rows_dropped_at_once && from_.step()) {
    const bool too_old = oldest && from_.integer(created_ms) < to_ms(*oldest);
    if (draft_.own.queued_bytes <= most_bytes && !too_old) break;
    const Delivery::Row row = row_of(from_);
    drop_everywhere(row);
    draft_.own.queued_bytes = less(draft_.own.queued_bytes, row.bytes);
    draft_.own.queued_rows = less(draft_.own.queued_rows, 1);
    last = row.number;
    ++dropped;
  }
  from_.reset();
  if (dropped == 0) return;
  for (Account& account : draft_.sinks) account.done.add_up_to(last);
  remove_up_to_.run(last);
  draft_.forgotten = last;
}

void Outbox::forget_delivered() {
  if (draft_.sinks.empty()) return;
  std::int64_t done = draft_.next_row - 1;
  for (const Account& account : draft_.sinks) done = std::min(done, account.done.next_after(0) - 1);
  done = std::min(done, draft_.forgotten + most_rows_forgotten_at_once);
  if (done - draft_.forgotten < rows_forgotten_together) return;
  std::uint64_t bytes = 0;
  Statement sum = database_.prepare("SELECT coalesce(sum(length(body)), 0) FROM outbox WHERE id <= ?1");
  if (sum.with(done).step()) bytes = static_cast<std::uint64_t>(sum.integer(0));
  sum.reset();
  remove_up_to_.run(done);
  draft_.own.queued_rows = less(draft_.own.queued_rows, static_cast<std::uint64_t>(database_.changes()));
  draft_.own.queued_bytes = less(draft_.own.queued_bytes, bytes);
  draft_.forgotten = done;
}

void Outbox::save(UtcTime now) {
  ++draft_.own.commits;
  for (const Letter& letter : letters_)
    insert_letter_.run(letter.sink, to_ms(now), letter.letter.reason, letter.letter.lines, letter.letter.values,
                       letter.letter.line);
  if (!letters_.empty()) forget_oldest_letters();
  write_account(draft_.own, draft_.next_row);
  for (const Account& account : draft_.sinks) write_account(account, account.done.cursor() + 1);
}

void Outbox::saved() noexcept {
  books_ = std::move(draft_);
  letters_.clear();
  unsaved_ = false;
  drafting_ = false;
}

bool Outbox::intact(const Statement& row) const {
  return row.integer(crc) == checksum(row.integer(created_ms), row.integer(lines), row.integer(vals),
                                      row.integer(rewritten), row.blob(body));
}

Delivery Outbox::next(std::size_t sink, const Pick& pick) {
  Account& account = books_.sinks[sink];
  Delivery delivery;
  std::vector<Delivery::Row> damaged;
  from_.with(account.done.next_after(pick.after), pick.up_to);
  // A row with corrected windows overwrites what an older one says of them: it passes none that waits.
  bool older_waits = pick.after > account.done.cursor();
  bool to_the_end = false;
  while (delivery.rows.size() < pick.most_rows) {
    if (!from_.step()) {
      to_the_end = true;
      break;
    }
    const Delivery::Row row = row_of(from_);
    // A flipped bit in a number: none may ever be given twice.
    if (row.number >= books_.next_row) {
      if (row.number > highest_number) continue;
      books_.next_row = row.number + 1;
    }
    if (account.done.contains(row.number)) continue;
    if (std::ranges::find(pick.skip, row.number) != pick.skip.end() || (older_waits && row.rewritten > 0)) {
      older_waits = true;
      continue;
    }
    if (!intact(from_)) {
      damaged.push_back(row);
      continue;
    }
    const auto content = from_.blob(body);
    if (!delivery.rows.empty() &&
        (delivery.body.size() + content.size() > pick.most_bytes || delivery.lines + row.lines > pick.most_lines))
      break;
    if (!join_gzip(delivery.body, content)) break;  // it goes alone, next time
    if (delivery.rows.empty()) delivery.oldest = utc_from_ms(from_.integer(created_ms));
    delivery.rows.push_back(row);
    delivery.lines += row.lines;
    delivery.values += row.values;
    delivery.rewritten += row.rewritten;
  }
  from_.reset();
  for (const Delivery::Row& row : damaged) {
    // What its head says may be damaged as well; never book more than can be queued.
    const std::uint64_t queued_lines =
        less(account.kept.lines, account.delivered.lines + account.dead.lines + account.dropped.lines);
    const std::uint64_t queued_values =
        less(account.kept.values, account.delivered.values + account.dead.values + account.dropped.values);
    Delivery::Row booked = row;
    booked.lines = std::min(row.lines, queued_lines);
    booked.values = std::min(row.values, queued_values);
    books_.own.dropped.add(booked.lines, booked.values);
    drop(account, booked);
    unsaved_ = true;
  }
  if (to_the_end && pick.after <= account.done.cursor() && pick.up_to == INT64_MAX && pick.skip.empty())
    book_vanished(account, delivery);
  return delivery;
}

// All that waits was read, so it is known exactly what else the books must count as dropped: a flipped bit in a row's
// number hides it, in its head it tells another number of lines.
void Outbox::book_vanished(Account& account, const Delivery& all) {
  const Count dropped{less(account.kept.lines, account.delivered.lines + account.dead.lines + all.lines),
                      less(account.kept.values, account.delivered.values + account.dead.values + all.values)};
  if (dropped.lines == account.dropped.lines && dropped.values == account.dropped.values) return;
  // Either way: a damaged row may have said that it had more lines than it did.
  const auto corrected = [](std::uint64_t own, std::uint64_t now, std::uint64_t before) {
    return now >= before ? own + (now - before) : less(own, before - now);
  };
  books_.own.dropped = {corrected(books_.own.dropped.lines, dropped.lines, account.dropped.lines),
                        corrected(books_.own.dropped.values, dropped.values, account.dropped.values)};
  account.dropped = dropped;
  account.queued_rows = all.rows.size();
  account.queued_bytes = 0;
  for (const Delivery::Row& row : all.rows) account.queued_bytes += row.bytes;
  unsaved_ = true;
}

void Outbox::acknowledge(std::size_t sink, const Delivery& delivery, std::vector<DeadLetter> dead) {
  Account& account = books_.sinks[sink];
  bool counted = false;
  for (const Delivery::Row& row : delivery.rows) {
    if (account.done.contains(row.number)) continue;  // dropped at the cap while it was under way
    account.done.add(row.number);
    account.delivered.add(row.lines, row.values);
    account.rewritten += row.rewritten;
    account.queued_rows = less(account.queued_rows, 1);
    account.queued_bytes = less(account.queued_bytes, row.bytes);
    counted = true;
  }
  unsaved_ = true;
  if (!counted) return;
  for (DeadLetter& letter : dead) {
    account.delivered.lines = less(account.delivered.lines, letter.lines);
    account.delivered.values = less(account.delivered.values, letter.values);
    account.dead.add(letter.lines, letter.values);
    letters_.push_back({account.sink, std::move(letter)});
  }
}

SinkFigures Outbox::figures(std::size_t sink) {
  const Account& account = books_.sinks[sink];
  SinkFigures figures;
  figures.kept_lines = account.kept.lines;
  figures.kept_values = account.kept.values;
  figures.delivered_lines = account.delivered.lines;
  figures.delivered_values = account.delivered.values;
  figures.rewritten_values = account.rewritten;
  figures.dead_lines = account.dead.lines;
  figures.dead_values = account.dead.values;
  figures.dropped_lines = account.dropped.lines;
  figures.dropped_values = account.dropped.values;
  figures.queued_batches = account.queued_rows;
  figures.queued_bytes = account.queued_bytes;
  figures.queued_lines = less(account.kept.lines, account.delivered.lines + account.dead.lines + account.dropped.lines);
  figures.queued_values =
      less(account.kept.values, account.delivered.values + account.dead.values + account.dropped.values);
  figures.newest_row = books_.next_row - 1;
  if (account.queued_rows > 0 && created_.with(account.done.next_after(0)).step())
    figures.oldest_queued = utc_from_ms(created_.integer(0));
  created_.reset();
  return figures;
}

}  // namespace gateway
