#include "core/proportion.hpp"

#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Proportion, AProductBeyond64BitsIsExact) {
  EXPECT_EQ(proportion(9'000'000'000'000'000'000, 1, 3), 3'000'000'000'000'000'000);
  EXPECT_EQ(proportion(9'000'000'000'000'000'001, 999'999'999, 1'000'000'000), 8'999'999'991'000'000'000);
}

TEST(Proportion, TheWholeIsTheAmount) {
  for (const auto amount : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                            std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(proportion(amount, 86'400'000'000'000, 86'400'000'000'000), amount);
    EXPECT_EQ(proportion_by_division(amount, 86'400'000'000'000, 86'400'000'000'000), amount);
  }
}

TEST(Proportion, RoundsTowardZero) {
  EXPECT_EQ(proportion(-7, 1, 2), -3);
  EXPECT_EQ(proportion_by_division(-7, 1, 2), -3);
}

TEST(Proportion, BothWaysGiveTheSame) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 20'000; ++i) {
    const auto amount = static_cast<std::int64_t>(random() >> random() % 64);
    const auto whole = static_cast<std::int64_t>((random() >> 2 >> random() % 61) | 1);
    const auto part = static_cast<std::int64_t>(random() % (static_cast<std::uint64_t>(whole) + 1));
    ASSERT_EQ(proportion(amount, part, whole), proportion_by_division(amount, part, whole))
        << amount << " * " << part << " / " << whole;
  }
}

}  // namespace
}  // namespace gateway
