#include "firmware-gateway/app/signals.hpp"

#include <csignal>
#include <ctime>

#include <pthread.h>

namespace gateway {
namespace {

sigset_t handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void block_signals() {
  // A client that goes away in mid-answer is an error of the write, not a reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  const auto set = handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalEvent wait_for_signal(std::chrono::milliseconds timeout) {
  const auto set = handled();
  const timespec limit{static_cast<time_t>(timeout.count() / 1000),
                       static_cast<long>(timeout.count() % 1000 * 1'000'000)};
  switch (sigtimedwait(&set, nullptr, &limit)) {
    case SIGTERM:
    case SIGINT:
      return SignalEvent::stop;
    case SIGHUP:
      return SignalEvent::reload;
    default:
      return SignalEvent::none;
  }
}

}  // namespace gateway
