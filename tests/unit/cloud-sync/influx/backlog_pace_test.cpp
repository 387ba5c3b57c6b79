#include "cloud-sync/influx/backlog_pace.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr BacklogPace::Time start{1000s};

TEST(BacklogPace, TheRateIsBounded) {
  BacklogPace pace{1'000'000, 1 << 20};
  pace.sent(500'000, start, start + 10ms);
  EXPECT_EQ(pace.not_before(), start + 500ms);
}

TEST(BacklogPace, NoRateMeansNoWait) {
  BacklogPace pace{0, 1 << 20};
  pace.sent(500'000, start, start + 10ms);
  EXPECT_LE(pace.not_before(), start);
}

TEST(BacklogPace, OnAThinLineRequestsShrinkUntilEachTakesAboutASecondAndGrowAgain) {
  BacklogPace pace{0, 1 << 20};
  constexpr double bytes_per_s = 60'000;
  std::size_t last = 0;
  for (int i = 0; i < 20; ++i) {
    last = pace.request_bytes();
    const auto took =
        std::chrono::milliseconds{static_cast<std::int64_t>(1000.0 * static_cast<double>(last) / bytes_per_s)};
    pace.sent(last, start, start + took);
  }
  EXPECT_LE(static_cast<double>(last) / bytes_per_s, 1.1);
  EXPECT_GE(static_cast<double>(last) / bytes_per_s, 0.2);
  for (int i = 0; i < 10; ++i) pace.sent(pace.request_bytes(), start, start + 5ms);
  EXPECT_EQ(pace.request_bytes(), std::size_t{1} << 20);
}

TEST(BacklogPace, ItNeverShrinksToNothing) {
  BacklogPace pace{0, 1 << 20};
  for (int i = 0; i < 50; ++i) pace.sent(1000, start, start + 20s);
  EXPECT_EQ(pace.request_bytes(), 16U * 1024);
}

}  // namespace
}  // namespace gateway
