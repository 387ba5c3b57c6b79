#include "cloud-sync/notify/notify_plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace gateway {
namespace {

using Kind = Notice::Kind;

constexpr std::size_t most_followups = 10'000;

std::string key_of(const AlarmEvent& event) { return event.rule + " " + event.source; }

// Words of one line of the memory.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const auto end = line.find(' ');
    out.push_back(line.substr(0, end));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return out;
}
std::optional<std::int64_t> whole(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}
std::optional<double> real(std::string_view word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}
// Every digit that it has.
std::string text_of(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}
std::string text_of(const std::optional<UtcTime>& time) { return time ? std::to_string(to_ms(*time)) : "-"; }
std::optional<UtcTime> time_of(std::string_view word) {
  const auto ms = whole(word);
  return ms ? std::optional(utc_from_ms(*ms)) : std::nullopt;
}

AlarmId find_alarm(const Site& site, std::string_view rule, std::string_view source) {
  for (std::size_t i = 0; i < site.alarms.size(); ++i)
    if (site.alarms[i].id == source && site.rules[site.alarms[i].rule].id == rule) return AlarmId{i};
  return {};
}

}  // namespace

std::string_view name_of(Notice::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 6> names{"raised",       "escalated", "reminded",
                                                         "acknowledged", "returned",  "summary"};
  return names[static_cast<std::size_t>(kind)];
}

std::string Notice::id(std::string_view site) const {
  std::string out = std::string(site) + "-" + std::to_string(items.front().event.number);
  if (kind == Kind::raised) return out;
  out += "-" + std::string(name_of(kind));
  if (kind == Kind::reminded) out += "-" + std::to_string(items.front().reminders + 1);
  if (kind == Kind::summary) out += "-" + std::to_string(items.back().event.number);
  return out;
}

bool is_wanted(const Notify& notify, const Site& site, AlarmId alarm) {
  if (!alarm.valid()) return false;
  const auto& rule = site.rule_of(alarm);
  if (rule.priority < notify.least) return false;
  if (!notify.rules.empty() && std::ranges::find(notify.rules, rule.id) == notify.rules.end()) return false;
  if (notify.areas.empty()) return true;
  for (auto area = site.source_of(alarm).where; area.valid(); area = site.area(area).parent)
    if (std::ranges::find(notify.areas, area) != notify.areas.end()) return true;
  return false;
}

void NotifyPlan::take(const AlarmEvent& event, UtcTime now) {
  if (!is_wanted(notify_, site_, event.record.alarm)) return;
  auto& standing = standing_[key_of(event)];
  switch (event.record.change) {
    case AlarmChange::acknowledged:
      answered(standing, event);
      break;
    case AlarmChange::returned:
    case AlarmChange::reset:
      over(standing, event);
      break;
    case AlarmChange::shelved:
    case AlarmChange::suppressed:
    case AlarmChange::taken_out_of_service:  // somebody, or another alarm, has said that nobody needs to be told
      standing.due.reset();
      standing.remind.reset();
      standing.active = false;
      break;
    case AlarmChange::reminded:
      if (event.record.announced && !standing.active)  // it chattered, and stays: its end has been told
        raised(standing, event, now);
      else if (event.record.announced && notify_.after.count() == 0 && followups_.size() < most_followups)
        followups_.push_back({Kind::reminded, event, 0, 0});
      break;
    case AlarmChange::updated:
      break;
    default:  // raised, or no longer set aside: told when the core says that people are to know
      if (event.record.announced && event.record.state == AlarmState::unacknowledged) raised(standing, event, now);
      break;
  }
  // Nobody waits for it, and it has been told long enough ago not to count as a repeat.
  std::erase_if(standing_, [&](const auto& entry) {
    const auto& each = entry.second;
    return !each.active && !each.due && (!each.told_at || now >= *each.told_at + notify_.quiet);
  });
}

void NotifyPlan::raised(Standing& standing, const AlarmEvent& event, UtcTime now) {
  // The one before could not be sent yet. It is told all the same: its end may have been, or will be.
  if (standing.due && !standing.held_back && !standing.told && followups_.size() < most_followups)
    followups_.push_back({Kind::raised, standing.event, standing.quieted, 0});
  standing.event = event;
  standing.active = true;
  standing.acknowledged = false;
  standing.told = false;
  standing.reminders = 0;
  standing.remind.reset();
  standing.due = event.record.raised + notify_.after;
  standing.held_back = notify_.after.count() > 0;
  if (standing.told_at && now < *standing.told_at + notify_.quiet) {
    ++quieted_;
    ++standing.quieted;
    standing.held_back = true;
    standing.due = std::max(*standing.due, *standing.told_at + notify_.quiet);
  }
}

void NotifyPlan::answered(Standing& standing, const AlarmEvent& event) {
  if (standing.held_back) standing.due.reset();
  standing.remind.reset();
  const bool news = !standing.acknowledged && (standing.told || standing.due);
  standing.acknowledged = true;
  if (notify_.acknowledged && news && followups_.size() < most_followups)
    followups_.push_back({Kind::acknowledged, event, 0, 0});
}

void NotifyPlan::over(Standing& standing, const AlarmEvent& event) {
  if (standing.held_back) standing.due.reset();
  standing.remind.reset();
  const bool news = standing.active && (standing.told || standing.due);
  standing.active = false;
  if (notify_.returned && news && followups_.size() < most_followups)
    followups_.push_back({Kind::returned, event, 0, 0});
}

void NotifyPlan::mind_clock(UtcTime now) {
  const auto bound = [](std::optional<UtcTime>& time, UtcTime latest) {
    if (time && *time > latest) time = latest;
  };
  for (auto& [key, standing] : standing_) {
    bound(standing.told_at, now);
    bound(standing.due, now + std::max(notify_.after, notify_.quiet));
    bound(standing.remind, now + notify_.repeat_after);
  }
}

std::optional<Notice> NotifyPlan::due(UtcTime now) const {
  std::vector<Notice::Item> items(followups_.begin(), followups_.end());
  for (const auto& [key, standing] : standing_) {
    if (standing.due && *standing.due <= now)
      items.push_back(
          {notify_.after.count() > 0 ? Kind::escalated : Kind::raised, standing.event, standing.quieted, 0});
    else if (standing.remind && *standing.remind <= now)
      items.push_back({Kind::reminded, standing.event, standing.quieted, standing.reminders});
  }
  if (items.empty()) return std::nullopt;
  std::ranges::sort(items, {}, [](const Notice::Item& item) { return item.event.number; });
  if (items.size() > notify_.most_at_once) return Notice{Kind::summary, std::move(items)};
  const auto kind = items.front().kind;
  items.resize(1);
  return Notice{kind, std::move(items)};
}

void NotifyPlan::settled(const Notice& notice, UtcTime now) {
  for (const auto& item : notice.items) settled(item, now);
}

void NotifyPlan::settled(const Notice::Item& item, UtcTime now) {
  const auto followed = std::erase_if(
      followups_, [&](const auto& each) { return each.event.number == item.event.number && each.kind == item.kind; });
  if (followed > 0) return;
  const auto found = standing_.find(key_of(item.event));
  if (found == standing_.end() || found->second.event.number != item.event.number) return;
  auto& standing = found->second;
  if (item.kind == Kind::reminded)
    ++standing.reminders;
  else
    standing.due.reset();
  standing.told = true;
  standing.told_at = now;
  standing.quieted = 0;
  standing.held_back = false;
  standing.remind.reset();
  if (notify_.repeat_after.count() > 0 && standing.active && !standing.acknowledged)
    standing.remind = now + notify_.repeat_after;
}

std::optional<UtcTime> NotifyPlan::next() const {
  std::optional<UtcTime> out;
  const auto earlier = [&](const std::optional<UtcTime>& time) {
    if (time && (!out || *time < *out)) out = time;
  };
  if (!followups_.empty()) out = UtcTime{};
  for (const auto& [key, standing] : standing_) {
    earlier(standing.due);
    earlier(standing.remind);
  }
  return out;
}

std::size_t NotifyPlan::pending() const {
  return followups_.size() + static_cast<std::size_t>(std::ranges::count_if(
                                 standing_, [](const auto& entry) { return entry.second.due.has_value(); }));
}

// One line an alarm: rule, source, number, raised, due, told at, remind, flags, reminders, quieted, value, limit,
// finding; without the last three in what an older gateway wrote.
std::string NotifyPlan::memory() const {
  std::string out;
  for (const auto& [key, each] : standing_) {
    const int flags =
        (each.active ? 1 : 0) | (each.acknowledged ? 2 : 0) | (each.held_back ? 4 : 0) | (each.told ? 8 : 0);
    out += key + " " + std::to_string(each.event.number) + " " + std::to_string(to_ms(each.event.record.raised)) + " " +
           text_of(each.due) + " " + text_of(each.told_at) + " " + text_of(each.remind) + " " + std::to_string(flags) +
           " " + std::to_string(each.reminders) + " " + std::to_string(each.quieted) + " " +
           text_of(each.event.record.value) + " " + text_of(each.event.record.limit) + " " +
           std::to_string(static_cast<int>(each.event.record.finding)) + "\n";
  }
  return out;
}

void NotifyPlan::restore(std::string_view memory) {
  while (!memory.empty()) {
    const auto end = memory.find('\n');
    const auto words = words_of(memory.substr(0, end));
    memory.remove_prefix(end == std::string_view::npos ? memory.size() : end + 1);
    if (words.size() != 10 && words.size() != 13) continue;
    const auto number = whole(words[2]), raised = whole(words[3]), flags = whole(words[7]), reminders = whole(words[8]),
               quieted = whole(words[9]);
    const auto alarm = find_alarm(site_, words[0], words[1]);
    if (!number || !raised || !flags || !reminders || !quieted || !alarm.valid()) continue;
    Standing standing;
    standing.event.number = *number;
    standing.event.rule = words[0];
    standing.event.source = words[1];
    standing.event.record.alarm = alarm;
    standing.event.record.state = AlarmState::unacknowledged;
    standing.event.record.raised = standing.event.record.changed = utc_from_ms(*raised);
    if (words.size() == 13) {
      standing.event.record.value = real(words[10]).value_or(0);
      standing.event.record.limit = real(words[11]).value_or(0);
      const auto finding = whole(words[12]).value_or(0);
      if (finding >= 0 && finding < static_cast<std::int64_t>(alarm_finding_count))
        standing.event.record.finding = static_cast<AlarmFinding>(finding);
    }
    standing.due = time_of(words[4]);
    standing.told_at = time_of(words[5]);
    standing.remind = time_of(words[6]);
    standing.active = (*flags & 1) != 0;
    standing.acknowledged = (*flags & 2) != 0;
    standing.held_back = (*flags & 4) != 0;
    standing.told = (*flags & 8) != 0;
    standing.reminders = static_cast<unsigned>(*reminders);
    standing.quieted = static_cast<unsigned>(*quieted);
    standing_[key_of(standing.event)] = std::move(standing);
  }
}

}  // namespace gateway
