#include "cloud-sync/influx/sink_progress.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

TimeNow at(std::chrono::seconds time) { return {MonotonicTime{time}, UtcTime{time}}; }
SinkFigures figures(std::uint64_t kept, std::uint64_t delivered) {
  SinkFigures out;
  out.kept_lines = kept;
  out.delivered_lines = delivered;
  out.queued_lines = kept - delivered;
  return out;
}

TEST(SinkProgress, ForecastsTheEndOfABacklogFromWhatComesAndWhatGoes) {
  SinkProgress progress;
  progress.catching_up(true);
  // 1,000 lines a second go out, 100 come in.
  for (int i = 0; i <= 20; ++i)
    progress.accepted(at(1000s + std::chrono::seconds{i}), figures(100'000 + 100 * i, 1000 * i));
  const SinkStatus status = progress.status("central", figures(102'000, 20'000), MonotonicTime{1020s});
  ASSERT_TRUE(status.delivered_lines_per_s);
  EXPECT_NEAR(*status.delivered_lines_per_s, 1000, 1);
  ASSERT_TRUE(status.caught_up_in);
  EXPECT_NEAR(static_cast<double>(status.caught_up_in->count()), 82'000 / 900.0, 2);
}

TEST(SinkProgress, WhatNeverGetsShorterHasNoForecast) {
  SinkProgress progress;
  progress.catching_up(true);
  for (int i = 0; i <= 20; ++i)
    progress.accepted(at(1000s + std::chrono::seconds{i}), figures(100'000 + 100 * i, 50 * i));
  EXPECT_FALSE(progress.status("central", figures(102'000, 1'000), MonotonicTime{1020s}).caught_up_in);
}

TEST(SinkProgress, AfterAMinuteOfSilenceThereIsNoRate) {
  SinkProgress progress;
  for (int i = 0; i <= 20; ++i) progress.accepted(at(1000s + std::chrono::seconds{i}), figures(100, 1 + i));
  EXPECT_FALSE(progress.status("central", figures(100, 21), MonotonicTime{1100s}).delivered_lines_per_s);
}

TEST(SinkProgress, AnAcceptedRequestEndsWhatWasWrong) {
  SinkProgress progress;
  progress.failed(SinkStatus::State::refused, "401: unauthorized", SinkFailure::not_allowed, 401);
  progress.waits_until(UtcTime{5s});
  SinkStatus status = progress.status("central", {}, MonotonicTime{1s});
  EXPECT_EQ(status.state, SinkStatus::State::refused);
  EXPECT_EQ(status.last_error, "401: unauthorized");
  EXPECT_EQ(status.failure, SinkFailure::not_allowed);
  EXPECT_EQ(status.failure_status, 401u);
  EXPECT_EQ(status.next_try, UtcTime{5s});
  progress.accepted(at(6s), {});
  status = progress.status("central", {}, MonotonicTime{6s});
  EXPECT_EQ(status.state, SinkStatus::State::ok);
  EXPECT_EQ(status.last_error, "");
  EXPECT_EQ(status.failure, SinkFailure::none);
  EXPECT_EQ(status.failure_status, 0u);
  EXPECT_EQ(status.next_try, std::nullopt);
  EXPECT_EQ(status.last_success, UtcTime{6s});
}

}  // namespace
}  // namespace gateway
