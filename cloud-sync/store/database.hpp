// SQLite, wrapped thinly: a connection, a statement, a transaction. Inside cloud-sync/store a failure travels as
// DatabaseError; no public function of the folder lets one out. For one thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gateway {

// Codes are SQLite's extended result codes.
[[nodiscard]] const std::error_category& sqlite_category() noexcept;
// The database itself is damaged: carry over what reads.
[[nodiscard]] bool is_damage(const std::error_code& code) noexcept;
// The disk is full or can't be written just now: keep trying, nothing is wrong with the data.
[[nodiscard]] bool is_disk_trouble(const std::error_code& code) noexcept;

class DatabaseError final : public std::exception {
 public:
  explicit DatabaseError(Error error) : error_(std::move(error)), text_(error_.message()) {}
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
  std::string text_;
};

class Statement {
 public:
  Statement() = default;
  [[nodiscard]] bool step();  // true: there is a row
  // Binds ?1, ?2, ... anew.
  template <class... Values>
  Statement& with(const Values&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }
  // Steps to the end.
  template <class... Values>
  void run(const Values&... values) {
    with(values...);
    while (step()) {
    }
    reset();
  }
  void reset() noexcept;
  // Binds the columns of the other's row, from the first on, whatever they hold, and steps to the end.
  void run_with_row_of(const Statement& other);

  // Of the row, valid until the next step.
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  [[nodiscard]] std::string_view text(int column) const noexcept;
  [[nodiscard]] std::span<const std::byte> blob(int column) const noexcept;
  [[nodiscard]] bool null(int column) const noexcept;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  explicit Statement(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, int value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view{value}); }
  void bind(int index, const char* value) { bind(index, std::string_view{value}); }
  void bind(int index, std::span<const std::byte> value);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Mode { create, write, read };
  // `vfs`: the file system to go through; nullptr: the system's.
  static Database open(const std::filesystem::path& path, Mode mode, const char* vfs = nullptr);

  void run(const char* sql);
  [[nodiscard]] Statement prepare(std::string_view sql);
  [[nodiscard]] std::int64_t number(std::string_view sql);  // the first column of the first row; 0 without one
  [[nodiscard]] std::int64_t changes() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;
  // Closing it does not carry the WAL over into the database: for one that is damaged.
  void leave_as_found() noexcept;
  // A long statement ends with an error once this says so; nullptr takes it away. It must outlive the connection.
  void end_when(const std::atomic<bool>* told) noexcept;

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
};

}  // namespace gateway
