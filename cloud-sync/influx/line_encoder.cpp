#include "cloud-sync/influx/line_encoder.hpp"

#include <algorithm>
#include <array>

#include "cloud-sync/influx/line_protocol.hpp"

namespace gateway {
namespace {

// More than any line here can have: a series of ids of 64 bytes, every quantity once, or two texts.
constexpr std::size_t longest_line = std::size_t{16} * 1024;

std::string_view area_id(const Site& site, AreaId area) {
  return area.valid() ? std::string_view{site.area(area).id} : std::string_view{};
}

// Floor also below zero, so that the difference of two readings never gains a watt-hour.
std::int64_t whole_units(std::int64_t thousandths) noexcept {
  return thousandths / 1000 - (thousandths % 1000 < 0 ? 1 : 0);
}

double yuan(std::int64_t millionths) noexcept { return static_cast<double>(millionths) / 1e6; }
// That every window's line has.
std::uint32_t line_fields(bool priced) noexcept { return priced ? 5 : 4; }

// The same stretch of time can be stamped so often: each time the clock goes back, on other milliseconds.
constexpr std::int64_t passes = 4;

// Changes of one series within the same few milliseconds would overwrite each other: the later one moves on, by a
// second at most, which 250 of them take. What comes faster for longer takes the place of the one before it: the newest
// value is the last one, and none is stamped further ahead. A stamp between other multiples, or far behind, is of a
// clock that has gone back.
std::int64_t distinct(std::int64_t ms, std::int64_t last) noexcept {
  constexpr std::int64_t burst = 1000;
  if (ms > last || last - ms >= 2 * burst) return ms;
  if (last - ms < burst) return last + passes;
  return (last - ms) % passes == 0 ? last : ms;
}

}  // namespace

void LineEncoder::stepped_back() noexcept {
  const bool again = stamps_.last_ms <= stamps_.overlap_until_ms;  // into a stretch that has been stamped twice already
  stamps_.pass = again ? (stamps_.pass + 1) % passes : 1;
  stamps_.overlap_until_ms = stamps_.newest_ms;
}

std::int64_t LineEncoder::stamp(UtcTime time, std::int64_t last) noexcept {
  auto ms = to_ms(time) / passes * passes;
  if (ms <= stamps_.overlap_until_ms) ms += stamps_.pass;
  ms = distinct(ms, last);
  stamps_.last_ms = ms;
  stamps_.newest_ms = std::max(stamps_.newest_ms, ms);
  return ms;
}

LineEncoder::LineEncoder(const Site& site) {
  // Thousands of each, for as long as the gateway runs: none of the room that growing leaves behind.
  points_.reserve(site.points.size());
  devices_.reserve(site.meters.size() + site.sensors.size());
  nodes_.reserve(site.nodes.size());
  alarms_.reserve(site.alarms.size());
  for (const Meter& meter : site.meters) {
    const std::array tags{Tag{"area", area_id(site, meter.area)}, Tag{"meter", meter.id}, Tag{"site", site.id},
                          Tag{"subitem", meter.subitem}};
    devices_.push_back({series_key(name_of(meter.utility), tags)});
  }
  for (const Sensor& sensor : site.sensors) {
    const std::array tags{Tag{"area", area_id(site, sensor.area)}, Tag{"kind", name_of(sensor.kind)},
                          Tag{"sensor", sensor.id}, Tag{"site", site.id}};
    devices_.push_back({series_key("sensor", tags)});
  }
  for (const Point& point : site.points) {
    const QuantityTraits& quantity = traits(point.quantity);
    PointForm form{.quantity = point.quantity};
    form.device = static_cast<std::uint32_t>(point.meter.valid() ? point.meter.index()
                                                                 : site.meters.size() + point.sensor.index());
    switch (quantity.kind) {
      case ValueKind::gauge:
        form.form = Form::number;
        break;
      case ValueKind::flag:
        form.form = point.meter.valid() ? Form::none : Form::flag;
        break;
      case ValueKind::counter:
        form.form =
            point.meter.valid() && site.meter(point.meter).utility == Utility::water ? Form::thousandths : Form::whole;
        break;
    }
    points_.push_back(form);
  }
  for (const Node& node : site.nodes) {
    NodeForm& form = nodes_.emplace_back();
    form.utility = node.utility;
    form.priced = !site.tariff(node.utility).empty();
    const std::array tags{Tag{"kind", name_of(node.utility)}, Tag{"node", node.name}, Tag{"site", site.id}};
    form.series = series_key("consumption", tags) + ",window=";
  }
  for (const AlarmSource& source : site.alarms) {
    const AlarmRule& rule = site.rules[source.rule];
    const std::array tags{Tag{"area", area_id(site, source.where)}, Tag{"priority", name_of(rule.priority)},
                          Tag{"rule", rule.id}, Tag{"site", site.id}, Tag{"source", source.id}};
    alarms_.push_back({series_key("alarm", tags)});
  }
}

void LineEncoder::clear() noexcept {
  for (Buffer* buffer : {&fresh_, &rewriting_}) {
    buffer->used = 0;
    buffer->body.reset();
  }
  bodies_.clear();
  fresh_bodies_ = 0;
}

std::span<char> LineEncoder::room(Buffer& buffer) {
  auto& bytes = buffer.bytes;
  if (bytes.size() - buffer.used < longest_line)
    bytes.resize(std::max(bytes.size() * 2, buffer.used + 4 * longest_line));
  return {bytes.data() + buffer.used, bytes.size() - buffer.used};
}

// Of the line that stands at the end of what is fresh.
void LineEncoder::ended(std::size_t bytes, std::uint32_t values, std::uint32_t rewritten) {
  Buffer& buffer = rewritten > 0 ? rewriting_ : fresh_;
  if (rewritten > 0) std::copy_n(fresh_.bytes.data() + fresh_.used, bytes, room(rewriting_).data());
  if (!buffer.body || bodies_[*buffer.body].lines == most_lines) {
    // What is new stands before all that replaces something, whichever was encoded first: the first form of what is
    // replaced may be among it.
    const std::size_t place = rewritten > 0 ? bodies_.size() : fresh_bodies_++;
    bodies_.insert(bodies_.begin() + static_cast<std::ptrdiff_t>(place), {.begin = buffer.used, .end = buffer.used});
    if (rewritten == 0 && rewriting_.body) ++*rewriting_.body;
    buffer.body = place;
  }
  EncodedBody& body = bodies_[*buffer.body];
  buffer.used += bytes;
  body.end = buffer.used;
  body.values += values;
  body.rewritten += rewritten;
  ++body.lines;
}

void LineEncoder::ended(const LineWriter& line, Device& series, std::int64_t ms) {
  const bool overwrites = ms == series.last_ms;
  if (overwrites) ++overwritten_;
  series.last_ms = ms;
  ended(line.size(), line.values(), overwrites ? line.values() : 0);
}

void LineEncoder::add(const Batch& batch) {
  add_readings(batch);
  for (const AlarmRecord& record : batch.alarms) add_alarm(record);
}

void LineEncoder::add_readings(const Batch& batch) {
  const auto& readings = batch.readings;
  for (std::size_t i = 0; i < readings.size();) {
    const MonotonicTime time = readings[i].time();
    const std::uint32_t device = points_[readings[i].point().index()].device;
    LineWriter line(room());
    line.begin(devices_[device].series);
    for (std::uint64_t written = 0; i < readings.size(); ++i) {
      const Reading& reading = readings[i];
      const PointForm& point = points_[reading.point().index()];
      if (reading.time() != time || point.device != device) break;
      if (!reading.good() || reading.retained() || point.form == Form::none) continue;
      const std::uint64_t bit = 1ULL << static_cast<unsigned>(point.quantity);
      if ((written & bit) != 0) break;  // the same point again: another message in the same instant
      written |= bit;
      switch (point.form) {
        case Form::number:
          line.field(point.field(), reading.as_gauge());
          break;
        case Form::whole:
          line.field(point.field(), whole_units(reading.as_counter()));
          break;
        case Form::thousandths:
          line.field_thousandths(point.field(), reading.as_counter());
          break;
        case Form::flag:
          line.field(point.field(), std::int64_t{reading.as_flag() ? 1 : 0});
          break;
        case Form::none:
          break;
      }
    }
    const std::int64_t ms = stamp(batch.utc(time), devices_[device].last_ms);
    if (line.end(ms)) ended(line, devices_[device], ms);
    refused_ += line.refused();
  }
}

void LineEncoder::add_alarm(const AlarmRecord& record) {
  Device& alarm = alarms_[record.alarm.index()];
  LineWriter line(room());
  line.begin(alarm.series);
  line.field("state", static_cast<std::int64_t>(record.state));
  line.field("state_name", name_of(record.state));
  line.field("value", record.value);
  line.field("event", static_cast<std::int64_t>(record.event));
  line.field("announced", std::int64_t{record.announced ? 1 : 0});
  if (record.limit != 0) line.field("limit", record.limit);
  if (!record.by.empty()) line.field("by", record.by);
  if (!record.comment.empty()) line.field("comment", record.comment);
  const auto ms = stamp(record.changed, alarm.last_ms);
  if (line.end(ms)) ended(line, alarm, ms);
  refused_ += line.refused();
}

void LineEncoder::add_window(const WindowRecord& merged, std::optional<std::uint32_t> samples_before) {
  const NodeForm& node = nodes_[merged.node.index()];
  const bool water = node.utility == Utility::water;
  LineWriter line(room());
  line.begin(node.series, name_of(merged.length));
  line.field_thousandths(water ? "volume_l" : "energy_wh", merged.amount);
  line.field_thousandths("estimated", merged.estimated);
  line.field("samples", static_cast<std::int64_t>(merged.samples));
  line.field("covered_s", std::chrono::duration<double>(merged.covered).count());
  if (node.priced) line.field("cost", yuan(merged.cost));
  std::uint32_t rewritten = samples_before ? line_fields(node.priced) : 0;
  if (merged.samples > 0) {
    line.field(water ? "mean_l_per_h" : "mean_w", merged.rate_sum / merged.samples);
    line.field(water ? "min_l_per_h" : "min_w", merged.rate_min);
    line.field(water ? "max_l_per_h" : "max_w", merged.rate_max);
    if (samples_before.value_or(0) > 0) rewritten += 3;
  }
  if (line.end(to_ms(merged.start))) ended(line.size(), line.values(), std::min(rewritten, line.values()));
  refused_ += line.refused();
}

void LineEncoder::add_parts(const Parts& parts) {
  static constexpr std::array<std::array<std::string_view, band_count>, utility_count> amounts{
      {{"energy_critical_peak_wh", "energy_peak_wh", "energy_flat_wh", "energy_valley_wh"},
       {"volume_critical_peak_l", "volume_peak_l", "volume_flat_l", "volume_valley_l"}}};
  static constexpr std::array<std::string_view, band_count> costs{"cost_critical_peak", "cost_peak", "cost_flat",
                                                                  "cost_valley"};
  const NodeForm& node = nodes_[parts.node.index()];
  const auto utility = static_cast<std::size_t>(node.utility);
  LineWriter line(room());
  line.begin(node.series, name_of(parts.length));
  std::uint32_t rewritten = 0;
  for (std::size_t band = 0; band < band_count; ++band) {
    const auto& sum = parts.bands[band];
    if (!sum.present) continue;
    line.field_thousandths(amounts[utility][band], sum.amount);
    line.field(costs[band], yuan(sum.cost));
    if (sum.sent_before) rewritten += 2;
  }
  if (parts.off_hours.present) {
    line.field_thousandths(utility == 0 ? "off_hours_wh" : "off_hours_l", parts.off_hours.amount);
    if (parts.off_hours.sent_before) ++rewritten;
  }
  if (line.end(to_ms(parts.start))) ended(line.size(), line.values(), std::min(rewritten, line.values()));
  refused_ += line.refused();
}

void LineEncoder::add_demand(const DemandRecord& demand, bool sent_before) {
  const NodeForm& node = nodes_[demand.node.index()];
  const bool water = node.utility == Utility::water;
  const bool block = demand.kind == DemandKind::block;
  LineWriter line(room());
  line.begin(node.series, name_of(WindowLength::month));
  line.field(water ? (block ? "demand_l_per_h" : "demand_sliding_l_per_h") : (block ? "demand_w" : "demand_sliding_w"),
             demand_of(demand.amount));
  line.field(block ? "demand_at_ms" : "demand_sliding_at_ms", to_ms(demand.at));
  if (line.end(to_ms(demand.month))) ended(line.size(), line.values(), sent_before ? line.values() : 0);
  refused_ += line.refused();
}

}  // namespace gateway
