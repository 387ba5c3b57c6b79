#include "cloud-sync/notify/alarm_publisher.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include <boost/json.hpp>

#include "cloud-sync/notify/notify_plan.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds patience = 10s;  // for a PUBACK

// Topic levels and Home Assistant's ids: [a-zA-Z0-9_-].
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    out += fits ? c : '_';
  }
  return out;
}

}  // namespace

AlarmPublisher::AlarmPublisher(const Notify& notify, const Site& site, const Clock& clock, JournalAccess journal,
                               NotifierPosition position, const DescribeAlarm& describe,
                               std::span<const AlarmRecord> states)
    : JournalFollower(notify.id, clock, std::move(journal), position),
      notify_(notify),
      site_(site),
      describe_(describe),
      on_broker_(std::move(position.memory)) {
  for (std::size_t i = 0; i < site.alarms.size(); ++i) {
    const AlarmId alarm{i};
    if (!is_wanted(notify, site, alarm)) continue;
    states_[alarm].record.alarm = alarm;
  }
  for (const auto& record : states)
    if (const auto found = states_.find(record.alarm); found != states_.end()) found->second.record = record;
}

AlarmPublisher::~AlarmPublisher() { stop(); }

void AlarmPublisher::connected(bool up, std::string_view reason, bool refused) {
  {
    const std::scoped_lock lock(link_->mutex);
    link_->fresh = link_->fresh || (up && !link_->up);
    link_->up = up;
    link_->refused = refused;
    if (!up) link_->answer = false;
    link_->reason = reason;
  }
  wake();
}

void AlarmPublisher::take(const AlarmEvent& event, UtcTime) {
  const auto found = states_.find(event.record.alarm);
  if (found == states_.end()) return;
  found->second = event;
  put(event.record.alarm);
}

void AlarmPublisher::put(AlarmId alarm) {
  outgoing_.push_back({state_topic(alarm), state_json(alarm), states_.at(alarm).number});
}

// In the place of whatever waits of earlier connections: states are the newest anyway, changes keep their order behind.
void AlarmPublisher::publish_all() {
  std::deque<Outgoing> changes;
  for (auto& each : outgoing_)
    if (each.event != 0) changes.push_back(std::move(each));
  outgoing_.clear();
  outgoing_.push_back({status_topic(notify_), "online", 0});
  take_back_others();
  for (const auto& [alarm, state] : states_)
    if (!notify_.discovery_prefix.empty()) outgoing_.push_back({discovery_topic(alarm), discovery_json(alarm), 0});
  for (const auto& [alarm, state] : states_) {
    const auto topic = state_topic(alarm);
    const bool follows = std::ranges::any_of(changes, [&](const Outgoing& change) { return change.topic == topic; });
    if (!follows) outgoing_.push_back({topic, state_json(alarm), 0});
  }
  std::ranges::move(changes, std::back_inserter(outgoing_));
}

std::chrono::nanoseconds AlarmPublisher::work(UtcTime now) {
  if (!started_ && channel_.start) {
    started_ = true;
    channel_.start();
  }
  std::unique_lock lock(link_->mutex);
  if (std::exchange(link_->fresh, false)) {
    link_->under_way = 0;
    not_before_ = {};
    publish_all();
  }
  if (link_->under_way != 0) {
    const bool late = clock_.monotonic() - sent_at_ > patience;
    if (!link_->answer && !late) return patience;
    const bool acknowledged = link_->answer.value_or(false);
    if (link_->answer == false) not_before_ = clock_.monotonic() + 1s;
    link_->under_way = 0;
    if (acknowledged && !outgoing_.empty()) {
      const bool change = outgoing_.front().event != 0;
      outgoing_.pop_front();
      change_status([&](NotifierStatus& status) {
        status.state = NotifierStatus::State::ok;
        status.last_success = now;
        status.failing_since.reset();
        if (change) ++status.sent;
      });
    } else {
      change_status([](NotifierStatus& status) { ++status.failed; });
    }
  }
  const bool up = link_->up;
  const bool refused = link_->refused;
  const auto reason = link_->reason;
  change_status([&](NotifierStatus& status) {
    status.pending = outgoing_.size();
    if (up) return;
    status.state = refused ? NotifierStatus::State::refused : NotifierStatus::State::retrying;
    if (!reason.empty()) status.last_error = reason;
    if (!status.failing_since) status.failing_since = now;
  });
  if (!up || outgoing_.empty()) return 1h;
  if (const auto monotonic = clock_.monotonic(); monotonic < not_before_) return not_before_ - monotonic;
  const auto number = link_->under_way = ++attempts_;
  link_->answer.reset();
  lock.unlock();
  sent_at_ = clock_.monotonic();
  const auto& message = outgoing_.front();
  channel_.publish(message.topic, message.payload, true, [this, link = link_, number](bool acknowledged) {
    {
      const std::scoped_lock guard(link->mutex);
      if (link->under_way != number) return;  // of an attempt that was given up
      link->answer = acknowledged;
    }
    wake();
  });
  return patience;
}

void AlarmPublisher::on_stop() {
  if (channel_.stop && std::exchange(started_, false)) channel_.stop();
}

// A retained "ON" that nobody would ever turn off, and an entity in Home Assistant that nobody watches.
void AlarmPublisher::take_back_others() {
  std::string all;
  for (const auto& [alarm, state] : states_) all += site_.rule_of(alarm).id + " " + site_.source_of(alarm).id + "\n";
  std::istringstream before(std::exchange(on_broker_, all));
  for (std::string rule, source; before >> rule >> source;) {
    if (const auto alarm = site_.alarm_named(rule, source); alarm.valid() && states_.contains(alarm)) continue;
    if (!notify_.discovery_prefix.empty()) outgoing_.push_back({discovery_topic(rule, source), "", 0});
    outgoing_.push_back({state_topic(rule, source), "", 0});
  }
}

std::string AlarmPublisher::state_topic(std::string_view rule, std::string_view source) const {
  return notify_.base_topic + "/alarm/" + std::string(rule) + "/" + std::string(source);
}

std::string AlarmPublisher::state_json(AlarmId alarm) const {
  const auto& event = states_.at(alarm);
  const auto& record = event.record;
  const auto& rule = site_.rule_of(alarm);
  const auto area = site_.source_of(alarm).where;
  const auto& name = site_.source_of(alarm).name;
  json::object out{{"active", is_active(record) ? "ON" : "OFF"},
                   {"state", static_cast<int>(record.state)},
                   {"state_name", name_of(record.state)},
                   {"priority", name_of(rule.priority)},
                   {"rule", rule.id},
                   {"source", site_.source_of(alarm).id},
                   {"source_name", name.local},
                   {"source_name_en", name.english},
                   {"value", record.value},
                   {"by", record.by},
                   {"comment", record.comment},
                   {"message", describe_(record, false)},
                   {"message_en", describe_(record, true)}};
  out["area"] = area.valid() ? json::value(site_.area(area).id) : json::value(nullptr);
  const bool ever = record.changed != UtcTime{};
  out["raised_ms"] = ever ? json::value(to_ms(record.raised)) : json::value(nullptr);
  out["changed_ms"] = ever ? json::value(to_ms(record.changed)) : json::value(nullptr);
  out["id"] = event.number != 0 ? json::value(site_.id + "-" + std::to_string(event.number)) : json::value(nullptr);
  return json::serialize(out);
}

std::string AlarmPublisher::discovery_topic(std::string_view rule, std::string_view source) const {
  return notify_.discovery_prefix + "/binary_sensor/" + plain("gateway_" + site_.id) + "/" +
         plain(std::string(rule) + "_" + std::string(source)) + "/config";
}

std::string AlarmPublisher::discovery_json(AlarmId alarm) const {
  const auto& rule = site_.rule_of(alarm);
  const auto& name = site_.source_of(alarm).name;
  const auto topic = state_topic(alarm);
  const auto pick = [&](const Name& each) { return notify_.english ? each.english : each.local; };
  return json::serialize(
      json::object{{"name", pick(rule.name) + (notify_.english ? ": " : ":") + pick(name)},
                   {"unique_id", plain("gateway_" + site_.id + "_" + rule.id + "_" + site_.source_of(alarm).id)},
                   {"device_class", "problem"},
                   {"state_topic", topic},
                   {"value_template", "{{ value_json.active }}"},
                   {"json_attributes_topic", topic},
                   {"availability_topic", status_topic(notify_)},
                   {"device", json::object{{"identifiers", json::array{plain("gateway_" + site_.id)}},
                                           {"name", pick(site_.name)},
                                           {"manufacturer", "Compound Gateway"}}},
                   {"origin", json::object{{"name", "Compound Gateway"}}}});
}

}  // namespace gateway
