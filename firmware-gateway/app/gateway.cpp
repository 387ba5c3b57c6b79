#include "firmware-gateway/app/gateway.hpp"

#include <atomic>
#include <map>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include "cloud-sync/influx/uploader.hpp"
#include "cloud-sync/store/running_window.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "cloud-sync/store/store_thread.hpp"
#include "collectors/alarms/alarm_text.hpp"
#include "collectors/metering/bus_worker.hpp"
#include "collectors/sensing/sensor_listener.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/core_loop.hpp"
#include "firmware-gateway/audit/audit_export.hpp"
#include "firmware-gateway/web/users.hpp"
#include "firmware-gateway/web/web_server.hpp"

namespace gateway {

namespace embedded {
extern const std::span<const EmbeddedFile> dashboard;
}

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds stuck_after = 10s;
constexpr std::chrono::nanoseconds stop_patience = 3s;

}  // namespace

struct Gateway::Parts {
  Parts(const Site& site_, const Clock& clock_, GatewayOptions options_)
      : site(site_), clock(clock_), options(std::move(options_)), core(site_, options.boot_id, core_outputs()) {}

  // ---- what the core says; each called on the core thread

  CoreOutputs core_outputs() {
    CoreOutputs out;
    out.hand_over = [this](std::unique_ptr<Batch>& batch, bool urgent) { return store->submit(batch, urgent); };
    out.live = [this](std::shared_ptr<const LiveSnapshot> live) {
      asio::post(io, [this, live = std::move(live)] { web->publish(live); });
    };
    out.sensors_changed = [this](std::vector<Reading> readings) {
      asio::post(io, [this, readings = std::move(readings)] { web->publish_points(readings); });
    };
    out.alarm_changed = [this](const AlarmRecord& record) {
      log_alarm(record);
      asio::post(io, [this, record] {
        remember(record);
        web->publish_alarm(record);
      });
    };
    return out;
  }

  void log_alarm(const AlarmRecord& record) const {
    spdlog::info("alarm {} ({}): {}{}", site.rule_of(record.alarm).id, name_of(record.state),
                 alarm_message(site, record.alarm, true), record.by.empty() ? "" : ", by " + record.by);
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
    out.alarm_journal = [this](std::size_t limit, WebSources::Completion<std::vector<AlarmRecord>> answer) {
      read_store(std::move(answer), [limit](StoreReader& from) { return journal(from, limit); });
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
      read_store(std::move(answer), [this, request = std::move(request)](StoreReader& from) -> Expected<std::string> {
        const auto period = parse_audit_period(request.from, request.to);
        if (!period) return failure(std::errc::invalid_argument, period.error());
        const auto report = make_audit(from, site, {*period, request.trace}, clock.utc());
        if (!report) return std::unexpected(report.error());
        return request.format == "csv"    ? audit_csv(*report)
               : request.format == "html" ? audit_html(*report)
                                          : audit_json(*report);
      });
    };
    out.acknowledge = [this](AlarmId alarm, std::string by, std::string comment,
                             WebSources::Completion<AlarmRecord> answer) {
      core.acknowledge(alarm, std::move(by), std::move(comment),
                       [this, answer = std::move(answer)](Expected<AlarmRecord> record) {
                         asio::post(io, [answer, record = std::move(record)] { answer(record); });
                       });
    };
    out.alarm_message = [this](const AlarmRecord& record, bool english) {
      return alarm_message(site, record.alarm, english);
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
    out.broker = [this] { return sensors ? sensors->broker_status() : BrokerStatus{}; };
    out.sinks = [this] {
      std::vector<SinkStatus> all;
      for (const auto& uploader : uploaders) all.push_back(uploader->status());
      return all;
    };
    out.store = [this] { return store->status(); };
    out.health = [this] { return health(); };
    out.more_metrics = [this] {
      return fmt::format(
          "# HELP gateway_readings_total Readings taken in by the core.\n# TYPE gateway_readings_total "
          "counter\ngateway_readings_total {}\n"
          "# HELP gateway_readings_dropped_total Readings that came while the store could take no more.\n# TYPE "
          "gateway_readings_dropped_total counter\n"
          "gateway_readings_dropped_total {}\n",
          core.readings(), core.dropped_readings());
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

  static Expected<std::vector<AlarmRecord>> journal(StoreReader& from, std::size_t limit) {
    auto entries = from.alarm_journal(limit);
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

  // ---- up and down

  Expected<void> open_store() {
    auto opened = Store::open(options.data_folder, site, clock.now());
    if (!opened) return std::unexpected(opened.error());
    auto checkpoint = opened->load_checkpoint();
    if (!checkpoint) return std::unexpected(checkpoint.error());
    if (const auto status = opened->status(); status.repairs > 0) spdlog::error("store: {}", status.last_repair);
    auto alarms = opened->load_alarms();
    if (!alarms) return std::unexpected(alarms.error());
    if (auto restored = core.restore(*checkpoint, *alarms, clock.now()); !restored)
      spdlog::error("{}: begins anew; today's figures are what the store has from now on", restored.error().message());
    for (const auto& record : *alarms) remember(record);
    const auto file = opened->file();
    StoreThreadOptions store_options;
    store_options.commit_failed = [](const Error& error) {
      spdlog::error("the store can't write: {}", error.message());
    };
    store = std::make_unique<StoreThread>(std::move(*opened), site.sinks.size(), clock, std::move(store_options));
    if (auto history = StoreReader::open(file, site)) {
      reader = std::make_unique<StoreReader>(std::move(*history));
    } else {
      spdlog::error("history can't be read: {}", history.error().message());
    }
    return {};
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

  std::vector<std::string> health() const {
    std::vector<std::string> stuck;
    const auto now = clock.monotonic();
    const auto look = [&](MonotonicTime moved, const std::string& what) {
      if (now - moved > stuck_after)
        stuck.push_back(
            fmt::format("{} has not moved for {:.0f} s", what, std::chrono::duration<double>(now - moved).count()));
    };
    look(core.last_moved(), "core");
    for (const auto& bus : buses) {
      const auto status = bus->status();
      // A bus may wait for a hanging device as long as its timeout says.
      if (!status.meters.empty())
        look(status.last_moved + site.bus(status.bus).timeout, "bus " + site.bus(status.bus).id);
    }
    if (store) look(store->status().last_moved, "store");
    return stuck;
  }

  const Site& site;
  const Clock& clock;
  GatewayOptions options;

  asio::io_context io{1};
  asio::thread_pool disk{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::unique_ptr<StoreThread> store;
  std::unique_ptr<StoreReader> reader;  // of the disk thread
  CoreLoop core;
  std::unique_ptr<WebServer> web;
  std::vector<std::unique_ptr<Uploader>> uploaders;
  std::vector<std::unique_ptr<BusWorker>> buses;
  std::unique_ptr<SensorListener> sensors;
  std::map<AlarmId, AlarmRecord> standing;  // of the network thread
  std::thread network_thread;
  std::thread core_thread;
  std::atomic<bool> stopping{false};
  bool started = false;
};

Gateway::Gateway(const Site& site, const Clock& clock, GatewayOptions options)
    : parts_(std::make_unique<Parts>(site, clock, std::move(options))) {}

Gateway::~Gateway() { stop(); }

Expected<void> Gateway::start() {
  auto& parts = *parts_;
  if (auto opened = parts.open_store(); !opened) return opened;
  parts.web = std::make_unique<WebServer>(parts.io, parts.site, parts.web_sources(), embedded::dashboard, WebLimits{},
                                          WebAccess{users_file(parts.options.data_folder)});
  if (auto bound = parts.web->start(); !bound) return bound;
  if (const auto notice = parts.web->notice(); !notice.empty()) spdlog::warn("{}", notice);
  for (std::size_t i = 0; i < parts.site.sinks.size(); ++i)
    parts.uploaders.push_back(
        std::make_unique<Uploader>(parts.io.get_executor(), parts.site.sinks[i], i, *parts.store, parts.clock));
  for (std::size_t i = 0; i < parts.site.buses.size(); ++i)
    parts.buses.push_back(
        std::make_unique<BusWorker>(parts.site, BusId{i}, parts.clock, parts.core.mailbox(), parts.core.doorbell()));
  if (parts.site.broker && !parts.site.sensors.empty())
    parts.sensors =
        std::make_unique<SensorListener>(parts.site, parts.clock, parts.core.mailbox(), parts.core.doorbell());
  parts.core.begin(parts.clock.now());
  parts.work.emplace(parts.io.get_executor());
  parts.started = true;
  parts.network_thread = std::thread([&parts] { parts.io.run(); });
  parts.core_thread = std::thread([&parts] { parts.run_core(); });
  ::pthread_setname_np(parts.network_thread.native_handle(), "network");
  ::pthread_setname_np(parts.core_thread.native_handle(), "core");
  for (auto& bus : parts.buses) bus->start();
  if (parts.sensors) parts.sensors->start();
  return {};
}

void Gateway::stop() {
  auto& parts = *parts_;
  if (!parts.started) return;
  parts.started = false;
  // In the direction that readings flow, so that what was read is kept.
  for (auto& bus : parts.buses) bus->request_stop();
  for (auto& bus : parts.buses) bus->stop();
  if (parts.sensors) parts.sensors->stop();
  parts.stopping.store(true);
  parts.core.doorbell().ring();
  parts.core_thread.join();
  for (auto& uploader : parts.uploaders) uploader->stop();
  asio::post(parts.io, [&parts] { parts.web->stop(); });
  parts.work.reset();
  // A connection that does not end by itself is cut.
  std::atomic<bool> ended{false};
  std::thread guard([&] {
    for (auto waited = 0ms; waited < 2000ms && !ended.load(); waited += 20ms) std::this_thread::sleep_for(20ms);
    if (!ended.load()) parts.io.stop();
  });
  parts.network_thread.join();
  ended.store(true);
  guard.join();
  parts.disk.stop();
  parts.disk.join();
  parts.store->stop();
}

void Gateway::tick() {
  if (parts_->sensors) parts_->sensors->tick();
}

std::string Gateway::address() const {
  const auto& host = parts_->site.web.host;
  return fmt::format("http://{}:{}/", host.find(':') == std::string::npos ? host : "[" + host + "]",
                     parts_->web->port());
}

std::vector<std::string> Gateway::health() const { return parts_->health(); }

}  // namespace gateway
