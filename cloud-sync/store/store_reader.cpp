#include "cloud-sync/store/store_reader.hpp"

#include <algorithm>
#include <map>

#include <sys/stat.h>

#include "cloud-sync/store/alarm_tables.hpp"
#include "cloud-sync/store/database.hpp"

namespace gateway {
namespace {

std::uint64_t inode_of(const std::filesystem::path& file) noexcept {
  struct stat about {};
  static_assert(sizeof about.st_size == 8, "a store may be larger than 2 GB");
  return ::stat(file.c_str(), &about) == 0 ? about.st_ino : 0;
}

}  // namespace

struct StoreReader::Impl {
  const Site& site;
  std::filesystem::path file;
  Database database;
  std::uint64_t inode = 0;
  const std::atomic<bool>* told_to_end = nullptr;
  // The next window of the node, or of any other node: the key begins with the time (schema.cpp), so this leaps from
  // window to window instead of reading every node's.
  Statement leap;
  Statement node_number;
  Statement quality;
  Statement tariff, demand, counters, counter_before;

  // In the database; 0: nothing was ever kept of it.
  std::int64_t number_of(NodeId node) {
    const Node& wanted = site.node(node);
    node_number.with(wanted.name, static_cast<int>(wanted.utility));
    const std::int64_t number = node_number.step() ? node_number.integer(0) : 0;
    node_number.reset();
    return number;
  }
  std::map<std::int64_t, NodeId> nodes_by_number() {
    std::map<std::int64_t, NodeId> nodes;
    for (std::size_t i = 0; i < site.nodes.size(); ++i) nodes[number_of(NodeId{i})] = NodeId{i};
    nodes.erase(0);
    return nodes;
  }

  Impl(const Site& the_site, std::filesystem::path path)
      : site(the_site), file(std::move(path)), database(Database::open(file, Database::Mode::read)) {
    begin();
  }

  // A repair puts another file in the place of the one that was opened.
  void look_again() {
    if (inode_of(file) == inode) return;
    database = Database::open(file, Database::Mode::read);
    begin();
  }

  void begin() {
    inode = inode_of(file);
    database.end_when(told_to_end);
    leap = database.prepare(
        "SELECT start_ms, node, amount, estimated, rate_sum, rate_min, rate_max, samples, cost, covered_us "
        "FROM consumption "
        "WHERE window = ?1 AND (start_ms, node) >= (?2, ?3) AND start_ms < ?4 ORDER BY start_ms, node LIMIT 1");
    node_number = database.prepare("SELECT id FROM node WHERE name = ?1 AND utility = ?2");
    quality = database.prepare(
        "SELECT meter, kind, at_ns, before, after, amount, from_ns, by, comment FROM quality_journal "
        "WHERE at_ns >= ?1 AND at_ns < ?2 ORDER BY at_ns, id LIMIT ?3");
    tariff = database.prepare(
        "SELECT start_ms, node, band, off_hours, amount, cost FROM tariff_part WHERE window = ?1 AND start_ms >= ?2 "
        "AND start_ms < ?3 AND (?4 = 0 OR node = ?4) ORDER BY start_ms, node, band, off_hours");
    demand = database.prepare(
        "SELECT month_ms, node, kind, at_ms, amount, estimated FROM demand WHERE month_ms >= ?1 AND month_ms < ?2 "
        "ORDER BY month_ms, node, kind");
    counters = database.prepare(
        "SELECT at_ms, reading FROM counter_reading WHERE at_ms >= ?1 AND at_ms < ?2 AND meter = ?3 "
        "ORDER BY at_ms LIMIT ?4");
    counter_before = database.prepare(
        "SELECT at_ms, reading FROM counter_reading WHERE at_ms <= ?1 AND meter = ?2 ORDER BY at_ms DESC LIMIT 1");
  }
};

StoreReader::StoreReader(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
StoreReader::StoreReader(StoreReader&&) noexcept = default;
StoreReader& StoreReader::operator=(StoreReader&&) noexcept = default;
StoreReader::~StoreReader() = default;

Expected<StoreReader> StoreReader::open(const std::filesystem::path& file, const Site& site) {
  try {
    return StoreReader{std::make_unique<Impl>(site, file)};
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

void StoreReader::end_when(const std::atomic<bool>* told) noexcept {
  impl_->told_to_end = told;
  impl_->database.end_when(told);
}

Expected<History> StoreReader::history(NodeId node, WindowLength window, UtcTime from, UtcTime to, std::size_t limit) {
  try {
    impl_->look_again();
    History history;
    const std::int64_t number = impl_->number_of(node);
    if (number == 0) return history;
    Statement& row = impl_->leap;
    std::int64_t start = to_ms(from);
    while (row.with(static_cast<int>(window), start, number, to_ms(to)).step()) {
      const std::int64_t found = row.integer(0);
      if (row.integer(1) == number) {
        if (history.windows.size() == limit) {
          history.truncated = true;
          break;
        }
        history.windows.push_back({.node = node,
                                   .length = window,
                                   .start = utc_from_ms(found),
                                   .amount = row.integer(2),
                                   .estimated = row.integer(3),
                                   .rate_sum = row.real(4),
                                   .rate_min = row.real(5),
                                   .rate_max = row.real(6),
                                   .samples = static_cast<std::uint32_t>(row.integer(7)),
                                   .cost = row.integer(8),
                                   .covered = std::chrono::microseconds{row.integer(9)}});
        start = found + 1;
      } else {
        // Another node's: of a later time with our number still ahead, or of this time with ours behind us.
        start = row.integer(1) > number ? found + 1 : found;
      }
    }
    row.reset();
    return history;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<AlarmJournalEntry>> StoreReader::alarm_journal(std::size_t limit) {
  AlarmJournalQuery query;
  query.limit = limit;
  return alarm_journal(query);
}

Expected<std::vector<AlarmJournalEntry>> StoreReader::alarm_journal(const AlarmJournalQuery& query) {
  try {
    impl_->look_again();
    std::string text = "SELECT area, priority, " + std::string{alarm_record_columns} +
                       " FROM alarm_journal WHERE id > ?1 AND changed_ns >= ?2 AND changed_ns < ?3";
    if (query.before > 0) text += " AND id < ?4";
    if (!query.rule.empty()) text += " AND rule = ?5";
    if (!query.source.empty()) text += " AND source = ?6";
    if (!query.area.empty()) text += " AND area = ?7";
    if (query.priority) text += " AND priority = ?8";
    if (query.state) text += " AND state = ?9";
    if (query.announced_only) text += " AND announced <> 0";
    text += query.oldest_first ? " ORDER BY id LIMIT ?10" : " ORDER BY id DESC LIMIT ?10";
    Statement row = impl_->database.prepare(text);
    const auto ns = [](const std::optional<UtcTime>& time, std::int64_t otherwise) {
      return time ? std::int64_t{time->time_since_epoch().count()} : otherwise;
    };
    row.with(query.after, ns(query.from, INT64_MIN), ns(query.to, INT64_MAX), query.before, query.rule, query.source,
             query.area, static_cast<int>(query.priority.value_or(Priority{})),
             static_cast<int>(query.state.value_or(AlarmState{})), std::uint64_t{query.limit});
    std::vector<AlarmJournalEntry> entries;
    while (row.step()) {
      AlarmJournalEntry& entry = entries.emplace_back();
      entry.area = row.text(0);
      entry.priority = static_cast<Priority>(row.integer(1));
      entry.rule = row.text(2);
      entry.source = row.text(3);
      entry.record = read_alarm_record(row, 2, impl_->site);
    }
    return entries;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<ModeRecord>> StoreReader::mode_journal(std::size_t limit) {
  try {
    impl_->look_again();
    std::vector<ModeRecord> entries;
    Statement row = impl_->database.prepare("SELECT " + std::string{mode_record_columns} +
                                            " FROM mode_journal ORDER BY id DESC LIMIT ?1");
    row.with(std::uint64_t{limit});
    while (row.step()) entries.push_back(read_mode_record(row, 0));
    return entries;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<QualityJournalEntry>> StoreReader::quality_journal(UtcTime from, UtcTime to, std::size_t limit) {
  try {
    impl_->look_again();
    const Site& site = impl_->site;
    std::vector<QualityJournalEntry> entries;
    Statement& row = impl_->quality;
    row.with(std::int64_t{from.time_since_epoch().count()}, std::int64_t{to.time_since_epoch().count()},
             std::uint64_t{limit});
    while (row.step()) {
      QualityJournalEntry& entry = entries.emplace_back();
      entry.meter = row.text(0);
      const auto meter = std::ranges::find(site.meters, entry.meter, &Meter::id);
      if (meter != site.meters.end())
        entry.record.meter = MeterId{static_cast<std::size_t>(meter - site.meters.begin())};
      entry.record.kind = static_cast<QualityKind>(row.integer(1));
      entry.record.at = utc_from_ns(row.integer(2));
      entry.record.before = row.integer(3);
      entry.record.after = row.integer(4);
      entry.record.amount = row.integer(5);
      entry.record.from = utc_from_ns(row.integer(6));
      entry.record.by = row.text(7);
      entry.record.comment = row.text(8);
    }
    row.reset();
    return entries;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<TariffRecord>> StoreReader::tariff_parts(NodeId node, WindowLength window, UtcTime from,
                                                              UtcTime to) {
  try {
    impl_->look_again();
    std::vector<TariffRecord> parts;
    const std::int64_t number = node.valid() ? impl_->number_of(node) : 0;
    if (node.valid() && number == 0) return parts;
    const auto nodes = impl_->nodes_by_number();
    Statement& row = impl_->tariff;
    row.with(static_cast<int>(window), to_ms(from), to_ms(to), number);
    while (row.step()) {
      const auto found = nodes.find(row.integer(1));
      if (found == nodes.end()) continue;
      const bool priced = row.integer(2) < static_cast<std::int64_t>(band_count);
      parts.push_back({.node = found->second,
                       .length = window,
                       .start = utc_from_ms(row.integer(0)),
                       .band = priced ? static_cast<Band>(row.integer(2)) : Band::flat,
                       .priced = priced,
                       .off_hours = row.integer(3) != 0,
                       .amount = row.integer(4),
                       .cost = row.integer(5)});
    }
    row.reset();
    return parts;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<DemandRecord>> StoreReader::demands(UtcTime from, UtcTime to) {
  try {
    impl_->look_again();
    std::vector<DemandRecord> records;
    const auto nodes = impl_->nodes_by_number();
    Statement& row = impl_->demand;
    row.with(to_ms(from), to_ms(to));
    while (row.step()) {
      const auto found = nodes.find(row.integer(1));
      if (found == nodes.end()) continue;
      records.push_back({.node = found->second,
                         .kind = static_cast<DemandKind>(row.integer(2)),
                         .month = utc_from_ms(row.integer(0)),
                         .at = utc_from_ms(row.integer(3)),
                         .amount = row.integer(4),
                         .estimated = row.integer(5)});
    }
    row.reset();
    return records;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<CounterRecord>> StoreReader::counter_readings(MeterId meter, UtcTime from, UtcTime to,
                                                                   std::size_t limit) {
  try {
    impl_->look_again();
    std::vector<CounterRecord> records;
    Statement& row = impl_->counters;
    row.with(to_ms(from), to_ms(to), impl_->number_of(impl_->site.node_of(meter)), std::uint64_t{limit});
    while (row.step()) records.push_back({meter, utc_from_ms(row.integer(0)), row.integer(1)});
    row.reset();
    return records;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::optional<CounterRecord>> StoreReader::counter_reading_at(MeterId meter, UtcTime at) {
  try {
    impl_->look_again();
    std::optional<CounterRecord> found;
    Statement& row = impl_->counter_before;
    row.with(to_ms(at), impl_->number_of(impl_->site.node_of(meter)));
    if (row.step()) found = {meter, utc_from_ms(row.integer(0)), row.integer(1)};
    row.reset();
    return found;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<Balance>> StoreReader::balance(NodeId node, UtcTime from, UtcTime to) {
  constexpr std::size_t most_days = 40'000;
  const auto& terms = impl_->site.node(node).terms;
  if (std::ranges::none_of(terms, [](const Node::Term& term) { return term.sign < 0; })) return std::vector<Balance>{};
  std::map<UtcTime, Balance> days;
  const auto own = history(node, WindowLength::day, from, to, most_days);
  if (!own) return std::unexpected(own.error());
  for (const WindowRecord& day : own->windows) days[day.start].unaccounted = day.amount;
  for (const Node::Term& term : terms) {
    if (term.sign < 0) continue;
    const auto supplied = history(term.source, WindowLength::day, from, to, most_days);
    if (!supplied) return std::unexpected(supplied.error());
    for (const WindowRecord& day : supplied->windows) days[day.start].supplied += day.amount;
  }
  std::vector<Balance> balances;
  for (auto& [start, day] : days) {
    day.day = start;
    balances.push_back(day);
  }
  return balances;
}

}  // namespace gateway
