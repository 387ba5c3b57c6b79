// Makes reports, one at a time, on a thread of its own: what takes long must not hold up what is quick, and a gateway
// that stops must not wait for it.
//
// Any thread may call. Nothing is made for its own sake: a place in the queue is taken first, and there are few.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace gateway {

class ReportThread {
 public:
  // One that is made, and two that wait for it.
  static constexpr std::size_t most = 3;
  using Place = std::shared_ptr<void>;

  ReportThread();
  ~ReportThread();  // as stop()
  ReportThread(const ReportThread&) = delete;
  ReportThread& operator=(const ReportThread&) = delete;

  // A place in the queue, given back when the last copy of it is gone; nullptr: all are taken.
  [[nodiscard]] Place take();
  // Runs `job` when those before it are done; keeps the place until then. After request_stop() it is thrown away.
  void run(Place place, std::function<void()> job);

  // From now on a job that looks at stops() ends early. Does not wait.
  void request_stop() noexcept { stops_.store(true, std::memory_order_relaxed); }
  // Throws away what waits, and waits for the job that runs. Idempotent.
  void stop();
  [[nodiscard]] const std::atomic<bool>& stops() const noexcept { return stops_; }

 private:
  struct Pool;
  std::atomic<bool> stops_{false};
  std::shared_ptr<std::atomic<std::size_t>> taken_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::unique_ptr<Pool> pool_;
};

}  // namespace gateway
