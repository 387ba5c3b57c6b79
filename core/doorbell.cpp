#include "core/doorbell.hpp"

#include <algorithm>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace gateway {

Doorbell::Doorbell() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Doorbell::~Doorbell() { ::close(event_); }

void Doorbell::ring() noexcept {
  // Only the ring that finds the owner asleep pays for the system call.
  if (state_.exchange(rung) == sleeping) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
  }
}

void Doorbell::wait_for(std::chrono::nanoseconds timeout) noexcept {
  unsigned expected = idle;
  if (!state_.compare_exchange_strong(expected, sleeping)) {
    state_.exchange(idle);  // rung since the last wait; an exchange, so that what was pushed before the ring is seen
    return;
  }
  const auto left = std::max(timeout, std::chrono::nanoseconds{0});
  const timespec limit{static_cast<time_t>(left.count() / 1'000'000'000),
                       static_cast<long>(left.count() % 1'000'000'000)};
  pollfd descriptor{event_, POLLIN, 0};
  ::ppoll(&descriptor, 1, &limit, nullptr);
  if (state_.exchange(idle) == rung) {
    std::uint64_t count = 0;
    // The ringer may not have written yet; then the event wakes the next wait once for nothing, which does no harm.
    [[maybe_unused]] const auto got = ::read(event_, &count, sizeof count);
  }
}

}  // namespace gateway
