// What a person does with dead letters and with what waits (`gateway outbox requeue`, `drop`): the books stay balanced.
#include <algorithm>
#include <vector>

#include "cloud-sync/store/outbox.hpp"

namespace gateway {
namespace {

// Letters that are sent again together; the uploader splits what is refused again.
constexpr std::size_t most_together_bytes = 200'000;
constexpr std::uint64_t most_together_lines = 1000;

}  // namespace

Outbox::Account* Outbox::draft_of(std::string_view sink) noexcept {
  const auto found = std::ranges::find(draft_.sinks, sink, &Account::sink);
  return found == draft_.sinks.end() ? nullptr : &*found;
}

// A row that one sink is owed and the others are done with. It was kept before: the books only move.
void Outbox::append_for(Account& account, std::string_view text, std::uint64_t lines, std::uint64_t values, UtcTime now,
                        const Compress& compress) {
  const auto content = compress(text);
  const auto row = draft_.next_row++;
  insert_row(row, now, lines, values, 0, content);
  ++draft_.own.queued_rows;
  draft_.own.queued_bytes += content.size();
  for (Account& each : draft_.sinks) {
    if (&each == &account) continue;
    each.done.add(row);
  }
  ++account.queued_rows;
  account.queued_bytes += content.size();
  account.dead.lines = less(account.dead.lines, lines);
  account.dead.values = less(account.dead.values, values);
}

Outbox::Changed Outbox::requeue_letters(std::string_view sink, std::optional<std::int64_t> letter, UtcTime now,
                                        const Compress& compress) {
  Changed changed;
  std::vector<std::int64_t> gone;
  Statement rows = database_.prepare(
      "SELECT id, sink, lines, vals, body FROM dead_letter WHERE (?1 = '' OR sink = ?1) AND (?2 < 0 OR id = ?2) "
      "ORDER BY sink, id");
  rows.with(sink, letter.value_or(-1));
  std::string text;
  std::uint64_t lines = 0;
  std::uint64_t values = 0;
  Account* account = nullptr;
  const auto flush = [&] {
    if (account != nullptr && !text.empty()) append_for(*account, text, lines, values, now, compress);
    text.clear();
    lines = values = 0;
  };
  while (rows.step()) {
    Account* const owner = draft_of(rows.text(1));
    if (owner == nullptr) continue;  // of a sink that is gone: can be dropped only
    const auto body = rows.text(4);
    if (owner != account || text.size() + body.size() > most_together_bytes || lines >= most_together_lines) flush();
    account = owner;
    text.append(body);
    if (!text.empty() && text.back() != '\n') text += '\n';
    lines += static_cast<std::uint64_t>(rows.integer(2));
    values += static_cast<std::uint64_t>(rows.integer(3));
    changed.lines += static_cast<std::uint64_t>(rows.integer(2));
    ++changed.letters;
    gone.push_back(rows.integer(0));
  }
  flush();
  Statement remove = database_.prepare("DELETE FROM dead_letter WHERE id = ?1");
  for (const auto id : gone) remove.run(id);
  return changed;
}

Outbox::Changed Outbox::drop_letters(std::string_view sink, std::optional<std::int64_t> letter) {
  if (letter) {
    Statement found = database_.prepare("SELECT 1 FROM dead_letter WHERE id = ?1 AND (?2 = '' OR sink = ?2)");
    return found.with(*letter, sink).step() ? drop_letters_where("id = ?1", *letter) : Changed{};
  }
  return sink.empty() ? drop_letters_where("id > ?1", std::int64_t{0}) : drop_letters_where("sink = ?1", sink);
}

template <class Value>
Outbox::Changed Outbox::drop_letters_where(const std::string& which, const Value& value) {
  Changed changed;
  Statement sums = database_.prepare("SELECT sink, count(*), sum(lines), sum(vals) FROM dead_letter WHERE " + which +
                                     " GROUP BY sink");
  sums.with(value);
  while (sums.step()) {
    changed.letters += static_cast<std::uint64_t>(sums.integer(1));
    const auto lines = static_cast<std::uint64_t>(sums.integer(2));
    const auto values = static_cast<std::uint64_t>(sums.integer(3));
    changed.lines += lines;
    if (Account* const account = draft_of(sums.text(0))) {
      account->dead = {less(account->dead.lines, lines), less(account->dead.values, values)};
      account->dropped.add(lines, values);
    }
  }
  database_.prepare("DELETE FROM dead_letter WHERE " + which).run(value);
  return changed;
}

Outbox::Changed Outbox::drop_waiting(std::string_view sink) {
  Account* const account = draft_of(sink);
  if (account == nullptr) return {};
  const auto lines = less(account->kept.lines, account->delivered.lines + account->dead.lines + account->dropped.lines);
  const auto values =
      less(account->kept.values, account->delivered.values + account->dead.values + account->dropped.values);
  account->dropped.add(lines, values);
  account->done.add_up_to(draft_.next_row - 1);
  account->queued_rows = account->queued_bytes = 0;
  return {0, lines};
}

void Outbox::forget_oldest_letters() {
  const auto beyond = database_.number("SELECT count(*) FROM dead_letter") - most_letters;
  if (beyond <= 0) return;
  Statement newest_of_them = database_.prepare("SELECT id FROM dead_letter ORDER BY id LIMIT 1 OFFSET ?1");
  const std::int64_t up_to = newest_of_them.with(beyond - 1).step() ? newest_of_them.integer(0) : 0;
  newest_of_them.reset();
  drop_letters_where("id <= ?1", up_to);
}

}  // namespace gateway
