#include "cloud-sync/store/adoption.hpp"

#include <algorithm>
#include <string>

#include "cloud-sync/store/alarm_tables.hpp"
#include "cloud-sync/store/delivery.hpp"
#include "core/records.hpp"

namespace gateway {
namespace {

using namespace std::string_literals;

class Attached {
 public:
  Attached(Database& database, const std::filesystem::path& file) : database_(database) {
    database_.prepare("ATTACH ?1 AS other").run(file.string());
  }
  ~Attached() {
    try {
      database_.run("DETACH other");
    } catch (const DatabaseError&) {  // in the middle of something: it goes with the connection
    }
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  Database& database_;
};

struct Lines {
  std::string text;
  std::uint32_t lines = 0;
  std::uint32_t values = 0;
};

// The lines of a body that are no consumption windows.
Lines without_windows(std::span<const std::byte> body) {
  Lines left;
  const auto text = gunzip(body, 64 << 20);
  if (!text) return left;
  for (std::size_t at = 0; at < text->size();) {
    const auto end = std::min(text->find('\n', at), text->size());
    const std::string_view line = std::string_view{*text}.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line.starts_with("consumption,")) continue;
    left.text.append(line) += '\n';
    ++left.lines;
    // Ids and texts of ours hold no comma or `=` that is not escaped; a field begins at each in the second part.
    const auto fields = line.substr(line.find(' ') + 1);
    left.values += static_cast<std::uint32_t>(std::ranges::count(fields, '='));
  }
  return left;
}

}  // namespace

std::uint64_t adopt(Database& database, Outbox& outbox, GzipCompressor& gzip, const std::filesystem::path& other_file,
                    UtcTime now) {
  const Attached attached(database, other_file);
  Transaction transaction(database);
  outbox.begin();
  std::uint64_t adopted = 0;
  Statement rows = database.prepare(
      "SELECT body, created_ms FROM other.outbox WHERE id >= (SELECT coalesce(min(next_row), 0) FROM other.ledger "
      "WHERE sink <> '') ORDER BY id");
  while (rows.step()) {
    const Lines left = without_windows(rows.blob(0));
    if (left.lines == 0) continue;
    outbox.append(gzip.compress(left.text), utc_from_ms(rows.integer(1)), left.lines, left.values, 0);
    adopted += left.lines;
  }
  rows.reset();
  // Whole, and under their own numbers: whoever tells people goes by them. What was told of it from memory is told
  // again, under the same ids.
  for (const std::string& table : {"alarm_state"s, "mode_state"s, "alarm_journal"s, "mode_journal"s}) {
    std::string columns{table.starts_with("alarm") ? alarm_record_columns : mode_record_columns};
    if (table.ends_with("journal")) columns += ", id";
    if (table == "alarm_journal") columns += ", area, priority";
    database.run(
        ("INSERT OR REPLACE INTO main." + table + "(" + columns + ") SELECT " + columns + " FROM other." + table)
            .c_str());
  }
  outbox.save(now);
  transaction.commit();
  outbox.saved();
  return adopted;
}

}  // namespace gateway
