// Closing: minutes up the tree, into quarter hours, hours, days and months, with cost and demand; and amounts that
// arrive after their minutes are closed.
#include "collectors/aggregation/aggregator.hpp"
#include "collectors/aggregation/minutes.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds longest_by_minute = 24h;  // longer gaps are spread over quarters, hours, days and months only
constexpr std::size_t most_late_records =
    5000;  // a batch; a month's gap of a hundred meters must not fill the memory at once
// A quarter hour that was metered for longer happened twice on the wall clock: no demand.
constexpr std::int64_t longest_quarter_us = std::chrono::microseconds{15min + 5s}.count();

}  // namespace

void Aggregator::open_at(UtcTime now) {
  oldest_open_ = minute_number(now);
  opened_ = true;
  opened_from_ = now;
  demand_filled_ = 0;
  const auto month_before = level(WindowLength::month).start;
  for (auto& each : levels_) {
    each.start = site_->time->window_start(each.length, minute_start(oldest_open_));
    each.end = site_->time->window_end(each.length, each.start);
  }
  if (level(WindowLength::month).start != month_before) forget_month();
  counters_due_ = level(WindowLength::quarter).end;
  for (std::size_t u = 0; u < utility_count; ++u) part_moments_[u] = tariffs_[u].at(minute_start(oldest_open_));
}

// A reading or, of meters without a counter, the rate that its energy is made of.
MonotonicTime Aggregator::last_heard(std::size_t meter) const noexcept {
  if (!fronts_[meter].integrates) return fronts_[meter].counter.time;
  return points_[backs_[meter].rate_point.index()].last.time();
}

// Until the last reading the time is covered, but for what is known not to be; what comes after it is added late.
void Aggregator::cover_meters(std::int64_t minute) noexcept {
  auto& sums = row(minute);
  const auto begin = std::max(minute_start(minute), opened_from_), end = minute_start(minute + 1);
  for (std::size_t i = 0; i < fronts_.size(); ++i) {
    const bool heard = fronts_[i].integrates ? points_[backs_[i].rate_point.index()].seen : backs_[i].doubts.started;
    const auto until = heard ? std::clamp(utc(last_heard(i)), begin, end) : begin;
    const auto metered = std::chrono::floor<std::chrono::microseconds>(until - begin).count();
    const auto missing = std::int64_t{sums[i].covered} * 1000;
    sums[i].covered = static_cast<std::uint32_t>(std::max<std::int64_t>(0, metered - missing));
  }
}

// Into the row: amounts and covered time of nodes from their terms. Into scratch_: everybody's cost.
void Aggregator::add_up_nodes(std::int64_t minute) noexcept {
  auto& sums = row(minute);
  const std::size_t meters = fronts_.size();
  for (std::size_t i = 0; i < meters; ++i) {
    const auto& moment = part_moments_[static_cast<std::size_t>(site_->meters[i].utility)];
    scratch_[i] =
        sums[i].amount == 0 || !moment.priced ? 0 : cost_with_rest(sums[i].amount, moment.price, backs_[i].cost_rest);
  }
  for (std::size_t n = meters; n < sums.size(); ++n) {
    auto& sum = sums[n];
    scratch_[n] = 0;
    std::uint64_t covered = 0;
    for (const auto& term : site_->nodes[n].terms) {
      const auto source = term.source.index();
      sum.amount += term.sign * sums[source].amount;
      sum.estimated += term.sign * sums[source].estimated;
      scratch_[n] += term.sign * scratch_[source];
      covered += std::uint64_t{sums[source].covered} * weights_[source];
    }
    sum.covered = static_cast<std::uint32_t>(covered / weights_[n]);
  }
}

void Aggregator::add_to_demand(std::int64_t minute) {
  auto& oldest = demand_ring_[static_cast<std::size_t>(minute % demand_minutes)];
  const auto& sums = row(minute);
  demand_filled_ = std::min(demand_filled_ + 1, demand_minutes);
  for (std::size_t n = 0; n < sums.size(); ++n) {
    demand_sums_[n] += sums[n].amount - oldest[n];
    oldest[n] = sums[n].amount;
  }
  judge_sliding(minute);
}

// The 15 minutes that end with `minute`, the newest that is closed.
void Aggregator::judge_sliding(std::int64_t minute) noexcept {
  if (demand_filled_ < demand_minutes) return;
  for (std::size_t n = 0; n < demand_sums_.size(); ++n) {
    if (demand_sums_[n] <= highest_[n].sliding) continue;
    highest_[n].sliding = demand_sums_[n];
    highest_[n].sliding_minute = static_cast<std::uint32_t>(minute + 1 - demand_minutes);
    sliding_rose_[n] = 1;
  }
}

void Aggregator::close_minute(Batch& out) {
  const auto minute = oldest_open_;
  const auto start = minute_start(minute);
  auto& sums = row(minute);
  change_tariff(start, out);
  cover_meters(minute);
  add_up_nodes(minute);
  add_to_demand(minute);
  auto& quarter = levels_[0].nodes;
  for (std::size_t n = 0; n < sums.size(); ++n) {
    auto& sum = sums[n];
    Accumulator closed;
    closed.merge(sum, scratch_[n]);
    if (!closed.empty()) {  // a difference of nothing may still have a cost: its terms' rests fall at different times
      out.windows.push_back(closed.record(NodeId{n}, WindowLength::minute, start));
      quarter[n].merge(closed);
      parts_[n].amount += sum.amount;
      parts_[n].cost += scratch_[n];
    }
    sum = {};
  }
  ++oldest_open_;
  const auto now = minute_start(oldest_open_);
  std::size_t closing = 0;
  for (std::size_t l = 0; l < level_count; ++l)
    if (now >= levels_[l].end) closing = l + 1;
  if (closing > 1)  // every hour, so that the store is at most so far behind
    for (std::size_t u = 0; u < utility_count; ++u) tell_tariff(static_cast<Utility>(u), out);
  close_levels(closing, out);
  for (std::size_t l = 0; l < closing; ++l) {
    levels_[l].start = site_->time->window_start(levels_[l].length, now);
    levels_[l].end = site_->time->window_end(levels_[l].length, levels_[l].start);
  }
  if (closing == level_count) forget_month();
}

// The shortest `closing` of the levels, each into the next longer one.
void Aggregator::close_levels(std::size_t closing, Batch& out) {
  if (closing == 0) return;
  judge_blocks();
  tell_sliding(out);
  if (closing > 1) tell_ignored();
  for (std::size_t l = 0; l < closing; ++l) {
    auto& closed = levels_[l];
    if (closed.length == WindowLength::day) close_balances();
    for (std::size_t n = 0; n < closed.nodes.size(); ++n) {
      auto& sum = closed.nodes[n];
      if (sum.empty()) continue;
      out.windows.push_back(sum.record(NodeId{n}, closed.length, closed.start));
      if (l + 1 < level_count) levels_[l + 1].nodes[n].merge(sum);
      sum = {};
    }
  }
}

// Before the clock goes on elsewhere. Windows that hold the new time too stay open, so that today and this month go on.
void Aggregator::close_everything(UtcTime now, Batch& out) {
  for (std::int64_t i = 0; i < open_minutes_; ++i) close_minute(out);
  for (std::size_t u = 0; u < utility_count; ++u) tell_tariff(static_cast<Utility>(u), out);
  std::size_t closing = 0;
  while (closing < level_count && (now < levels_[closing].start || now >= levels_[closing].end)) ++closing;
  close_levels(closing, out);
}

// A month's demand is of 15 minutes within it.
void Aggregator::forget_month() noexcept {
  std::ranges::fill(highest_, HighestDemand{});
  std::ranges::fill(sliding_rose_, std::uint8_t{0});
  demand_filled_ = 0;
}

void Aggregator::judge_blocks() {
  const auto& quarter = levels_[0];
  for (std::size_t n = 0; n < quarter.nodes.size(); ++n) {
    const auto& sum = quarter.nodes[n];
    if (sum.amount <= highest_[n].block || sum.covered_us > longest_quarter_us) continue;
    highest_[n].block = sum.amount;
    highest_[n].block_minute = static_cast<std::uint32_t>(minute_number(quarter.start));
  }
}

void Aggregator::tell_sliding(Batch& out) {
  for (std::size_t n = 0; n < sliding_rose_.size(); ++n) {
    if (sliding_rose_[n] == 0) continue;
    sliding_rose_[n] = 0;
    out.demands.push_back({.node = NodeId{n},
                           .kind = DemandKind::sliding,
                           .month = level(WindowLength::month).start,
                           .at = minute_start(highest_[n].sliding_minute),
                           .amount = highest_[n].sliding});
  }
}

// Readings that were ignored, once an hour: they may be many.
void Aggregator::tell_ignored() {
  const auto& hour = level(WindowLength::hour);
  const auto at = std::min(hour.end, minute_start(oldest_open_));
  for (std::size_t i = 0; i < backs_.size(); ++i) {
    auto& back = backs_[i];
    const auto tell = [&](QualityKind kind, std::uint16_t& count) {
      if (count == 0) return;
      const auto reading = fronts_[i].counter.reading;
      quality_.push_back({static_cast<std::uint32_t>(i), kind, at, reading, reading, count, hour.start, at});
      count = 0;
    };
    tell(QualityKind::duplicate, back.duplicates);
    tell(QualityKind::late, back.late);
  }
}

void Aggregator::close_balances() {
  const auto& day = level(WindowLength::day);
  for (std::size_t i = 0; i < balanced_.size(); ++i) {
    Balance balance{.day = day.start, .unaccounted = day.nodes[balanced_[i].index()].amount};
    for (const auto& term : site_->node(balanced_[i]).terms)
      if (term.sign > 0) balance.supplied += day.nodes[term.source.index()].amount;
    last_balances_[i] = balance;
  }
}

// A sub-meter that was silent over midnight: what it used before belongs to the day that was judged without it.
void Aggregator::mend_balances(std::uint32_t meter, UtcTime day, std::int64_t amount) noexcept {
  for (std::size_t i = 0; i < balanced_.size(); ++i) {
    auto& balance = last_balances_[i];
    if (balance.day != day) continue;
    for (const auto node : above(meter)) {
      const auto part = node.coefficient() * amount;
      if (node.node() == balanced_[i].index()) balance.unaccounted += part;
      for (const auto& term : site_->node(balanced_[i]).terms)
        if (term.sign > 0 && term.source.index() == node.node()) balance.supplied += part;
    }
  }
}

// Whatever the closed minutes were of, the next one may be of another band or price, or end the working day.
void Aggregator::change_tariff(UtcTime minute, Batch& out) {
  for (std::size_t u = 0; u < utility_count; ++u) {
    const auto& moment = tariffs_[u].at(minute);
    if (moment == part_moments_[u]) continue;
    tell_tariff(static_cast<Utility>(u), out);
    part_moments_[u] = moment;
  }
}

void Aggregator::tell_tariff(Utility utility, Batch& out) {
  const auto& moment = part_moments_[static_cast<std::size_t>(utility)];
  for (std::size_t n = 0; n < parts_.size(); ++n) {
    auto& part = parts_[n];
    if (site_->nodes[n].utility != utility || (part.amount == 0 && part.cost == 0)) continue;
    for (const auto length : {WindowLength::day, WindowLength::month})
      out.tariffs.push_back({NodeId{n}, length, level(length).start, moment.band, moment.priced, moment.off_hours,
                             part.amount, part.cost});
    part = {};
  }
}

void Aggregator::work_off_spreads(Batch& out) {
  if (spreads_.empty()) return;
  while (!spreads_.empty() && out.windows.size() < most_late_records) {
    auto& spread = spreads_.back();
    const auto quarter_end =
        site_->time->window_end(WindowLength::quarter, site_->time->window_start(WindowLength::quarter, spread.at));
    const auto end = std::min(spread.to, quarter_end);
    const bool minutes_too = spread.to - spread.from <= longest_by_minute;
    auto& tariff = tariffs_[static_cast<std::size_t>(site_->meters[spread.meter].utility)];
    Piece whole, part;  // of the quarter hour, and of its minutes of one tariff
    auto part_at = spread.at;
    auto moment = tariff.at(spread.at);
    std::int64_t done = share_before(spread.at, spread.from, spread.to, spread.amount);
    const auto add = [](Piece& to, const Piece& piece) {
      to.amount += piece.amount;
      to.cost += piece.cost;
      to.covered_us += piece.covered_us;
    };
    for (auto at = spread.at; at < end;) {
      const auto next = std::min(end, minute_start(minute_number(at) + 1));
      const auto until = share_before(next, spread.from, spread.to, spread.amount);
      if (const auto& of_minute = tariff.at(at); of_minute != moment) {
        late_tariff(spread, part_at, moment, part, out);
        part = {};
        part_at = at;
        moment = of_minute;
      }
      Piece piece{.amount = until - done};
      if (moment.priced) piece.cost = cost_with_rest(piece.amount, moment.price, backs_[spread.meter].cost_rest);
      if (spread.metered) piece.covered_us = std::chrono::floor<std::chrono::microseconds>(next - at).count();
      if (minutes_too) late_minute(spread, minute_number(at), piece, out);
      add(part, piece);
      add(whole, piece);
      done = until;
      at = next;
    }
    late_tariff(spread, part_at, moment, part, out);
    late_windows(spread, spread.at, whole, out);
    spread.at = end;
    if (spread.at >= spread.to) spreads_.pop_back();
  }
  judge_sliding(oldest_open_ - 1);  // once more: the newest minutes may have got more
}

Accumulator Aggregator::part_of(const Spread& spread, const Above& node, const Piece& piece) const noexcept {
  Accumulator part;
  part.amount = node.coefficient() * piece.amount;
  part.estimated = spread.estimated ? part.amount : 0;
  part.cost = node.coefficient() * piece.cost;
  part.covered_us = static_cast<std::int64_t>(node.times()) * piece.covered_us / weights_[node.node()];
  return part;
}

void Aggregator::late_minute(const Spread& spread, std::int64_t minute, const Piece& piece, Batch& out) {
  if (piece.empty()) return;
  const bool in_ring = minute < oldest_open_ && minute >= oldest_open_ - demand_filled_;
  for (const auto node : above(spread.meter)) {
    const auto part = part_of(spread, node, piece);
    if (!part.empty())
      out.windows.push_back(part.record(NodeId{node.node()}, WindowLength::minute, minute_start(minute)));
    if (!in_ring) continue;
    demand_ring_[static_cast<std::size_t>(minute % demand_minutes)][node.node()] += part.amount;
    demand_sums_[node.node()] += part.amount;
  }
}

// Into the shortest window that is still open; a record for each that is closed.
void Aggregator::late_windows(const Spread& spread, UtcTime at, const Piece& piece, Batch& out) {
  if (piece.empty()) return;
  for (auto& each : levels_) {
    const bool open = at >= each.start && at < each.end;
    const auto start = open ? each.start : site_->time->window_start(each.length, at);
    if (!open && each.length == WindowLength::day) mend_balances(spread.meter, start, piece.amount);
    for (const auto node : above(spread.meter)) {
      const auto part = part_of(spread, node, piece);
      if (open) {
        each.nodes[node.node()].merge(part);
      } else if (!part.empty()) {
        out.windows.push_back(part.record(NodeId{node.node()}, each.length, start));
      }
    }
    if (open) return;
  }
}

void Aggregator::late_tariff(const Spread& spread, UtcTime at, const TariffMoment& moment, const Piece& piece,
                             Batch& out) const {
  if (piece.amount == 0 && piece.cost == 0) return;
  for (const auto length : {WindowLength::day, WindowLength::month}) {
    const auto& open = level(length);
    const auto start = at >= open.start && at < open.end ? open.start : site_->time->window_start(length, at);
    for (const auto node : above(spread.meter))
      if (node.coefficient() != 0)
        out.tariffs.push_back({NodeId{node.node()}, length, start, moment.band, moment.priced, moment.off_hours,
                               node.coefficient() * piece.amount, node.coefficient() * piece.cost});
  }
}

}  // namespace gateway
