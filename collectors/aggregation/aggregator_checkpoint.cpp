// What a restart needs. Everything is written by name and in UTC, because numbers belong to one loaded site and the
// monotonic clock begins anew with every boot.
#include <map>
#include <string>

#include "collectors/aggregation/aggregator.hpp"
#include "collectors/aggregation/checkpoint_stream.hpp"
#include "collectors/aggregation/minutes.hpp"

namespace gateway {
namespace {

constexpr std::uint32_t magic = 0x32414743;  // "CGA2"

void pass_rate(auto& stream, auto& sum) {
  stream(sum.samples);
  if (sum.samples > 0) stream(sum.rate);
}
void pass_minute(auto& stream, auto& sum) {
  stream(sum.amount, sum.estimated, sum.covered);
  pass_rate(stream, sum);
}
void pass_window(auto& stream, auto& sum) {
  stream(sum.amount, sum.estimated, sum.cost, sum.covered_us);
  pass_rate(stream, sum);
}
void pass_doubts(auto& stream, auto& doubts) {
  stream(doubts.started, doubts.candidate_seen, doubts.has_former, doubts.below);
  if (doubts.candidate_seen > 0)
    stream(doubts.candidate_time, doubts.candidate, doubts.candidate_last_time, doubts.candidate_last);
  if (doubts.has_former) stream(doubts.former_time, doubts.former, doubts.former_base);
}

}  // namespace

template <class Stream, class Self>
void Aggregator::pass_frame(Stream& stream, Self& self) {
  stream(self.oldest_open_, self.demand_filled_, self.opened_, self.opened_from_, self.counters_due_);
  for (auto& each : self.levels_) stream(each.start, each.end);
  for (auto& moment : self.part_moments_) stream(moment.price, moment.band, moment.priced, moment.off_hours);
}

template <class Stream, class Front, class Back>
void Aggregator::pass_meter(Stream& stream, Front& front, Back& back) {
  pass_doubts(stream, back.doubts);
  stream(front.counter.time, front.counter.reading, back.cost_rest, back.integral_rest, back.duplicates, back.late,
         back.integration_told);
}

void Aggregator::checkpoint(std::vector<std::byte>& out) const {
  CheckpointWriter to(out, offset_);
  to(magic, boot_id_, offset_, open_minutes_);
  pass_frame(to, *this);
  to(std::uint64_t{backs_.size()});
  for (std::size_t i = 0; i < backs_.size(); ++i) {
    to(site_->meters[i].id);
    pass_meter(to, fronts_[i], backs_[i]);
  }
  to(std::uint64_t{site_->nodes.size()});
  for (std::size_t n = 0; n < site_->nodes.size(); ++n) {
    to(site_->nodes[n].name, site_->nodes[n].utility);
    for (const auto& each : levels_) pass_window(to, each.nodes[n]);
    for (auto minute = oldest_open_; minute < oldest_open_ + open_minutes_; ++minute) {
      auto sum = row(minute)[n];
      if (n < fronts_.size() && minute == current_minute_) {
        sum.amount += fronts_[n].amount;
        sum.rate.merge(fronts_[n].rate);
        sum.samples += fronts_[n].samples;
      }
      pass_minute(to, sum);
    }
    for (auto minute = oldest_open_ - demand_filled_; minute < oldest_open_; ++minute)
      to(demand_ring_[static_cast<std::size_t>(minute % demand_minutes)][n]);
    const auto& highest = highest_[n];
    to(parts_[n].amount, parts_[n].cost, highest.block, highest.sliding, highest.block_minute, highest.sliding_minute,
       sliding_rose_[n]);
  }
  to(std::uint64_t{balanced_.size()});
  for (std::size_t i = 0; i < balanced_.size(); ++i)
    to(site_->node(balanced_[i]).name, site_->node(balanced_[i]).utility, last_balances_[i].day,
       last_balances_[i].supplied, last_balances_[i].unaccounted);
  to(std::uint64_t{spreads_.size()});
  for (const auto& spread : spreads_)
    to(site_->meters[spread.meter].id, spread.from, spread.to, spread.at, spread.amount, spread.estimated,
       spread.metered);
}

void Aggregator::restore_node(CheckpointReader& from, std::int64_t open_minutes) {
  std::string name;
  Utility utility{};
  from(name, utility);
  const auto node = site_->node_named(name, utility);
  const auto n = node ? node->index() : 0;
  for (auto& each : levels_) {
    Accumulator sum;
    pass_window(from, sum);
    if (node) each.nodes[n] = sum;
  }
  for (std::int64_t i = 0; i < open_minutes && !from.broken(); ++i) {
    MinuteSum sum;
    pass_minute(from, sum);
    if (!node) continue;
    // A site whose meters are polled faster now has fewer minutes open.
    auto& into = row(oldest_open_ + std::min(i, open_minutes_ - 1))[n];
    into.amount += sum.amount;
    into.estimated += sum.estimated;
    into.covered += sum.covered;
    into.rate.merge(sum.rate);
    into.samples += sum.samples;
  }
  for (auto minute = oldest_open_ - demand_filled_; minute < oldest_open_; ++minute) {
    std::int64_t amount = 0;
    from(amount);
    if (!node) continue;
    demand_ring_[static_cast<std::size_t>(minute % demand_minutes)][n] = amount;
    demand_sums_[n] += amount;
  }
  TariffPart part;
  HighestDemand highest;
  std::uint8_t rose = 0;
  from(part.amount, part.cost, highest.block, highest.sliding, highest.block_minute, highest.sliding_minute, rose);
  if (!node) return;
  parts_[n] = part;
  highest_[n] = highest;
  sliding_rose_[n] = rose;
}

bool Aggregator::restore_into_empty(CheckpointReader& from, TimeNow now) {
  std::uint32_t found_magic = 0;
  std::string boot_id;
  std::chrono::nanoseconds old_offset{};
  std::int64_t open_minutes = 0;
  from(found_magic, boot_id, old_offset, open_minutes);
  if (found_magic != magic || open_minutes < 0 || open_minutes > 1'000) return false;
  offset_ = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  const bool same_boot = boot_id == boot_id_ && !boot_id_.empty();
  from.use_clock(same_boot ? old_offset : offset_, now.monotonic);
  pass_frame(from, *this);
  if (from.broken() || oldest_open_ < demand_minutes || demand_filled_ < 0 || demand_filled_ > demand_minutes)
    return false;

  std::map<std::string, std::uint32_t, std::less<>> meter_named;
  for (std::size_t i = 0; i < site_->meters.size(); ++i)
    meter_named[site_->meters[i].id] = static_cast<std::uint32_t>(i);
  std::string name;
  for (auto left = from.count(); left > 0 && !from.broken(); --left) {
    from(name);
    const auto found = meter_named.find(name);
    MeterFront unknown_front;
    MeterBack unknown_back;
    const bool known = found != meter_named.end();
    auto& front = known ? fronts_[found->second] : unknown_front;
    auto& back = known ? backs_[found->second] : unknown_back;
    pass_meter(from, front, back);
    front.settled = back.doubts.settled();
  }
  for (auto left = from.count(); left > 0 && !from.broken(); --left) restore_node(from, open_minutes);
  for (auto left = from.count(); left > 0 && !from.broken(); --left) {
    Utility utility{};
    Balance balance;
    from(name, utility, balance.day, balance.supplied, balance.unaccounted);
    const auto node = site_->node_named(name, utility);
    for (std::size_t i = 0; node && i < balanced_.size(); ++i)
      if (balanced_[i] == *node) last_balances_[i] = balance;
  }
  for (auto left = from.count(); left > 0 && !from.broken(); --left) {
    Spread spread;
    from(name, spread.from, spread.to, spread.at, spread.amount, spread.estimated, spread.metered);
    const auto found = meter_named.find(name);
    if (found == meter_named.end()) continue;
    spread.meter = found->second;
    spreads_.push_back(spread);
  }
  set_current(now);
  return from.whole();
}

Expected<void> Aggregator::restore(std::span<const std::byte> checkpoint, TimeNow now) {
  Aggregator fresh(*site_, boot_id_);
  CheckpointReader from(checkpoint);
  if (!fresh.restore_into_empty(from, now))
    return failure(std::errc::invalid_argument, "not an aggregator's checkpoint, or damaged");
  *this = std::move(fresh);
  return {};
}

}  // namespace gateway
