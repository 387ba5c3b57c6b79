// Wakes one waiting thread from any other, without a lock and without a system call when nobody sleeps.
//
// ring() may be called by any thread, also from a library's callback. wait_until() is for the one thread that owns the
// doorbell. A ring between two waits is not lost. Used beside a queue: push, then ring; wait, then drain.
#pragma once

#include <atomic>

#include "core/clock.hpp"

namespace gateway {

class Doorbell {
 public:
  Doorbell();  // throws std::system_error when the process is out of file descriptors
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  void ring() noexcept;
  // Returns when rung or when the time has come, whichever is first.
  void wait_for(std::chrono::nanoseconds timeout) noexcept;

 private:
  enum : unsigned { idle, sleeping, rung };
  std::atomic<unsigned> state_{idle};
  int event_ = -1;
};

}  // namespace gateway
