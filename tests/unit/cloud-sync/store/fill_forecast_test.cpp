#include "cloud-sync/store/fill_forecast.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

class Forecast : public ::testing::Test {
 protected:
  void look_every_10_s(std::chrono::seconds time, std::uint64_t bytes_per_s, std::uint64_t room) {
    for (auto at = 0s; at < time; at += 10s) {
      now += 10s;
      bytes += 10 * bytes_per_s;
      forecast.look(now, bytes, room);
    }
  }
  FillForecast forecast;
  MonotonicTime now{};
  std::uint64_t bytes = 0;
};

TEST_F(Forecast, SaysNothingBeforeItCanTell) {
  EXPECT_FALSE(forecast.full_in());
  look_every_10_s(110s, 1000, 1'000'000);
  EXPECT_FALSE(forecast.full_in());
}

TEST_F(Forecast, GoesByTheGrowthOfTheLastHour) {
  look_every_10_s(5h, 10, 1'000'000);
  look_every_10_s(2h, 1000, 3'600'000);
  ASSERT_TRUE(forecast.full_in());
  EXPECT_NEAR(static_cast<double>(forecast.full_in()->count()), 3600, 60);
}

TEST_F(Forecast, WhatWasSentEndsIt) {
  look_every_10_s(1h, 1000, 1'000'000);
  ASSERT_TRUE(forecast.full_in());
  bytes = 0;
  forecast.look(now, bytes, 1'000'000);
  EXPECT_FALSE(forecast.full_in());
  for (int i = 0; i < 1000; ++i) forecast.look(now += 1s, i % 2 == 0 ? 500 : 0, 1'000'000);
  EXPECT_FALSE(forecast.full_in()) << "a queue that empties again and again fills nothing";
}

}  // namespace
}  // namespace gateway
