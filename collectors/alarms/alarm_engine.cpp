#include "collectors/alarms/alarm_engine.hpp"

#include <algorithm>

namespace gateway {

using namespace std::chrono_literals;

AlarmEngine::AlarmEngine(const Site& site, Changed changed)
    : site_(site),
      changed_(std::move(changed)),
      alarms_(site.alarms.size()),
      watchers_(site.points.size()),
      listeners_(site.points.size()) {
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    alarms_[i].record.alarm = AlarmId{i};
    const auto& source = site.alarms[i];
    const auto kind = site.rules[source.rule].kind;
    const auto number = static_cast<std::uint32_t>(i);
    if (kind == AlarmRule::Kind::device_silent) {
      const auto& points = source.meter.valid() ? site.meter(source.meter).points : site.sensor(source.sensor).points;
      for (const auto point : points) listeners_[point.index()].push_back(number);
    } else {
      const auto point =
          site.point_of(source.sensor, kind == AlarmRule::Kind::door_open ? Quantity::open : Quantity::wet);
      if (point.valid()) watchers_[point.index()].push_back(number);
    }
  }
}

// How long a device may say nothing. A meter is polled and says so at once when it does not answer; a battery sensor
// speaks when it likes.
std::chrono::nanoseconds AlarmEngine::patience(std::size_t index) const {
  const auto& source = site_.alarms[index];
  if (source.meter.valid()) return 3 * site_.meter(source.meter).interval + 10s;
  return site_.sensor(source.sensor).silent_after;
}

void AlarmEngine::restore(std::span<const AlarmRecord> records, TimeNow now) {
  for (const auto& record : records) {
    if (record.alarm.index() >= alarms_.size()) continue;
    auto& alarm = alarms_[record.alarm.index()];
    alarm.record = record;
    alarm.machine.restore(record.state);
    alarm.value = record.value;
  }
  // Every device gets its time to be heard; silence counts from now.
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    if (site_.rule_of(AlarmId{i}).kind != AlarmRule::Kind::device_silent) continue;
    alarms_[i].heard_at = now.monotonic;
    if (const auto wait = patience(i); wait > 0ns) alarms_[i].silent_at = now.monotonic + wait;
  }
  look_ahead();
}

void AlarmEngine::on_reading(const Reading& reading, TimeNow now) {
  const auto point = reading.point().index();
  for (const auto alarm : listeners_[point]) heard(alarm, reading, now);
  if (!reading.good()) return;
  for (const auto alarm : watchers_[point]) {
    const bool on = reading.as_flag();
    // When exactly a retained value came about is not known: it counts from now.
    condition(alarm, on, reading.retained() ? now.monotonic : reading.time(), on ? 1 : 0, now);
  }
}

void AlarmEngine::heard(std::size_t index, const Reading& reading, TimeNow now) {
  if (!reading.good()) return;
  auto& alarm = alarms_[index];
  const auto quantity = site_.point(reading.point()).quantity;
  // Only `online` = 0 is bad news; every live value is a sign of life, a retained one is not.
  if (quantity == Quantity::online && !reading.as_flag()) {
    alarm.silent_at.reset();
    condition(index, true, reading.retained() ? now.monotonic : reading.time(), 0, now);
    return;
  }
  if (reading.retained() && quantity != Quantity::online) return;
  alarm.heard_at = reading.time();
  if (const auto wait = patience(index); wait > 0ns) {
    const bool armed = alarm.silent_at.has_value();
    alarm.silent_at = reading.time() + wait;
    // The deadline only moves away; that of look_ahead() stays a safe, too early one.
    if (!armed) look_ahead();
  }
  condition(index, false, reading.time(), 0, now);
}

void AlarmEngine::condition(std::size_t index, bool fulfilled, MonotonicTime since, double value, TimeNow now) {
  auto& alarm = alarms_[index];
  if (fulfilled == alarm.machine.condition() && !alarm.machine.deadline()) return;
  if (fulfilled && !alarm.machine.condition()) {
    alarm.value = value;
    alarm.condition_since = since;
  }
  const auto& rule = site_.rule_of(AlarmId{index});
  const auto before = alarm.machine.deadline();
  const bool change = alarm.machine.set_condition(fulfilled, since, rule.on_delay, rule.off_delay, now.monotonic);
  if (change) changed(index, now);
  if (change || before != alarm.machine.deadline()) look_ahead();
}

void AlarmEngine::advance(TimeNow now) {
  if (!next_deadline_ || now.monotonic < *next_deadline_) return;
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    auto& alarm = alarms_[i];
    if (alarm.silent_at && now.monotonic >= *alarm.silent_at) {
      const auto since = *alarm.silent_at;
      alarm.silent_at.reset();
      condition(i, true, since, 0, now);
    }
    if (alarm.machine.advance(now.monotonic)) changed(i, now);
  }
  look_ahead();
}

void AlarmEngine::raised(std::size_t index, TimeNow now) {
  auto& alarm = alarms_[index];
  alarm.record.raised = now.utc;
  if (site_.rule_of(AlarmId{index}).kind == AlarmRule::Kind::device_silent)
    alarm.value = std::chrono::duration<double>(now.monotonic - alarm.heard_at).count();
}

void AlarmEngine::changed(std::size_t index, TimeNow now) {
  auto& alarm = alarms_[index];
  auto& record = alarm.record;
  record.state = alarm.machine.state();
  record.changed = now.utc;
  if (record.state == AlarmState::unacknowledged) raised(index, now);
  record.value = alarm.machine.active() ? alarm.value : 0;
  record.by.clear();
  record.comment.clear();
  changed_(record);
}

void AlarmEngine::look_ahead() {
  next_deadline_.reset();
  const auto earlier = [&](const std::optional<MonotonicTime>& time) {
    if (time && (!next_deadline_ || *time < *next_deadline_)) next_deadline_ = time;
  };
  for (const auto& alarm : alarms_) {
    earlier(alarm.machine.deadline());
    earlier(alarm.silent_at);
  }
}

Expected<AlarmRecord> AlarmEngine::acknowledge(AlarmId id, std::string by, std::string comment, TimeNow now) {
  if (id.index() >= alarms_.size())
    return failure(std::errc::invalid_argument, "no alarm " + std::to_string(id.index() + 1));
  auto& alarm = alarms_[id.index()];
  const bool was_active = alarm.machine.active();
  if (!alarm.machine.acknowledge())
    return failure(std::errc::operation_not_permitted, "there is nothing to acknowledge");
  auto& record = alarm.record;
  record.state = alarm.machine.state();
  if (!was_active && alarm.machine.active()) {  // before the on-delay's end
    raised(id.index(), now);
    record.value = alarm.value;
    look_ahead();
  }
  record.changed = now.utc;
  record.by = std::move(by);
  record.comment = std::move(comment);
  changed_(record);
  return record;
}

void AlarmEngine::date_back(std::chrono::nanoseconds utc_offset) noexcept {
  for (auto& alarm : alarms_) gateway::date_back(alarm.record, utc_offset);
}

std::vector<AlarmRecord> AlarmEngine::standing() const {
  std::vector<AlarmRecord> out;
  for (const auto& alarm : alarms_)
    if (alarm.machine.state() != AlarmState::normal) out.push_back(alarm.record);
  return out;
}

}  // namespace gateway
