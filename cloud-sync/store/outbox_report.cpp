#include "cloud-sync/store/outbox_report.hpp"

#include "cloud-sync/store/acknowledged.hpp"
#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/left_request.hpp"

namespace gateway {
namespace {

std::uint64_t count(const Statement& row, int column) { return static_cast<std::uint64_t>(row.integer(column)); }

SinkReport read_sink(Database& database, const Statement& row) {
  SinkReport report;
  report.sink = row.text(0);
  auto& figures = report.figures;
  figures.kept_lines = count(row, 3);
  figures.kept_values = count(row, 4);
  figures.delivered_lines = count(row, 5);
  figures.delivered_values = count(row, 6);
  figures.dead_lines = count(row, 7);
  figures.dead_values = count(row, 8);
  figures.dropped_lines = count(row, 9);
  figures.dropped_values = count(row, 10);
  figures.rewritten_values = count(row, 11);
  const Acknowledged done(row.integer(1) - 1, row.text(2));
  auto waiting =
      database.prepare("SELECT id, created_ms, lines, vals, length(body) FROM outbox WHERE id > ?1 ORDER BY id");
  waiting.with(done.cursor());
  while (waiting.step()) {
    figures.newest_row = waiting.integer(0);
    if (done.contains(waiting.integer(0))) continue;
    if (!figures.oldest_queued) figures.oldest_queued = utc_from_ms(waiting.integer(1));
    ++figures.queued_batches;
    figures.queued_lines += count(waiting, 2);
    figures.queued_values += count(waiting, 3);
    figures.queued_bytes += count(waiting, 4);
  }
  return report;
}

}  // namespace

Expected<std::vector<SinkReport>> outbox_report(const std::filesystem::path& folder) {
  const auto file = folder / "gateway.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return failure(error ? error : make_error_code(std::errc::no_such_file_or_directory), file.string());
  try {
    auto database = Database::open(file, Database::Mode::read);
    // One picture of all sinks, whatever the gateway writes meanwhile.
    database.run("BEGIN");
    auto sinks = database.prepare(
        "SELECT sink, next_row, stretches, kept_lines, kept_vals, delivered_lines, delivered_vals, dead_lines, "
        "dead_vals, dropped_lines, "
        "dropped_vals, rewritten FROM ledger WHERE sink <> '' ORDER BY sink");
    std::vector<SinkReport> reports;
    while (sinks.step()) reports.push_back(read_sink(database, sinks));
    return reports;
  } catch (const DatabaseError& failed) {
    return std::unexpected(failed.error());
  }
}

Expected<std::vector<LetterReport>> dead_letters(const std::filesystem::path& folder, std::string_view sink,
                                                 std::size_t limit) {
  const auto file = folder / "gateway.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return failure(error ? error : make_error_code(std::errc::no_such_file_or_directory), file.string());
  try {
    auto database = Database::open(file, Database::Mode::read);
    auto rows = database.prepare(
        "SELECT id, sink, at_ms, reason, lines, body FROM dead_letter WHERE ?1 = '' OR sink = ?1 ORDER BY id DESC "
        "LIMIT "
        "?2");
    rows.with(sink, std::uint64_t{limit});
    std::vector<LetterReport> letters;
    while (rows.step())
      letters.push_back({.number = rows.integer(0),
                         .sink = std::string{rows.text(1)},
                         .at = utc_from_ms(rows.integer(2)),
                         .reason = std::string{rows.text(3)},
                         .lines = count(rows, 4),
                         .text = std::string{rows.text(5)}});
    return letters;
  } catch (const DatabaseError& failed) {
    return std::unexpected(failed.error());
  }
}

Expected<std::string> ask_outbox_change(const std::filesystem::path& folder, const OutboxChange& change,
                                        std::chrono::milliseconds patience) {
  const auto file = folder / "gateway.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return failure(error ? error : make_error_code(std::errc::no_such_file_or_directory), file.string());
  try {
    auto database = Database::open(file, Database::Mode::write);
    database.leave_as_found();
    auto ask = database.prepare(
        "INSERT INTO outbox_request(action, sink, letter) VALUES(?1, ?2, nullif(?3, -1)) "
        "RETURNING id");
    ask.with(name_of(change.action), change.sink, change.letter.value_or(-1));
    const auto id = leave_request(ask);
    auto answer = database.prepare("SELECT answer FROM outbox_request WHERE id = ?1 AND answer IS NOT NULL");
    if (await_answer(answer, id, folder, patience)) return std::string{answer.text(0)};
    return std::string{"noted; it is done as soon as the gateway runs"};
  } catch (const DatabaseError& failed) {
    return std::unexpected(failed.error());
  }
}

}  // namespace gateway
