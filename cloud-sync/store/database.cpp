#include "cloud-sync/store/database.hpp"

#include <algorithm>

#include <sqlite3.h>

namespace gateway {
namespace {

class SqliteCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "sqlite"; }
  [[nodiscard]] std::string message(int code) const override {
    return std::string{sqlite3_errstr(code)} + " (SQLite " + std::to_string(code) + ")";
  }
};

[[noreturn]] void fail(sqlite3* database, int code, std::string context) {
  // The message of the connection says more than that of the code ("no such column: x").
  if (database != nullptr && (code & 0xFF) == SQLITE_ERROR) context += ": " + std::string{sqlite3_errmsg(database)};
  throw DatabaseError({{code, sqlite_category()}, std::move(context)});
}

}  // namespace

const std::error_category& sqlite_category() noexcept {
  static const SqliteCategory category;
  return category;
}

bool is_damage(const std::error_code& code) noexcept {
  if (code.category() != sqlite_category()) return false;
  const int primary = code.value() & 0xFF;
  // A page that the medium does not give any more is as lost as one with nonsense in it.
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || code.value() == SQLITE_IOERR_READ ||
         code.value() == SQLITE_IOERR_SHORT_READ || code.value() == SQLITE_IOERR_DATA;
}

bool is_disk_trouble(const std::error_code& code) noexcept {
  if (code.category() != sqlite_category()) return false;
  const int primary = code.value() & 0xFF;
  return primary == SQLITE_FULL || primary == SQLITE_IOERR || primary == SQLITE_READONLY ||
         primary == SQLITE_CANTOPEN || primary == SQLITE_BUSY;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  sqlite3* const database = sqlite3_db_handle(statement_.get());
  const int code = sqlite3_extended_errcode(database);
  reset();
  fail(database, code == SQLITE_OK ? result : code, "database");
}

void Statement::reset() noexcept { sqlite3_reset(statement_.get()); }

void Statement::bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }
void Statement::bind(int index, double value) { sqlite3_bind_double(statement_.get(), index, value); }
// Bound values outlive the stepping: run() and with() are given them by reference, for one statement.
void Statement::bind(int index, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), index, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
}
void Statement::bind(int index, std::span<const std::byte> value) {
  if (value.empty()) {
    sqlite3_bind_zeroblob(statement_.get(), index, 0);
  } else {
    sqlite3_bind_blob64(statement_.get(), index, value.data(), value.size(), SQLITE_STATIC);
  }
}

void Statement::run_with_row_of(const Statement& other) {
  reset();
  const int columns =
      std::min(sqlite3_column_count(other.statement_.get()), sqlite3_bind_parameter_count(statement_.get()));
  for (int i = 0; i < columns; ++i)
    sqlite3_bind_value(statement_.get(), i + 1, sqlite3_column_value(other.statement_.get(), i));
  while (step()) {
  }
  reset();
}

std::int64_t Statement::integer(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const noexcept { return sqlite3_column_double(statement_.get(), column); }
std::string_view Statement::text(int column) const noexcept {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
std::span<const std::byte> Statement::blob(int column) const noexcept {
  const auto* blob = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  return {blob, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
bool Statement::null(int column) const noexcept { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

void Database::Close::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

Database Database::open(const std::filesystem::path& path, Mode mode, const char* vfs) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &opened, flags, vfs);
  Database database;
  database.database_.reset(opened);
  if (result != SQLITE_OK) fail(nullptr, result, path.string());
  sqlite3_busy_timeout(opened, 2000);
  return database;
}

void Database::run(const char* sql) {
  const int result = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(database_.get(), sqlite3_extended_errcode(database_.get()), "database");
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) fail(database_.get(), sqlite3_extended_errcode(database_.get()), std::string{sql});
  return Statement{statement};
}

std::int64_t Database::number(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Database::changes() const noexcept { return sqlite3_changes64(database_.get()); }
bool Database::in_transaction() const noexcept { return sqlite3_get_autocommit(database_.get()) == 0; }

void Database::leave_as_found() noexcept {
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Database::end_when(const std::atomic<bool>* told) noexcept {
  if (told == nullptr) {
    sqlite3_progress_handler(database_.get(), 0, nullptr, nullptr);
    return;
  }
  sqlite3_progress_handler(
      database_.get(), 10'000,
      [](void* flag) { return static_cast<const std::atomic<bool>*>(flag)->load(std::memory_order_relaxed) ? 1 : 0; },
      const_cast<std::atomic<bool>*>(told));
}

Transaction::Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
Transaction::~Transaction() {
  if (!database_.in_transaction()) return;
  try {
    database_.run("ROLLBACK");
  } catch (const DatabaseError&) {  // SQLite has rolled back by itself
  }
}
void Transaction::commit() { database_.run("COMMIT"); }

}  // namespace gateway
