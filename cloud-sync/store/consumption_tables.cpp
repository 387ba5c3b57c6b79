#include "cloud-sync/store/consumption_tables.hpp"

#include <algorithm>
#include <tuple>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A quarter hour that was metered for longer happened twice on the wall clock: its amount says nothing of demand.
constexpr std::chrono::microseconds longest_quarter = 15min + 5s;
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t demand_minutes = 15;
// How the band of an amount is written that had no price.
constexpr int unpriced = static_cast<int>(band_count);
// A commit must not take long: so many at a time.
constexpr std::int64_t most_windows_forgotten = 2000;
constexpr int most_days_thinned = 30;  // that had nothing to forget: of an earlier start

}  // namespace

ConsumptionTables::ConsumptionTables(Database& database, const Site& site) : database_(database), site_(site) {
  // Additive (docs/decisions.md 3). A part without samples has no minimum and no maximum to give.
  merge_window_ = database.prepare(R"sql(
INSERT INTO consumption(window, start_ms, node, amount, estimated, rate_sum, rate_min, rate_max, samples, parts, cost,
  covered_us)
VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?11)
ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, estimated = estimated + excluded.estimated,
  rate_sum = rate_sum + excluded.rate_sum,
  rate_min = CASE WHEN samples = 0 THEN excluded.rate_min WHEN excluded.samples = 0 THEN rate_min
    ELSE min(rate_min, excluded.rate_min) END,
  rate_max = CASE WHEN samples = 0 THEN excluded.rate_max WHEN excluded.samples = 0 THEN rate_max
    ELSE max(rate_max, excluded.rate_max) END,
  samples = samples + excluded.samples, parts = parts + 1, cost = cost + excluded.cost,
  covered_us = covered_us + excluded.covered_us
RETURNING amount, estimated, rate_sum, rate_min, rate_max, samples, parts, cost, covered_us)sql");
  merge_tariff_ = database.prepare(R"sql(
INSERT INTO tariff_part(window, start_ms, node, band, off_hours, amount, cost) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, cost = cost + excluded.cost)sql");
  find_parts_ = database.prepare(
      "SELECT band, off_hours, amount, cost FROM tariff_part WHERE window = ?1 AND start_ms = ?2 AND node = ?3");
  find_demand_ = database.prepare("SELECT at_ms, amount FROM demand WHERE month_ms = ?1 AND node = ?2 AND kind = ?3");
  replace_demand_ = database.prepare(
      "INSERT OR REPLACE INTO demand(month_ms, node, kind, at_ms, amount, estimated) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  highest_block_ = database.prepare(
      "SELECT start_ms, amount, estimated FROM consumption WHERE window = ?1 AND start_ms >= ?2 AND start_ms < ?3 "
      "AND node = ?4 AND covered_us <= ?5 ORDER BY amount DESC, start_ms LIMIT 1");
  find_minute_ = database.prepare(
      "SELECT amount, estimated, covered_us FROM consumption WHERE window = 0 AND start_ms = ?1 AND node = ?2");
  keep_counter_ = database.prepare("INSERT OR IGNORE INTO counter_reading(at_ms, meter, reading) VALUES(?1, ?2, ?3)");
  forget_windows_ = database.prepare(
      "DELETE FROM consumption WHERE (window, start_ms, node) IN (SELECT window, start_ms, node FROM consumption WHERE "
      "window = ?1 AND start_ms < ?2 ORDER BY start_ms, node LIMIT ?3)");
  thin_counters_ = database.prepare(
      "DELETE FROM counter_reading WHERE (at_ms, meter) IN (SELECT at_ms, meter FROM counter_reading WHERE at_ms >= ?1 "
      "AND at_ms < ?2 AND (at_ms, meter) NOT IN (SELECT max(at_ms), meter FROM counter_reading WHERE at_ms >= ?1 AND "
      "at_ms < ?2 GROUP BY meter) LIMIT ?3)");
}

void ConsumptionTables::settle() {
  Statement insert = database_.prepare("INSERT OR IGNORE INTO node(name, utility) VALUES(?1, ?2)");
  Statement find = database_.prepare("SELECT id FROM node WHERE name = ?1 AND utility = ?2");
  for (const Node& node : site_.nodes) {
    insert.run(node.name, static_cast<int>(node.utility));
    numbers_.push_back(find.with(node.name, static_cast<int>(node.utility)).step() ? find.integer(0) : 0);
    find.reset();
  }
}

void ConsumptionTables::put(const Batch& batch, LineEncoder& encoder) {
  put_windows(batch.windows, encoder);
  put_tariffs(batch.tariffs, encoder);
  for (const DemandRecord& demand : batch.demands) put_demand(demand, encoder);
  for (const CounterRecord& counter : batch.counters) put_counter(counter);
}

void ConsumptionTables::put_windows(const std::vector<WindowRecord>& windows, LineEncoder& encoder) {
  merged_ = windows;
  const auto key = [](const WindowRecord& w) { return std::tuple{w.length, w.start, w.node}; };
  std::ranges::stable_sort(merged_, {}, key);
  // Several parts of one window in one batch become one, so that it is written and sent once.
  std::size_t last = 0;
  for (std::size_t i = 1; i < merged_.size(); ++i) {
    if (key(merged_[i]) != key(merged_[last])) {
      merged_[++last] = merged_[i];
      continue;
    }
    WindowRecord& into = merged_[last];
    const WindowRecord& part = merged_[i];
    into.amount += part.amount;
    into.estimated += part.estimated;
    into.rate_sum += part.rate_sum;
    if (part.samples > 0) {
      into.rate_min = into.samples > 0 ? std::min(into.rate_min, part.rate_min) : part.rate_min;
      into.rate_max = into.samples > 0 ? std::max(into.rate_max, part.rate_max) : part.rate_max;
    }
    into.samples += part.samples;
    into.cost += part.cost;
    into.covered += part.covered;
  }
  if (!merged_.empty()) merged_.resize(last + 1);
  late_.clear();
  const auto minute_of = [](const WindowRecord& window) { return to_ms(window.start) / minute_ms; };
  for (const WindowRecord& window : merged_)
    if (window.length == WindowLength::minute) newest_minute_ = std::max(newest_minute_, minute_of(window));
  for (WindowRecord& window : merged_) {
    if (window.length == WindowLength::minute && window.amount > 0 && minute_of(window) < newest_minute_)
      late_.emplace_back(window.node, minute_of(window));
    put_window(window, encoder);
  }
  judge_late_minutes(encoder);
}

// The core judges 15 minutes as they end and has forgotten them soon after; what comes late is added up again here,
// where the minutes are kept. So the month's highest is the same whatever came when. It only rises: what a correction
// takes away is not looked for in the whole month.
void ConsumptionTables::judge_late_minutes(LineEncoder& encoder) {
  std::ranges::sort(late_, {}, [](const auto& late) { return std::pair{late.first.index(), late.second}; });
  for (std::size_t i = 0; i < late_.size();) {
    const auto [node, first] = late_[i];
    auto last = first;
    // As one stretch, when the 15 minutes around two of them overlap.
    for (++i; i < late_.size() && late_[i].first == node && late_[i].second - last < 2 * demand_minutes; ++i)
      last = late_[i].second;
    judge_sliding(node, first, last, encoder);
  }
}

// All 15 minutes that hold one of the minutes from `first` to `last`.
void ConsumptionTables::judge_sliding(NodeId node, std::int64_t first, std::int64_t last, LineEncoder& encoder) {
  struct Minute {
    std::int64_t amount = 0;
    std::int64_t estimated = 0;
    std::int64_t covered_us = 0;
  };
  const auto begin = first - (demand_minutes - 1), end = last + demand_minutes;
  std::vector<Minute> minutes(static_cast<std::size_t>(end - begin));
  for (auto at = begin; at < end; ++at) {
    find_minute_.with(at * minute_ms, number(node));
    if (find_minute_.step())
      minutes[static_cast<std::size_t>(at - begin)] = {find_minute_.integer(0), find_minute_.integer(1),
                                                       find_minute_.integer(2)};
    find_minute_.reset();
  }
  Minute sum;
  DemandRecord highest{.node = node, .kind = DemandKind::sliding};
  const auto tell = [&] {
    if (highest.amount > 0) put_demand(highest, encoder);
    highest.amount = 0;
  };
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    const auto add = [&](const Minute& minute, int sign) {
      sum.amount += sign * minute.amount;
      sum.estimated += sign * minute.estimated;
      sum.covered_us += sign * minute.covered_us;
    };
    add(minutes[i], 1);
    if (i >= demand_minutes) add(minutes[i - demand_minutes], -1);
    if (i + 1 < demand_minutes || sum.amount <= highest.amount || sum.covered_us > longest_quarter.count()) continue;
    const auto at = utc_from_ms((begin + static_cast<std::int64_t>(i) + 1 - demand_minutes) * minute_ms);
    const auto month = site_.time->window_start(WindowLength::month, at);
    if (month != site_.time->window_start(WindowLength::month, at + 14min)) continue;  // of 15 minutes within it
    if (month != highest.month) tell();
    highest.month = month;
    highest.at = at;
    highest.amount = sum.amount;
    highest.estimated = sum.estimated;
  }
  tell();
}

void ConsumptionTables::put_window(WindowRecord& window, LineEncoder& encoder) {
  const std::uint32_t added = window.samples;
  Statement& row = merge_window_;
  row.with(static_cast<int>(window.length), to_ms(window.start), number(window.node), window.amount, window.estimated,
           window.rate_sum, window.rate_min, window.rate_max, window.samples, window.cost,
           std::int64_t{window.covered.count()});
  if (!row.step()) return;
  window.amount = row.integer(0);
  window.estimated = row.integer(1);
  window.rate_sum = row.real(2);
  window.rate_min = row.real(3);
  window.rate_max = row.real(4);
  window.samples = static_cast<std::uint32_t>(row.integer(5));
  const bool sent_before = row.integer(6) > 1;
  window.cost = row.integer(7);
  window.covered = std::chrono::microseconds{row.integer(8)};
  while (row.step()) {
  }
  row.reset();
  encoder.add_window(window, sent_before ? std::optional{window.samples - added} : std::nullopt);
  if (window.length == WindowLength::quarter) judge_block(window, sent_before, encoder);
}

// The month's highest block is the highest of its quarter hours as they stand now, late amounts and corrections
// included.
void ConsumptionTables::judge_block(const WindowRecord& quarter, bool seen_before, LineEncoder& encoder) {
  const UtcTime month = site_.time->window_start(WindowLength::month, quarter.start);
  const auto node = number(quarter.node);
  constexpr int kind = static_cast<int>(DemandKind::block);
  const bool counts = quarter.covered <= longest_quarter;
  if (seen_before) {
    find_demand_.with(to_ms(month), node, kind);
    const bool is_highest = find_demand_.step() && find_demand_.integer(0) == to_ms(quarter.start);
    const bool falls = is_highest && (!counts || quarter.amount < find_demand_.integer(1));
    find_demand_.reset();
    if (falls) {
      highest_block_.with(static_cast<int>(WindowLength::quarter), to_ms(month),
                          to_ms(site_.time->window_end(WindowLength::month, month)), node,
                          std::int64_t{longest_quarter.count()});
      if (highest_block_.step()) {
        replace_demand_.run(to_ms(month), node, kind, highest_block_.integer(0), highest_block_.integer(1),
                            highest_block_.integer(2));
        encoder.add_demand({.node = quarter.node,
                            .kind = DemandKind::block,
                            .month = month,
                            .at = utc_from_ms(highest_block_.integer(0)),
                            .amount = highest_block_.integer(1)},
                           true);
      }
      highest_block_.reset();
      return;
    }
  }
  if (counts && quarter.amount > 0)
    put_demand({.node = quarter.node,
                .kind = DemandKind::block,
                .month = month,
                .at = quarter.start,
                .amount = quarter.amount,
                .estimated = quarter.estimated},
               encoder);
}

LineEncoder::Parts ConsumptionTables::parts_of(const TariffRecord& window) {
  LineEncoder::Parts parts{.node = window.node, .length = window.length, .start = window.start};
  find_parts_.with(static_cast<int>(window.length), to_ms(window.start), number(window.node));
  const auto add = [&](LineEncoder::Parts::BandSum& sum) {
    sum.present = true;
    sum.amount += find_parts_.integer(2);
    sum.cost += find_parts_.integer(3);
  };
  while (find_parts_.step()) {
    if (const auto band = find_parts_.integer(0); band >= 0 && band < unpriced)
      add(parts.bands[static_cast<std::size_t>(band)]);
    if (find_parts_.integer(1) != 0) add(parts.off_hours);
  }
  find_parts_.reset();
  return parts;
}

// One line a window, however many of its parts have changed.
void ConsumptionTables::put_tariffs(const std::vector<TariffRecord>& parts, LineEncoder& encoder) {
  const auto key = [](const TariffRecord& part) { return std::tuple{part.length, part.start, part.node}; };
  parts_ = parts;
  std::ranges::stable_sort(parts_, {}, key);
  for (std::size_t i = 0; i < parts_.size();) {
    const TariffRecord& first = parts_[i];
    const auto before = parts_of(first);
    for (; i < parts_.size() && key(parts_[i]) == key(first); ++i) {
      const auto& part = parts_[i];
      merge_tariff_.run(static_cast<int>(part.length), to_ms(part.start), number(part.node),
                        part.priced ? static_cast<int>(part.band) : unpriced, part.off_hours ? 1 : 0, part.amount,
                        part.cost);
    }
    auto now = parts_of(first);
    for (std::size_t band = 0; band < band_count; ++band) now.bands[band].sent_before = before.bands[band].present;
    now.off_hours.sent_before = before.off_hours.present;
    encoder.add_parts(now);
  }
}

void ConsumptionTables::put_demand(const DemandRecord& demand, LineEncoder& encoder) {
  const auto node = number(demand.node);
  find_demand_.with(to_ms(demand.month), node, static_cast<int>(demand.kind));
  const bool known = find_demand_.step();
  const bool higher = !known || demand.amount > find_demand_.integer(1);
  find_demand_.reset();
  if (!higher) return;
  replace_demand_.run(to_ms(demand.month), node, static_cast<int>(demand.kind), to_ms(demand.at), demand.amount,
                      demand.estimated);
  encoder.add_demand(demand, known);
}

void ConsumptionTables::put_counter(const CounterRecord& counter) {
  keep_counter_.run(to_ms(counter.at), number(site_.node_of(counter.meter)), counter.reading);
}

bool ConsumptionTables::forget(UtcTime minutes, UtcTime quarters) {
  bool more = thin_counters(quarters);
  for (const auto& [length, before] :
       {std::pair{WindowLength::minute, minutes}, std::pair{WindowLength::quarter, quarters}}) {
    forget_windows_.run(static_cast<int>(length), to_ms(before), most_windows_forgotten);
    more = more || database_.changes() == most_windows_forgotten;
  }
  return more;
}

bool ConsumptionTables::thin_counters(UtcTime before) {
  if (!thinned_up_to_) {
    const auto oldest = database_.number("SELECT min(at_ms) FROM counter_reading");
    if (oldest == 0) return false;
    thinned_up_to_ = site_.time->window_start(WindowLength::day, utc_from_ms(oldest));
  }
  for (int days = 0; days < most_days_thinned; ++days) {
    const auto next = site_.time->window_end(WindowLength::day, *thinned_up_to_);
    if (next > before) return false;
    thin_counters_.run(to_ms(*thinned_up_to_), to_ms(next), most_windows_forgotten);
    const auto gone = database_.changes();
    if (gone == most_windows_forgotten) return true;
    thinned_up_to_ = next;
    if (gone > 0) return true;
  }
  return true;
}

}  // namespace gateway
