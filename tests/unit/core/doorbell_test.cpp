#include "core/doorbell.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

TEST(Doorbell, ARingBeforeTheWaitIsNotLost) {
  Doorbell bell;
  bell.ring();
  const auto start = std::chrono::steady_clock::now();
  bell.wait_for(10s);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(Doorbell, EveryValueAnnouncedByARingIsSeenByTheWaiter) {
  Doorbell bell;
  std::atomic<int> announced{0};
  constexpr int rounds = 20'000;
  std::jthread ringer([&] {
    for (int i = 0; i < rounds; ++i) {
      announced.fetch_add(1, std::memory_order_relaxed);
      bell.ring();
    }
  });
  // A lost ring would leave the waiter asleep for the whole time.
  while (announced.load(std::memory_order_relaxed) < rounds) {
    const auto start = std::chrono::steady_clock::now();
    const auto before = announced.load(std::memory_order_relaxed);
    bell.wait_for(20s);
    ASSERT_LT(std::chrono::steady_clock::now() - start, 15s) << "asleep after " << before;
  }
}

TEST(Doorbell, WithoutARingTheWaitEndsAtItsTimeout) {
  Doorbell bell;
  bell.wait_for(1ms);
  bell.wait_for(-5s);
}

}  // namespace
}  // namespace gateway
