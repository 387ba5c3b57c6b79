// The live picture: rates, amounts of today and of the month, the demand block under way, balances.
#include "collectors/aggregation/aggregator.hpp"
#include "collectors/aggregation/minutes.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

}  // namespace

void Aggregator::snapshot(TimeNow now, LiveSnapshot& out) {
  out.time = now.utc;
  out.made = now.monotonic;
  out.points.resize(points_.size());
  for (std::size_t i = 0; i < points_.size(); ++i) out.points[i] = {points_[i].seen ? points_[i].last : Reading{}};
  out.nodes.assign(site_->nodes.size(), NodeLive{});
  fill_rates(now, out.nodes);
  fill_amounts(now, out.nodes);
  fill_costs(now, out.nodes);
  fill_demand(now, out.nodes);
  fill_balances(out.nodes);
  const auto minute = minute_number(now.utc);
  if (!is_open(minute)) return;
  for (std::size_t n = fronts_.size(); n < out.nodes.size(); ++n)
    if (out.nodes[n].rate_known) row(minute)[n].sample(out.nodes[n].rate);
}

void Aggregator::fill_rates(TimeNow now, std::vector<NodeLive>& out) const {
  for (std::size_t i = 0; i < fronts_.size(); ++i) {
    const auto& front = fronts_[i];
    auto& live = out[i];
    const auto rate = backs_[i].rate_point;
    if (rate.valid() && points_[rate.index()].seen) {
      const auto& last = points_[rate.index()].last;
      // A rate older than the gap says nothing about now.
      live.rate_known = front.online && now.monotonic - last.time() <= front.gap();
      live.rate = live.rate_known ? last.as_gauge() : 0;
      live.oldest = last.time();
    }
    live.meters_online = front.online ? 1 : 0;
    live.counted = front.integrates ? backs_[i].integration_told : backs_[i].doubts.started;
  }
  for (std::size_t n = fronts_.size(); n < out.size(); ++n) {
    auto& live = out[n];
    live.oldest = now.monotonic;
    for (const auto& term : site_->nodes[n].terms) {
      const auto& source = out[term.source.index()];
      if (!source.rate_known) continue;
      live.rate += term.sign * source.rate;
      live.rate_known = true;
    }
    for (const auto meter : site_->nodes[n].meters) {
      live.meters_online += out[meter.index()].meters_online;
      live.counted |= out[meter.index()].counted;
      if (out[meter.index()].rate_known) live.oldest = std::min(live.oldest, out[meter.index()].oldest);
    }
  }
}

// Into scratch_, of every node: what its open minutes hold from `from` on.
void Aggregator::add_open_minutes(std::int64_t from) {
  for (std::size_t i = 0; i < fronts_.size(); ++i) scratch_[i] = from <= current_minute_ ? fronts_[i].amount : 0;
  for (auto minute = std::max(from, oldest_open_); minute < oldest_open_ + open_minutes_; ++minute)
    for (std::size_t i = 0; i < fronts_.size(); ++i) scratch_[i] += row(minute)[i].amount;
  for (std::size_t n = fronts_.size(); n < scratch_.size(); ++n) {
    scratch_[n] = 0;
    for (const auto& term : site_->nodes[n].terms) scratch_[n] += term.sign * scratch_[term.source.index()];
  }
}

void Aggregator::fill_amounts(TimeNow now, std::vector<NodeLive>& out) {
  for (const auto length : {WindowLength::day, WindowLength::month}) {
    const auto& window = level(length);
    // Between midnight and the closing of the day's last minute the open day is still yesterday.
    const bool is_now = now.utc < window.end;
    add_open_minutes(minute_number(is_now ? window.start : window.end));
    for (std::size_t n = 0; n < out.size(); ++n) {
      auto amount = scratch_[n];
      if (is_now)
        for (std::size_t l = 0; l < static_cast<std::size_t>(length); ++l) amount += levels_[l].nodes[n].amount;
      (length == WindowLength::day ? out[n].today : out[n].month) = amount;
    }
  }
}

// Of today, as fill_amounts(): what closed minutes cost, and the open ones at the price of each. Nothing of them is
// rounded away for good: they are priced once more when they close.
void Aggregator::fill_costs(TimeNow now, std::vector<NodeLive>& out) {
  const auto& day = level(WindowLength::day);
  const bool is_now = now.utc < day.end;
  const auto from = std::max(minute_number(is_now ? day.start : day.end), oldest_open_);
  std::ranges::fill(scratch_, std::int64_t{0});
  for (auto minute = from; minute < oldest_open_ + open_minutes_; ++minute)
    for (std::size_t i = 0; i < fronts_.size(); ++i) {
      const auto amount = row(minute)[i].amount + (minute == current_minute_ ? fronts_[i].amount : 0);
      if (amount == 0) continue;
      const auto& moment = tariffs_[static_cast<std::size_t>(site_->meters[i].utility)].at(minute_start(minute));
      if (moment.priced) scratch_[i] += cost_of(amount, moment.price);
    }
  for (std::size_t n = 0; n < out.size(); ++n) {
    for (const auto& term : site_->nodes[n].terms) scratch_[n] += term.sign * scratch_[term.source.index()];
    out[n].priced = tariffs_[static_cast<std::size_t>(site_->nodes[n].utility)].at(now.utc).priced;
    out[n].cost_today = scratch_[n];
    if (is_now)
      for (std::size_t l = 0; l < static_cast<std::size_t>(WindowLength::day); ++l)
        out[n].cost_today += levels_[l].nodes[n].cost;
  }
}

void Aggregator::fill_demand(TimeNow now, std::vector<NodeLive>& out) {
  const auto& quarter = level(WindowLength::quarter);
  const bool is_now = now.utc < quarter.end;
  const auto start = is_now ? quarter.start : quarter.end;
  add_open_minutes(minute_number(start));
  constexpr double w_seconds = 3.6;  // of a milliwatt-hour
  const double block = std::chrono::duration<double>(15min).count();
  const double passed = std::clamp(std::chrono::duration<double>(now.utc - start).count(), 0.0, block);
  // Until the month's last quarter hour is closed its highest is still last month's.
  const bool month_is_now = now.utc < level(WindowLength::month).end;
  for (std::size_t n = 0; n < out.size(); ++n) {
    auto& demand = out[n].demand;
    demand.block_start = start;
    demand.whole = opened_from_ <= start;
    demand.amount = scratch_[n] + (is_now ? quarter.nodes[n].amount : 0);
    const double used = static_cast<double>(demand.amount) * w_seconds;
    demand.so_far = passed >= 1 ? used / passed : out[n].rate;
    demand.forecast_known = out[n].rate_known;
    demand.forecast = demand.forecast_known ? (used + out[n].rate * (block - passed)) / block : demand.so_far;
    if (!month_is_now) continue;
    demand.month_max = demand_of(highest_[n].block);
    demand.sliding_max = demand_of(highest_[n].sliding);
    if (highest_[n].block > 0) demand.month_max_at = minute_start(highest_[n].block_minute);
    if (highest_[n].sliding > 0) demand.sliding_max_at = minute_start(highest_[n].sliding_minute);
  }
}

void Aggregator::fill_balances(std::vector<NodeLive>& out) const {
  for (std::size_t i = 0; i < balanced_.size(); ++i) {
    auto& live = out[balanced_[i].index()];
    live.last_day = last_balances_[i];
    live.balance_known = last_balances_[i].day != UtcTime{};
    live.balance_today.day = level(WindowLength::day).start;
    live.balance_today.unaccounted = live.today;
    for (const auto& term : site_->node(balanced_[i]).terms)
      if (term.sign > 0) live.balance_today.supplied += out[term.source.index()].today;
  }
}

}  // namespace gateway
