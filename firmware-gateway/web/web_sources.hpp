// Everything the web server asks the rest of the gateway for, as functions that the app fills in.
//
// Each is called on the network thread and must not block: what needs the disk or another thread is asked with a
// completion, which has to be called on the network thread, once; it may be called before the asking function returns.
// Statuses are asked for at most once a second, however many clients there are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/alarm_command.hpp"
#include "core/alarm_metrics.hpp"
#include "core/alarm_query.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "core/outbox.hpp"
#include "core/quantity.hpp"
#include "core/records.hpp"
#include "core/site_mode.hpp"
#include "core/status.hpp"

namespace gateway {

struct HistoryQuery {
  NodeId node;
  WindowLength window{};
  UtcTime from{};  // windows that start in [from, to)
  UtcTime to{};
  std::size_t limit = 0;  // answer with so many rows at most
};

// For people and programs: which days, which node's readings one by one, and as what.
struct AuditRequest {
  std::string from;
  std::string to;
  std::string trace;
  std::string format;  // "json", "csv", "html"
};

// Readings and amounts in thousandths of Wh or L.
struct ExchangeRequest {
  MeterId meter;
  std::int64_t old_last = 0;
  std::int64_t new_first = 0;
  std::string by;
  std::string reason;
};
struct CorrectionRequest {
  MeterId meter;
  UtcTime from{};
  UtcTime to{};
  std::int64_t amount = 0;
  std::string by;
  std::string reason;
};

struct WebSources {
  template <class T>
  using Completion = std::function<void(Expected<T>)>;

  const Clock* clock = nullptr;         // required; outlives the server
  std::string version;                  // of the program, for the system page
  std::vector<std::string> host_names;  // that the system gives this machine; left empty, the server asks it
  UtcTime started{};

  // Every alarm that is not back to normal and acknowledged.
  std::function<std::vector<AlarmRecord>()> alarms_open;
  // Alarms whose on-delay runs, and the figures; as of a second ago at most.
  std::function<std::vector<PendingAlarm>()> alarms_pending;
  std::function<AlarmMetrics()> alarm_metrics;
  // Changes, newest first.
  std::function<void(const AlarmJournalQuery&, Completion<std::vector<AlarmRecord>>)> alarm_journal;
  // The alarm as it is afterwards. Errors: operation_not_permitted, its state does not allow that; invalid_argument,
  // the command is wrong in itself.
  std::function<void(AlarmCommand, Completion<AlarmRecord>)> alarm_command;
  // How the site is run; outlives the call.
  std::function<const SiteMode&()> mode;
  std::function<void(ModeRecord, Completion<ModeRecord>)> mode_command;
  std::function<void(std::size_t limit, Completion<std::vector<ModeRecord>>)> mode_journal;
  // The alarm in a sentence, for people.
  std::function<std::string(const AlarmRecord&, bool english)> alarm_message;

  // Oldest first.
  std::function<void(const HistoryQuery&, Completion<std::vector<WindowRecord>>)> history;

  // The report, ready to send. Errors with a context for people: invalid_argument, no_message_available, timed_out,
  // device_or_resource_busy (others are being made). These three may be left empty.
  std::function<void(AuditRequest, Completion<std::string>)> audit;
  // What the data-quality journal has of it from now on. Errors: invalid_argument likewise.
  std::function<void(ExchangeRequest, Completion<QualityRecord>)> exchange;
  std::function<void(CorrectionRequest, Completion<QualityRecord>)> correct;

  std::function<std::vector<BusStatus>()> buses;
  std::function<std::vector<std::pair<SensorId, SensorStatus>>()> sensors;
  std::function<BrokerStatus()> broker;
  std::function<std::vector<SinkStatus>()> sinks;
  // Devices that announced themselves and are not in site.toml. May be left empty.
  std::function<std::vector<ProposedSensor>()> proposals;
  // Every [[notify]], in the order of the file. May be left empty.
  std::function<std::vector<NotifierStatus>()> notifiers;
  std::function<StoreStatus()> store;
  std::function<ClockStatus()> clock_status;  // may be left empty: then the clock is believed

  // Why the site.toml that is there does not run, but an earlier one does; "": it runs. May be left empty.
  std::function<std::string()> refused_configuration;
  // Dead letters, newest first; what a person does with them or with what waits, answered in a sentence. Error
  // std::errc::invalid_argument: there is no such sink or letter.
  std::function<void(std::string sink, std::size_t limit, Completion<std::vector<LetterReport>>)> dead_letters;
  std::function<void(OutboxChange, Completion<std::string>)> change_outbox;
  // One line a part that does not move; empty: all well.
  std::function<std::vector<std::string>()> health;
  // Complete lines of Prometheus text for /metrics about what the statuses above don't tell. May be left empty.
  std::function<std::string()> more_metrics;
  // Who did what, from where: log-ins, refusals, acknowledgements. May be left empty.
  struct JournalEntry {
    UtcTime time{};
    // All of them printable().
    std::string user;     // as given, when nobody is logged in; "(unknown name)" of a log-in that names nobody
    std::string address;  // of the client
    std::string action;   // "login", "login_failed", "login_locked", "login_refused", "logout", "ack", "shelve", ...,
                          // "meter_exchange", "correction"
    std::string detail;
  };
  std::function<void(const JournalEntry&)> journal;
  // Whether the meter's register map was checked against the real device; for the device page.
  std::function<bool(MeterId)> model_verified;
};

}  // namespace gateway
