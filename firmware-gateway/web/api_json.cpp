#include "firmware-gateway/web/api_json.hpp"

#include <algorithm>
#include <array>

#include "core/confidential.hpp"
#include "core/plain_secrets.hpp"

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

void write_sensor_status(JsonWriter& json, const Site& site, const Sensor& sensor, const SensorStatus& status,
                         TimeNow now) {
  json.begin_object().member("id", sensor.id).member("kind", name_of(sensor.kind));
  json.member("family", name_of(sensor.family)).member("topic", sensor.topic).key("parent");
  if (sensor.parent.valid()) {
    json.string(site.sensor(sensor.parent).id);
  } else {
    json.null();
  }
  json.member("online", status.online).member("last_seen_ms", wall_ms(status.last_seen, now));
  json.member("messages", status.messages).member("undecodable", status.undecodable).key("undecodable_by_kind");
  json.begin_object();
  for (std::size_t i = 0; i < payload_fault_count; ++i)
    if (status.faults[i] > 0) json.member(payload_fault_names[i], status.faults[i]);
  json.end_object().member("last_error", status.last_error).member("last_bad_payload", status.last_bad);
  json.member("last_bad_ms", wall_ms(status.last_bad_at, now)).end_object();
}

// What last_error is about, for those who have words of their own.
void write_last_failure(JsonWriter& json, const Site& site, const BusStatus& bus, TimeNow now) {
  std::optional<std::string_view> kind;
  std::optional<std::string_view> meter;
  if (bus.last_failure) kind = poll_failure_names[static_cast<std::size_t>(*bus.last_failure)];
  if (bus.last_failed.valid()) meter = site.meter(bus.last_failed).id;
  json.member("last_error_kind", kind).member("last_error_meter", meter);
  json.member("last_error_exception", static_cast<unsigned>(bus.last_exception));
  json.member("last_error_ms", wall_ms(bus.last_failed_at, now));
}

void write_last_failure(JsonWriter& json, const SinkStatus& sink) {
  std::optional<std::string_view> kind;
  if (sink.failure != SinkFailure::none) kind = sink_failure_names[static_cast<std::size_t>(sink.failure)];
  json.member("last_error_kind", kind).member("last_error_status", sink.failure_status);
}

// As 2026-09-01.
std::string day_text(LocalDay day) {
  const auto date = month_day(day);
  const auto two = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return std::to_string(date.year) + '-' + two(date.month) + '-' + two(date.day);
}

}  // namespace

std::string_view name_of(SinkStatus::State state) noexcept {
  static constexpr std::array<std::string_view, 4> names{"waiting", "ok", "retrying", "refused"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view name_of(NotifierStatus::State state) noexcept {
  static constexpr std::array<std::string_view, 4> names{"waiting", "ok", "retrying", "refused"};
  return names[static_cast<std::size_t>(state)];
}

namespace {

void write_area_id(JsonWriter& json, const Site& site, AreaId area) {
  json.key("area");
  if (area.valid()) {
    json.string(site.area(area).id);
  } else {
    json.null();
  }
}

// What an alarm is, whatever its state.
void write_alarm_identity(JsonWriter& json, const Site& site, AlarmId alarm) {
  const auto& source = site.source_of(alarm);
  const auto& rule = site.rules[source.rule];
  json.member("id", api_number(alarm)).member("rule", rule.id).member("rule_kind", name_of(rule.kind));
  json.member("source", source.id).member("source_name", source.name.local);
  json.member("source_name_en", source.name.english);
  write_area_id(json, site, source.where);
  json.member("priority", name_of(rule.priority));
}

}  // namespace

void write_alarm(JsonWriter& json, const Site& site, const AlarmRecord& record, const AlarmMessage& message) {
  json.begin_object();
  write_alarm_identity(json, site, record.alarm);
  json.member("event", record.event).member("occurrence", record.occurrence).member("change", name_of(record.change));
  json.member("state", static_cast<unsigned>(record.state)).member("state_name", name_of(record.state));
  // Shelved, suppressed and out of service are not shown as calling for anyone (ISA-18.2).
  json.member("active", is_active(record)).member("annunciated", is_annunciated(record.state));
  json.member("announced", record.announced);
  json.member("raised_ms", to_ms(record.raised)).member("changed_ms", to_ms(record.changed));
  json.member("by", record.by).member("comment", record.comment).member("value", record.value);
  json.member("limit", record.limit != 0 ? std::optional{record.limit} : std::nullopt);
  json.member("finding", name_of(record.finding));
  json.key("cause");
  if (record.cause.valid()) {
    json.integer(api_number(record.cause));
  } else {
    json.null();
  }
  json.member("shelved_until_ms", record.shelved_until > UtcTime{} ? std::optional{to_ms(record.shelved_until)}
                                                                   : std::optional<std::int64_t>{});
  json.member("held_by", record.held_by).member("held_reason", record.held_reason);
  json.member("message", message(record, false)).member("message_en", message(record, true)).end_object();
}

void write_pending_alarms(JsonWriter& json, const Site& site, std::span<const PendingAlarm> pending,
                          std::string_view key) {
  json.key(key).begin_array();
  for (const auto& each : pending) {
    json.begin_object();
    write_alarm_identity(json, site, each.alarm);
    json.member("since_ms", to_ms(each.since)).member("due_ms", to_ms(each.due)).member("value", each.value);
    json.member("limit", each.limit != 0 ? std::optional{each.limit} : std::nullopt).end_object();
  }
  json.end_array();
}

void write_alarm_metrics(JsonWriter& json, const AlarmMetrics& metrics) {
  json.key("metrics").begin_object();
  json.member("standing", metrics.standing).member("unacknowledged", metrics.unacknowledged);
  json.member("pending", metrics.pending).member("shelved", metrics.shelved);
  json.member("suppressed", metrics.suppressed).member("out_of_service", metrics.out_of_service);
  json.member("chattering", metrics.chattering).member("stale", metrics.stale);
  json.member("last_10_min", metrics.recent).member("last_hour", metrics.last_hour);
  json.member("last_day", metrics.last_day).member("most_in_10_min", metrics.peak);
  json.member("operators", metrics.operators);
  json.key("per_operator_hour");
  json.rounded(static_cast<double>(metrics.last_hour) /
               static_cast<double>(std::max<std::size_t>(metrics.operators, 1)));
  json.member("raised", metrics.raised).member("announced", metrics.announced).member("floods", metrics.floods);
  json.member("flooded", metrics.flooded).end_object();
}

void write_mode_record(JsonWriter& json, const ModeRecord& record) {
  json.begin_object().member("event", record.event).member("kind", name_of(record.kind));
  json.member("subject", record.subject).member("value", record.value).member("changed_ms", to_ms(record.changed));
  json.member("by", record.by).member("comment", record.comment).end_object();
}

namespace {

void write_patrol(JsonWriter& json, const Site& site, const SiteMode& mode, const Mode& of,
                  const std::function<std::optional<bool>(SensorId)>& open) {
  json.key("patrol").begin_array();
  for (const auto& place : of.patrol) {
    const auto* done = &of == mode.mode() ? mode.patrolled(place.id) : nullptr;
    json.begin_object().member("id", place.id).member("name", place.name.local);
    json.member("name_en", place.name.english);
    write_area_id(json, site, place.area);
    json.key("sensor");
    if (place.sensor.valid()) {
      json.string(site.sensor(place.sensor).id);
    } else {
      json.null();
    }
    json.member("open", place.sensor.valid() && open ? open(place.sensor) : std::nullopt);
    json.member("checked_ms", done != nullptr ? std::optional{to_ms(done->changed)} : std::nullopt);
    json.member("by", done != nullptr ? std::string_view{done->by} : std::string_view{});
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string modes_json(const Site& site, const SiteMode& mode,
                       const std::function<std::optional<bool>(SensorId)>& open) {
  JsonWriter json(1024);
  const auto* since = mode.since();
  json.begin_object().member("mode", mode.mode() != nullptr ? std::string_view{mode.mode()->id} : usual_mode);
  json.member("since_ms", since != nullptr ? std::optional{to_ms(since->changed)} : std::nullopt);
  json.member("by", since != nullptr ? std::string_view{since->by} : std::string_view{});
  json.member("comment", since != nullptr ? std::string_view{since->comment} : std::string_view{});
  json.key("modes").begin_array();
  for (const auto& each : site.modes) {
    json.begin_object().member("id", each.id).member("name", each.name.local).member("name_en", each.name.english);
    json.member("off_hours", each.off_hours);
    write_patrol(json, site, mode, each, open);
    json.end_object();
  }
  json.end_array().key("areas").begin_array();
  const auto write_armed = [&](std::string_view id, AreaId area) {
    const auto* by_hand = mode.armed_by_hand(id);
    json.begin_object().member("id", id).member("armed", mode.is_armed(area)).member("by_hand", by_hand != nullptr);
    json.member("since_ms", by_hand != nullptr ? std::optional{to_ms(by_hand->changed)} : std::nullopt);
    json.member("by", by_hand != nullptr ? std::string_view{by_hand->by} : std::string_view{}).end_object();
  };
  write_armed("compound", {});
  for (std::size_t i = 0; i < site.areas.size(); ++i) write_armed(site.areas[i].id, AreaId{i});
  json.end_array().end_object();
  return json.take();
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
    write_sensor_status(json, site, site.sensors[i], found != statuses.sensors.end() ? found->second : SensorStatus{},
                        now);
  }
  json.end_array().key("buses").begin_array();
  for (const auto& bus : statuses.buses) {
    json.begin_object().member("id", site.bus(bus.bus).id).member("url", site.bus(bus.bus).url_text);
    json.member("online", bus.online).member("requests", bus.requests);
    json.member("missed_polls", bus.missed).member("discarded_answers", bus.discarded).member("faults", bus.faults);
    json.key("utilisation").rounded(bus.utilisation).member("last_error", bus.last_error);
    write_last_failure(json, site, bus, now);
    json.end_object();
  }
  json.end_array().key("broker");
  if (site.broker) {
    const auto& broker = statuses.broker;
    json.begin_object().member("url", site.broker->url).member("connected", broker.connected);
    json.member("state", broker.connected ? "ok" : broker.refused ? "refused" : "retrying");
    json.member("messages", broker.messages).member("unrouted", broker.unrouted);
    json.member("reconnects", broker.reconnects).member("last_error", broker.last_error).end_object();
  } else {
    json.null();
  }
  json.key("proposed").begin_array();
  for (const auto& proposal : statuses.proposals) {
    json.begin_object().member("id", proposal.id).member("name", proposal.name).member("kind", proposal.kind);
    json.member("announced", proposal.announced).member("toml", proposal.toml).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

namespace {

std::string_view name_of(ClockSource source) noexcept {
  switch (source) {
    case ClockSource::synchronised:
      return "synchronised";
    case ClockSource::own_clock:
      return "own_clock";
    case ClockSource::nothing:
      break;
  }
  return "nothing";
}

void write_clock(JsonWriter& json, const ClockStatus& clock) {
  json.begin_object().member("known", clock.known).member("source", name_of(clock.source));
  json.member("doubt", describe(clock.doubt, true)).member("doubt_zh", describe(clock.doubt, false));
  json.member("held_readings", clock.held_readings).member("steps", clock.steps).key("last_step_s");
  json.rounded(std::chrono::duration<double>(clock.last_step).count()).end_object();
}

}  // namespace

std::string sync_json(const Site& site, const Statuses& statuses, const WebSources& sources) {
  JsonWriter json(1024);
  json.begin_object().key("gateway").begin_object().member("version", sources.version);
  json.member("started_ms", to_ms(sources.started)).key("clock");
  write_clock(json, sources.clock_status ? sources.clock_status() : ClockStatus{});
  json.member("refused_configuration", sources.refused_configuration ? sources.refused_configuration() : "");
  json.key("plain_secrets").begin_array();
  for (const auto& line : plain_secrets(site)) json.string(line);
  json.end_array().end_object().key("sinks").begin_array();
  for (const auto& sink : statuses.sinks) {
    const auto configured = std::ranges::find(site.sinks, sink.id, &Sink::id);
    json.begin_object().member("name", sink.id);
    json.member("kind", configured != site.sinks.end() ? name_of(configured->kind) : std::string_view{});
    json.member("url", configured != site.sinks.end() ? without_query(configured->url) : std::string_view{});
    json.member("state", name_of(sink.state)).member("last_error", sink.last_error);
    write_last_failure(json, sink);
    json.member("last_success_ms", wall_ms(sink.last_success)).member("delivered_lines", sink.delivered_lines);
    json.member("delivered_values", sink.delivered_values).member("rewritten_values", sink.rewritten_values);
    json.member("queued_batches", sink.queued_batches).member("queued_lines", sink.queued_lines);
    json.member("queued_bytes", sink.queued_bytes).member("oldest_queued_ms", wall_ms(sink.oldest_queued));
    json.member("dead_letters", sink.dead_letters).member("retries", sink.retries);
    json.member("dropped_lines", sink.dropped_lines).member("next_try_ms", wall_ms(sink.next_try));
    json.member("most_bytes", sink.most_bytes).member("catching_up", sink.catching_up);
    json.member("delivered_lines_per_s", sink.delivered_lines_per_s);
    json.member("caught_up_in_s", sink.caught_up_in ? std::optional{sink.caught_up_in->count()} : std::nullopt);
    json.end_object();
  }
  json.end_array().key("notifiers").begin_array();
  for (const auto& notifier : statuses.notifiers) {
    const auto configured = std::ranges::find(site.notifiers, notifier.id, &Notify::id);
    json.begin_object().member("name", notifier.id);
    json.member("kind", configured != site.notifiers.end() ? name_of(configured->kind) : std::string_view{});
    json.member("state", name_of(notifier.state)).member("last_error", notifier.last_error);
    json.member("last_success_ms", wall_ms(notifier.last_success));
    json.member("failing_since_ms", wall_ms(notifier.failing_since)).member("sent", notifier.sent);
    json.member("failed", notifier.failed).member("quieted", notifier.quieted);
    json.member("given_up", notifier.given_up).member("pending", notifier.pending);
    json.member("event", static_cast<std::uint64_t>(notifier.event)).end_object();
  }
  const auto& store = statuses.store;
  json.end_array().key("store").begin_object().member("path", store.path).member("bytes", store.bytes);
  json.member("commits", store.commits).member("kept_lines", store.kept_lines);
  json.member("kept_values", store.kept_values).member("dropped_lines", store.dropped_lines);
  json.member("queued_bytes", store.queued_bytes).member("most_queued_bytes", store.most_queued_bytes);
  json.member("queued_lines", store.queued_lines);
  json.member("oldest_queued_ms", wall_ms(store.oldest_queued)).key("full_in_s");
  if (store.full_in) {
    json.integer(store.full_in->count());
  } else {
    json.null();
  }
  json.member("free_bytes", store.free_bytes).member("on_disk", store.on_disk);
  json.member("failed_commits", store.failed_commits);
  json.member("repairs", store.repairs).member("last_repair", store.last_repair);
  json.member("max_bytes", site.store.max_bytes).member("last_error", store.last_error).end_object().end_object();
  return json.take();
}

std::string letters_json(std::span<const LetterReport> letters) {
  JsonWriter json(64 + 512 * letters.size());
  json.begin_object().key("letters").begin_array();
  for (const auto& letter : letters) {
    json.begin_object().member("letter", letter.number).member("sink", letter.sink).member("at_ms", to_ms(letter.at));
    json.member("reason", letter.reason).member("lines", letter.lines).member("text", letter.text).end_object();
  }
  json.end_array().end_object();
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

std::string tariff_json(const Node& node, const TariffSchedule& schedule) {
  JsonWriter json(256 + 110 * schedule.pieces.size());
  json.begin_object().member("node", node.name).member("kind", name_of(node.utility));
  json.member("unit", node.utility == Utility::electricity ? "kwh" : "m3");
  json.key("pieces").begin_array();
  for (const auto& piece : schedule.pieces) {
    json.begin_object().member("from_ms", to_ms(piece.from)).member("to_ms", to_ms(piece.to));
    json.member("band", piece.priced ? std::optional{name_of(piece.band)} : std::nullopt);
    json.member("price_yuan", piece.priced ? std::optional{static_cast<double>(piece.price) / 1e6} : std::nullopt);
    json.end_object();
  }
  json.end_array().key("versions").begin_array();
  for (const auto* version : schedule.versions) {
    json.begin_object().member("valid_from", day_text(version->valid_from));
    json.member("source", version->source).member("source_en", version->source_en).end_object();
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
