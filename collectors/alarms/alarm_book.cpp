#include "collectors/alarms/alarm_book.hpp"

#include <algorithm>
#include <string>

namespace gateway {

using namespace std::chrono_literals;
using enum AlarmState;

namespace {
constexpr std::size_t most_of_a_day = 10'000;
}

AlarmBook::AlarmBook(const Site& site, Changed changed)
    : site_(site),
      changed_(std::move(changed)),
      alarms_(site.alarms.size()),
      floods_{AlarmFlood{site.operators}, AlarmFlood{site.operators}} {
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    alarms_[i].life = AlarmLife{site.rule_of(AlarmId{i}).latched};
    alarms_[i].record.alarm = AlarmId{i};
    if (const auto parent = site.alarms[i].parent; parent.valid())
      alarms_[parent.index()].children.push_back(static_cast<std::uint32_t>(i));
  }
}

void AlarmBook::restore(std::span<const AlarmRecord> records) {
  for (const auto& record : records) {
    events_until(record.event);
    if (record.alarm.index() >= alarms_.size()) continue;
    auto& alarm = alarms_[record.alarm.index()];
    alarm.record = record;
    alarm.life.restore(record);
    alarm.value = record.value;
    alarm.limit = record.limit;
    alarm.finding = record.finding;
    // Who had acknowledged it is asked again when its time is over, counted from the start.
    if (record.process == acknowledged) alarm.acknowledged_at = MonotonicTime::min();
  }
}

void AlarmBook::date_back(std::chrono::nanoseconds utc_offset) noexcept {
  for (auto& alarm : alarms_) {
    gateway::date_back(alarm.record, utc_offset);
    if (alarm.life.shelved_until) gateway::date_back(*alarm.life.shelved_until, utc_offset);
  }
}

std::uint64_t AlarmBook::next_event(UtcTime now) noexcept {
  const auto us = std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch()).count();
  last_event_ = std::max(last_event_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(us, 1)));
  return last_event_;
}

void AlarmBook::earlier(const Alarm& alarm) noexcept {
  if (const auto deadline = alarm.life.machine.deadline(); deadline && (!next_deadline_ || *deadline < *next_deadline_))
    next_deadline_ = deadline;
}

void AlarmBook::set(std::size_t index, const Condition& condition, Delays delays, TimeNow now) {
  auto& alarm = alarms_[index];
  auto& machine = alarm.life.machine;
  const bool was = machine.condition();
  if (condition.fulfilled == was && !machine.deadline()) {
    if (!was || !machine.active()) return;
    alarm.value = condition.value;
    if (condition.finding == alarm.finding) return;
    alarm.finding = condition.finding;  // the same alarm, and more is known
    alarm.limit = condition.limit;
    tell(index, AlarmChange::updated, now);
    return;
  }
  if (condition.fulfilled) {
    if (!was) alarm.since = condition.since;
    alarm.value = condition.value;
    alarm.limit = condition.limit;
    alarm.finding = condition.finding;
  }
  const bool changed =
      machine.set_condition(condition.fulfilled, condition.since, delays.on, delays.off, now.monotonic);
  if (changed) crossed(index, now);
  earlier(alarm);
  if (machine.condition() != was || changed) look_at_children(index, now);
}

void AlarmBook::retime(std::size_t index, Delays delays, TimeNow now) {
  auto& alarm = alarms_[index];
  if (!alarm.life.machine.pending()) return;
  alarm.life.machine.retime(alarm.since + delays.on);
  if (alarm.life.machine.advance(now.monotonic)) crossed(index, now);
  earlier(alarm);
}

void AlarmBook::advance(TimeNow now) {
  if (!next_deadline_ || now.monotonic < *next_deadline_) return;
  next_deadline_.reset();
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    if (alarms_[i].life.machine.advance(now.monotonic)) {
      crossed(i, now);
      look_at_children(i, now);
    }
    earlier(alarms_[i]);
  }
}

// The process side went from one side to the other.
void AlarmBook::crossed(std::size_t index, TimeNow now) {
  auto& alarm = alarms_[index];
  note_change(alarm, now.monotonic);
  if (alarm.life.machine.active()) {
    ++raised_;
    // Before it is told: what has a cause that tells for it stays quiet from the first moment.
    if (const auto cause = cause_of(index); cause.valid()) {
      alarm.record.cause = cause;
      alarm.life.suppressed = true;
      alarm.suppressed_until.reset();
    }
    tell(index, AlarmChange::raised, now, nullptr, true);
    return;
  }
  // What came and went while nobody was told of it needs no acknowledgement.
  if (alarm.life.set_aside() && !alarm.record.told) alarm.life.machine.begin_anew();
  tell(index, AlarmChange::returned, now);
}

void AlarmBook::note_change(Alarm& alarm, MonotonicTime now) noexcept {
  std::rotate(alarm.changes.begin(), alarm.changes.begin() + 1, alarm.changes.end());
  alarm.changes.back() = now;
  ++alarm.change_count;
  if (alarm.change_count >= alarm.changes.size() && now - alarm.changes.front() <= chatter_span) {
    alarm.chattering_until = now + calm;
  } else if (alarm.chattering_until) {
    alarm.chattering_until = now < *alarm.chattering_until ? std::optional{now + calm} : std::nullopt;
  }
}

// Whether this change is to be told to people.
bool AlarmBook::calls(Alarm& alarm, AlarmChange change, const AlarmRule& rule, TimeNow now) {
  using enum AlarmChange;
  if (alarm.record.state != unacknowledged) return false;
  if (change != raised && change != reminded && change != unshelved && change != shelving_ended &&
      change != unsuppressed && change != returned_to_service)
    return false;
  if (change == unsuppressed && alarm.record.told) return false;
  if (alarm.chattering_until && now.monotonic < *alarm.chattering_until) return false;
  if (rule.kind == AlarmRule::Kind::alarm_flood) return true;  // it speaks for the others
  day_.push_back(now.monotonic);
  if (day_.size() > most_of_a_day) day_.pop_front();
  auto& flood = floods_[rule.priority == Priority::critical ? 1 : 0];
  const bool before = flood.flooded();
  const bool alone = flood.tell(now.monotonic);
  if (!before && flood.flooded()) ++flood_count_;
  peak_ = std::max(peak_, floods_[0].recent() + floods_[1].recent());
  return alone;
}

void AlarmBook::tell(std::size_t index, AlarmChange change, TimeNow now, const AlarmCommand* command, bool rises) {
  auto& alarm = alarms_[index];
  auto& record = alarm.record;
  auto& machine = alarm.life.machine;
  record.event = next_event(now.utc);
  record.change = change;
  record.process = machine.state();
  record.state = alarm.life.shown();
  record.changed = now.utc;
  if (rises) {
    record.occurrence = record.event;
    record.raised = now.utc;
    record.told = false;
  }
  // Of one that has returned: what it had been about.
  record.value = alarm.value;
  record.limit = alarm.limit;
  record.finding = alarm.finding;
  if (!alarm.life.suppressed) record.cause = {};
  record.shelved_until = alarm.life.shelved_until.value_or(UtcTime{});
  record.out_of_service = alarm.life.out_of_service;
  if (!record.out_of_service && !alarm.life.shelved_until) {
    record.held_by.clear();
    record.held_reason.clear();
  }
  record.by = command != nullptr ? command->by : std::string{};
  record.comment = command != nullptr ? command->comment : std::string{};
  record.announced = calls(alarm, change, site_.rule_of(record.alarm), now);
  if (record.announced) {
    record.told = true;
    ++announced_;
  }
  alarm.acknowledged_at.reset();
  if (machine.state() == acknowledged) alarm.acknowledged_at = now.monotonic;
  changed_(record);
}

// The uppermost of those above it whose condition is there: that one tells.
AlarmId AlarmBook::cause_of(std::size_t index) const noexcept {
  AlarmId cause;
  std::size_t steps = 0;
  for (auto parent = site_.alarms[index].parent; parent.valid() && steps < 8;
       parent = site_.alarms[parent.index()].parent, ++steps)
    if (const auto& machine = alarms_[parent.index()].life.machine; machine.condition() || machine.active())
      cause = parent;
  return cause;
}

void AlarmBook::look_at_children(std::size_t parent, TimeNow now) {
  for (const auto child : alarms_[parent].children) {
    suppress_or_release(child, now);
    look_at_children(child, now);
  }
}

void AlarmBook::suppress_or_release(std::size_t index, TimeNow now) {
  auto& alarm = alarms_[index];
  const auto cause = cause_of(index);
  if (!cause.valid()) {
    if (alarm.life.suppressed && !alarm.suppressed_until) alarm.suppressed_until = now.monotonic + settle;
    return;
  }
  alarm.suppressed_until.reset();
  if (alarm.life.suppressed && alarm.record.cause == cause) return;
  alarm.life.suppressed = true;
  alarm.record.cause = cause;
  if (alarm.life.machine.state() != normal) tell(index, AlarmChange::suppressed, now);
}

void AlarmBook::release(std::size_t index, TimeNow now) {
  auto& alarm = alarms_[index];
  alarm.suppressed_until.reset();
  alarm.life.suppressed = false;
  const bool shown = alarm.life.machine.state() != normal;
  if (!alarm.life.machine.active() && !alarm.record.told) alarm.life.machine.begin_anew();
  if (shown) {
    tell(index, AlarmChange::unsuppressed, now);
  } else {
    alarm.record.cause = {};
  }
}

// A person has set it aside no longer: what stands calls again, as soon as no cause speaks for it.
void AlarmBook::let_go(Alarm& alarm) noexcept {
  alarm.shelving_ends.reset();
  alarm.life.machine.begin_anew();
  if (alarm.life.machine.active()) alarm.record.told = false;
}

void AlarmBook::every_second(TimeNow now) {
  for (auto& flood : floods_) flood.advance(now.monotonic);
  while (!day_.empty() && now.monotonic - day_.front() >= 24h) day_.pop_front();
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    auto& alarm = alarms_[i];
    if (const auto until = alarm.life.shelved_until) {
      if (!alarm.shelving_ends)  // after a start
        alarm.shelving_ends = now.monotonic + std::min<std::chrono::nanoseconds>(
                                                  *until - now.utc, site_.rule_of(AlarmId{i}).longest_shelving);
      if (now.utc >= *until || now.monotonic >= *alarm.shelving_ends) {
        alarm.life.shelved_until.reset();
        let_go(alarm);
        tell(i, AlarmChange::shelving_ended, now);
      }
    }
    if (alarm.chattering_until && now.monotonic >= *alarm.chattering_until) {
      alarm.chattering_until.reset();
      // What people heard of it last is that it was over.
      if (alarm.record.state == unacknowledged && !alarm.record.told) tell(i, AlarmChange::reminded, now);
    }
    // After a restart its cause may have gone meanwhile.
    if (alarm.life.suppressed && !alarm.suppressed_until && !cause_of(i).valid())
      alarm.suppressed_until = now.monotonic + settle;
    if (alarm.suppressed_until && now.monotonic >= *alarm.suppressed_until) release(i, now);
    const auto remind = site_.rule_of(AlarmId{i}).remind_after;
    if (remind <= 0ns || !alarm.acknowledged_at || alarm.life.set_aside()) continue;
    if (*alarm.acknowledged_at == MonotonicTime::min()) alarm.acknowledged_at = now.monotonic;
    if (now.monotonic - *alarm.acknowledged_at >= remind && alarm.life.machine.remind())
      tell(i, AlarmChange::reminded, now);
  }
}

Expected<AlarmRecord> AlarmBook::run(const AlarmCommand& command, TimeNow now) {
  if (command.alarm.index() >= alarms_.size())
    return failure(std::errc::invalid_argument, "no alarm " + std::to_string(command.alarm.index() + 1));
  const auto index = command.alarm.index();
  auto& alarm = alarms_[index];
  const bool was_active = alarm.life.machine.active();
  const auto change = act(alarm, command, site_.rule_of(command.alarm), now);
  if (!change) return std::unexpected(change.error());
  const bool early = !was_active && alarm.life.machine.active();  // acknowledged before the on-delay's end
  if (early) {
    note_change(alarm, now.monotonic);
    ++raised_;
  }
  tell(index, *change, now, &command, early);
  return alarm.record;
}

Expected<AlarmChange> AlarmBook::act(Alarm& alarm, const AlarmCommand& command, const AlarmRule& rule, TimeNow now) {
  using enum AlarmCommand::Action;
  const auto refused = [](const char* why) { return failure(std::errc::operation_not_permitted, why); };
  auto& life = alarm.life;
  switch (command.action) {
    case acknowledge:
      if (life.out_of_service || life.shelved_until) return refused("it is set aside: nothing to acknowledge");
      if (!life.machine.acknowledge()) return refused("there is nothing to acknowledge");
      return AlarmChange::acknowledged;
    case reset:
      if (life.machine.state() == latched_unacknowledged) return refused("acknowledge it before it is reset");
      if (!life.machine.reset()) return refused("it is not latched, or its condition is still there");
      return AlarmChange::reset;
    case shelve:
      if (command.comment.empty()) return failure(std::errc::invalid_argument, "a reason is required");
      if (command.duration < 1min || command.duration > rule.longest_shelving)
        return failure(std::errc::invalid_argument,
                       "it can be shelved for 1 to " +
                           std::to_string(std::chrono::floor<std::chrono::minutes>(rule.longest_shelving).count()) +
                           " minutes");
      if (life.out_of_service) return refused("it is out of service");
      life.shelved_until = now.utc + command.duration;
      alarm.shelving_ends = now.monotonic + command.duration;
      break;
    case unshelve:
      if (!life.shelved_until) return refused("it is not shelved");
      life.shelved_until.reset();
      let_go(alarm);
      return AlarmChange::unshelved;
    case take_out_of_service:
      if (command.comment.empty()) return failure(std::errc::invalid_argument, "a reason is required");
      if (life.out_of_service) return refused("it is out of service already");
      life.out_of_service = true;
      life.shelved_until.reset();
      break;
    case return_to_service:
      if (!life.out_of_service) return refused("it is in service");
      life.out_of_service = false;
      let_go(alarm);
      return AlarmChange::returned_to_service;
  }
  alarm.record.held_by = command.by;
  alarm.record.held_reason = command.comment;
  return command.action == shelve ? AlarmChange::shelved : AlarmChange::taken_out_of_service;
}

std::vector<AlarmRecord> AlarmBook::standing() const {
  std::vector<AlarmRecord> out;
  for (const auto& alarm : alarms_)
    if (alarm.record.state != normal) out.push_back(alarm.record);
  return out;
}

std::vector<PendingAlarm> AlarmBook::pending(TimeNow now) const {
  std::vector<PendingAlarm> out;
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    const auto& alarm = alarms_[i];
    if (!alarm.life.machine.pending() || alarm.life.set_aside()) continue;
    out.push_back({AlarmId{i}, now.utc - (now.monotonic - alarm.since),
                   now.utc + (*alarm.life.machine.deadline() - now.monotonic), alarm.value, alarm.limit});
  }
  return out;
}

std::size_t AlarmBook::flood_size() const noexcept {
  std::size_t size = 0;
  for (const auto& flood : floods_)
    if (flood.flooded()) size += flood.size();
  return size;
}

AlarmMetrics AlarmBook::metrics(TimeNow now) const {
  AlarmMetrics out;
  for (const auto& alarm : alarms_) {
    const auto& record = alarm.record;
    out.standing += record.state == unacknowledged || record.state == acknowledged;
    out.unacknowledged += record.state == unacknowledged || record.state == returned_unacknowledged ||
                          record.state == latched_unacknowledged;
    out.pending += alarm.life.machine.pending() && !alarm.life.set_aside();
    out.shelved += record.state == shelved;
    out.suppressed += record.state == AlarmState::suppressed;
    out.out_of_service += record.state == AlarmState::out_of_service;
    out.chattering += alarm.chattering_until && now.monotonic < *alarm.chattering_until;
    out.stale += is_annunciated(record.state) && is_active(record) && now.utc - record.raised > stale_after;
  }
  out.recent = floods_[0].recent() + floods_[1].recent();
  out.last_hour = static_cast<std::size_t>(
      std::ranges::count_if(day_, [&](MonotonicTime time) { return now.monotonic - time < 1h; }));
  out.last_day = day_.size();
  out.peak = peak_;
  out.operators = site_.operators;
  out.raised = raised_;
  out.announced = announced_;
  out.floods = flood_count_;
  out.flooded = flooded();
  return out;
}

}  // namespace gateway
