// Sends one sink's outbox to its far end, until it has everything: live data first, the backlog beside it
// (live_first.hpp, backlog_pace.hpp); what the answers mean is in response.hpp.
//
// Nothing is lost by it: a row is acknowledged when the far end accepted it, or when the lines that it refused stand in
// the dead letters with its reason. A row of which nothing was accepted is given up only after the same endpoint has
// accepted another since: what refuses everything is a wrong configuration, not bad data. Re-sending is harmless.
//
// Runs as a coroutine on the executor's context. status() and stop() may be called by any thread. Sink, store thread,
// clock and context must outlive it, and the context must have run out of work, or be gone, before they go.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "cloud-sync/influx/transport.hpp"
#include "cloud-sync/store/store_thread.hpp"
#include "core/clock.hpp"
#include "core/site.hpp"
#include "core/status.hpp"

namespace gateway {

struct UploaderOptions {
  std::chrono::milliseconds first_backoff{1'000};
  std::chrono::milliseconds longest_backoff{120'000};
  std::chrono::milliseconds longest_asked{3'600'000};  // what a Retry-After may ask for
  std::chrono::milliseconds refused_pause{60'000};     // after 401, 403, 404; a changed secret ends it at once
  std::chrono::milliseconds backlog_age{3'000};        // older than this is backlog: newer data passes it
  // A fleet whose store was away comes back within this time, each when its dice say: the backlog only, and a tenth
  // of the outage at most. Likewise the first connection after a start.
  std::chrono::milliseconds longest_hold{30'000};
  std::chrono::milliseconds longest_start_hold{2'000};
  std::chrono::nanoseconds size_doubted_after = std::chrono::hours{1};  // what a 413 has taught
  std::size_t most_rows = 200;                                          // in one request
  std::size_t most_bytes = 1 << 20;
  std::uint64_t most_lines = 5'000;  // what every engine takes (DOMAIN 5.5)
  std::uint64_t seed = 0;            // of the jitter; 0: from the system
};

class Uploader {
 public:
  // `place`: of the sink in Site::sinks. `make`: the way to the far end; none: HTTP.
  Uploader(const boost::asio::any_io_executor& executor, const Sink& sink, std::size_t place, StoreThread& store,
           const Clock& clock, UploaderOptions options = {}, const MakeTransport& make = {});
  ~Uploader();  // stops

  void stop();
  [[nodiscard]] SinkStatus status() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gateway
