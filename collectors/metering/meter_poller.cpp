#include "collectors/metering/meter_poller.hpp"

#include <algorithm>

#include "collectors/metering/bus_plan.hpp"
#include "drivers/modbus/plausible.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// After so long a register that the meter said it does not have is asked for again: it may have been starting up.
constexpr std::chrono::nanoseconds absence_believed = 10min;

constexpr std::chrono::nanoseconds standstill_believed = 30min;

constexpr std::uint8_t illegal_address = 2;
constexpr std::uint8_t illegal_value = 3;
constexpr std::uint8_t busy = 6;

// What a transformer in front of the meter multiplies.
double ratio_of(const Meter& meter, Quantity quantity) {
  const auto unit = traits(quantity).unit;
  if (unit == "V") return meter.pt_ratio;
  if (unit == "A") return meter.ct_ratio;
  if (unit == "W" || unit == "var" || unit == "VA" || unit == "Wh" || unit == "varh") return meter.ratio;
  return 1;
}

// Noise on the line, or a meter that is busy for a moment: asking once more is worth it. A device that says nothing is
// asked again at its next turn.
bool worth_a_second_try(const LinkFailure& failure) {
  switch (failure.kind) {
    case PollFailure::crc:
    case PollFailure::short_frame:
    case PollFailure::foreign_unit:
    case PollFailure::stale:
      return true;
    case PollFailure::exception:
      return failure.exception == busy;
    case PollFailure::timeout:
    case PollFailure::connection:
      return false;
  }
  return false;
}

}  // namespace

MeterPoller::MeterPoller(const Site& site, MeterId meter, std::vector<std::size_t> registers)
    : model_(*site.meter(meter).map),
      unit_(site.meter(meter).unit),
      cost_(poll_cost(site, meter)),
      wanted_(std::move(registers)) {
  for (const auto& entry : model_.registers) {
    points_.push_back(site.point_of(meter, entry.quantity));
    ratio_.push_back(ratio_of(site.meter(meter), entry.quantity));
  }
  had_.resize(model_.registers.size());
  online_ = site.point_of(meter, Quantity::online);
  readings_.reserve(wanted_.size() + 1);
  on_mains_ = std::ranges::any_of(wanted_, [&](std::size_t index) {
    const auto quantity = model_.registers[index].quantity;
    return quantity == Quantity::voltage_l1 || quantity == Quantity::frequency;
  });
  make_plan();
}

void MeterPoller::make_plan() {
  std::vector<std::size_t> there;
  std::ranges::copy_if(wanted_, std::back_inserter(there),
                       [&](std::size_t index) { return std::ranges::find(absent_, index) == absent_.end(); });
  replan_ = false;
  plan_ = plan_polls(model_, there, cost_, learnt_);
  std::size_t longest = 0;
  for (const auto& block : plan_) longest = std::max<std::size_t>(longest, block.count);
  registers_.resize(longest);
}

void MeterPoller::remember(std::span<const LearntLimits::Cut> cuts) {
  for (const auto& cut : cuts) {
    if (!can_cut(model_, cut) || std::ranges::find(learnt_.cuts, cut) != learnt_.cuts.end()) continue;
    learnt_.cuts.push_back(cut);
    replan_ = true;
  }
}

std::expected<void, LinkFailure> MeterPoller::read(RegisterReader& line, const PollBlock& block, ResponseTime& response,
                                                   std::chrono::nanoseconds timeout) {
  const auto into = std::span(registers_).first(block.count);
  for (int tries = 1;; ++tries) {
    ++account_.requests;
    auto read = line.read({unit_, block.function, block.address, timeout, model_.pause}, into);
    if (read) {
      response.answered(*read);
      return {};
    }
    account_.failures.push_back(read.error());
    if (read.error().kind == PollFailure::timeout) response.timed_out();
    if (tries == 2 || !worth_a_second_try(read.error())) return std::unexpected(std::move(read.error()));
  }
}

std::expected<std::span<const Reading>, LinkFailure> MeterPoller::poll(RegisterReader& line, const Clock& clock,
                                                                       ResponseTime& response, bool probe) {
  readings_.clear();
  measured_ = 0xCBF29CE484222325;
  any_measured_ = false;
  account_.requests = account_.unusable = 0;
  account_.failures.clear();
  // A meter that has none of its registers is not another make but starting up.
  const bool none_there = plan_.empty();
  if (!absent_.empty() && (none_there || clock.monotonic() - absent_since_ > absence_believed)) {
    absent_.clear();
    replan_ = true;
  }
  if (replan_) make_plan();
  const auto timeout = probe ? response.probe() : response.timeout();
  const auto cuts_before = static_cast<std::ptrdiff_t>(learnt_.cuts.size());
  MonotonicTime time{};
  for (std::size_t b = 0; b < plan_.size();) {
    if (auto done = read(line, plan_[b], response, timeout); !done) {
      if (learn(b, done.error(), clock.monotonic())) continue;
      return std::unexpected(std::move(done.error()));
    }
    // One time for the whole poll: that of its first answer, which is nearest to when the meter measured.
    if (time == MonotonicTime{}) time = clock.monotonic();
    decode(plan_[b], time);
    ++b;
  }
  if (plan_.empty()) {
    // Starting up, then; where it cut its blocks meanwhile says nothing of them.
    learnt_.cuts.erase(learnt_.cuts.begin() + cuts_before, learnt_.cuts.end());
    LinkFailure nothing{PollFailure::exception, illegal_address, "the meter has none of the registers of its model"};
    account_.failures.push_back(nothing);
    return std::unexpected(std::move(nothing));
  }
  doubt_frozen_values(time);
  for (const auto index : absent_)
    readings_.push_back(Reading::gauge(points_[index], time, 0).with_quality(Quality::bad));
  readings_.push_back(Reading::flag(online_, time, true));
  return std::span<const Reading>(readings_);
}

// Exception 2 says that a register of the block is not there: most likely one of a gap that was read over. Exception 3
// says, of a read, that it asks for too many. True: the block's parts stand in its place.
bool MeterPoller::learn(std::size_t place, const LinkFailure& failure, MonotonicTime now) {
  if (failure.kind != PollFailure::exception) return false;
  if (failure.exception != illegal_address && failure.exception != illegal_value) return false;
  const auto block = plan_[place];
  std::vector<PollBlock> parts;
  if (const auto cut = best_cut(model_, block)) {
    learnt_.cuts.push_back(*cut);
    parts = plan_polls(model_, block.registers, cost_, learnt_);
  } else if (failure.exception == illegal_address) {
    absent_.insert(absent_.end(), block.registers.begin(), block.registers.end());
    absent_since_ = now;
  } else {
    return false;
  }
  const auto at = plan_.erase(plan_.begin() + static_cast<std::ptrdiff_t>(place));
  plan_.insert(at, parts.begin(), parts.end());
  // With what is known now another plan may be cheaper; but not in the middle of a poll.
  replan_ = true;
  return true;
}

// Mains voltage and frequency are never the same for long, to the last bit of every phase: then the meter's interface
// repeats what it once knew. Counters may well stand still; if they are frozen too, they add nothing.
void MeterPoller::doubt_frozen_values(MonotonicTime time) {
  if (measured_ != last_measured_ || !any_measured_ || !on_mains_) {
    last_measured_ = measured_;
    same_since_ = time;
    return;
  }
  if (time - same_since_ < standstill_believed) return;
  for (auto& reading : readings_) {
    const auto index = static_cast<std::size_t>(std::ranges::find(points_, reading.point()) - points_.begin());
    if (traits(model_.registers[index].quantity).kind == ValueKind::counter || !reading.good()) continue;
    reading.with_quality(Quality::uncertain);
    ++account_.unusable;
  }
}

std::span<const Reading> MeterPoller::offline(MonotonicTime time) {
  readings_.clear();
  for (const auto index : wanted_)
    readings_.push_back(Reading::gauge(points_[index], time, 0).with_quality(Quality::bad));
  readings_.push_back(Reading::flag(online_, time, false));
  return readings_;
}

void MeterPoller::decode(const PollBlock& block, MonotonicTime time) {
  for (const auto index : block.registers) {
    const auto& entry = model_.registers[index];
    decode(index,
           std::span<const std::uint16_t>(registers_)
               .subspan(entry.address - block.address, register_count(entry.encoding)),
           time);
  }
}

void MeterPoller::decode(std::size_t index, std::span<const std::uint16_t> from, MonotonicTime time) {
  const auto& entry = model_.registers[index];
  // The model says that the meter has no such value. Never had it: nothing to tell. Else, as of a phase that is gone,
  // the last one must not go on as if it were measured.
  if (means_not_available(entry, bits_of(from, entry.order))) {
    if (!had_[index]) return;
    ++account_.unusable;
    readings_.push_back(Reading::gauge(points_[index], time, 0).with_quality(Quality::bad));
    return;
  }
  if (traits(entry.quantity).kind != ValueKind::counter) {
    const auto bits = bits_of(from, entry.order);
    measured_ = (measured_ ^ bits) * 0x100000001B3;  // FNV-1a, a value at a time
    any_measured_ = any_measured_ || bits != 0;
  }
  const auto real = decode_real(from, entry.encoding, entry.order);
  if (real && is_plausible(entry, *real)) {
    if (traits(entry.quantity).kind != ValueKind::counter) {
      readings_.push_back(Reading::gauge(points_[index], time, *real * entry.factor * ratio_[index]));
      had_[index] = true;
      return;
    }
    const auto value = decode_whole(from, entry.encoding, entry.order, entry.factor * ratio_[index]);
    if (value && *value >= 0) {
      readings_.push_back(Reading::counter(points_[index], time, *value));
      had_[index] = true;
      return;
    }
  }
  ++account_.unusable;
  readings_.push_back(Reading::gauge(points_[index], time, 0).with_quality(Quality::bad));
}

}  // namespace gateway
