// The outbox table and the ledger of what became of every line, for each sink. Works inside the store's transaction.
//
// The ledger is kept in memory and written with every commit. Acknowledgements change it at once; what a transaction
// adds (kept, dropped) becomes the ledger's only by saved(), after the commit. Throws DatabaseError. For one thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cloud-sync/store/acknowledged.hpp"
#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/delivery.hpp"
#include "core/site.hpp"

namespace gateway {

// The ledger's columns in the order in which they are summed up.
inline constexpr std::string_view ledger_columns =
    "sink, next_row, stretches, kept_lines, kept_vals, delivered_lines, delivered_vals, dead_lines, dead_vals, "
    "dropped_lines, dropped_vals, queued_rows, queued_bytes, rewritten, commits, crc";
// Whether a row of these columns is as it was written. Rows of version 1 have no checksum yet.
[[nodiscard]] bool ledger_row_intact(const Statement& row);

// from - take, at least 0: the books never count below nothing
[[nodiscard]] constexpr std::uint64_t less(std::uint64_t from, std::uint64_t take) noexcept {
  return from > take ? from - take : 0;
}

class Outbox {
 public:
  Outbox(Database& database, const Site& site);

  // In a transaction: gives new sinks a place, takes what waited for sinks that are gone out of the books as dropped.
  // Throws SQLITE_CORRUPT for books that don't match their checksum.
  void settle_sinks();
  // In a transaction, after the tables were carried over from a damaged database and the sinks settled: what is in the
  // books and not in the outbox any more is dropped. Returns the lines that the sink that lost most has lost.
  std::uint64_t recount();

  // In a transaction.
  void begin();
  void append(std::span<const std::byte> body, UtcTime now, std::uint32_t lines, std::uint32_t values,
              std::uint32_t rewritten);
  // The oldest goes first while there are more than `most_bytes`, or while it is older than `oldest`.
  void enforce(std::uint64_t most_bytes, std::optional<UtcTime> oldest);
  void forget_delivered();
  void save(UtcTime now);
  // After the commit.
  void saved() noexcept;

  [[nodiscard]] Delivery next(std::size_t sink, const Pick& pick);
  void acknowledge(std::size_t sink, const Delivery& delivery, std::vector<DeadLetter> dead);
  [[nodiscard]] bool has_unsaved() const noexcept { return unsaved_; }

  // What a person may do with what was refused, or waits. In a transaction, between begin() and save(). `sink`: "" for
  // all; `letter`: its number in dead_letter, none for all of the sink's.
  struct Changed {
    std::uint64_t letters = 0;
    std::uint64_t lines = 0;
  };
  using Compress = std::function<std::span<const std::byte>(std::string_view)>;
  // Sends them again, to the sink that refused them.
  Changed requeue_letters(std::string_view sink, std::optional<std::int64_t> letter, UtcTime now,
                          const Compress& compress);
  // Gives them up: from dead-lettered to dropped.
  Changed drop_letters(std::string_view sink, std::optional<std::int64_t> letter);
  // Gives up everything that waits for the sink; not for all sinks at once.
  Changed drop_waiting(std::string_view sink);
  // The oldest letters go when there are more than this.
  static constexpr std::int64_t most_letters = 20'000;

  [[nodiscard]] SinkFigures figures(std::size_t sink);
  [[nodiscard]] std::uint64_t commits() const noexcept { return books_.own.commits; }
  [[nodiscard]] std::uint64_t kept_lines() const noexcept { return books_.own.kept.lines; }
  [[nodiscard]] std::uint64_t kept_values() const noexcept { return books_.own.kept.values; }
  [[nodiscard]] std::uint64_t queued_bytes() const noexcept { return books_.own.queued_bytes; }
  [[nodiscard]] std::uint64_t dropped_lines() const noexcept { return books_.own.dropped.lines; }

 private:
  struct Count {
    std::uint64_t lines = 0;
    std::uint64_t values = 0;
    void add(std::uint64_t more_lines, std::uint64_t more_values) noexcept {
      lines += more_lines;
      values += more_values;
    }
  };
  struct Account {
    std::string sink;  // "": the store's own
    Acknowledged done;
    Count kept, delivered, dead, dropped;
    std::uint64_t rewritten = 0;
    std::uint64_t queued_rows = 0;  // the store's own: rows in the table
    std::uint64_t queued_bytes = 0;
    std::uint64_t commits = 0;
  };
  struct Books {
    Account own;
    std::vector<Account> sinks;
    std::int64_t next_row = 1;
    std::int64_t forgotten = 0;  // rows up to this one are deleted
  };
  struct Letter {
    std::string sink;
    DeadLetter letter;
  };

  [[nodiscard]] Account read_account(const Statement& row) const;
  void write_account(const Account& account, std::int64_t next_row);
  void drop(Account& account, const Delivery::Row& row);
  void book_vanished(Account& account, const Delivery& all);
  void append_for(Account& account, std::string_view text, std::uint64_t lines, std::uint64_t values, UtcTime now,
                  const Compress& compress);
  void insert_row(std::int64_t number, UtcTime now, std::uint64_t lines, std::uint64_t values, std::uint64_t rewritten,
                  std::span<const std::byte> content);
  Account* draft_of(std::string_view sink) noexcept;
  void forget_oldest_letters();
  template <class Value>
  Changed drop_letters_where(const std::string& which, const Value& value);
  void drop_everywhere(const Delivery::Row& row);
  [[nodiscard]] bool intact(const Statement& row) const;

  Database& database_;
  const Site& site_;
  Books books_;
  Books draft_;  // as books_, with what the open transaction changes
  std::vector<Letter> letters_;
  bool unsaved_ = false;
  bool drafting_ = false;

  Statement insert_;
  Statement from_;
  Statement remove_up_to_;
  Statement write_ledger_;
  Statement insert_letter_;
  Statement created_;
};

}  // namespace gateway
