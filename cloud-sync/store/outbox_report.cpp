#include "cloud-sync/store/outbox_report.hpp"

#include "cloud-sync/store/acknowledged.hpp"
#include "cloud-sync/store/database.hpp"

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
  if (!std::filesystem::exists(file, error)) return failure(std::errc::no_such_file_or_directory, file.string());
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

}  // namespace gateway
