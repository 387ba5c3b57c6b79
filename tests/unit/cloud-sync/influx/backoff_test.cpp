#include "cloud-sync/influx/backoff.hpp"

#include <set>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, GrowsToItsBoundAndStaysThere) {
  Backoff backoff{1};
  for (int i = 0; i < 200; ++i) {
    const auto bound = std::min<std::chrono::milliseconds>(120s, 1s * (1LL << std::min(i, 20)));
    const auto wait = backoff.next();
    EXPECT_LE(wait, bound);
    EXPECT_GE(wait, 100ms);
  }
}

TEST(Backoff, GatewaysThatFailTogetherDoNotComeBackTogether) {
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff{seed};
    for (int i = 0; i < 6; ++i) (void)backoff.next();
    waits.insert(backoff.next().count() / 1000);
  }
  EXPECT_GT(waits.size(), 30U);  // over 64 s
}

TEST(Backoff, WhatTheServerAsksForIsTheLeastAndCapped) {
  Backoff backoff{7};
  for (int i = 0; i < 50; ++i) {
    const auto wait = backoff.next(120s);
    EXPECT_GE(wait, 120s);
    EXPECT_LE(wait, 150s);
    EXPECT_LE(backoff.next(std::chrono::hours{24 * 3650}), 75min);
  }
}

TEST(Backoff, StartsAnewAfterASuccess) {
  Backoff backoff{7};
  for (int i = 0; i < 10; ++i) (void)backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), 1s);
}

}  // namespace
}  // namespace gateway
