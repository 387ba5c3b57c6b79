// Whether a disk that took nothing works again. Asked on a thread that nobody joins: a dying card may take minutes for
// its answer, and nothing but the answer waits for that. For one thread, save the one that asks.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/clock.hpp"

namespace gateway {

class DiskProbe {
 public:
  // `takes_writes` may block, and may still run when the probe is gone.
  explicit DiskProbe(std::function<bool()> takes_writes, std::chrono::nanoseconds interval = std::chrono::seconds{5});

  // Now and then. Asks when that is due and the last question is answered; returns at once.
  void look(MonotonicTime now);
  // By the last answer.
  [[nodiscard]] bool works() const noexcept { return asked_->works.load(); }

 private:
  struct Asked {
    std::function<bool()> takes_writes;
    std::atomic<bool> under_way{false};
    std::atomic<bool> works{false};
  };
  std::shared_ptr<Asked> asked_;
  std::chrono::nanoseconds interval_;
  MonotonicTime next_{};
};

}  // namespace gateway
