#include "cloud-sync/influx/quarantine.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Quarantine, ARowIsGivenUpOnlyAfterAnotherOnePassed) {
  Quarantine quarantine;
  quarantine.accepted();
  EXPECT_FALSE(quarantine.failed(7));
  EXPECT_FALSE(quarantine.failed(7));
  EXPECT_TRUE(quarantine.failed(7));
  EXPECT_EQ(quarantine.take_ripe(), std::nullopt);
  quarantine.accepted();
  EXPECT_EQ(quarantine.take_ripe(), 7);
  EXPECT_EQ(quarantine.take_ripe(), std::nullopt);
}

TEST(Quarantine, WhatPassedBetweenItsTriesSpeaksAgainstARow) {
  Quarantine quarantine;
  (void)quarantine.failed(7);
  quarantine.accepted();
  (void)quarantine.failed(7);
  EXPECT_TRUE(quarantine.failed(7));
  EXPECT_EQ(quarantine.take_ripe(), 7);
}

TEST(Quarantine, WhenManyRowsFailItIsNotTheRows) {
  Quarantine quarantine;
  for (std::int64_t row = 1; row <= 8; ++row) quarantine.put_aside(row);
  std::vector<std::int64_t> skip;
  quarantine.skip_in(skip);
  EXPECT_EQ(skip.size(), 8U);
  quarantine.put_aside(9);
  skip.clear();
  quarantine.skip_in(skip);
  EXPECT_EQ(skip, std::vector<std::int64_t>{9});
}

TEST(Conviction, NeedsFiveRefusalsWithSomethingAcceptedBetweenThem) {
  Conviction conviction;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(conviction.refused(3)) << "nothing passed meanwhile: it may be the server";
  for (std::uint64_t accepted = 4; accepted < 7; ++accepted) EXPECT_FALSE(conviction.refused(accepted));
  EXPECT_TRUE(conviction.refused(7));
}

}  // namespace
}  // namespace gateway
