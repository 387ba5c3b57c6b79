// How a sink is doing, told by its uploader and asked for by the sync page. Any thread may call.
#pragma once

#include <deque>
#include <mutex>
#include <string>

#include "cloud-sync/store/delivery.hpp"
#include "core/clock.hpp"
#include "core/status.hpp"

namespace gateway {

class SinkProgress {
 public:
  using State = SinkStatus::State;

  // `status`: of the HTTP answer, if there was one.
  void failed(State state, std::string reason, SinkFailure failure, unsigned status = 0);
  // `figures`: after the acknowledgement before this one; one look a second is kept.
  void accepted(TimeNow now, const SinkFigures& figures);
  void waits_until(std::optional<UtcTime> next_try);
  void learnt(std::optional<std::uint64_t> most_bytes);
  void catching_up(bool so);
  void due(MonotonicTime at);

  [[nodiscard]] SinkStatus status(std::string id, const SinkFigures& figures, MonotonicTime now) const;

 private:
  struct Look {
    MonotonicTime at{};
    std::uint64_t kept = 0;
    std::uint64_t delivered = 0;
  };
  void add_rates(SinkStatus& status, const SinkFigures& figures, MonotonicTime now) const;

  mutable std::mutex mutex_;
  SinkStatus told_;
  std::deque<Look> looks_;
};

}  // namespace gateway
