#include "firmware-gateway/web/metrics_text.hpp"

#include <algorithm>
#include <initializer_list>

namespace gateway {
namespace {

class Exposition {
 public:
  // Growing to a megabyte by doubling would take three.
  explicit Exposition(std::size_t expected_size) { out_.reserve(expected_size); }
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
    out_.append(type).append("\n");
  }
  struct Label {
    std::string_view name;
    std::string_view value;
  };
  template <class T>
  void sample(std::initializer_list<Label> labels, T value) {
    out_ += name_;
    char before = '{';
    for (const auto& label : labels) {
      (out_ += before).append(label.name).append("=\"");
      escape(label.value);
      out_ += '"';
      before = ',';
    }
    if (labels.size() > 0) out_ += '}';
    out_ += ' ';
    JsonWriter number;  // writes numbers as Prometheus reads them, too
    if constexpr (std::floating_point<T>) {
      number.rounded(value);
    } else {
      number.integer(value);
    }
    out_.append(number.text()).append("\n");
  }
  template <class T>
  void single(std::string_view name, std::string_view type, std::string_view help, T value) {
    family(name, type, help);
    sample({}, value);
  }
  std::string take() { return std::move(out_); }

 private:
  void escape(std::string_view text) {
    for (const char c : text) {
      if (c == '\n') {
        out_ += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
  }
  std::string out_;
  std::string name_;
};

void bus_metrics(Exposition& out, const Site& site, const Statuses& statuses) {
  out.family("gateway_bus_online", "gauge", "1 when the bus is connected.");
  for (const auto& bus : statuses.buses) out.sample({{"bus", site.bus(bus.bus).id}}, bus.online ? 1 : 0);
  out.family("gateway_bus_requests_total", "counter", "Requests sent on the bus.");
  for (const auto& bus : statuses.buses) out.sample({{"bus", site.bus(bus.bus).id}}, bus.requests);
  out.family("gateway_bus_utilisation_ratio", "gauge", "Share of the last minute that the bus was busy.");
  for (const auto& bus : statuses.buses) out.sample({{"bus", site.bus(bus.bus).id}}, bus.utilisation);
  out.family("gateway_bus_missed_polls_total", "counter", "Polls left out because the bus was too slow.");
  for (const auto& bus : statuses.buses) out.sample({{"bus", site.bus(bus.bus).id}}, bus.missed);
  out.family("gateway_bus_discarded_answers_total", "counter", "Answers that belonged to no pending request.");
  for (const auto& bus : statuses.buses) out.sample({{"bus", site.bus(bus.bus).id}}, bus.discarded);
  out.family("gateway_bus_faults_total", "counter", "Times the line itself was lost or could not be opened.");
  for (const auto& bus : statuses.buses) out.sample({{"bus", site.bus(bus.bus).id}}, bus.faults);
  out.family("gateway_meter_online", "gauge", "1 when the last poll of the meter was answered.");
  for (const auto& bus : statuses.buses)
    for (const auto& [meter, status] : bus.meters) out.sample({{"meter", site.meter(meter).id}}, status.online ? 1 : 0);
  out.family("gateway_meter_polls_total", "counter", "Polls tried.");
  for (const auto& bus : statuses.buses)
    for (const auto& [meter, status] : bus.meters) out.sample({{"meter", site.meter(meter).id}}, status.polls);
  out.family("gateway_meter_poll_failures_total", "counter", "Requests that gave no value, by kind of failure.");
  for (const auto& bus : statuses.buses)
    for (const auto& [meter, status] : bus.meters)
      for (std::size_t i = 0; i < poll_failure_count; ++i)
        out.sample({{"meter", site.meter(meter).id}, {"kind", poll_failure_names[i]}}, status.failures[i]);
  out.family("gateway_meter_unusable_values_total", "counter", "Values answered that no such meter can show.");
  for (const auto& bus : statuses.buses)
    for (const auto& [meter, status] : bus.meters)
      out.sample({{"meter", site.meter(meter).id}}, status.unusable_values);
}

void sensor_metrics(Exposition& out, const Site& site, const Statuses& statuses) {
  out.family("gateway_sensor_messages_total", "counter", "Messages received from the sensor.");
  for (const auto& [id, status] : statuses.sensors) out.sample({{"sensor", site.sensor(id).id}}, status.messages);
  out.family("gateway_sensor_undecodable_total", "counter", "Messages that could not be read.");
  for (const auto& [id, status] : statuses.sensors) out.sample({{"sensor", site.sensor(id).id}}, status.undecodable);
  if (!site.broker) return;
  const auto& broker = statuses.broker;
  out.single("gateway_broker_connected", "gauge", "1 when connected to the MQTT broker.", broker.connected ? 1 : 0);
  out.single("gateway_broker_refused", "gauge",
             "1 when the MQTT broker refuses the gateway: user, password, client id.", broker.refused ? 1 : 0);
  out.single("gateway_broker_messages_total", "counter", "Messages received.", broker.messages);
  out.single("gateway_broker_unrouted_total", "counter", "Messages that belong to no sensor.", broker.unrouted);
  out.single("gateway_broker_reconnects_total", "counter", "Connections made anew.", broker.reconnects);
}

void sync_metrics(Exposition& out, const Statuses& statuses) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    out.family(name, type, help);
    for (const auto& sink : statuses.sinks) out.sample({{"sink", sink.id}}, value(sink));
  };
  each("gateway_sink_ok", "gauge", "1 when the last delivery succeeded.",
       [](const SinkStatus& sink) { return sink.state == SinkStatus::State::ok ? 1 : 0; });
  each("gateway_sink_delivered_lines_total", "counter", "Lines that the sink acknowledged.",
       [](const SinkStatus& sink) { return sink.delivered_lines; });
  each("gateway_sink_delivered_values_total", "counter", "Field values that the sink acknowledged.",
       [](const SinkStatus& sink) { return sink.delivered_values; });
  each("gateway_sink_rewritten_values_total", "counter", "Delivered values that replaced one of the same time.",
       [](const SinkStatus& sink) { return sink.rewritten_values; });
  each("gateway_sink_queued_lines", "gauge", "Lines kept here that the sink has not acknowledged.",
       [](const SinkStatus& sink) { return sink.queued_lines; });
  each("gateway_sink_queued_bytes", "gauge", "Bytes kept here that the sink has not acknowledged.",
       [](const SinkStatus& sink) { return sink.queued_bytes; });
  each("gateway_sink_dead_letters_total", "counter", "Lines that the sink rejected for good.",
       [](const SinkStatus& sink) { return sink.dead_letters; });
  each("gateway_sink_dropped_lines_total", "counter", "Lines that were dropped before the sink had them.",
       [](const SinkStatus& sink) { return sink.dropped_lines; });
  each("gateway_sink_catching_up", "gauge", "1 while old data is sent beside new.",
       [](const SinkStatus& sink) { return sink.catching_up ? 1 : 0; });
  each("gateway_sink_retries_total", "counter", "Deliveries that were tried again.",
       [](const SinkStatus& sink) { return sink.retries; });
  const auto each_notifier = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    if (statuses.notifiers.empty()) return;
    out.family(name, type, help);
    for (const auto& notifier : statuses.notifiers) out.sample({{"notifier", notifier.id}}, value(notifier));
  };
  each_notifier("gateway_notifier_failing", "gauge", "1 when the last attempt to tell people failed.",
                [](const NotifierStatus& notifier) { return notifier.failing_since ? 1 : 0; });
  each_notifier("gateway_notifier_sent_total", "counter", "Messages that the far end took.",
                [](const NotifierStatus& notifier) { return notifier.sent; });
  each_notifier("gateway_notifier_failed_total", "counter", "Attempts that the far end did not take.",
                [](const NotifierStatus& notifier) { return notifier.failed; });
  each_notifier("gateway_notifier_given_up_total", "counter", "Messages that the far end refused as such.",
                [](const NotifierStatus& notifier) { return notifier.given_up; });
  const auto& store = statuses.store;
  out.single("gateway_store_bytes", "gauge", "Size of the local store.", store.bytes);
  out.single("gateway_store_commits_total", "counter", "Transactions committed.", store.commits);
  out.single("gateway_store_kept_lines_total", "counter", "Lines kept.", store.kept_lines);
  out.single("gateway_store_kept_values_total", "counter", "Field values kept.", store.kept_values);
  out.single("gateway_store_queued_bytes", "gauge", "Bytes that wait for any sink.", store.queued_bytes);
  out.single("gateway_store_free_bytes", "gauge", "Room on the file system of the store.", store.free_bytes);
  out.single("gateway_store_on_disk", "gauge", "0 while the disk takes nothing and readings wait in memory.",
             store.on_disk ? 1 : 0);
  out.single("gateway_store_most_queued_bytes", "gauge", "Beyond them the oldest goes first.", store.most_queued_bytes);
  out.single("gateway_store_failed_commits_total", "counter", "Commits that failed; what was in them is tried again.",
             store.failed_commits);
  out.single("gateway_store_repairs_total", "counter", "Times damage was found and carried over, since the start.",
             store.repairs);
  if (store.full_in)
    out.single("gateway_store_full_in_seconds", "gauge", "Until the oldest goes unsent, at the rate of the last hour.",
               store.full_in->count());
  out.single("gateway_store_dropped_lines_total", "counter", "Lines given up at the cap, oldest first.",
             store.dropped_lines);
  out.single("gateway_store_overwritten_lines_total", "counter",
             "Lines that took the place of the one before, in a series of more than 250 lines a second.",
             store.overwritten_lines);
}

void web_metrics(Exposition& out, const WebCounters& web) {
  out.single("gateway_web_requests_total", "counter", "HTTP requests answered.", web.requests);
  out.single("gateway_web_connections", "gauge", "Open connections.", web.connections);
  out.single("gateway_web_accepted_total", "counter", "Connections accepted.", web.accepted);
  out.single("gateway_web_stream_clients", "gauge", "Open WebSocket streams.", web.stream_clients);
  out.single("gateway_web_live_frames_skipped_total", "counter", "Live frames that a slow client did not get.",
             web.live_frames_skipped);
  out.single("gateway_web_slow_clients_total", "counter", "Streams closed because the client was too slow.",
             web.too_slow_clients);
  out.family("gateway_web_refused_total", "counter", "Requests and connections refused, by reason.");
  out.sample({{"reason", "malformed"}}, web.malformed);
  out.sample({{"reason", "timeout"}}, web.timed_out);
  out.sample({{"reason", "too_many_connections"}}, web.crowded_out);
  out.sample({{"reason", "foreign_origin"}}, web.foreign_origin);
  out.sample({{"reason", "foreign_host"}}, web.foreign_host);
  out.family("gateway_web_logins_refused_total", "counter", "Log-ins refused, by reason.");
  out.sample({{"reason", "wrong_password"}}, web.wrong_logins);
  out.sample({{"reason", "locked"}}, web.locked_logins);
  out.family("gateway_web_errors_total", "counter", "HTTP answers that were errors, by class.");
  out.sample({{"class", "4xx"}}, web.answered_4xx);
  out.sample({{"class", "5xx"}}, web.answered_5xx);
}

}  // namespace

namespace {

void alarm_metrics(Exposition& out, const AlarmMetrics& alarms) {
  out.single("gateway_alarms_standing", "gauge", "Alarms whose condition is present and that nobody set aside.",
             alarms.standing);
  out.single("gateway_alarms_unacknowledged", "gauge", "Alarms that nobody has acknowledged.", alarms.unacknowledged);
  out.single("gateway_alarms_pending", "gauge", "Alarms whose on-delay runs.", alarms.pending);
  out.family("gateway_alarms_set_aside", "gauge", "Alarms that are not told, by reason.");
  out.sample({{"reason", "shelved"}}, alarms.shelved);
  out.sample({{"reason", "suppressed"}}, alarms.suppressed);
  out.sample({{"reason", "out_of_service"}}, alarms.out_of_service);
  out.single("gateway_alarms_chattering", "gauge", "Alarms that changed three times within a minute (target 0).",
             alarms.chattering);
  out.single("gateway_alarms_stale", "gauge", "Alarms standing for more than 24 h (target below 5).", alarms.stale);
  out.single("gateway_alarms_last_10_minutes", "gauge", "New alarms in the last ten minutes (10 an operator: a flood).",
             alarms.recent);
  out.single("gateway_alarms_per_operator_hour", "gauge",
             "New alarms in the last hour for each operator (6 acceptable, 12 manageable).",
             static_cast<double>(alarms.last_hour) / static_cast<double>(std::max<std::size_t>(alarms.operators, 1)));
  out.single("gateway_alarms_last_day", "gauge", "New alarms in the last 24 h (150 an operator acceptable).",
             alarms.last_day);
  out.single("gateway_alarms_raised_total", "counter", "Alarms raised, told or not.", alarms.raised);
  out.single("gateway_alarms_announced_total", "counter", "Alarms told to people.", alarms.announced);
  out.single("gateway_alarm_floods_total", "counter", "Times that alarms came too fast to be told one by one.",
             alarms.floods);
}

}  // namespace

std::string metrics_text(const Site& site, const Statuses& statuses, const WebCounters& web,
                         const AlarmMetrics& alarms) {
  constexpr std::size_t usual_line = 72, lines_a_meter = poll_failure_count + 6;
  Exposition out(std::size_t{16} * 1024 + site.meters.size() * lines_a_meter * usual_line);
  bus_metrics(out, site, statuses);
  sensor_metrics(out, site, statuses);
  sync_metrics(out, statuses);
  alarm_metrics(out, alarms);
  web_metrics(out, web);
  return out.take();
}

}  // namespace gateway
