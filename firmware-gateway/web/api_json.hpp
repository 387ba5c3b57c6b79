// The API's answers as JSON (docs/api.md), each from the plain values it is made of. No state; any thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "core/records.hpp"
#include "core/site.hpp"
#include "core/status.hpp"
#include "core/tariff_schedule.hpp"
#include "firmware-gateway/web/json_writer.hpp"
#include "firmware-gateway/web/web_sources.hpp"

namespace gateway {

struct Statuses {
  std::vector<BusStatus> buses;
  std::vector<std::pair<SensorId, SensorStatus>> sensors;
  BrokerStatus broker;
  std::vector<SinkStatus> sinks;
  std::vector<ProposedSensor> proposals;
  std::vector<NotifierStatus> notifiers;
  StoreStatus store;
};

using AlarmMessage = std::function<std::string(const AlarmRecord&, bool english)>;

// Alarms are numbered from 1 in the API: a 0 is too easily taken for "none".
[[nodiscard]] constexpr std::uint64_t api_number(AlarmId alarm) noexcept { return alarm.index() + 1; }

void write_alarm(JsonWriter& json, const Site& site, const AlarmRecord& record, const AlarmMessage& message);
// The member "alarms" or "open_alarms" of an object.
void write_alarms(JsonWriter& json, std::string_view key, const Site& site, std::span<const AlarmRecord> records,
                  const AlarmMessage& message);

// Members "pending" and "metrics" of an object.
void write_pending_alarms(JsonWriter& json, const Site& site, std::span<const PendingAlarm> pending,
                          std::string_view key = "pending");
void write_alarm_metrics(JsonWriter& json, const AlarmMetrics& metrics);
void write_mode_record(JsonWriter& json, const ModeRecord& record);
// What the API calls the mode that needs no name in site.toml.
inline constexpr std::string_view usual_mode = "usual";
// open: whether that door or window stands open, where it is known.
[[nodiscard]] std::string modes_json(const Site& site, const SiteMode& mode,
                                     const std::function<std::optional<bool>(SensorId)>& open);

// now: to turn monotonic stamps into wall time. model_verified may be empty: then no model counts as verified.
[[nodiscard]] std::string devices_json(const Site& site, const Statuses& statuses, TimeNow now,
                                       const std::function<bool(MeterId)>& model_verified);
[[nodiscard]] std::string sync_json(const Site& site, const Statuses& statuses, const WebSources& sources);
[[nodiscard]] std::string history_json(const Site& site, const Node& node, WindowLength window,
                                       std::span<const WindowRecord> rows, bool truncated);
[[nodiscard]] std::string tariff_json(const Node& node, const TariffSchedule& schedule);
[[nodiscard]] std::string letters_json(std::span<const LetterReport> letters);
[[nodiscard]] std::string error_json(std::string_view code, std::string_view message);

[[nodiscard]] std::string_view name_of(SinkStatus::State state) noexcept;
[[nodiscard]] std::string_view name_of(NotifierStatus::State state) noexcept;

}  // namespace gateway
