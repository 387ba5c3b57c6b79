#include "firmware-gateway/app/ending.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

TEST(Ending, WhatHangsIsNotWaitedForAnyLongerThanOneWants) {
  std::promise<void> go_on;
  bool ended = false;
  {
    const Ending ending([&] {
      go_on.get_future().wait();
      ended = true;
    });
    EXPECT_FALSE(ending.within(10ms));
    EXPECT_FALSE(ending.within(0ms));
    go_on.set_value();
  }
  EXPECT_TRUE(ended) << "but it is waited for before what it uses goes";
}

TEST(Ending, WhatEndsIsNotWaitedForAnyLongerThanItTakes) {
  const Ending ending([] {});
  EXPECT_TRUE(ending.within(1h));
}

}  // namespace
}  // namespace gateway
