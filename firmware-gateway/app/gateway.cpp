#include "firmware-gateway/app/gateway.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include "cloud-sync/influx/uploader.hpp"
#include "cloud-sync/store/memory_folder.hpp"
#include "cloud-sync/store/outbox_report.hpp"
#include "cloud-sync/store/running_window.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "cloud-sync/store/store_thread.hpp"
#include "collectors/alarms/alarm_text.hpp"
#include "collectors/metering/bus_worker.hpp"
#include "collectors/sensing/sensor_listener.hpp"
#include "core/printable.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/core_loop.hpp"
#include "firmware-gateway/app/disk_probe.hpp"
#include "firmware-gateway/app/ending.hpp"
#include "firmware-gateway/app/fault_watch.hpp"
#include "firmware-gateway/app/liveness.hpp"
#include "firmware-gateway/app/notifiers.hpp"
#include "firmware-gateway/app/proposal_log.hpp"
#include "firmware-gateway/app/report_thread.hpp"
#include "firmware-gateway/app/sink_transport.hpp"
#include "firmware-gateway/app/web_starter.hpp"
#include "firmware-gateway/audit/audit_export.hpp"
#include "firmware-gateway/web/users.hpp"

namespace gateway {

namespace embedded {
extern const std::span<const EmbeddedFile> dashboard;
}

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds stop_patience = 3s;
// All of a stop fits into TimeoutStopSec= of the unit; a broker's session that hangs must not cost the last batch.
constexpr std::chrono::nanoseconds sensor_stop_patience = 2s;
constexpr std::uint64_t most_bytes_in_memory = 24 << 20;
// The page waits for a minute (client.ts), the web server likewise; it is told before that it waits in vain.
constexpr std::chrono::nanoseconds report_patience = 55s;
// Some 60 MB with its text: two years of the largest site that is promised, or a month of all its meters' readings.
constexpr std::size_t most_report_lines = 25'000;
constexpr std::size_t most_report_traces = 1'000;

std::string clock_metrics(const ClockStatus& clock) {
  return fmt::format(
      "# HELP gateway_clock_known 1 when the wall clock is believed and readings are stamped.\n# TYPE "
      "gateway_clock_known gauge\ngateway_clock_known {}\n"
      "# HELP gateway_clock_synchronised 1 when NTP or the like keeps the wall clock right.\n# TYPE "
      "gateway_clock_synchronised gauge\ngateway_clock_synchronised {}\n"
      "# HELP gateway_clock_steps_total Times the wall clock jumped.\n# TYPE gateway_clock_steps_total "
      "counter\ngateway_clock_steps_total {}\n"
      "# HELP gateway_clock_held_readings Readings that wait for a time.\n# TYPE gateway_clock_held_readings "
      "gauge\ngateway_clock_held_readings {}\n",
      clock.known ? 1 : 0, clock.source == ClockSource::synchronised ? 1 : 0, clock.steps, clock.held_readings);
}

std::string discovery_metrics(const DiscoveryStatus& discovery) {
  return fmt::format(
      "# HELP gateway_announcements_unused_total Announcements of devices that came to nothing.\n# TYPE "
      "gateway_announcements_unused_total counter\n"
      "gateway_announcements_unused_total{{why=\"refused\"}} {}\n"
      "gateway_announcements_unused_total{{why=\"no_room\"}} {}\n",
      discovery.refused, discovery.no_room);
}

}  // namespace

struct Gateway::Parts {
  Parts(const Site& site_, const Clock& clock_, GatewayOptions options_)
      : site(site_), clock(clock_), options(std::move(options_)), core(site_, options.boot_id, core_outputs()) {}

  // ---- what the core says; each called on the core thread

  CoreOutputs core_outputs() {
    CoreOutputs out;
    out.hand_over = [this](std::unique_ptr<Batch>& batch, bool urgent) { return store->submit(batch, urgent); };
    out.live = [this](std::shared_ptr<const LiveSnapshot> live) {
      asio::post(io, [this, live = std::move(live)] { web->server().publish(live); });
    };
    out.sensors_changed = [this](std::vector<Reading> readings) {
      asio::post(io, [this, readings = std::move(readings)] { web->server().publish_points(readings); });
    };
    out.alarm_changed = [this](const AlarmRecord& record) {
      log_alarm(record);
      asio::post(io, [this, record] {
        remember(record);
        web->server().publish_alarm(record);
      });
    };
    out.dated_back = [this](std::chrono::nanoseconds utc_offset) {
      spdlog::info("the clock is believed from now on; {} readings that waited get their times",
                   core.clock_status().held_readings);
      asio::post(io, [this, utc_offset] {
        mode.date_back(utc_offset);
        for (auto& [id, record] : standing) {
          const auto before = record.changed;
          date_back(record, utc_offset);
          if (record.changed != before) web->server().publish_alarm(record);
        }
      });
    };
    out.mode_changed = [this](const ModeRecord& record) {
      spdlog::info("{} {} {}, by {}", name_of(record.kind), record.subject, record.value, record.by);
      asio::post(io, [this, record] { mode.apply(record); });
    };
    out.alarms_looked_at = [this](std::vector<PendingAlarm> waiting, const AlarmMetrics& figures) {
      asio::post(io, [this, waiting = std::move(waiting), figures]() mutable {
        pending = std::move(waiting);
        metrics = figures;
      });
    };
    return out;
  }

  void log_alarm(const AlarmRecord& record) const {
    spdlog::info("alarm {} ({}): {}{}", site.rule_of(record.alarm).id, name_of(record.state),
                 alarm_message(site, record, true), record.by.empty() ? "" : ", by " + record.by);
  }

  void remember(const AlarmRecord& record) {
    if (record.state == AlarmState::normal) {
      standing.erase(record.alarm);
    } else {
      standing[record.alarm] = record;
    }
  }

  // ---- what the web server asks; each called on the network thread

  WebSources web_sources() {
    WebSources out;
    out.clock = &clock;
    out.version = version();
    out.started = clock.utc();
    out.alarms_open = [this] {
      std::vector<AlarmRecord> all;
      for (const auto& [id, record] : standing) all.push_back(record);
      return all;
    };
    out.alarms_pending = [this] { return pending; };
    out.alarm_metrics = [this] { return metrics; };
    out.alarm_journal = [this](const AlarmJournalQuery& query,
                               WebSources::Completion<std::vector<AlarmRecord>> answer) {
      read_settled(std::move(answer), [query](StoreReader& from) { return journal(from, query); });
    };
    out.mode = [this]() -> const SiteMode& { return mode; };
    out.mode_journal = [this](std::size_t limit, WebSources::Completion<std::vector<ModeRecord>> answer) {
      read_settled(std::move(answer), [limit](StoreReader& from) { return from.mode_journal(limit); });
    };
    out.history = [this](const HistoryQuery& query, WebSources::Completion<std::vector<WindowRecord>> answer) {
      read_store(std::move(answer), [this, query](StoreReader& from) -> Expected<std::vector<WindowRecord>> {
        auto history = from.history(query.node, query.window, query.from, query.to, query.limit);
        if (!history) return std::unexpected(history.error());
        if (auto added =
                add_running_window(from, site, *history, query.node, query.window, query.from, query.to, clock.utc());
            !added)
          return std::unexpected(added.error());
        return std::move(history->windows);
      });
    };
    out.audit = [this](AuditRequest request, WebSources::Completion<std::string> answer) {
      auto place = reports.take();
      if (!place)
        return answer(
            failure(std::errc::device_or_resource_busy, "other reports are being made; ask again in half a minute"));
      const auto until = clock.monotonic() + report_patience;
      settled(
          [this, place = std::move(place), until, request = std::move(request), answer = std::move(answer)]() mutable {
            reports.run(std::move(place), [this, until, request = std::move(request), answer = std::move(answer)] {
              auto text = report(request, until);
              asio::post(io, [answer, text = std::move(text)]() mutable { answer(std::move(text)); });
            });
          });
    };
    out.exchange = [this](ExchangeRequest request, WebSources::Completion<QualityRecord> answer) {
      core.exchange(request.meter, request.old_last, request.new_first, std::move(request.by),
                    std::move(request.reason), answered<QualityRecord>(std::move(answer)));
    };
    out.correct = [this](CorrectionRequest request, WebSources::Completion<QualityRecord> answer) {
      // The entry's times are those that it is about; when it was made is told in its text.
      core.correct(request.meter, request.from, request.to, request.amount, std::move(request.by),
                   local_text(clock.utc(), *site.time) + " " + request.reason,
                   answered<QualityRecord>(std::move(answer)));
    };
    out.alarm_command = [this](AlarmCommand command, WebSources::Completion<AlarmRecord> answer) {
      core.command(std::move(command), answered<AlarmRecord>(std::move(answer)));
    };
    out.mode_command = [this](ModeRecord wish, WebSources::Completion<ModeRecord> answer) {
      core.command(std::move(wish), answered<ModeRecord>(std::move(answer)));
    };
    out.alarm_message = [this](const AlarmRecord& record, bool english) {
      return alarm_message(site, record, english);
    };
    out.buses = [this] {
      std::vector<BusStatus> all;
      for (const auto& bus : buses) all.push_back(bus->status());
      return all;
    };
    out.sensors = [this] {
      std::vector<std::pair<SensorId, SensorStatus>> all;
      if (!sensors) return all;
      for (auto& status : sensors->sensor_status()) all.emplace_back(SensorId{all.size()}, std::move(status));
      return all;
    };
    out.proposals = [this] { return sensors ? *sensors->proposals() : std::vector<ProposedSensor>{}; };
    out.broker = [this] { return sensors ? sensors->broker_status() : BrokerStatus{}; };
    out.sinks = [this] {
      std::vector<SinkStatus> all;
      for (const auto& uploader : uploaders) all.push_back(uploader->status());
      return all;
    };
    out.notifiers = [this] { return notifiers ? notifiers->status() : std::vector<NotifierStatus>{}; };
    out.store = [this] { return store->status(); };
    out.clock_status = [this] { return core.clock_status(); };
    out.dead_letters = [this](std::string sink, std::size_t limit,
                              WebSources::Completion<std::vector<LetterReport>> answer) {
      asio::post(disk, [this, sink = std::move(sink), limit, answer = std::move(answer)]() mutable {
        auto letters = dead_letters(options.data_folder, sink, limit);
        asio::post(
            io, [answer = std::move(answer), letters = std::move(letters)]() mutable { answer(std::move(letters)); });
      });
    };
    out.change_outbox = [this](OutboxChange change, WebSources::Completion<std::string> answer) {
      store->change(std::move(change), [this, answer = std::move(answer)](Expected<std::string> done) {
        asio::post(io, [answer, done = std::move(done)] { answer(done); });
      });
    };
    out.refused_configuration = [this] {
      const std::scoped_lock lock(notice_mutex);
      return refused_configuration;
    };
    out.health = [this] { return health(); };
    out.more_metrics = [this] {
      return fmt::format(
          "# HELP gateway_readings_total Readings taken in by the core.\n# TYPE gateway_readings_total "
          "counter\ngateway_readings_total {}\n"
          "# HELP gateway_readings_dropped_total Readings that came while the store could take no more.\n# TYPE "
          "gateway_readings_dropped_total counter\n"
          "gateway_readings_dropped_total {}\n{}{}",
          core.readings(), core.dropped_readings(), clock_metrics(core.clock_status()),
          sensors ? discovery_metrics(sensors->discovery_status()) : "");
    };
    out.journal = [](const WebSources::JournalEntry& entry) {
      spdlog::info("dashboard: {} by {} from {}{}{}", entry.action, entry.user, entry.address,
                   entry.detail.empty() ? "" : ": ", entry.detail);
    };
    out.model_verified = [this](MeterId meter) {
      const auto& model = site.meter(meter).map;
      return model != nullptr && model->verified;
    };
    return out;
  }

  // On the reports' thread. Ends when the gateway stops, or when nobody waits for it any more.
  Expected<std::string> report(const AuditRequest& request, MonotonicTime until) {
    const auto period = parse_audit_period(request.from, request.to);
    if (!period) return failure(std::errc::invalid_argument, period.error());
    auto from = StoreReader::open(store->file(), site);
    if (!from) return std::unexpected(from.error());
    from->end_when(&reports.stops());
    AuditQuery query{*period, request.trace, most_report_lines, most_report_traces, {}};
    query.ended = [&] { return reports.stops().load(std::memory_order_relaxed) || clock.monotonic() > until; };
    const auto made = make_audit(*from, site, query, clock.utc());
    if (!made && made.error().code == std::errc::operation_canceled)
      return failure(std::errc::timed_out,
                     "the report takes too long; ask for a shorter time, or make it with "
                     "`gateway audit`");
    if (!made) return std::unexpected(made.error());
    return request.format == "csv"    ? audit_csv(*made)
           : request.format == "html" ? audit_html(*made)
                                      : audit_json(*made);
  }

  // From the core's thread to the network's.
  template <class T>
  std::function<void(Expected<T>)> answered(WebSources::Completion<T> answer) {
    return [this, answer = std::move(answer)](Expected<T> result) {
      asio::post(io, [answer, result = std::move(result)] { answer(result); });
    };
  }

  static Expected<std::vector<AlarmRecord>> journal(StoreReader& from, const AlarmJournalQuery& query) {
    auto entries = from.alarm_journal(query);
    if (!entries) return std::unexpected(entries.error());
    std::vector<AlarmRecord> records;
    for (auto& entry : *entries)
      if (entry.record.alarm.valid()) records.push_back(std::move(entry.record));
    return records;
  }

  // History comes from the disk: asked on a thread of its own, answered on the network thread.
  template <class T, class Ask>
  void read_store(WebSources::Completion<T> answer, Ask ask) {
    asio::post(disk, [this, answer = std::move(answer), ask = std::move(ask)]() mutable {
      Expected<T> result = reader ? ask(*reader) : failure(std::errc::resource_unavailable_try_again, "history");
      asio::post(io, [answer = std::move(answer), result = std::move(result)]() mutable { answer(std::move(result)); });
    });
  }

  // What `gateway exchange` and `gateway correct` leave in the store. On the network thread.
  void run(MeterRequest request) {
    const auto meter = std::ranges::find(site.meters, request.meter, &Meter::id);
    if (meter == site.meters.end())
      return core.refuse(request.id, fmt::format("the gateway that runs has no meter '{}'", request.meter));
    spdlog::info("command: {} of meter {} by {}: {}", name_of(request.kind), request.meter, printable(request.by),
                 printable(request.reason));
    if (request.kind == MeterRequest::Kind::correct)
      request.reason = local_text(clock.utc(), *site.time) + " " + request.reason;  // as for those of the API
    core.run(MeterId{static_cast<std::size_t>(meter - site.meters.begin())}, request);
  }

  // As read_store, and what people and pages were told before they asked is in it: the core tells of a change when it
  // has made it, the store keeps it a commit later, and a page that asks in between would show a journal without the
  // deed that it was just told of.
  template <class T, class Ask>
  void read_settled(WebSources::Completion<T> answer, Ask ask) {
    settled([this, answer = std::move(answer), ask = std::move(ask)]() mutable {
      read_store(std::move(answer), std::move(ask));
    });
  }
  // Goes on once the store has what was told before.
  template <class Then>
  void settled(Then then) {
    core.after_hand_over([this, then = std::move(then)]() mutable { store->after_commit(std::move(then)); });
  }

  // ---- what the gateway knows about itself

  FaultWatch::Sources fault_sources() {
    FaultWatch::Sources out;
    const auto sources = web_sources();
    out.buses = sources.buses;
    out.sinks = sources.sinks;
    out.notifiers = sources.notifiers;
    out.store = sources.store;
    out.broker_connected = [this] {
      return sensors ? std::optional{sensors->broker_status().connected} : std::nullopt;
    };
    out.dropped_readings = [this] { return core.dropped_readings(); };
    out.clock_believed = [this] { return core.clock_status().known; };
    out.configuration_refused = [this] {
      const std::scoped_lock lock(notice_mutex);
      return !refused_configuration.empty();
    };
    out.dashboard_served = [this] { return web->served(); };
    return out;
  }

  // The alarm says that it is so; the log also what was answered, for whoever has no page at hand.
  void tell_why(const AlarmEngine::Fact& fact) {
    using Part = AlarmSource::Part;
    const auto warn = [](std::string_view what, const std::string& name, const std::string& why) {
      if (!why.empty()) spdlog::warn("{} {}: {}", what, name, why);
    };
    const auto sources = web_sources();
    if (fact.part == Part::bus) {
      for (const auto& bus : sources.buses())
        if (bus.bus.index() == fact.place) warn("bus", site.bus(bus.bus).id, bus.last_error);
    } else if (fact.part == Part::sink) {
      const auto sink = sources.sinks().at(fact.place);
      warn("sink", sink.id, sink.last_error);
    } else if (fact.part == Part::notifier) {
      const auto notifier = sources.notifiers().at(fact.place);
      warn("notify", notifier.id, notifier.last_error);
    } else if (fact.part == Part::broker && sensors) {
      warn("broker", site.broker->url, sensors->broker_status().last_error);
    }
  }

  void watch_faults() {
    web->look(clock.monotonic());
    fault_watch.look(clock.monotonic());
    fault_timer.expires_after(1s);
    fault_timer.async_wait([this](const boost::system::error_code& ended) {
      if (!ended && !stopping.load()) watch_faults();
    });
  }

  // About once a second, on the main thread.
  void watch_sensors() {
    if (!sensors) return;
    sensors->tick();
    for (const auto& line : proposal_log.news(sensors->proposals(), sensors->discovery_status()))
      spdlog::info("{}", line);
  }

  // ---- up and down

  Expected<void> open_store() {
    if (store) return {};
    StoreOptions how;
    how.boot_id = options.boot_id;
    auto opened = Store::open(options.data_folder, site, clock.now(), how);
    if (!opened && is_refusing_disk(opened.error().code)) opened = open_in_memory(opened.error(), std::move(how));
    if (!opened) return std::unexpected(opened.error());
    if (in_memory.empty()) take_over_memory(*opened);
    auto checkpoint = opened->load_checkpoint();
    if (!checkpoint) return std::unexpected(checkpoint.error());
    if (const auto status = opened->status(); status.repairs > 0) spdlog::error("store: {}", status.last_repair);
    auto alarms = opened->load_alarms();
    if (!alarms) return std::unexpected(alarms.error());
    const auto memory = opened->clock_memory();
    core.doubt_clock(ClockBelief(site.clock, memory.last_stored, memory.believed_this_boot), clock);
    if (const auto status = core.clock_status(); !status.known) spdlog::warn("{}", describe(status.doubt, true));
    auto learned = opened->load_learned();
    if (!learned) return std::unexpected(learned.error());
    auto modes = opened->load_modes();
    if (!modes) return std::unexpected(modes.error());
    for (const auto& record : *modes) mode.apply(record);
    if (auto restored = core.restore({*checkpoint, *learned, *alarms, *modes}, clock.now()); !restored)
      spdlog::error("{}: begins anew; today's figures are what the store has from now on", restored.error().message());
    for (const auto& record : *alarms) remember(record);
    std::vector<NotifierPosition> positions;
    for (const auto& notify : site.notifiers) {
      auto position = opened->load_notifier(notify.id);
      if (!position) return std::unexpected(position.error());
      positions.push_back(std::move(*position));
    }
    const auto file = opened->file();
    StoreThreadOptions store_options;
    store_options.in_memory = in_memory;
    store_options.commit_failed = [](const Error& error) {
      spdlog::error("the store can't write: {}", error.message());
    };
    store_options.alarm_kept = [this](const AlarmRecord&) {
      if (notifiers) notifiers->wake();
    };
    store_options.meter_request = [this](MeterRequest request) {
      asio::post(io, [this, request = std::move(request)]() mutable { run(std::move(request)); });
    };
    store = std::make_unique<StoreThread>(std::move(*opened), site.sinks.size(), clock, std::move(store_options));
    notifiers = std::make_unique<Notifiers>(
        site, clock, *store,
        [this](const AlarmRecord& record, bool english) { return alarm_message(site, record, english); },
        std::move(positions), *alarms);
    if (auto history = StoreReader::open(file, site)) {
      reader = std::make_unique<StoreReader>(std::move(*history));
    } else {
      spdlog::error("history can't be read: {}", history.error().message());
    }
    return {};
  }

  // A disk that is full, read-only or broken at the start: everything goes on, on a store in memory.
  Expected<Store> open_in_memory(const Error& why, StoreOptions how) {
    const auto folder = memory_folder_of(options.data_folder);
    if (auto made = make_memory_folder(folder); !made) return std::unexpected(why);
    how.most_bytes = most_bytes_in_memory;
    auto opened = Store::open(folder, site, clock.now(), how);
    if (!opened) return std::unexpected(why);
    in_memory = fmt::format("the disk takes nothing ({}); readings are kept in memory", why.message());
    spdlog::error("{}", in_memory);
    return opened;
  }

  // What was kept in memory while the disk took nothing.
  void take_over_memory(Store& opened) {
    const auto folder = memory_folder_of(options.data_folder);
    std::error_code error;
    if (!std::filesystem::exists(folder / "gateway.db", error) || !make_memory_folder(folder)) return;
    if (auto adopted = opened.adopt(folder, clock.now()); adopted) {
      spdlog::warn("the disk works again: {} lines that were kept in memory are taken over", *adopted);
      std::filesystem::remove_all(folder, error);
    } else {
      spdlog::error("what was kept in {} can't be taken over: {}", folder.string(), adopted.error().message());
    }
  }

  // ---- what meters taught, over a restart

  void remember_lessons() {
    const auto learnt = read_learnt_cuts(learnt_cuts_file(options.data_folder), site);
    if (learnt.unreadable > 0)
      spdlog::warn("{}: {} lines can't be read; what they said is learnt anew",
                   learnt_cuts_file(options.data_folder).string(), learnt.unreadable);
    for (auto& bus : buses) bus->remember(learnt.meters);
    lessons_told = lessons_kept = lessons();
  }
  [[nodiscard]] std::size_t lessons() const {
    std::size_t sum = 0;
    for (const auto& bus : buses) sum += bus->lessons();
    return sum;
  }
  // On the disk's thread: a card whose syncs take long must not keep the main thread from feeding the watchdog.
  void keep_new_lessons() {
    const auto now = lessons();
    if (now == lessons_told) return;
    lessons_told = now;  // a full disk is told once, not each second
    asio::post(disk, [this] { keep_lessons(); });
  }
  void keep_lessons() {
    const auto now = lessons();
    if (now == lessons_kept) return;
    std::vector<MeterCuts> all;
    for (const auto& bus : buses)
      for (auto& meter : bus->learnt()) all.push_back(std::move(meter));
    if (auto kept = write_learnt_cuts(learnt_cuts_file(options.data_folder), site, all); !kept)
      spdlog::warn("what meters taught is not kept: {}", kept.error().message());
    lessons_kept = now;
  }

  void run_core() {
    while (!stopping.load()) core.doorbell().wait_for(core.step(clock.now()));
    // The last batch waits for the store, but not for ever.
    const auto deadline = clock.monotonic() + stop_patience;
    core.finish(clock.now());
    while (core.has_unhanded() && clock.monotonic() < deadline) {
      std::this_thread::sleep_for(10ms);
      core.finish(clock.now());
    }
  }

  void end_network() {
    try {
      asio::post(io, [this] {
        heartbeat.cancel();
        fault_timer.cancel();
        web->stop();
      });
    } catch (const std::exception& error) {
      spdlog::error("connections are cut: {}", error.what());
      io.stop();
    }
    work.reset();
    // A connection that does not end by itself is cut.
    for (auto waited = 0ms; waited < 2000ms && !network_ended.load(); waited += 20ms) std::this_thread::sleep_for(20ms);
    if (!network_ended.load()) io.stop();
    network_thread.join();
  }

  void beat() {
    network_moved.store(clock.monotonic().time_since_epoch().count(), std::memory_order_relaxed);
    heartbeat.expires_after(1s);
    heartbeat.async_wait([this](boost::system::error_code error) {
      if (!error && !stopping.load()) beat();
    });
  }

  std::vector<std::string> health() const {
    std::vector<std::string> stuck;
    const auto now = clock.monotonic();
    const auto look = [&](MonotonicTime moved, const std::string& what,
                          std::chrono::nanoseconds patience = stuck_after) {
      if (now - moved > patience)
        stuck.push_back(
            fmt::format("{} has not moved for {:.0f} s", what, std::chrono::duration<double>(now - moved).count()));
    };
    look(core.last_moved(), "core");
    for (const auto& bus : buses) {
      const auto status = bus->status();
      if (!status.meters.empty()) look(status.due, "bus " + site.bus(status.bus).id);
    }
    if (sensors && sensors->last_moved() != MonotonicTime{}) look(sensors->last_moved(), "session with the broker");
    if (store) look(store->status().last_moved, "store", store_stuck_after);
    // Uploaders and dashboard
    look(MonotonicTime{std::chrono::nanoseconds{network_moved.load(std::memory_order_relaxed)}}, "network");
    for (const auto& uploader : uploaders) {
      const auto status = uploader->status();
      if (status.due != MonotonicTime{}) look(status.due, "sink " + status.id, overdue_after);
    }
    if (notifiers)
      for (const auto& status : notifiers->status())
        if (status.due != MonotonicTime{}) look(status.due, "notify " + status.id, overdue_after);
    return stuck;
  }

  const Site& site;
  const Clock& clock;
  GatewayOptions options;
  std::string in_memory;  // why the store is not on the disk; "": it is
  DiskProbe probe{[folder = options.data_folder] { return takes_writes(folder); }};
  std::mutex notice_mutex;
  std::string refused_configuration;

  asio::io_context io{1};
  asio::thread_pool disk{1};
  ReportThread reports;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::unique_ptr<StoreThread> store;
  std::unique_ptr<Notifiers> notifiers;
  std::unique_ptr<StoreReader> reader;  // of the disk thread
  CoreLoop core;
  std::unique_ptr<WebStarter> web;
  std::vector<std::unique_ptr<Uploader>> uploaders;
  std::vector<std::unique_ptr<BusWorker>> buses;
  std::size_t lessons_told = 0;  // of the main thread
  std::size_t lessons_kept = 0;  // of the disk thread, until that has ended
  std::unique_ptr<SensorListener> sensors;
  // Of the network thread.
  std::map<AlarmId, AlarmRecord> standing;
  std::vector<PendingAlarm> pending;
  AlarmMetrics metrics;
  SiteMode mode{site};
  FaultWatch fault_watch{fault_sources(), [this](AlarmEngine::Fact fact) {
                           if (fact.bad) tell_why(fact);
                           core.observe(fact);
                         }};
  asio::steady_timer fault_timer{io};
  asio::steady_timer heartbeat{io};
  std::atomic<std::int64_t> network_moved{0};
  ProposalLog proposal_log;  // of the main thread
  std::thread network_thread;
  std::atomic<bool> network_ended{false};
  std::thread core_thread;
  std::atomic<bool> stopping{false};
  bool started = false;
};

Gateway::Gateway(const Site& site, const Clock& clock, GatewayOptions options)
    : parts_(std::make_unique<Parts>(site, clock, std::move(options))) {}

Gateway::~Gateway() { stop(); }

Expected<void> Gateway::open() { return parts_->open_store(); }

Expected<void> Gateway::start() {
  auto& parts = *parts_;
  if (auto opened = parts.open_store(); !opened) return opened;
  parts.web = std::make_unique<WebStarter>(parts.site.web, [&parts, sources = parts.web_sources()] {
    return std::make_unique<WebServer>(parts.io, parts.site, sources, embedded::dashboard, WebLimits{},
                                       WebAccess{users_file(parts.options.data_folder), parts.options.data_folder});
  });
  // Whether there is a dashboard or not: meters are read, and alarms raised.
  parts.web->begin(parts.clock.monotonic());
  for (std::size_t i = 0; i < parts.site.sinks.size(); ++i)
    parts.uploaders.push_back(std::make_unique<Uploader>(parts.io.get_executor(), parts.site.sinks[i], i, *parts.store,
                                                         parts.clock, uploader_options(parts.site.sinks[i]),
                                                         make_transport));
  for (std::size_t i = 0; i < parts.site.buses.size(); ++i)
    parts.buses.push_back(
        std::make_unique<BusWorker>(parts.site, BusId{i}, parts.clock, parts.core.mailbox(), parts.core.doorbell()));
  parts.remember_lessons();
  if (parts.site.broker && !(parts.site.sensors.empty() && parts.site.broker->discovery_prefix.empty()))
    parts.sensors =
        std::make_unique<SensorListener>(parts.site, parts.clock, parts.core.mailbox(), parts.core.doorbell());
  parts.core.begin(parts.clock.now());
  parts.work.emplace(parts.io.get_executor());
  parts.beat();
  parts.watch_faults();
  parts.started = true;
  parts.network_thread = std::thread([&parts] {
    parts.io.run();
    parts.network_ended.store(true);
  });
  parts.core_thread = std::thread([&parts] { parts.run_core(); });
  ::pthread_setname_np(parts.network_thread.native_handle(), "network");
  ::pthread_setname_np(parts.core_thread.native_handle(), "core");
  parts.notifiers->start();
  for (auto& bus : parts.buses) bus->start();
  if (parts.sensors) parts.sensors->start();
  return {};
}

void Gateway::stop() {
  auto& parts = *parts_;
  if (!parts.started) return;
  parts.started = false;
  parts.reports.request_stop();
  // In the direction that readings flow, so that what was read is kept.
  for (auto& bus : parts.buses) bus->request_stop();
  for (auto& bus : parts.buses) bus->stop();
  const Ending sensors([&parts] {
    if (parts.sensors) parts.sensors->stop();
  });
  if (!sensors.within(sensor_stop_patience)) spdlog::warn("the session with the broker does not end; all else does");
  parts.stopping.store(true);
  parts.core.doorbell().ring();
  parts.core_thread.join();
  parts.notifiers->stop();
  for (auto& uploader : parts.uploaders) uploader->stop();
  parts.end_network();
  parts.disk.stop();
  parts.disk.join();
  parts.reports.stop();
  parts.store->stop();
  parts.keep_lessons();
}

void Gateway::tick() {
  auto& parts = *parts_;
  parts.watch_sensors();
  parts.keep_new_lessons();
  if (!parts.in_memory.empty()) parts.probe.look(parts.clock.monotonic());
}

bool Gateway::wants_restart() const { return parts_->probe.works(); }

void Gateway::refused_configuration(std::string why) {
  const std::scoped_lock lock(parts_->notice_mutex);
  parts_->refused_configuration = std::move(why);
}

std::string Gateway::address() const { return parts_->web->address(); }

std::vector<std::string> Gateway::health() const { return parts_->health(); }

}  // namespace gateway
