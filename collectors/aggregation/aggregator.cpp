#include "collectors/aggregation/aggregator.hpp"

#include <cmath>
#include <map>
#include <utility>

#include "collectors/aggregation/minutes.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds step_tolerance = 2s;  // more than slewing ever moves the offset between two calls
constexpr nanoseconds longest_grace = 2min + 5s;
// Of an announced exchange both readings are of one moment, and one reading is kept for a moment.
constexpr nanoseconds old_before_new = 1ms;

}  // namespace

Aggregator::Aggregator(const Site& site, std::string boot_id)
    : site_(&site),
      boot_id_(std::move(boot_id)),
      points_(site.points.size()),
      fronts_(site.meters.size()),
      backs_(site.meters.size()) {
  nanoseconds slowest = 1s;
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    set_up_meter(i);
    slowest = std::max(slowest, std::max(site.meters[i].interval, site.meters[i].counter_interval));
  }
  // A minute stays open until even the slowest meter's next reading says what fell into it.
  grace_ = std::clamp<nanoseconds>(2 * slowest + 1s, 3s, longest_grace);
  open_minutes_ = std::chrono::ceil<std::chrono::minutes>(grace_).count() + 2;
  const auto nodes = site.nodes.size();
  rows_.assign(static_cast<std::size_t>(open_minutes_), std::vector<MinuteSum>(nodes));
  for (std::size_t i = 0; i < level_count; ++i) {
    levels_[i].length = static_cast<WindowLength>(i + 1);
    levels_[i].nodes.resize(nodes);
  }
  scratch_.resize(nodes);
  parts_.resize(nodes);
  for (auto& minute : demand_ring_) minute.resize(nodes);
  demand_sums_.resize(nodes);
  highest_.resize(nodes);
  sliding_rose_.resize(nodes);
  for (std::size_t i = 0; i < utility_count; ++i) tariffs_.emplace_back(site, static_cast<Utility>(i));
  set_up_tree();
  // Room for every meter to come back from a gap at once, so that the hot path does not allocate.
  spreads_.reserve(site.meters.size() + 16);
  quality_.reserve(site.meters.size() + 64);
}

void Aggregator::set_up_meter(std::size_t index) {
  const auto& meter = site_->meters[index];
  auto& front = fronts_[index];
  auto& back = backs_[index];
  const auto counter = site_->point_of(MeterId{index}, counter_of(meter.utility));
  const auto rate = site_->point_of(MeterId{index}, rate_of(meter.utility));
  const auto assign = [&](PointId point, Role role) {
    if (!point.valid()) return;
    points_[point.index()].meter = static_cast<std::uint32_t>(index);
    points_[point.index()].role = role;
  };
  assign(counter, Role::counter);
  assign(rate, Role::rate);
  assign(site_->point_of(MeterId{index}, Quantity::online), Role::online);
  back.rate_point = rate;
  back.limits = counter_limits(meter.utility, meter.rated_max, counter.valid() ? site_->point(counter).modulus : 0);
  front.integrates = !counter.valid() && rate.valid();
  front.highest_rate = static_cast<float>(back.limits.highest_rate * 1e-9);
  const auto interval = std::max(meter.interval, meter.counter_interval);
  constexpr nanoseconds longest_gap = 24h * 30;
  front.gap_ms = static_cast<std::uint32_t>(
      std::chrono::ceil<std::chrono::milliseconds>(std::clamp<nanoseconds>(3 * interval, 10s, longest_gap)).count());
}

void Aggregator::set_up_tree() {
  const auto nodes = site_->nodes.size();
  struct Share {
    int coefficient = 0;
    int times = 0;
  };
  std::vector<std::map<std::uint32_t, Share>> shares(nodes);  // by NodeId: of which meters it is made
  weights_.assign(nodes, 1);
  std::vector<std::vector<Above>> above(site_->meters.size());
  for (std::size_t n = 0; n < nodes; ++n) {
    const auto& node = site_->nodes[n];
    if (node.kind == NodeKind::meter) shares[n][static_cast<std::uint32_t>(node.meter.index())] = {1, 1};
    for (const auto& term : node.terms)
      for (const auto& [meter, share] : shares[term.source.index()]) {
        auto& own = shares[n][meter];
        own.coefficient += term.sign * share.coefficient;
        own.times += share.times;
      }
    std::uint32_t weight = 0;
    for (const auto& [meter, share] : shares[n]) {
      weight += static_cast<std::uint32_t>(share.times);
      above[meter].emplace_back(n, share.coefficient, share.times);
    }
    weights_[n] = std::max(weight, 1U);
    if (node.kind == NodeKind::difference) balanced_.push_back(NodeId{n});
  }
  last_balances_.resize(balanced_.size());
  for (const auto& entries : above) {
    above_from_.push_back(static_cast<std::uint32_t>(above_.size()));
    above_.insert(above_.end(), entries.begin(), entries.end());
  }
  above_from_.push_back(static_cast<std::uint32_t>(above_.size()));
  above_.shrink_to_fit();
}

// Said once a run: the compiler has to believe that every reading's stores change the members.
inline void Aggregator::take(const Now& now, const Reading& reading) noexcept {
  auto& point = now.points[reading.point().index()];
  if (!reading.good()) [[unlikely]] {
    ++bad_readings_;
    return;
  }
  if (point.role == Role::rate) return take_rate(now, point, reading);
  if (!point.seen || reading.time() >= point.last.time()) {
    point.last = reading;
    point.seen = true;
  }
  if (point.role == Role::counter) return take_counter(now, point.meter, reading);
  if (point.role == Role::online) now.fronts[point.meter].online = reading.as_flag();
}

void Aggregator::ingest(const Reading& reading) noexcept {
  take({points_.data(), fronts_.data(), current_from_, current_to_}, reading);
}

void Aggregator::ingest(std::span<const Reading> readings) noexcept {
  // Two stages ahead: a reading's point, then the meter that the point names.
  constexpr std::size_t point_ahead = 16, meter_ahead = 8;
  const Now now{points_.data(), fronts_.data(), current_from_, current_to_};
  const auto with_ahead = fronts_.empty() || readings.size() < point_ahead ? 0 : readings.size() - point_ahead;
  std::size_t i = 0;
  for (; i < with_ahead; ++i) {
    __builtin_prefetch(&now.points[readings[i + point_ahead].point().index()], 1);
    __builtin_prefetch(&now.fronts[now.points[readings[i + meter_ahead].point().index()].meter], 1);
    take(now, readings[i]);
  }
  for (; i < readings.size(); ++i) take(now, readings[i]);
}

inline void Aggregator::take_counter(const Now& now, std::uint32_t meter, const Reading& reading) noexcept {
  auto& front = now.fronts[meter];
  const auto delta = reading.as_counter() - front.counter.reading;
  const auto elapsed = reading.time() - front.counter.time;
  if (front.settled && delta >= 0 && elapsed > nanoseconds{0} && elapsed <= front.gap() &&
      front.counter.time >= now.from && reading.time() < now.to &&
      static_cast<float>(delta) <= front.highest_rate * static_cast<float>(elapsed.count())) [[likely]] {
    front.amount += delta;
    front.counter = {reading.time(), reading.as_counter()};
    return;
  }
  take_unusual(meter, reading);
}

void Aggregator::take_unusual(std::uint32_t meter, const Reading& reading) noexcept {
  auto& front = fronts_[meter];
  auto& back = backs_[meter];
  const bool first = !back.doubts.started;
  const auto before = front.counter;
  if (!first && reading.time() <= before.time) {
    ++late_readings_;
    auto& count = reading.as_counter() == before.reading ? back.duplicates : back.late;
    if (count < UINT16_MAX) ++count;
    return;
  }
  const auto booking =
      EnergyCounter(front.counter, back.doubts, back.limits).take(reading.time(), reading.as_counter());
  front.settled = back.doubts.settled();
  if (first) {
    first_readings_.push_back({MeterId{meter}, utc(reading.time()), reading.as_counter()});
    return note_uncovered(meter, opened_from_, utc(reading.time()));
  }
  if (booking.accepted && booking.from > before.time) note_uncovered(meter, utc(before.time), utc(booking.from));
  if (booking.accepted || booking.has_event) book(meter, booking);
}

inline void Aggregator::take_rate(const Now& now, PointState& point, const Reading& reading) noexcept {
  const double rate = reading.as_gauge();
  if (!std::isfinite(rate)) [[unlikely]] {
    ++bad_readings_;
    return;
  }
  const auto before = point.last;
  const bool seen = point.seen;
  if (seen && reading.time() <= before.time()) [[unlikely]] {
    ++late_readings_;
    return;
  }
  point.last = reading;
  point.seen = true;
  const auto meter = point.meter;
  auto& front = now.fronts[meter];
  if (reading.time() >= now.from && reading.time() < now.to) [[likely]] {
    front.rate.add(rate);
    ++front.samples;
  } else if (const auto minute = minute_number(utc(reading.time())); is_open(minute)) {
    row(minute)[meter].sample(rate);
  }
  if (!front.integrates) [[likely]]
    return;
  if (seen) return integrate(meter, before, reading);
  note_uncovered(meter, opened_from_, utc(reading.time()));
}

void Aggregator::integrate(std::uint32_t meter, const Reading& before, const Reading& reading) noexcept {
  auto& back = backs_[meter];
  const auto from = utc(before.time()), to = utc(reading.time());
  if (!back.integration_told) {
    quality_.push_back({.meter = meter, .kind = QualityKind::integrated, .at = to, .from = from, .after_at = to});
    back.integration_told = true;
  }
  if (to - from > fronts_[meter].gap()) {
    // What was used meanwhile nobody knows.
    quality_.push_back({.meter = meter, .kind = QualityKind::gap, .at = to, .from = from, .after_at = to});
    return note_uncovered(meter, from, to);
  }
  // Trapezoid; import only, as the counter of a meter would. W to mWh: times 1000/3600 s.
  const double seconds = std::chrono::duration<double>(reading.time() - before.time()).count();
  back.integral_rest += std::max(0.0, (before.as_gauge() + reading.as_gauge()) / 2) * seconds / 3.6;
  const auto whole = static_cast<std::int64_t>(back.integral_rest);
  back.integral_rest -= static_cast<double>(whole);
  book_span({.meter = meter, .estimated = true, .metered = true, .from = from, .to = to, .at = from, .amount = whole});
}

void Aggregator::book(std::uint32_t meter, const Booking& booking) noexcept {
  const bool gap = booking.accepted && booking.to - booking.from > fronts_[meter].gap();
  if (booking.has_event) {
    quality_.push_back({meter, booking.event, utc(booking.to), booking.before, booking.after, booking.amount,
                        utc(booking.before_time), utc(booking.after_time)});
  } else if (gap) {
    const auto after = fronts_[meter].counter.reading;
    quality_.push_back({meter, QualityKind::gap, utc(booking.to), after - booking.amount, after, booking.amount,
                        utc(booking.from), utc(booking.to)});
  }
  if (booking.accepted) settle(meter, booking);
}

void Aggregator::settle(std::uint32_t meter, const Booking& booking) noexcept {
  const bool gap = booking.to - booking.from > fronts_[meter].gap();
  const auto from = utc(booking.from), to = utc(booking.to);
  if (gap) note_uncovered(meter, from, to);
  book_span({.meter = meter,
             .estimated = gap,
             .metered = !gap,
             .from = from,
             .to = to,
             .at = from,
             .amount = booking.amount});
}

void Aggregator::book_span(const Spread& span) noexcept {
  const auto open_from = minute_start(oldest_open_);
  const auto last = minute_number(span.to);
  const auto add = [&](std::int64_t minute, std::int64_t part) {
    auto& sum = row(minute)[span.meter];
    sum.amount += part;
    if (span.estimated) sum.estimated += part;
  };
  if (minute_number(span.from) == last && is_open(last)) [[likely]] {
    add(last, span.amount);
    return;
  }
  std::int64_t done = share_before(open_from, span.from, span.to, span.amount);
  if (span.from < open_from && (done != 0 || span.metered)) {
    auto late = span;
    late.to = std::min(span.to, open_from);
    late.at = late.from;
    late.amount = done;
    spreads_.push_back(late);
  }
  for (auto minute = std::max(oldest_open_, minute_number(span.from)); minute <= last; ++minute) {
    const auto until = share_before(minute_start(minute + 1), span.from, span.to, span.amount);
    // Later than any open minute: only when advance() was not called in time; the newest open one takes it.
    add(std::min(minute, oldest_open_ + open_minutes_ - 1), until - done);
    done = until;
    if (minute >= oldest_open_ + open_minutes_ && done == span.amount) break;
  }
}

// Of minutes that are closed the time after the last reading was never counted as covered: only open ones matter.
void Aggregator::note_uncovered(std::uint32_t meter, UtcTime from, UtcTime to) noexcept {
  for (auto minute = std::max(oldest_open_, minute_number(from));
       minute <= minute_number(to) && minute < oldest_open_ + open_minutes_; ++minute) {
    const auto begin = std::max({from, minute_start(minute), opened_from_});
    const auto end = std::min(to, minute_start(minute + 1));
    if (end > begin)
      row(minute)[meter].covered +=
          static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(end - begin).count());
  }
}

Expected<QualityRecord> Aggregator::exchange(MeterId meter, TimeNow now, std::int64_t old_last, std::int64_t new_first,
                                             std::string by, std::string comment) {
  const auto index = static_cast<std::uint32_t>(meter.index());
  auto& front = fronts_[index];
  auto& doubts = backs_[index].doubts;
  const auto position = front.counter;
  const auto result =
      EnergyCounter(front.counter, doubts, backs_[index].limits).exchange(now.monotonic, old_last, new_first);
  if (!result && result.error() == ExchangeRefusal::new_reading)
    return failure(std::errc::result_out_of_range, "no meter begins at that reading: is a digit wrong?");
  if (!result)
    return failure(std::errc::result_out_of_range,
                   "the meter can't have ended at that reading: its counter was last read as " +
                       std::to_string(static_cast<double>(position.reading) / 1e6) +
                       "; was the exchange noticed already, or is a digit wrong?");
  const auto& booking = *result;
  front.settled = doubts.settled();
  const auto at = utc(now.monotonic);
  if (!booking.accepted) note_uncovered(index, opened_from_, at);  // as a first reading: nobody measured before
  if (booking.accepted && booking.amount != old_last - position.reading) {
    // The old meter had wrapped, or another series was believed by mistake: the journal has to say so to add up.
    const bool wrapped = old_last < position.reading && booking.amount > 0;
    // The old meter's reading is kept before the moment that is the new one's (tell_quality()).
    quality_.push_back({index, wrapped ? QualityKind::wrap : QualityKind::returned, at, position.reading, old_last,
                        booking.amount, utc(position.time), at - old_before_new});
  }
  told_by_people_.push_back({meter, booking.event, at, booking.before, booking.after, booking.amount, utc(booking.from),
                             std::move(by), std::move(comment)});
  if (booking.accepted) settle(index, booking);
  return told_by_people_.back();
}

QualityRecord Aggregator::correct(MeterId meter, UtcTime from, UtcTime to, std::int64_t amount, TimeNow now,
                                  std::string by, std::string comment) {
  told_by_people_.push_back({.meter = meter,
                             .kind = QualityKind::correction,
                             .at = std::min(to, now.utc),  // [from, at): what it is about
                             .amount = amount,
                             .from = from,
                             .by = std::move(by),
                             .comment = std::move(comment)});
  book_span({.meter = static_cast<std::uint32_t>(meter.index()),
             .from = from,
             .to = std::min(to, now.utc),
             .at = from,
             .amount = amount});
  return told_by_people_.back();
}

void Aggregator::set_current(TimeNow now) noexcept {
  current_minute_ = minute_number(now.utc);
  current_from_ = now.monotonic - (now.utc - minute_start(current_minute_));
  current_to_ = current_from_ + 1min;
}

void Aggregator::flush_current() noexcept {
  auto& into = row(current_minute_);
  for (std::size_t i = 0; i < fronts_.size(); ++i) {
    auto& front = fronts_[i];
    into[i].amount += front.amount;
    into[i].rate.merge(front.rate);
    into[i].samples += front.samples;
    front.amount = 0;
    front.rate = {};
    front.samples = 0;
  }
}

void Aggregator::advance(TimeNow now, Batch& out) {
  const auto before = out.windows.size() + out.quality.size() + out.tariffs.size() + out.demands.size();
  const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  if (!opened_) {
    offset_ = offset;
    open_at(now.utc);
    set_current(now);
  }
  const auto minute = minute_number(now.utc);
  const bool stepped = std::chrono::abs(offset - offset_) > step_tolerance;
  const bool far = minute < oldest_open_ || minute - oldest_open_ > 2 * open_minutes_;
  if (minute != current_minute_ || stepped || far) flush_current();
  if (!first_readings_.empty()) {
    const auto firsts = std::exchange(first_readings_, {});
    out.counters.insert(out.counters.end(), firsts.begin(), firsts.end());
  }
  if (now.utc >= counters_due_ || stepped) keep_counters(now, out);
  if (stepped || far) close_everything(now.utc, out);  // by the clock that they were read by
  offset_ = offset;
  if (stepped || far) open_at(now.utc);
  while (minute_start(oldest_open_ + 1) + grace_ <= now.utc) close_minute(out);
  set_current(now);
  work_off_spreads(out);
  tell_quality(out);
  if (out.windows.size() + out.quality.size() + out.tariffs.size() + out.demands.size() != before)
    checkpoint(out.checkpoint);
}

void Aggregator::tell_quality(Batch& out) {
  const auto keep = [&](MeterId meter, UtcTime at, std::int64_t reading) {
    if (!fronts_[meter.index()].integrates) out.counters.push_back({meter, at, reading});
  };
  for (const auto& event : quality_) {
    const MeterId meter{event.meter};
    out.quality.push_back({meter, event.kind, event.at, event.before, event.after, event.amount, event.from, {}, {}});
    if (event.kind == QualityKind::duplicate || event.kind == QualityKind::late) continue;
    keep(meter, event.from, event.before);
    keep(meter, event.after_at, event.after);
  }
  quality_.clear();
  for (auto& record : told_by_people_) {
    if (record.kind == QualityKind::announced_exchange) {
      keep(record.meter, record.at - old_before_new, record.before);
      keep(record.meter, record.at, record.after);
    }
    out.quality.push_back(std::move(record));
  }
  told_by_people_.clear();
}

// The last reading before each quarter hour's end, of every meter that was heard in it.
void Aggregator::keep_counters(TimeNow now, Batch& out) {
  const auto since = site_->time->window_start(WindowLength::quarter, counters_due_ - 1ns);
  for (std::size_t i = 0; i < fronts_.size(); ++i) {
    const auto at = utc(fronts_[i].counter.time);
    if (backs_[i].doubts.started && at >= since) out.counters.push_back({MeterId{i}, at, fronts_[i].counter.reading});
  }
  counters_due_ =
      site_->time->window_end(WindowLength::quarter, site_->time->window_start(WindowLength::quarter, now.utc));
}

std::size_t Aggregator::memory_bytes() const noexcept {
  const auto bytes_of = [](const auto& table) { return table.capacity() * sizeof(table[0]); };
  std::size_t bytes = bytes_of(points_) + bytes_of(fronts_) + bytes_of(backs_) + bytes_of(scratch_) + bytes_of(parts_) +
                      bytes_of(demand_sums_) + bytes_of(highest_) + bytes_of(sliding_rose_) + bytes_of(weights_) +
                      bytes_of(above_from_) + bytes_of(above_) + bytes_of(balanced_) + bytes_of(last_balances_) +
                      bytes_of(spreads_) + bytes_of(quality_);
  for (const auto& minute : rows_) bytes += bytes_of(minute);
  for (const auto& each : levels_) bytes += bytes_of(each.nodes);
  for (const auto& minute : demand_ring_) bytes += bytes_of(minute);
  return bytes;
}

}  // namespace gateway
