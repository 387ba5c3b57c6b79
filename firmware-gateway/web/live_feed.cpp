#include "firmware-gateway/web/live_feed.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

using namespace std::chrono_literals;

namespace {

// The clock's slewing moves the ends of delays by a little all the time.
bool is_same(const PendingAlarm& a, const PendingAlarm& b) noexcept {
  return a.alarm == b.alarm && std::chrono::abs(a.due - b.due) < 500ms && std::chrono::abs(a.since - b.since) < 500ms;
}

}  // namespace

const Statuses& StatusCache::get() {
  const auto now = sources_.clock->monotonic();
  if (asked_ && now - *asked_ < 1s) return statuses_;
  asked_ = now;
  if (sources_.buses) statuses_.buses = sources_.buses();
  if (sources_.sensors) statuses_.sensors = sources_.sensors();
  if (sources_.broker) statuses_.broker = sources_.broker();
  if (sources_.sinks) statuses_.sinks = sources_.sinks();
  if (sources_.proposals) statuses_.proposals = sources_.proposals();
  if (sources_.notifiers) statuses_.notifiers = sources_.notifiers();
  if (sources_.store) statuses_.store = sources_.store();
  return statuses_;
}

LiveFeed::LiveFeed(const Site& site, const WebSources& sources, StatusCache& statuses, WebCounters& counters,
                   std::function<bool(std::string_view)> is_valid)
    : site_(site),
      sources_(sources),
      statuses_(statuses),
      counters_(counters),
      is_valid_(std::move(is_valid)),
      json_(site) {
  for (std::size_t i = 0; i < site.points.size(); ++i)
    if (site.points[i].sensor.valid()) sensor_point_ids_.emplace_back(i);
  if (!sensor_point_ids_.empty()) sensor_points_.resize(site.points.size());
}

void LiveFeed::publish(std::shared_ptr<const LiveSnapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  live_.reset();
  for (const auto id : sensor_point_ids_)
    if (id.index() < snapshot_->points.size()) sensor_points_[id.index()] = snapshot_->points[id.index()];
  look_at_pending();
  if (clients_.empty()) return;

  const bool totals_due = !totals_made_ || snapshot_->made - *totals_made_ >= totals_interval;
  if (totals_due) refresh_totals();
  const auto frame = live_frame(totals_due ? Totals::changed : Totals::left_out);
  frame_bytes_ = frame->size();
  Frame complete;  // for those who will not get the frame before: it may have had totals that changed
  for (auto* client : clients_) {
    if (!is_valid_(client->session)) {
      client->end();
      continue;
    }
    if (!client->has_snapshot) {
      send_snapshot(*client);
      continue;
    }
    const bool skips = client->queue.has_live();
    if (skips && !complete) complete = live_frame(Totals::all);
    if (client->queue.push_live(skips ? complete : frame)) ++counters_.live_frames_skipped;
    client->wake();
  }
}

Frame LiveFeed::live_frame(Totals totals) {
  const auto open = sources_.alarms_open();
  JsonWriter json(frame_bytes_ + frame_bytes_ / 8);
  json.begin_object().member("type", "live").key("data").begin_object();
  json_.write(json, {*snapshot_, sensor_points_, statuses_.get().buses, count_alarms(open)}, Texts::left_out, totals);
  json.end_object().end_object();
  return std::make_shared<const std::string>(json.take());
}

void LiveFeed::refresh_totals() {
  json_.refresh_totals(*snapshot_);
  totals_made_ = snapshot_->made;
}

// Whoever joins between two looks is told what all others know, so that the next change fits for everybody.
void LiveFeed::look_at_pending() {
  if (!sources_.alarms_pending) return;
  const auto before = std::exchange(pending_, sources_.alarms_pending());
  if (clients_.empty()) return;
  std::vector<PendingAlarm> began;
  for (const auto& each : pending_)
    if (std::ranges::none_of(before, [&](const PendingAlarm& known) { return is_same(known, each); }))
      began.push_back(each);
  std::vector<AlarmId> ended;
  for (const auto& each : before)
    if (std::ranges::find(pending_, each.alarm, &PendingAlarm::alarm) == pending_.end()) ended.push_back(each.alarm);
  if (began.empty() && ended.empty()) return;
  JsonWriter json(100 + 300 * began.size());
  json.begin_object().member("type", "pending").key("data").begin_object();
  write_pending_alarms(json, site_, began, "began");
  json.key("ended").begin_array();
  for (const auto alarm : ended) json.integer(api_number(alarm));
  json.end_array().end_object().end_object();
  send_event(json.take());
}

void LiveFeed::publish_points(std::span<const Reading> readings) {
  std::vector<SensorId> changed;
  for (const auto& reading : readings) {
    const auto id = reading.point();
    if (id.index() >= site_.points.size() || !reading.good()) continue;  // what is not good carries no value
    const auto sensor = site_.point(id).sensor;
    if (!sensor.valid() || !json_.is_shown(sensor)) continue;
    sensor_points_[id.index()] = {reading};
    live_.reset();
    if (std::ranges::find(changed, sensor) == changed.end()) changed.push_back(sensor);
  }
  if (clients_.empty()) return;
  const auto now = sources_.clock->monotonic();
  for (const auto sensor : changed) {
    JsonWriter json(300);
    json.begin_object().member("type", "sensor").key("data");
    json_.write_sensor(json, sensor, sensor_points_, now, Texts::left_out);
    json.end_object();
    send_event(json.take());
  }
}

void LiveFeed::publish_alarm(const AlarmRecord& record) {
  if (clients_.empty()) return;
  JsonWriter json(600);
  json.begin_object().member("type", "alarm").key("data");
  write_alarm(json, site_, record, sources_.alarm_message);
  json.end_object();
  send_event(json.take());
}

void LiveFeed::send_event(const std::string& json) {
  const auto frame = std::make_shared<const std::string>(json);
  for (auto* client : clients_) {
    if (!client->has_snapshot) continue;  // its snapshot will know
    client->queue.push_event(frame);
    client->wake();
  }
}

void LiveFeed::join(StreamClient& client) {
  // What one client is told has changed, has changed since what every other one was sent last: so it is only between
  // frames that they may be looked at anew, or when there is nobody.
  if (clients_.empty() && snapshot_) refresh_totals();
  clients_.push_back(&client);
  ++counters_.stream_clients;
  if (snapshot_) send_snapshot(client);
}

std::size_t LiveFeed::streams_of(std::string_view session) const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(clients_, [&](const StreamClient* client) { return client->session == session; }));
}

void LiveFeed::leave(StreamClient& client) {
  if (std::erase(clients_, &client) > 0) --counters_.stream_clients;
}

std::string LiveFeed::snapshot_json(bool with_alarms) {
  const auto open = sources_.alarms_open();
  JsonWriter json(4096);
  json.begin_object();
  json_.write(json, {*snapshot_, sensor_points_, statuses_.get().buses, count_alarms(open)}, Texts::included,
              Totals::all);
  if (with_alarms) {
    write_alarms(json, "open_alarms", site_, open, sources_.alarm_message);
    write_pending_alarms(json, site_, pending_);
  }
  json.end_object();
  return json.take();
}

void LiveFeed::send_snapshot(StreamClient& client) {
  client.has_snapshot = true;
  client.queue.push_first(
      std::make_shared<const std::string>(R"({"type":"snapshot","data":)" + snapshot_json(true) + '}'));
  client.wake();
}

std::optional<bool> LiveFeed::is_open(SensorId sensor) const {
  const auto point = site_.point_of(sensor, Quantity::open);
  if (!point.valid() || !sensor_points_[point.index()].seen()) return std::nullopt;
  return sensor_points_[point.index()].last.as_flag();
}

Frame LiveFeed::live_json() {
  if (snapshot_ && !live_) {
    if (clients_.empty()) refresh_totals();
    live_ = std::make_shared<const std::string>(snapshot_json(false));
  }
  return live_;
}

}  // namespace gateway
