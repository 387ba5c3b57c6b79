#include "collectors/metering/meter_poller.hpp"

#include <algorithm>
#include <limits>

namespace gateway {
namespace {

// What a transformer in front of the meter multiplies.
double ratio_of(const Meter& meter, Quantity quantity) {
  const auto unit = traits(quantity).unit;
  if (unit == "V") return meter.pt_ratio;
  if (unit == "A") return meter.ct_ratio;
  if (unit == "W" || unit == "var" || unit == "VA" || unit == "Wh" || unit == "varh") return meter.ratio;
  return 1;
}

bool is_all_ones(std::uint64_t bits, Encoding encoding) {
  const auto width = 16 * register_count(encoding);
  const auto ones = std::numeric_limits<std::uint64_t>::max() >> (64 - width);
  const bool is_signed = encoding == Encoding::i16 || encoding == Encoding::i32 || encoding == Encoding::i64;
  return bits == (is_signed ? ones >> 1 : ones);
}

}  // namespace

MeterPoller::MeterPoller(const Site& site, MeterId meter)
    : model_(*site.meter(meter).map),
      unit_(site.meter(meter).unit),
      plan_(plan_polls(model_, wire_cost(site.bus(site.meter(meter).bus).url))) {
  std::size_t longest = 0;
  for (const auto& block : plan_) longest = std::max<std::size_t>(longest, block.count);
  registers_.resize(longest);
  for (const auto& entry : model_.registers) {
    points_.push_back(site.point_of(meter, entry.quantity));
    ratio_.push_back(ratio_of(site.meter(meter), entry.quantity));
  }
  online_ = site.point_of(meter, Quantity::online);
  readings_.reserve(model_.registers.size() + 1);
}

std::expected<std::span<const Reading>, LinkFailure> MeterPoller::poll(RegisterReader& line, const Clock& clock,
                                                                       std::chrono::nanoseconds timeout) {
  readings_.clear();
  unusable_ = 0;
  MonotonicTime time{};
  for (const auto& block : plan_) {
    const auto into = std::span(registers_).first(block.count);
    if (auto read = line.read(unit_, block.function, block.address, into, timeout); !read)
      return std::unexpected(std::move(read.error()));
    // One time for the whole poll: that of its first answer, which is nearest to when the meter measured.
    if (time == MonotonicTime{}) time = clock.monotonic();
    decode(block, time);
  }
  readings_.push_back(Reading::flag(online_, time, true));
  return std::span<const Reading>(readings_);
}

void MeterPoller::decode(const PollBlock& block, MonotonicTime time) {
  for (const auto index : block.registers) {
    const auto& entry = model_.registers[index];
    const auto from = std::span<const std::uint16_t>(registers_)
                          .subspan(entry.address - block.address, register_count(entry.encoding));
    if (entry.not_available_when_all_ones && is_all_ones(bits_of(from, entry.order), entry.encoding)) {
      ++unusable_;
      continue;
    }
    if (traits(entry.quantity).kind == ValueKind::counter) {
      const auto value = decode_whole(from, entry.encoding, entry.order, entry.factor * ratio_[index]);
      if (value && *value >= 0) {
        readings_.push_back(Reading::counter(points_[index], time, *value));
        continue;
      }
    } else if (const auto value = decode_real(from, entry.encoding, entry.order)) {
      readings_.push_back(Reading::gauge(points_[index], time, *value * entry.factor * ratio_[index]));
      continue;
    }
    ++unusable_;
  }
}

}  // namespace gateway
