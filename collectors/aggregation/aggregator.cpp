#include "collectors/aggregation/aggregator.hpp"

#include <cmath>

#include "core/proportion.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds step_tolerance = 2s;      // more than slewing ever moves the offset between two calls
constexpr nanoseconds longest_by_minute = 24h;  // longer gaps are spread over quarters, hours and days only
constexpr std::size_t most_late_records =
    5000;  // a batch; a month's gap of a hundred meters must not fill the memory at once

std::int64_t minute_number(UtcTime time) noexcept {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}
UtcTime minute_start(std::int64_t minute) noexcept { return UtcTime{std::chrono::minutes{minute}}; }

// What of `amount`, spread evenly over [from, to), lies before `at`. Cumulative, so that parts cut at any instants add
// up to the whole.
std::int64_t share_before(UtcTime at, UtcTime from, UtcTime to, std::int64_t amount) noexcept {
  if (at >= to) return amount;
  if (at <= from) return 0;
  return proportion(amount, (at - from).count(), (to - from).count());
}

}  // namespace

Aggregator::Aggregator(const Site& site, std::string boot_id)
    : site_(site), boot_id_(std::move(boot_id)), points_(site.points.size()), meters_(site.meters.size()) {
  nanoseconds slowest = 1s;
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    const auto& meter = site.meters[i];
    auto& state = meters_[i];
    const auto counter = site.point_of(MeterId{i}, counter_of(meter.utility));
    const auto rate = site.point_of(MeterId{i}, rate_of(meter.utility));
    const auto online = site.point_of(MeterId{i}, Quantity::online);
    const auto assign = [&](PointId point, Role role) {
      if (!point.valid()) return;
      points_[point.index()].meter = static_cast<std::uint32_t>(i);
      points_[point.index()].role = role;
    };
    assign(counter, Role::counter);
    assign(rate, Role::rate);
    assign(online, Role::online);
    state.integrates = !counter.valid() && rate.valid();
    state.limits = counter_limits(meter.utility, meter.rated_max, counter.valid() ? site.point(counter).modulus : 0);
    const auto interval = std::max(meter.interval, meter.counter_interval);
    state.gap = std::max<nanoseconds>(3 * interval, 10s);
    slowest = std::max(slowest, interval);
  }
  // A minute stays open until even the slowest meter's next reading says what fell into it.
  grace_ = std::clamp<nanoseconds>(2 * slowest + 1s, 3s, (open_minutes - 2) * 1min + 5s);
  levels_[0].length = WindowLength::quarter;
  levels_[1].length = WindowLength::hour;
  levels_[2].length = WindowLength::day;
  levels_[3].length = WindowLength::month;
  for (auto& level : levels_) level.nodes.resize(site.nodes.size());
  node_minutes_.resize(site.nodes.size() - site.meters.size());
  closing_.resize(site.nodes.size());
  open_amounts_.resize(site.nodes.size());
  above_.resize(site.meters.size());
  for (std::size_t n = 0; n < site.nodes.size(); ++n)
    for (const auto meter : site.nodes[n].meters) above_[meter.index()].push_back(NodeId{n});
  // Room for every meter to come back from a gap at once, so that the hot path does not allocate.
  spreads_.reserve(2 * site.meters.size() + 16);
  quality_.reserve(4 * site.meters.size() + 64);
}

void Aggregator::ingest(const Reading& reading) noexcept {
  auto& point = points_[reading.point().index()];
  if (!reading.good()) {
    ++bad_readings_;
    return;
  }
  if (!point.seen || reading.time() >= point.last.time()) {
    point.last = reading;
    point.seen = true;
  }
  switch (point.role) {
    case Role::none:
      return;
    case Role::counter:
      return take_counter(point.meter, reading);
    case Role::rate:
      return take_rate(point.meter, reading);
    case Role::online:
      meters_[point.meter].online = reading.as_flag();
      return;
  }
}

void Aggregator::ingest(std::span<const Reading> readings) noexcept {
  // Two stages ahead: a reading's point, then the meter that the point names.
  constexpr std::size_t point_ahead = 12, meter_ahead = 6;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (i + point_ahead < readings.size()) __builtin_prefetch(&points_[readings[i + point_ahead].point().index()], 1);
    if (i + meter_ahead < readings.size() && !meters_.empty()) {
      const auto& meter = meters_[points_[readings[i + meter_ahead].point().index()].meter];
      __builtin_prefetch(&meter, 1);
      __builtin_prefetch(&meter.limits, 1);
      __builtin_prefetch(&meter.minutes[current_slot_], 1);
    }
    ingest(readings[i]);
  }
}

void Aggregator::take_counter(std::uint32_t meter, const Reading& reading) noexcept {
  auto& state = meters_[meter];
  const auto before = state.counter.state().time;
  if (reading.time() <= before && state.counter.state().started) ++late_readings_;
  const auto booking = state.counter.take(reading.time(), reading.as_counter(), state.limits);
  if (!booking.has_event && booking.amount > 0 && booking.from >= current_from_ && booking.to < current_to_)
      [[likely]] {
    if (booking.to - booking.from <= state.gap) {
      state.minutes[current_slot_].amount += booking.amount;
      return;
    }
  }
  if (booking.amount > 0 || booking.has_event) book(meter, booking);
}

void Aggregator::take_rate(std::uint32_t meter, const Reading& reading) noexcept {
  auto& state = meters_[meter];
  const double rate = reading.as_gauge();
  if (!std::isfinite(rate)) {
    ++bad_readings_;
    return;
  }
  if (state.rate_seen && reading.time() <= state.rate_time) {
    ++late_readings_;
    return;
  }
  if (reading.time() >= current_from_ && reading.time() < current_to_) [[likely]] {
    state.minutes[current_slot_].sample(rate);
  } else if (const auto minute = minute_number(utc(reading.time())); is_open(minute)) {
    state.minutes[slot(minute)].sample(rate);
  }
  if (state.integrates && state.rate_seen && reading.time() - state.rate_time <= state.gap) {
    // Trapezoid; import only, as the counter of a meter would. W to mWh: times 1000/3600 s.
    const double seconds = std::chrono::duration<double>(reading.time() - state.rate_time).count();
    state.integral_rest += std::max(0.0, (state.rate + rate) / 2) * seconds / 3.6;
    const auto whole = static_cast<std::int64_t>(state.integral_rest);
    state.integral_rest -= static_cast<double>(whole);
    book_span(meter, utc(state.rate_time), utc(reading.time()), whole, true);
  }
  state.rate = rate;
  state.rate_time = reading.time();
  state.rate_seen = true;
}

void Aggregator::book(std::uint32_t meter, const Booking& booking) noexcept {
  const bool estimate = booking.to - booking.from > meters_[meter].gap;
  if (booking.has_event) {
    quality_.push_back({MeterId{meter}, booking.event, utc(booking.to), booking.before, booking.after,
                        booking.event == QualityKind::jump ? booking.unbooked : booking.amount});
  } else if (estimate) {
    const auto after = meters_[meter].counter.state().reading;
    quality_.push_back(
        {MeterId{meter}, QualityKind::gap, utc(booking.to), after - booking.amount, after, booking.amount});
  }
  if (booking.amount > 0) book_span(meter, utc(booking.from), utc(booking.to), booking.amount, estimate);
}

void Aggregator::book_span(std::uint32_t meter, UtcTime from, UtcTime to, std::int64_t amount, bool estimate) noexcept {
  auto& minutes = meters_[meter].minutes;
  const auto add = [&](std::int64_t minute, std::int64_t part) {
    minutes[slot(minute)].amount += part;
    if (estimate) minutes[slot(minute)].estimated += part;
  };
  const auto last = minute_number(to);
  if (minute_number(from) == last && is_open(last)) [[likely]] {
    add(last, amount);
    return;
  }
  const auto open_from = minute_start(oldest_open_);
  std::int64_t done = share_before(open_from, from, to, amount);
  if (from < open_from && done > 0) spreads_.push_back({meter, from, std::min(to, open_from), from, done, estimate});
  for (auto minute = std::max(oldest_open_, minute_number(from)); done < amount && minute <= last; ++minute) {
    const auto until = share_before(minute_start(minute + 1), from, to, amount);
    // Later than any open minute: only when advance() was not called in time; the newest open one takes it.
    add(std::min(minute, oldest_open_ + open_minutes - 1), until - done);
    done = until;
  }
}

void Aggregator::exchange(MeterId meter, TimeNow now, std::int64_t old_last, std::int64_t new_first) {
  auto& state = meters_[meter.index()];
  book(static_cast<std::uint32_t>(meter.index()),
       state.counter.exchange(now.monotonic, old_last, new_first, state.limits));
}

void Aggregator::open_at(UtcTime now) {
  oldest_open_ = minute_number(now);
  opened_ = true;
  for (auto& level : levels_) {
    level.start = site_.time->window_start(level.length, minute_start(oldest_open_));
    level.end = site_.time->window_end(level.length, level.start);
  }
}

void Aggregator::set_current(TimeNow now) noexcept {
  const auto minute = minute_number(now.utc);
  current_from_ = now.monotonic - (now.utc - minute_start(minute));
  current_to_ = current_from_ + 1min;
  current_slot_ = slot(minute);
}

void Aggregator::advance(TimeNow now, Batch& out) {
  const auto before = out.windows.size() + out.quality.size();
  const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  if (!opened_) {
    offset_ = offset;
    open_at(now.utc);
  }
  const auto minute = minute_number(now.utc);
  const bool stepped = std::chrono::abs(offset - offset_) > step_tolerance;
  const bool far = minute < oldest_open_ || minute - oldest_open_ > 2 * open_minutes;
  offset_ = offset;
  if (stepped || far) {
    close_everything(out);
    open_at(now.utc);
  }
  while (minute_start(oldest_open_ + 1) + grace_ <= now.utc) close_minute(out);
  set_current(now);
  work_off_spreads(out);
  out.quality.insert(out.quality.end(), quality_.begin(), quality_.end());
  quality_.clear();
  if (out.windows.size() + out.quality.size() != before) checkpoint(out.checkpoint);
}

void Aggregator::close_minute(Batch& out) {
  const auto start = minute_start(oldest_open_);
  const auto place = slot(oldest_open_);
  const std::size_t meters = meters_.size();
  for (std::size_t i = 0; i < meters; ++i) {
    closing_[i] = meters_[i].minutes[place];
    meters_[i].minutes[place] = {};
  }
  for (std::size_t n = meters; n < closing_.size(); ++n) {
    auto& sum = closing_[n];
    sum = node_minutes_[n - meters][place];
    node_minutes_[n - meters][place] = {};
    for (const auto& term : site_.nodes[n].terms) {
      sum.amount += term.sign * closing_[term.source.index()].amount;
      sum.estimated += term.sign * closing_[term.source.index()].estimated;
    }
  }
  for (std::size_t n = 0; n < closing_.size(); ++n)
    if (!closing_[n].empty()) out.windows.push_back(closing_[n].record(NodeId{n}, WindowLength::minute, start));
  ++oldest_open_;
  for (auto& level : levels_) {
    for (std::size_t n = 0; n < closing_.size(); ++n) level.nodes[n].merge(closing_[n]);
    if (minute_start(oldest_open_) < level.end) continue;
    close_level(level, out);
    level.start = site_.time->window_start(level.length, minute_start(oldest_open_));
    level.end = site_.time->window_end(level.length, level.start);
  }
}

void Aggregator::close_level(Level& level, Batch& out) {
  for (std::size_t n = 0; n < level.nodes.size(); ++n) {
    if (level.nodes[n].empty()) continue;
    out.windows.push_back(level.nodes[n].record(NodeId{n}, level.length, level.start));
    level.nodes[n] = {};
  }
}

void Aggregator::close_everything(Batch& out) {
  if (!opened_) return;
  for (std::int64_t i = 0; i < open_minutes; ++i) close_minute(out);
  for (auto& level : levels_) close_level(level, out);
}

void Aggregator::work_off_spreads(Batch& out) {
  const auto& quarter = levels_[0];
  while (!spreads_.empty() && out.windows.size() < most_late_records) {
    auto& spread = spreads_.back();
    const auto end = std::min(
        spread.to, site_.time->window_end(quarter.length, site_.time->window_start(quarter.length, spread.at)));
    const bool minutes_too = spread.to - spread.from <= longest_by_minute;
    // Cut by minute inside, from the same cumulative shares, so that the minutes add up to the quarter.
    std::int64_t whole = share_before(end, spread.from, spread.to, spread.amount);
    std::int64_t done = share_before(spread.at, spread.from, spread.to, spread.amount);
    late(spread, spread.at, whole - done, out);
    for (auto at = spread.at; minutes_too && at < end;) {
      const auto next = std::min(end, minute_start(minute_number(at) + 1));
      const auto until = share_before(next, spread.from, spread.to, spread.amount);
      late_minute(spread, at, until - done, out);
      done = until;
      at = next;
    }
    spread.at = end;
    if (spread.at >= spread.to) spreads_.pop_back();
  }
}

namespace {
Accumulator amount_only(std::int64_t amount, bool estimate) noexcept {
  Accumulator part;
  part.amount = amount;
  part.estimated = estimate ? amount : 0;
  return part;
}
}  // namespace

void Aggregator::late_minute(const Spread& spread, UtcTime at, std::int64_t amount, Batch& out) const {
  if (amount == 0) return;
  const auto part = amount_only(amount, spread.estimated);
  for (const auto node : above_[spread.meter])
    out.windows.push_back(part.record(node, WindowLength::minute, minute_start(minute_number(at))));
}

void Aggregator::late(const Spread& spread, UtcTime at, std::int64_t amount, Batch& out) {
  if (amount == 0) return;
  const auto part = amount_only(amount, spread.estimated);
  for (auto& level : levels_) {
    const bool open = at >= level.start && at < level.end;
    const auto start = open ? level.start : site_.time->window_start(level.length, at);
    for (const auto node : above_[spread.meter]) {
      if (open) {
        level.nodes[node.index()].merge(part);
      } else {
        out.windows.push_back(part.record(node, level.length, start));
      }
    }
  }
}

void Aggregator::snapshot(TimeNow now, LiveSnapshot& out) {
  out.time = now.utc;
  out.made = now.monotonic;
  out.points.resize(points_.size());
  for (std::size_t i = 0; i < points_.size(); ++i) out.points[i] = {points_[i].last, points_[i].seen};
  out.nodes.assign(site_.nodes.size(), NodeLive{});
  fill_rates(now, out.nodes);
  fill_today(now, out.nodes);
  const auto minute = minute_number(now.utc);
  if (!is_open(minute)) return;
  for (std::size_t n = meters_.size(); n < out.nodes.size(); ++n)
    if (out.nodes[n].rate_known) node_minutes_[n - meters_.size()][slot(minute)].sample(out.nodes[n].rate);
}

void Aggregator::fill_rates(TimeNow now, std::vector<NodeLive>& out) const {
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const auto& meter = meters_[i];
    auto& live = out[i];
    // A rate older than the gap says nothing about now.
    live.rate_known = meter.online && meter.rate_seen && now.monotonic - meter.rate_time <= meter.gap;
    live.rate = live.rate_known ? meter.rate : 0;
    live.meters_online = meter.online ? 1 : 0;
    live.oldest = meter.rate_time;
  }
  for (std::size_t n = meters_.size(); n < out.size(); ++n) {
    auto& live = out[n];
    live.oldest = now.monotonic;
    for (const auto& term : site_.nodes[n].terms) {
      const auto& source = out[term.source.index()];
      if (!source.rate_known) continue;
      live.rate += term.sign * source.rate;
      live.rate_known = true;
    }
    for (const auto meter : site_.nodes[n].meters) {
      live.meters_online += out[meter.index()].meters_online;
      if (out[meter.index()].rate_known) live.oldest = std::min(live.oldest, out[meter.index()].oldest);
    }
  }
}

void Aggregator::fill_today(TimeNow now, std::vector<NodeLive>& out) {
  const auto& day = levels_[2];
  // Between midnight and the closing of the day's last minute the open day is still yesterday.
  const bool day_is_today = now.utc < day.end;
  const auto from = minute_number(day_is_today ? day.start : day.end);
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    open_amounts_[i] = 0;
    for (auto minute = std::max(from, oldest_open_); minute < oldest_open_ + open_minutes; ++minute)
      open_amounts_[i] += meters_[i].minutes[slot(minute)].amount;
  }
  for (std::size_t n = 0; n < out.size(); ++n) {
    if (n >= meters_.size()) open_amounts_[n] = 0;
    for (const auto& term : site_.nodes[n].terms) open_amounts_[n] += term.sign * open_amounts_[term.source.index()];
    out[n].today = open_amounts_[n] + (day_is_today ? day.nodes[n].amount : 0);
  }
}

std::size_t Aggregator::memory_bytes() const noexcept {
  std::size_t bytes = points_.size() * sizeof(PointState) + meters_.size() * sizeof(MeterState) +
                      spreads_.capacity() * sizeof(Spread) + quality_.capacity() * sizeof(QualityRecord) +
                      node_minutes_.size() * sizeof(node_minutes_[0]) + closing_.size() * sizeof(Accumulator) +
                      open_amounts_.size() * sizeof(std::int64_t);
  for (const auto& level : levels_) bytes += level.nodes.size() * sizeof(Accumulator);
  for (const auto& nodes : above_) bytes += sizeof(nodes) + nodes.capacity() * sizeof(NodeId);
  return bytes;
}

}  // namespace gateway
