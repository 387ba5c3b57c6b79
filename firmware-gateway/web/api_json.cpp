#include "firmware-gateway/web/api_json.hpp"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

std::optional<std::int64_t> wall_ms(std::optional<MonotonicTime> time, TimeNow now) noexcept {
  if (!time) return std::nullopt;
  return to_ms(now.utc - (now.monotonic - *time));
}

std::optional<std::int64_t> wall_ms(std::optional<UtcTime> time) noexcept {
  if (!time) return std::nullopt;
  return to_ms(*time);
}

void write_meter_status(JsonWriter& json, const Site& site, MeterId id, const MeterStatus* status, TimeNow now,
                        bool verified) {
  const auto& meter = site.meter(id);
  json.begin_object().member("id", meter.id).member("bus", site.bus(meter.bus).id);
  json.member("unit", static_cast<unsigned>(meter.unit))
      .member("model", meter.model)
      .member("model_verified", verified);
  const MeterStatus none;
  const auto& known = status != nullptr ? *status : none;
  // A meter that was never asked is neither online nor offline.
  json.member("online", status != nullptr && known.polls > 0 ? std::optional{known.online} : std::nullopt);
  json.member("last_seen_ms", wall_ms(known.last_seen, now)).member("polls", known.polls);
  json.key("errors").begin_object();
  for (std::size_t i = 0; i < poll_failure_count; ++i) json.member(poll_failure_names[i], known.failures[i]);
  json.end_object().key("exceptions").begin_object();
  for (std::size_t code = 1; code < exception_code_count; ++code)
    if (known.exceptions[code] > 0) json.member(std::to_string(code), known.exceptions[code]);
  if (known.exceptions[0] > 0) json.member("other", known.exceptions[0]);
  json.end_object().member("unusable_values", known.unusable_values).member("absent_values", known.absent_values);
  json.member("missed_polls", known.missed).key("timeout_ms");
  if (known.timeout_ms > 0) {
    json.rounded(known.timeout_ms);
  } else {
    json.null();
  }
  json.key("response_time_ms");
  if (known.last_seen) {
    json.rounded(known.response_time_ms);
  } else {
    json.null();
  }
  json.end_object();
}

void write_sensor_status(JsonWriter& json, const Sensor& sensor, const SensorStatus& status, TimeNow now) {
  json.begin_object().member("id", sensor.id).member("family", name_of(sensor.family)).member("topic", sensor.topic);
  json.member("online", status.online).member("last_seen_ms", wall_ms(status.last_seen, now));
  json.member("messages", status.messages).member("undecodable", status.undecodable);
  json.member("last_error", status.last_error).end_object();
}

}  // namespace

std::string_view name_of(SinkStatus::State state) noexcept {
  static constexpr std::array<std::string_view, 4> names{"waiting", "ok", "retrying", "refused"};
  return names[static_cast<std::size_t>(state)];
}

void write_alarm(JsonWriter& json, const Site& site, const AlarmRecord& record, const AlarmMessage& message) {
  const auto& source = site.alarms[record.alarm.index()];
  const auto& rule = site.rules[source.rule];
  const bool is_meter = source.meter.valid();
  const auto& id = is_meter ? site.meter(source.meter).id : site.sensor(source.sensor).id;
  const auto& name = is_meter ? site.meter(source.meter).name : site.sensor(source.sensor).name;
  const auto area = is_meter ? site.meter(source.meter).area : site.sensor(source.sensor).area;
  using enum AlarmState;
  // Shelved and out of service are suppressed: not shown as calling for anyone (ISA-18.2).
  const bool annunciated =
      record.state == unacknowledged || record.state == acknowledged || record.state == returned_unacknowledged;
  json.begin_object().member("id", api_number(record.alarm)).member("rule", rule.id);
  json.member("rule_kind", name_of(rule.kind)).member("source", id);
  json.member("source_name", name.local).member("source_name_en", name.english);
  json.key("area");
  if (area.valid()) {
    json.string(site.area(area).id);
  } else {
    json.null();
  }
  json.member("priority", name_of(rule.priority)).member("state", static_cast<unsigned>(record.state));
  json.member("state_name", name_of(record.state)).member("annunciated", annunciated);
  json.member("raised_ms", to_ms(record.raised)).member("changed_ms", to_ms(record.changed));
  json.member("by", record.by).member("comment", record.comment).member("value", record.value);
  json.member("message", message(record, false)).member("message_en", message(record, true)).end_object();
}

void write_alarms(JsonWriter& json, std::string_view key, const Site& site, std::span<const AlarmRecord> records,
                  const AlarmMessage& message) {
  json.key(key).begin_array();
  for (const auto& record : records) write_alarm(json, site, record, message);
  json.end_array();
}

std::string devices_json(const Site& site, const Statuses& statuses, TimeNow now,
                         const std::function<bool(MeterId)>& model_verified) {
  std::vector<const MeterStatus*> meters(site.meters.size());
  for (const auto& bus : statuses.buses)
    for (const auto& [meter, status] : bus.meters) meters[meter.index()] = &status;
  JsonWriter json(256 + 300 * (site.meters.size() + site.sensors.size()));
  json.begin_object().key("meters").begin_array();
  for (std::size_t i = 0; i < meters.size(); ++i)
    write_meter_status(json, site, MeterId{i}, meters[i], now, model_verified && model_verified(MeterId{i}));
  json.end_array().key("sensors").begin_array();
  for (std::size_t i = 0; i < site.sensors.size(); ++i) {
    const auto found = std::ranges::find(statuses.sensors, SensorId{i}, [](const auto& pair) { return pair.first; });
    write_sensor_status(json, site.sensors[i], found != statuses.sensors.end() ? found->second : SensorStatus{}, now);
  }
  json.end_array().key("buses").begin_array();
  for (const auto& bus : statuses.buses) {
    json.begin_object().member("id", site.bus(bus.bus).id).member("url", site.bus(bus.bus).url_text);
    json.member("online", bus.online).member("requests", bus.requests);
    json.member("missed_polls", bus.missed).member("discarded_answers", bus.discarded).member("faults", bus.faults);
    json.key("utilisation").rounded(bus.utilisation).member("last_error", bus.last_error).end_object();
  }
  json.end_array().key("broker");
  if (site.broker) {
    const auto& broker = statuses.broker;
    json.begin_object().member("url", site.broker->url).member("connected", broker.connected);
    json.member("messages", broker.messages).member("unrouted", broker.unrouted);
    json.member("reconnects", broker.reconnects).member("last_error", broker.last_error).end_object();
  } else {
    json.null();
  }
  json.end_object();
  return json.take();
}

std::string sync_json(const Site& site, const Statuses& statuses, const WebSources& sources) {
  JsonWriter json(1024);
  json.begin_object().key("gateway").begin_object().member("version", sources.version);
  json.member("started_ms", to_ms(sources.started)).end_object().key("sinks").begin_array();
  for (const auto& sink : statuses.sinks) {
    const auto configured = std::ranges::find(site.sinks, sink.id, &Sink::id);
    json.begin_object().member("name", sink.id);
    json.member("kind", configured != site.sinks.end() ? name_of(configured->kind) : std::string_view{});
    json.member("url", configured != site.sinks.end() ? std::string_view{configured->url} : std::string_view{});
    json.member("state", name_of(sink.state)).member("last_error", sink.last_error);
    json.member("last_success_ms", wall_ms(sink.last_success)).member("delivered_lines", sink.delivered_lines);
    json.member("delivered_values", sink.delivered_values).member("rewritten_values", sink.rewritten_values);
    json.member("queued_batches", sink.queued_batches).member("queued_lines", sink.queued_lines);
    json.member("queued_bytes", sink.queued_bytes).member("oldest_queued_ms", wall_ms(sink.oldest_queued));
    json.member("dead_letters", sink.dead_letters).member("retries", sink.retries).end_object();
  }
  const auto& store = statuses.store;
  json.end_array().key("store").begin_object().member("path", store.path).member("bytes", store.bytes);
  json.member("commits", store.commits).member("kept_lines", store.kept_lines);
  json.member("kept_values", store.kept_values).member("dropped_lines", store.dropped_lines);
  json.member("max_bytes", site.store.max_bytes).member("last_error", store.last_error).end_object().end_object();
  return json.take();
}

std::string history_json(const Site& site, const Node& node, WindowLength window, std::span<const WindowRecord> rows,
                         bool truncated) {
  JsonWriter json(256 + 100 * rows.size());
  json.begin_object().member("node", node.name).member("kind", name_of(node.utility)).member("window", name_of(window));
  json.member("unit", node.utility == Utility::electricity ? "wh" : "l").member("truncated", truncated);
  json.key("columns").raw(R"(["start_ms","amount","mean","min","max","samples","estimated","cost","covered_s"])");
  json.key("rows").begin_array();
  for (const auto& row : rows) {
    json.begin_array().integer(to_ms(row.start)).thousandths(row.amount);
    if (row.samples > 0) {
      json.rounded(row.rate_sum / row.samples).rounded(row.rate_min).rounded(row.rate_max);
    } else {
      json.null().null().null();
    }
    json.integer(row.samples).thousandths(row.estimated);
    if (site.tariff(node.utility).empty() && row.cost == 0) {
      json.null();
    } else {
      json.thousandths((row.cost + (row.cost < 0 ? -500 : 500)) / 1000);  // yuan
    }
    json.thousandths(std::chrono::round<std::chrono::milliseconds>(row.covered).count()).end_array();
  }
  json.end_array().end_object();
  return json.take();
}

std::string error_json(std::string_view code, std::string_view message) {
  JsonWriter json;
  json.begin_object().key("error").begin_object().member("code", code).member("message", message);
  json.end_object().end_object();
  return json.take();
}

}  // namespace gateway
