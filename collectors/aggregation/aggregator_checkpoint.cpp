// The aggregator's state as bytes. By name, so that a site that was changed in between takes what still fits; in UTC,
// because the monotonic clock begins anew with every boot. Little-endian, fixed widths: the same file is read on 32-
// and 64-bit ARM.
#include <bit>
#include <cstring>
#include <map>
#include <string>

#include "collectors/aggregation/aggregator.hpp"

namespace gateway {
namespace {

static_assert(std::endian::native == std::endian::little, "the checkpoint is written as it lies in memory");
constexpr std::uint32_t magic = 0x32414743;  // "CGA2"

class Writer {
 public:
  explicit Writer(std::vector<std::byte>& out) : out_(out) { out_.clear(); }
  template <class T>
  requires std::is_arithmetic_v<T>
  void put(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out_.insert(out_.end(), bytes, bytes + sizeof value);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint16_t>(text.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    out_.insert(out_.end(), bytes, bytes + text.size());
  }
  void put(UtcTime time) { put(static_cast<std::int64_t>(time.time_since_epoch().count())); }
  void put(const Accumulator& sum) {
    put(sum.amount);
    put(sum.estimated);
    put(sum.rate_sum);
    put(sum.rate_min);
    put(sum.rate_max);
    put(sum.samples);
  }

 private:
  std::vector<std::byte>& out_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}
  template <class T>
  requires std::is_arithmetic_v<T> T get() {
    T value{};
    if (in_.size() < sizeof value) {
      broken_ = true;
      return value;
    }
    std::memcpy(&value, in_.data(), sizeof value);
    in_ = in_.subspan(sizeof value);
    return value;
  }
  bool flag() { return get<std::uint8_t>() != 0; }
  std::string text() {
    const auto size = get<std::uint16_t>();
    if (in_.size() < size) {
      broken_ = true;
      return {};
    }
    std::string out(reinterpret_cast<const char*>(in_.data()), size);
    in_ = in_.subspan(size);
    return out;
  }
  UtcTime time() { return UtcTime{std::chrono::nanoseconds{get<std::int64_t>()}}; }
  Accumulator sum() {
    Accumulator out;
    out.amount = get<std::int64_t>();
    out.estimated = get<std::int64_t>();
    out.rate_sum = get<double>();
    out.rate_min = get<double>();
    out.rate_max = get<double>();
    out.samples = get<std::uint32_t>();
    return out;
  }
  // A count of things of at least `least_size` bytes each: more than the rest can hold is damage, not a reason to
  // allocate.
  std::size_t count(std::size_t least_size) {
    const auto value = get<std::uint32_t>();
    if (value > in_.size() / least_size) broken_ = true;
    return broken_ ? 0 : value;
  }
  [[nodiscard]] bool whole() const { return !broken_ && in_.empty(); }

 private:
  std::span<const std::byte> in_;
  bool broken_ = false;
};

}  // namespace

void Aggregator::checkpoint(std::vector<std::byte>& out) const {
  Writer to(out);
  to.put(magic);
  to.put(std::string_view(boot_id_));
  to.put(static_cast<std::int64_t>(offset_.count()));
  to.put(oldest_open_);
  to.put(static_cast<std::uint8_t>(opened_));
  for (const auto& level : levels_) {
    to.put(level.start);
    to.put(level.end);
  }
  to.put(static_cast<std::uint32_t>(meters_.size()));
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const auto& state = meters_[i].counter.state();
    to.put(std::string_view(site_.meters[i].id));
    to.put(static_cast<std::uint8_t>(state.started));
    to.put(static_cast<std::uint8_t>(state.has_former));
    to.put(static_cast<std::uint8_t>(state.below));
    to.put(state.candidate_seen);
    for (const auto time : {state.time, state.candidate_time, state.candidate_last_time, state.former_time})
      to.put(utc(time));
    for (const auto value : {state.reading, state.candidate, state.candidate_last, state.former, state.since_former})
      to.put(value);
    for (const auto& minute : meters_[i].minutes) to.put(minute);
  }
  to.put(static_cast<std::uint32_t>(site_.nodes.size()));
  for (std::size_t n = 0; n < site_.nodes.size(); ++n) {
    to.put(std::string_view(site_.nodes[n].name));
    to.put(static_cast<std::uint8_t>(site_.nodes[n].utility));
    for (const auto& level : levels_) to.put(level.nodes[n]);
    for (std::size_t i = 0; i < open_minutes; ++i)
      to.put(n < meters_.size() ? Accumulator{} : node_minutes_[n - meters_.size()][i]);
  }
  to.put(static_cast<std::uint32_t>(spreads_.size()));
  for (const auto& spread : spreads_) {
    to.put(std::string_view(site_.meters[spread.meter].id));
    for (const auto time : {spread.from, spread.to, spread.at}) to.put(time);
    to.put(spread.amount);
    to.put(static_cast<std::uint8_t>(spread.estimated));
  }
}

Expected<void> Aggregator::restore(std::span<const std::byte> checkpoint, TimeNow now) {
  Aggregator fresh(site_, boot_id_);
  Reader from(checkpoint);
  if (from.get<std::uint32_t>() != magic) return failure(std::errc::invalid_argument, "aggregator checkpoint");
  const bool same_boot = from.text() == boot_id_ && !boot_id_.empty();
  const std::chrono::nanoseconds old_offset{from.get<std::int64_t>()};
  const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  const auto monotonic = [&](UtcTime time) {
    const MonotonicTime then{time.time_since_epoch() - (same_boot ? old_offset : offset)};
    // After a reboot with a wall clock that lags: how long ago it was is not known; not "just now", or what came since
    // would look like a jump.
    return then < now.monotonic ? then : now.monotonic - std::chrono::hours{1};
  };
  fresh.offset_ = offset;
  fresh.oldest_open_ = from.get<std::int64_t>();
  fresh.opened_ = from.flag();
  for (auto& level : fresh.levels_) {
    level.start = from.time();
    level.end = from.time();
  }
  std::map<std::string, std::uint32_t, std::less<>> meter_named;
  for (std::size_t i = 0; i < site_.meters.size(); ++i) meter_named[site_.meters[i].id] = static_cast<std::uint32_t>(i);
  for (auto left = from.count(100); left > 0; --left) {
    const auto name = from.text();
    EnergyCounter::State state;
    state.started = from.flag();
    state.has_former = from.flag();
    state.below = from.flag();
    state.candidate_seen = from.get<std::uint8_t>();
    for (auto* time : {&state.time, &state.candidate_time, &state.candidate_last_time, &state.former_time})
      *time = monotonic(from.time());
    for (auto* value : {&state.reading, &state.candidate, &state.candidate_last, &state.former, &state.since_former})
      *value = from.get<std::int64_t>();
    std::array<Accumulator, open_minutes> minutes;
    for (auto& minute : minutes) minute = from.sum();
    const auto found = meter_named.find(name);
    if (found == meter_named.end()) continue;
    fresh.meters_[found->second].counter.restore(state);
    fresh.meters_[found->second].minutes = minutes;
  }
  for (auto left = from.count(100); left > 0; --left) {
    const auto name = from.text();
    const auto node = site_.node_named(name, static_cast<Utility>(from.get<std::uint8_t>()));
    std::array<Accumulator, window_length_count - 1> sums;
    for (auto& sum : sums) sum = from.sum();
    std::array<Accumulator, open_minutes> minutes;
    for (auto& minute : minutes) minute = from.sum();
    if (!node) continue;
    for (std::size_t l = 0; l < sums.size(); ++l) fresh.levels_[l].nodes[node->index()] = sums[l];
    if (node->index() >= meters_.size()) fresh.node_minutes_[node->index() - meters_.size()] = minutes;
  }
  for (auto left = from.count(30); left > 0; --left) {
    const auto name = from.text();
    Spread spread;
    for (auto* time : {&spread.from, &spread.to, &spread.at}) *time = from.time();
    spread.amount = from.get<std::int64_t>();
    spread.estimated = from.flag();
    const auto found = meter_named.find(name);
    if (found == meter_named.end()) continue;
    spread.meter = found->second;
    fresh.spreads_.push_back(spread);
  }
  if (!from.whole()) return failure(std::errc::invalid_argument, "aggregator checkpoint is damaged");
  points_ = std::move(fresh.points_);
  meters_ = std::move(fresh.meters_);
  levels_ = std::move(fresh.levels_);
  node_minutes_ = std::move(fresh.node_minutes_);
  spreads_ = std::move(fresh.spreads_);
  spreads_.reserve(2 * site_.meters.size() + 16);
  offset_ = fresh.offset_;
  oldest_open_ = fresh.oldest_open_;
  opened_ = fresh.opened_;
  return {};
}

}  // namespace gateway
