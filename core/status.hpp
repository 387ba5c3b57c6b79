// How each part of the gateway is doing: plain values for the device page, the sync page and /metrics.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock_belief.hpp"
#include "core/id.hpp"

namespace gateway {

// Why a poll gave no value. Every failure has exactly one of these names.
enum class PollFailure : std::uint8_t { timeout, crc, exception, short_frame, foreign_unit, stale, connection };
inline constexpr std::size_t poll_failure_count = 7;
inline constexpr std::array<std::string_view, poll_failure_count> poll_failure_names{
    "timeout", "crc", "exception", "short_frame", "foreign_unit", "stale", "connection"};

inline constexpr std::size_t exception_code_count = 12;  // 0: those above 11

struct MeterStatus {
  bool online = false;
  std::optional<MonotonicTime> last_seen;
  std::uint64_t polls = 0;  // tried
  std::array<std::uint64_t, poll_failure_count> failures{};
  std::array<std::uint64_t, exception_code_count> exceptions{};  // of those, by exception code
  std::uint64_t unusable_values = 0;  // answered, but no number, or none that such a meter can show
  std::uint64_t absent_values = 0;    // registers of its model that the meter said it does not have
  std::uint64_t missed = 0;           // polls left out because the bus was too slow
  double response_time_ms = 0;        // smoothed
  double timeout_ms = 0;              // what it gets to answer: follows what it took so far
};

struct BusStatus {
  BusId bus;
  bool online = false;  // connected, or the port is open
  std::uint64_t requests = 0;
  std::uint64_t missed = 0;     // polls left out because it was too slow
  std::uint64_t discarded = 0;  // answers that belonged to no pending request
  std::uint64_t faults = 0;     // times the line itself was lost or could not be opened
  double utilisation = 0;       // share of the last minute that the bus was busy
  std::string last_error;
  std::optional<PollFailure> last_failure;  // what last_error is of; stays after the bus has come back
  MeterId last_failed;                      // the meter that was asked; not valid: the line itself
  std::uint8_t last_exception = 0;          // for PollFailure::exception: the code in the answer
  std::optional<MonotonicTime> last_failed_at;
  // When its thread has to have moved at the latest: what one request may take is in it. Past it, it hangs.
  MonotonicTime due{};
  std::vector<std::pair<MeterId, MeterStatus>> meters;
};

// Why a message gave no value. device_fault: the device itself says that it can't tell.
enum class PayloadFault : std::uint8_t { too_long, not_json, too_deep, wrong_shape, wrong_value, device_fault };
inline constexpr std::size_t payload_fault_count = 6;
inline constexpr std::array<std::string_view, payload_fault_count> payload_fault_names{
    "too_long", "not_json", "too_deep", "wrong_shape", "wrong_value", "device_fault"};

struct SensorStatus {
  std::optional<bool> online;  // nullopt: not known yet
  std::optional<MonotonicTime> last_seen;
  std::uint64_t messages = 0;
  std::uint64_t undecodable = 0;
  std::array<std::uint64_t, payload_fault_count> faults{};  // undecodable by kind
  std::string last_error;
  std::string last_bad;  // the last payload that was not understood, printable and short
  std::optional<MonotonicTime> last_bad_at;
};

// A device that announced itself over MQTT discovery and is not in site.toml: what to paste there.
struct ProposedSensor {
  std::string id;
  std::string name;
  std::string kind;
  std::string announced;  // the topic of its announcement
  std::string toml;       // a [[sensor]] block; its comments say what could not be translated
};

struct BrokerStatus {
  bool connected = false;
  bool refused = false;  // it is there, and does not take us: last_error says what has to be mended
  std::uint64_t messages = 0;
  std::uint64_t unrouted = 0;     // matched a subscription, but no sensor
  std::uint64_t undecodable = 0;  // of messages that are nobody's own: bridge states, recorder events
  std::uint64_t reconnects = 0;
  std::string last_error;
};

// Why a sink's last request was not taken, for pages in any language; last_error has the words.
enum class SinkFailure : std::uint8_t {
  none,
  unreachable,    // nobody takes the connection
  unknown_host,   // its name has no address
  timeout,        // no answer in time
  cut_off,        // the connection broke
  not_allowed,    // certificate, user, password or token, on either side
  settings,       // what site.toml names is missing or makes no sense: a secret's file, a port
  refused,        // the status says what
  not_the_store,  // a log-in page, a redirect, another service
  bad_lines,      // not one line of a row
  too_large,
  busy,
  server_error,
  own_store  // what is to be sent could not be read on this box
};
inline constexpr std::size_t sink_failure_count = 14;
inline constexpr std::array<std::string_view, sink_failure_count> sink_failure_names{
    "none",    "unreachable",   "unknown_host", "timeout",   "cut_off", "not_allowed",  "settings",
    "refused", "not_the_store", "bad_lines",    "too_large", "busy",    "server_error", "own_store"};

struct SinkStatus {
  enum class State : std::uint8_t { waiting, ok, retrying, refused };
  std::string id;
  State state = State::waiting;
  std::string last_error;
  SinkFailure failure = SinkFailure::none;
  unsigned failure_status = 0;  // of the HTTP answer; 0: there was none
  std::optional<UtcTime> last_success;
  std::uint64_t delivered_lines = 0;
  std::uint64_t delivered_values = 0;  // fields
  std::uint64_t rewritten_values = 0;  // of those, ones that replaced a value of the same series and time
  std::uint64_t queued_batches = 0;
  std::uint64_t queued_lines = 0;
  std::uint64_t queued_bytes = 0;
  std::optional<UtcTime> oldest_queued;
  std::uint64_t dead_letters = 0;
  std::uint64_t dropped_lines = 0;  // at the cap, or damaged, before they were delivered
  std::uint64_t retries = 0;
  std::optional<UtcTime> next_try;                   // it waits until then, after a failure
  std::optional<std::uint64_t> most_bytes;           // of a request: what the far end's 413 taught
  bool catching_up = false;                          // old data goes beside new
  std::optional<double> delivered_lines_per_s;       // over the last half minute; nullopt: nothing was delivered in it
  std::optional<std::chrono::seconds> caught_up_in;  // at the present rates; nullopt: nothing to catch up, or never
  // When it has to have moved at the latest (request deadline, back-off, wait for data): past it, it hangs.
  MonotonicTime due{};
};

// One [[notify]].
struct NotifierStatus {
  enum class State : std::uint8_t { waiting, ok, retrying, refused };
  std::string id;
  State state = State::waiting;
  std::string last_error;
  std::optional<UtcTime> last_success;
  std::optional<UtcTime> failing_since;  // of an attempt that has not been made good since
  std::uint64_t sent = 0;                // messages that the far end took
  std::uint64_t failed = 0;              // attempts that it did not
  std::uint64_t quieted = 0;             // alarms not told because they repeat
  std::uint64_t given_up = 0;            // messages that the far end refuses as such
  std::uint64_t pending = 0;             // alarms that wait to be told or to escalate
  std::int64_t event = 0;                // the last journal entry that it is done with
  // When its thread has to have moved at the latest (a message's time limit, what it sleeps): past it, it hangs. The
  // epoch: it was not started.
  MonotonicTime due{};
};

struct ClockStatus {
  bool known = true;                     // the wall clock is believed
  ClockBelief::Doubt doubt{};            // why not
  ClockSource source{};                  // where it has its time from
  std::uint64_t held_readings = 0;       // wait for a time
  std::uint64_t steps = 0;               // since the start: the wall clock jumped against the monotonic one
  std::chrono::nanoseconds last_step{};  // by so much
};

struct StoreStatus {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t commits = 0;
  std::uint64_t kept_lines = 0;
  std::uint64_t kept_values = 0;
  std::uint64_t dropped_lines = 0;
  std::uint64_t overwritten_lines = 0;  // since the start: stamped like the one before, of more than 250 a second
  std::uint64_t queued_bytes = 0;       // of all that waits, whoever it waits for
  std::uint64_t most_queued_bytes =
      0;                           // beyond them the oldest goes: what the site allows, or what the disk has room for
  std::uint64_t queued_lines = 0;  // of the sink that is furthest behind
  std::optional<UtcTime> oldest_queued;
  // At the rate of the last hour: until the oldest goes unsent. Not set while nothing piles up.
  std::optional<std::chrono::seconds> full_in;
  std::uint64_t free_bytes = 0;      // of the file system it lies on; 0: not known
  bool on_disk = true;               // false: the disk takes nothing, what comes is held in memory
  std::uint64_t held_batches = 0;    // in memory, for a disk that takes nothing
  std::uint64_t failed_commits = 0;  // since the start; what was in them is tried again
  std::uint64_t repairs = 0;         // since the start: damage was found, and what reads was carried over
  std::string last_repair;           // what was found and what became of it
  std::string last_error;
  MonotonicTime last_moved{};
  std::uint64_t rounds = 0;  // of its thread; each answers what was asked before it began
};

}  // namespace gateway
