// /metrics: the statuses and the web server's own counters as Prometheus text, format 0.0.4. No state; any thread.
#pragma once

#include <string>

#include "core/alarm_metrics.hpp"
#include "firmware-gateway/web/api_json.hpp"

namespace gateway {

// What the web server counts about itself.
struct WebCounters {
  std::uint64_t requests = 0;
  std::uint64_t connections = 0;          // open now
  std::uint64_t accepted = 0;             // ever
  std::uint64_t stream_clients = 0;       // now
  std::uint64_t live_frames_skipped = 0;  // a newer one came before the client had taken it
  std::uint64_t too_slow_clients = 0;     // closed with 1013
  // Refused or dropped, by kind.
  std::uint64_t malformed = 0;    // not HTTP, or a header or body beyond the limits
  std::uint64_t timed_out = 0;    // the request did not come whole in time
  std::uint64_t crowded_out = 0;  // closed because there were too many connections
  std::uint64_t foreign_origin = 0;
  std::uint64_t foreign_host = 0;
  std::uint64_t wrong_logins = 0;   // user or password wrong
  std::uint64_t locked_logins = 0;  // not even tried: too many wrong ones before
  std::uint64_t answered_4xx = 0;
  std::uint64_t answered_5xx = 0;
};

[[nodiscard]] std::string metrics_text(const Site& site, const Statuses& statuses, const WebCounters& web,
                                       const AlarmMetrics& alarms);

}  // namespace gateway
