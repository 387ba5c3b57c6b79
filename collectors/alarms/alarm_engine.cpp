#include "collectors/alarms/alarm_engine.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

using namespace std::chrono_literals;
using Kind = AlarmRule::Kind;
using Part = AlarmSource::Part;

namespace {

std::optional<Quantity> flag_of(Kind kind) noexcept {
  if (kind == Kind::door_open) return Quantity::open;
  if (kind == Kind::leak_wet) return Quantity::wet;
  if (kind == Kind::person_seen) return Quantity::person;
  return std::nullopt;
}

// A factor below 1 tightens every limit: half of "below 15 %" is below 30 %, of "above -18 °C" above -36 °C.
double scaled_limit(const AlarmRule& rule, double factor) noexcept {
  const bool grows = (rule.kind == Kind::value_below) != (rule.limit < 0);
  return grows ? rule.limit / factor : rule.limit * factor;
}

bool is_silence(Kind kind) noexcept { return kind == Kind::device_silent || kind == Kind::camera_offline; }

}  // namespace

AlarmEngine::AlarmEngine(const Site& site, Changed changed, ModeChanged mode_changed)
    : site_(site),
      mode_changed_(std::move(mode_changed)),
      book_(site, std::move(changed)),
      mode_(site),
      consumption_(site, [this](const ConsumptionRules::Finding& finding, TimeNow now) { take(finding, now); }),
      rules_(site.rules.size()),
      alarms_(site.alarms.size()),
      group_of_alarm_(site.alarms.size(), -1),
      groups_of_(site.meters.size() + site.sensors.size()),
      own_group_(site.meters.size() + site.sensors.size(), -1),
      online_(site.meters.size() + site.sensors.size(), -1) {
  for (std::size_t i = 0; i < alarms_.size(); ++i) wire(i);
  sort_interests();
  make_groups();
  set_rules();
}

void AlarmEngine::wire(std::size_t index) {
  const auto& source = site_.alarms[index];
  const auto& rule = site_.rules[source.rule];
  const auto number = static_cast<std::uint32_t>(index);
  const auto point_of = [&](Quantity quantity) {
    if (source.meter.valid()) return site_.point_of(source.meter, quantity);
    return source.sensor.valid() ? site_.point_of(source.sensor, quantity) : PointId{};
  };
  const auto want = [&](PointId point, Interest::What what) {
    if (point.valid()) interests_.push_back({static_cast<std::uint32_t>(point.index()), what, number});
  };
  if (const auto flag = flag_of(rule.kind)) want(point_of(*flag), Interest::What::flag);
  if (rule.kind == Kind::value_above || rule.kind == Kind::value_below)
    want(point_of(rule.quantity), Interest::What::limit);
  if (is_silence(rule.kind)) {
    const auto& points = source.meter.valid() ? site_.meter(source.meter).points : site_.sensor(source.sensor).points;
    for (const auto point : points) want(point, Interest::What::speaks);
  }
  if (source.part == Part::alarms) flood_alarms_.push_back(number);
}

void AlarmEngine::sort_interests() {
  std::ranges::sort(interests_);
  interests_.shrink_to_fit();
  interests_from_.reserve(site_.points.size() + 1);
  std::uint32_t next = 0;
  for (std::uint32_t point = 0; point <= site_.points.size(); ++point) {
    while (next < interests_.size() && interests_[next].point < point) ++next;
    interests_from_.push_back(next);
  }
}

// How long a device may say nothing. A meter is polled and says so at once when it does not answer; a battery sensor
// speaks when it likes.
std::chrono::nanoseconds AlarmEngine::patience(std::size_t index) const {
  const auto& source = site_.alarms[index];
  if (source.meter.valid()) return 3 * site_.meter(source.meter).interval + 10s;
  return site_.sensor(source.sensor).silent_after;
}

void AlarmEngine::restore(std::span<const AlarmRecord> records, std::span<const ModeRecord> modes, TimeNow now) {
  for (const auto& record : modes) {
    mode_.apply(record);
    book_.events_until(record.event);
  }
  set_rules();
  book_.restore(records);
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    auto& alarm = alarms_[i];
    alarm.on = book_.active(i);
    alarm.since = alarm.gate_since = now.monotonic;
    alarm.value = book_.record(i).value;
    alarm.finding = book_.record(i).finding;
    // Every device gets its time to be heard; silence counts from now.
    if (!is_silence(site_.rule_of(AlarmId{i}).kind)) continue;
    alarm.heard_at = now.monotonic;
    if (const auto wait = patience(i); wait > 0ns) alarm.silent_at = now.monotonic + wait;
  }
  set_gates(now, true);
  look_ahead();
}

void AlarmEngine::on_reading(const Reading& reading, TimeNow now) {
  const auto point = reading.point().index();
  for (auto i = interests_from_[point]; i < interests_from_[point + 1]; ++i) {
    const auto& interest = interests_[i];
    if (interest.what == Interest::What::speaks) {
      heard(interest.alarm, reading, now);
    } else if (!reading.good()) {
      alarms_[interest.alarm].measured.reset();
    } else if (interest.what == Interest::What::flag) {
      const bool on = reading.as_flag();
      // When exactly a retained value came about is not known: it counts from now.
      found(interest.alarm, on, reading.retained() ? now.monotonic : reading.time(), on ? 1 : 0, {}, now);
    } else {
      alarms_[interest.alarm].measured = reading.as_gauge();
      compare(interest.alarm, reading.as_gauge(), reading.retained() ? now.monotonic : reading.time(), now);
    }
  }
  if (!reading.good()) return;
  const auto& about = site_.point(reading.point());
  if (about.quantity == Quantity::online) group_word(about, reading, now);
}

void AlarmEngine::compare(std::size_t index, double value, MonotonicTime since, TimeNow now) {
  const auto& rule = site_.rule_of(AlarmId{index});
  const auto limit = rules_[site_.alarms[index].rule].limit;
  auto& alarm = alarms_[index];
  // Once beyond it, it has to come back by the deadband.
  const double back = alarm.on ? rule.deadband : 0;
  const bool on = rule.kind == Kind::value_above ? value > limit - back : value < limit + back;
  alarm.limit = limit;
  found(index, on, since, value, {}, now);
}

void AlarmEngine::make_groups() {
  const auto belongs = [&](const AlarmSource& source, std::size_t device) {
    const bool meter = device < site_.meters.size();
    if (source.part == Part::bus) return meter && site_.meters[device].bus == source.bus;
    if (meter) return false;
    const auto& sensor = site_.sensors[device - site_.meters.size()];
    if (source.part == Part::broker) return sensor.kind != Sensor::Kind::broker && sensor.kind != Sensor::Kind::bridge;
    return sensor.parent == source.sensor;
  };
  for (std::size_t i = 0; i < site_.alarms.size(); ++i) {
    const auto& source = site_.alarms[i];
    if (source.part != Part::bus && source.part != Part::bridge && source.part != Part::broker) continue;
    const auto number = static_cast<std::uint32_t>(groups_.size());
    group_of_alarm_[i] = static_cast<std::int32_t>(number);
    auto& group = groups_.emplace_back();
    group.alarm = i;
    if (source.sensor.valid())
      own_group_[site_.meters.size() + source.sensor.index()] = static_cast<std::int32_t>(number);
    for (std::size_t device = 0; device < groups_of_.size(); ++device) {
      if (!belongs(source, device)) continue;
      ++group.members;
      // Forty dead doors behind one broker may be forty doors: it has its own word, and the app's.
      if (source.part != Part::broker) groups_of_[device].push_back(number);
    }
  }
}

// All devices of a bus or a bridge gone at once is one fault, and not theirs; and a bridge or the broker may say so
// itself, which it does before its devices (sensor_router.hpp): they are its children from the first moment.
void AlarmEngine::group_word(const Point& about, const Reading& reading, TimeNow now) {
  const auto device = about.meter.valid() ? about.meter.index() : site_.meters.size() + about.sensor.index();
  const signed char online = reading.as_flag() ? 1 : 0;
  const auto before = std::exchange(online_[device], online);
  if (before == online) return;
  const auto since = reading.retained() ? now.monotonic : reading.time();
  if (own_group_[device] >= 0) {
    auto& group = groups_[static_cast<std::size_t>(own_group_[device])];
    group.down = online == 0;
    judge(group, since, now);
  }
  for (const auto number : groups_of_[device]) {
    auto& group = groups_[number];
    ++(online != 0 ? group.online : group.offline);
    if (before >= 0) --(before != 0 ? group.online : group.offline);
    if (!group.known() && !group.down && !alarms_[group.alarm].fact) continue;
    judge(group, since, now);
  }
}

void AlarmEngine::judge(const Group& group, MonotonicTime since, TimeNow now) {
  // What can't be used itself takes all its devices along, whatever was heard of them last.
  const bool dead = group.down || alarms_[group.alarm].fact;
  found(group.alarm, dead || group.all_gone(), since, dead ? group.members : group.offline, AlarmFinding::offline, now);
}

void AlarmEngine::observe(const Fact& fact, TimeNow now) {
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    const auto& source = site_.alarms[i];
    if (source.part != fact.part) continue;
    if ((source.part == Part::bus ? source.bus.index() : source.place) != fact.place) continue;
    auto& alarm = alarms_[i];
    alarm.fact = fact.bad;
    bool on = fact.bad;
    double value = fact.value;
    if (group_of_alarm_[i] >= 0) {
      const auto& group = groups_[static_cast<std::size_t>(group_of_alarm_[i])];
      // An open port says nothing about the cable behind it: what stood before the start stands until a meter is heard.
      if (source.part == Part::bus && !on && !group.known() && book_.active(i)) continue;
      on = on || group.down || group.all_gone();
      value = on ? group.members : 0;
    }
    if (on != alarm.on || value != alarm.value) found(i, on, now.monotonic, value, AlarmFinding::offline, now);
  }
}

void AlarmEngine::heard(std::size_t index, const Reading& reading, TimeNow now) {
  if (!reading.good()) return;
  auto& alarm = alarms_[index];
  const auto quantity = site_.point(reading.point()).quantity;
  // Only `online` = 0 is bad news; every live value is a sign of life, a retained one is not.
  if (quantity == Quantity::online && !reading.as_flag()) {
    alarm.silent_at.reset();
    alarm.fell_silent = false;
    found(index, true, reading.retained() ? now.monotonic : reading.time(), 0, AlarmFinding::offline, now);
    return;
  }
  if (reading.retained() && quantity != Quantity::online) return;
  // Many a bridge goes on calling a device online that has long been dead: only its own word ends its silence.
  if (reading.retained() && alarm.on && alarm.finding == AlarmFinding::silent) return;
  alarm.heard_at = reading.time();
  alarm.fell_silent = false;
  if (const auto wait = patience(index); wait > 0ns) {
    alarm.silent_at = reading.time() + wait;
    // A deadline that moves away leaves next_silence_ safe: too early.
    if (!next_silence_ || *alarm.silent_at < *next_silence_) next_silence_ = alarm.silent_at;
  }
  found(index, false, reading.time(), 0, {}, now);
}

void AlarmEngine::found(std::size_t index, bool on, MonotonicTime since, double value, AlarmFinding finding,
                        TimeNow now) {
  auto& alarm = alarms_[index];
  if (on != alarm.on) {
    alarm.on = on;
    alarm.since = since;
    if (on) alarm.finding = finding;
  }
  if (on) alarm.value = value;
  consider(index, now);
}

void AlarmEngine::take(const ConsumptionRules::Finding& finding, TimeNow now) {
  auto& alarm = alarms_[finding.alarm];
  alarm.limit = finding.limit;
  if (finding.on) alarm.finding = finding.finding;
  found(finding.alarm, finding.on, now.monotonic, finding.value, finding.finding, now);
}

void AlarmEngine::consider(std::size_t index, TimeNow now) {
  auto& alarm = alarms_[index];
  const auto& rule = rules_[site_.alarms[index].rule];
  const bool fulfilled = alarm.on && alarm.gate;
  const auto since = fulfilled ? std::max(alarm.since, alarm.gate_since) : (alarm.on ? alarm.gate_since : alarm.since);
  double value = alarm.value;
  if (is_silence(site_.rule_of(AlarmId{index}).kind))
    value = std::chrono::duration<double>(now.monotonic - alarm.heard_at).count();
  book_.set(index, {fulfilled, since, value, alarm.limit, alarm.finding}, rule.delays, now);
}

void AlarmEngine::advance(TimeNow now) {
  if (next_silence_ && now.monotonic >= *next_silence_) {
    for (std::size_t i = 0; i < alarms_.size(); ++i) {
      auto& alarm = alarms_[i];
      if (!alarm.silent_at || now.monotonic < *alarm.silent_at) continue;
      const auto since = *alarm.silent_at;
      alarm.silent_at.reset();
      alarm.fell_silent = true;
      found(i, true, since, 0, AlarmFinding::silent, now);
    }
    look_ahead();
  }
  if (now.monotonic >= next_second_) {
    next_second_ = now.monotonic + 1s;
    every_second(now);
  }
  // The value that a silence shows is how long it has lasted when its delay ends.
  if (const auto next = book_.next_deadline(); next && now.monotonic >= *next)
    for (std::size_t i = 0; i < alarms_.size(); ++i)
      if (alarms_[i].on && is_silence(site_.rule_of(AlarmId{i}).kind))
        book_.set_value(i, std::chrono::duration<double>(now.monotonic - alarms_[i].heard_at).count());
  book_.advance(now);
}

void AlarmEngine::every_second(TimeNow now) {
  set_gates(now, false);
  for (std::size_t i = 0; i < alarms_.size(); ++i)
    if (book_.settling(i)) forgive_silence(i, now);
  book_.every_second(now);
  watch_flood(now);
}

// While its bridge or the broker was away nothing could be heard of it: its silence counts anew.
void AlarmEngine::forgive_silence(std::size_t index, TimeNow now) {
  auto& alarm = alarms_[index];
  if (!alarm.fell_silent || book_.record(index).told) return;
  alarm.fell_silent = false;
  alarm.heard_at = now.monotonic;
  if (const auto wait = patience(index); wait > 0ns) alarm.silent_at = now.monotonic + wait;
  found(index, false, now.monotonic, 0, {}, now);
  look_ahead();
}

void AlarmEngine::watch_flood(TimeNow now) {
  const auto size = static_cast<double>(book_.flood_size());
  for (const auto alarm : flood_alarms_) {
    if (book_.flooded() || alarms_[alarm].on) found(alarm, book_.flooded(), now.monotonic, size, {}, now);
  }
}

std::optional<MonotonicTime> AlarmEngine::next_deadline() const noexcept {
  const auto book = book_.next_deadline();
  if (!book || (next_silence_ && *next_silence_ < *book)) return next_silence_;
  return book;
}

void AlarmEngine::look_ahead() {
  next_silence_.reset();
  for (const auto& alarm : alarms_)
    if (alarm.silent_at && (!next_silence_ || *alarm.silent_at < *next_silence_)) next_silence_ = alarm.silent_at;
}

// ---- hours and modes

bool AlarmEngine::lets_through(When when, AreaId where) const noexcept {
  switch (when) {
    case When::always:
      return true;
    case When::working_hours:
      return working_;
    case When::off_hours:
      return !working_;
    case When::armed:
      return mode_.is_armed(where);
    case When::off_hours_or_armed:
      return !working_ || mode_.is_armed(where);
  }
  return true;
}

void AlarmEngine::set_rules() {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& rule = site_.rules[i];
    auto& effective = rules_[i];
    effective = {{rule.on_delay, rule.off_delay}, rule.limit, rule.when};
    const auto* mode = mode_.mode();
    if (mode == nullptr) continue;
    const auto scaled = static_cast<double>(rule.on_delay.count()) * mode->delay_factor;
    effective.delays.on = std::chrono::nanoseconds{static_cast<std::int64_t>(scaled)};
    effective.limit = scaled_limit(rule, mode->limit_factor);
    for (const auto& change : mode->changes) {
      if (change.rule != i) continue;
      effective.delays.on = change.on_delay.value_or(effective.delays.on);
      effective.limit = change.limit.value_or(effective.limit);
      effective.when = change.when.value_or(effective.when);
    }
  }
  for (std::size_t i = 0; i < alarms_.size(); ++i) consumption_.set_limit(i, rules_[site_.alarms[i].rule].limit);
}

void AlarmEngine::set_gates(TimeNow now, bool all) {
  const bool known = !is_provisional(now.utc);
  const bool off = mode_.mode() != nullptr && mode_.mode()->off_hours;
  bool working = !off;
  if (known && working && site_.time) {
    const auto local = now.utc.time_since_epoch() + site_.time->offset(now.utc);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const auto minute = std::chrono::floor<std::chrono::minutes>(local - day);
    working = site_.calendar.is_working_time(static_cast<LocalDay>(day.count()), static_cast<unsigned>(minute.count()));
  }
  if (working == working_ && known == hours_known_ && !all) return;
  working_ = working;
  hours_known_ = known;
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    const auto& source = site_.alarms[i];
    const auto when = rules_[source.rule].when;
    // Nobody knows what time it is: what stands goes on standing, and hours raise nothing.
    const bool gate = known || when == When::always
                          ? lets_through(when, source.where)
                          : book_.active(i) || (when != When::working_hours && when != When::off_hours &&
                                                mode_.is_armed(source.where));
    if (gate == alarms_[i].gate) continue;
    alarms_[i].gate = gate;
    alarms_[i].gate_since = now.monotonic;
    consider(i, now);
  }
}

Expected<ModeRecord> AlarmEngine::run(const ModeRecord& wish, TimeNow now) {
  if (auto fine = mode_.check(wish); !fine) return std::unexpected(fine.error());
  ModeRecord record = wish;
  record.event = book_.next_event(now.utc);
  record.changed = now.utc;
  mode_.apply(record);
  mode_changed_(record);
  if (record.kind == ModeRecord::Kind::patrol) return record;
  set_rules();
  set_gates(now, true);
  for (std::size_t i = 0; i < alarms_.size(); ++i)
    if (alarms_[i].measured) compare(i, *alarms_[i].measured, now.monotonic, now);
  for (std::size_t i = 0; i < alarms_.size(); ++i) book_.retime(i, rules_[site_.alarms[i].rule].delays, now);
  return record;
}

void AlarmEngine::date_back(std::chrono::nanoseconds utc_offset) noexcept {
  book_.date_back(utc_offset);
  mode_.date_back(utc_offset);
}

}  // namespace gateway
