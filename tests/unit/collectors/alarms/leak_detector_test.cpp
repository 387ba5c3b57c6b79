#include "collectors/alarms/leak_detector.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace gateway {
namespace {

// A meter whose people draw now and then at night, with a pulse of 1 L.
class Meter {
 public:
  explicit Meter(unsigned seed) : random_(seed) {}
  LeakDetector detector;
  double leak_l_per_h = 0;
  double litres_a_minute = 12;  // by day

  void minutes(int count) {
    for (; count > 0; --count, ++at_) {
      const auto of_day = at_ % 1440;
      const bool day = of_day >= 480 && of_day < 1080;
      if (day) total_ += litres_a_minute;
      if (!day && uniform(0, 1) < 1.0 / 90) running_ += 6 * uniform(0.5, 1.5);
      const double flows = std::min(running_, 2.5);
      running_ -= flows;
      total_ += flows + leak_l_per_h / 60;
      const double shown = std::floor(total_);
      detector.minute(at_, shown - shown_, true);
      shown_ = shown;
    }
  }
  void days(int count) { minutes(count * 1440); }
  // Until something is found; the hours it took, at most `most`.
  double hours_until_found(double most) {
    for (int minutes_gone = 0; minutes_gone < most * 60; ++minutes_gone) {
      if (detector.verdict().finding != AlarmFinding::none) return minutes_gone / 60.0;
      minutes(1);
    }
    return most;
  }
  std::int64_t at_ = 20'000LL * 1440;

 private:
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  std::mt19937 random_;
  double running_ = 0;
  double total_ = 0;
  double shown_ = 0;
};

TEST(LeakDetector, NightsWithoutALeakAreQuiet) {
  int found = 0;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Meter meter(seed);
    bool before = false;
    for (int day = 0; day < 60; ++day) {
      meter.days(1);
      const bool now = meter.detector.verdict().finding != AlarmFinding::none;
      found += now && !before ? 1 : 0;
      before = now;
    }
    EXPECT_DOUBLE_EQ(meter.detector.pulse_litres(), 1);
  }
  EXPECT_LE(found, 1) << "in ten months; how often it is, the benchmark says";
}

TEST(LeakDetector, ALargeLeakIsFoundInItsFirstNightByTheLeastHour) {
  Meter meter(7);
  meter.days(20);
  meter.leak_l_per_h = 60;
  EXPECT_LE(meter.hours_until_found(48), 3.6) << "it began at midnight";
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::night_flow);
  EXPECT_GT(meter.detector.verdict().flow_l_per_h, 55);
  EXPECT_GT(meter.detector.verdict().limit_l_per_h, 0);
}

TEST(LeakDetector, ASmallLeakIsFoundWithinDays) {
  Meter meter(8);
  meter.days(30);
  meter.leak_l_per_h = 3;
  EXPECT_LE(meter.hours_until_found(24 * 14), 24 * 7);
  const auto finding = meter.detector.verdict().finding;
  EXPECT_TRUE(finding == AlarmFinding::never_zero || finding == AlarmFinding::small_leak);
}

TEST(LeakDetector, ABurstIsFoundWithinMinutesAtAnyHour) {
  Meter meter(9);
  meter.days(10);
  meter.minutes(12 * 60);
  meter.leak_l_per_h = 3000;
  EXPECT_LE(meter.hours_until_found(1), 0.2);
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::burst);
  meter.leak_l_per_h = 0;
  meter.minutes(15);
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::none);
}

TEST(LeakDetector, ARepairedLeakClearsInTheNextNight) {
  Meter meter(10);
  meter.days(20);
  meter.leak_l_per_h = 60;
  meter.days(2);
  ASSERT_EQ(meter.detector.verdict().finding, AlarmFinding::night_flow);
  meter.leak_l_per_h = 0;
  meter.days(2);
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::none);
}

TEST(LeakDetector, BeforeItKnowsTheNightsOnlyTheGivenLimitTells) {
  Meter meter(11);
  meter.leak_l_per_h = 60;
  meter.days(3);
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::none);
  meter.detector.set_limit(40);
  meter.minutes(5 * 60);
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::night_flow);
  EXPECT_EQ(meter.detector.verdict().limit_l_per_h, 40);
}

TEST(LeakDetector, NightsThatWereNotMeasuredAreNoNights) {
  Meter meter(12);
  meter.days(10);
  const auto before = meter.detector.good_nights();
  for (int minute = 0; minute < 1440; ++minute, ++meter.at_) meter.detector.minute(meter.at_, 0, minute > 60);
  EXPECT_EQ(meter.detector.good_nights(), before);
  meter.days(1);
  EXPECT_EQ(meter.detector.good_nights(), before + 1);
}

TEST(LeakDetector, ARestartInTheMiddleOfANightForgetsNothing) {
  Meter meter(13);
  meter.days(20);
  meter.leak_l_per_h = 60;
  meter.minutes(100);
  const auto state = meter.detector.state();
  LeakDetector again;
  ASSERT_TRUE(again.restore(state).has_value());
  EXPECT_EQ(again.state(), state);
  meter.detector = again;
  EXPECT_LE(meter.hours_until_found(48), 2.0);
  // What is no state changes nothing.
  for (std::vector<double> wrong :
       {std::vector<double>{}, {2, 3}, std::vector<double>(14, 1), std::vector<double>(14, NAN)})
    EXPECT_FALSE(again.restore(wrong).has_value());
  EXPECT_EQ(again.state(), state);
}

// A burst that drowns its own meter: what is not measured ends nothing.
TEST(LeakDetector, ABurstIsNotOverBecauseTheMeterFellSilent) {
  Meter meter(11);
  meter.days(10);
  meter.minutes(10 * 60);
  meter.litres_a_minute = 60;
  meter.minutes(20);
  ASSERT_EQ(meter.detector.verdict().finding, AlarmFinding::burst);
  for (int i = 0; i < 60; ++i) meter.detector.minute(meter.at_++, 0, false);
  for (int i = 0; i < 9; ++i) meter.detector.minute(meter.at_++, 0, true);
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::burst);
  meter.detector.minute(meter.at_++, 0, true);
  EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::none) << "ten minutes were measured";
}

TEST(LeakDetector, ABurstGoesOnOverARestart) {
  Meter meter(12);
  meter.days(10);
  meter.minutes(10 * 60);
  meter.litres_a_minute = 60;
  meter.minutes(20);
  ASSERT_EQ(meter.detector.verdict().finding, AlarmFinding::burst);
  LeakDetector again;
  ASSERT_TRUE(again.restore(meter.detector.state()).has_value());
  meter.detector = again;
  for (int i = 0; i < 30; ++i) {
    meter.minutes(1);
    EXPECT_EQ(meter.detector.verdict().finding, AlarmFinding::burst) << i;
  }
}

TEST(LeakDetector, AClockThatWasAheadDoesNotBlindIt) {
  Meter meter(7);
  meter.days(20);
  meter.detector.minute(meter.at_ + 40 * 1440, 0, true);
  meter.leak_l_per_h = 60;
  EXPECT_LE(meter.hours_until_found(48), 28) << "tonight is no night any more, the next one is";
}

// At the end of daylight saving time.
TEST(LeakDetector, AnHourThatComesTwiceCountsOnce) {
  Meter meter(13);
  meter.days(20);
  const auto before = meter.detector.state();
  for (int i = 60; i > 0; --i) meter.detector.minute(meter.at_ - i, 100, true);
  EXPECT_EQ(meter.detector.state(), before);
}

TEST(LeakDetector, ThePulseIsWhatTheCounterStepsByNotWhatAMinuteGotOfIt) {
  LeakDetector detector;
  detector.minute(20'000LL * 1440, 0.25, true);
  EXPECT_EQ(detector.pulse_litres(), 0.25) << "nothing better is known";
  detector.step(30);
  detector.step(10);
  detector.step(20);
  detector.minute(20'000LL * 1440 + 1, 0.25, true);
  EXPECT_EQ(detector.pulse_litres(), 10);
  LeakDetector again;
  ASSERT_TRUE(again.restore(detector.state()).has_value());
  again.minute(20'000LL * 1440 + 2, 0.25, true);
  EXPECT_EQ(again.pulse_litres(), 10);
}

}  // namespace
}  // namespace gateway
