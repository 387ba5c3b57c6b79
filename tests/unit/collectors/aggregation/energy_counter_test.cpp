#include "collectors/aggregation/energy_counter.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::kwh;

// A 100 kW meter read once a second.
class EnergyCounterTest : public testing::Test {
 protected:
  Booking take(std::int64_t reading, std::chrono::nanoseconds after = 1s) {
    now_ += after;
    const auto booking = counter_.take(now_, reading);
    total_ += booking.amount;
    if (booking.has_event) events_.push_back(booking.event);
    return booking;
  }
  std::int64_t total_ = 0;
  std::vector<QualityKind> events_;
  CounterLimits limits_ = counter_limits(Utility::electricity, 100e3, 1'000'000 * kwh);
  CounterPosition position_;
  CounterDoubts doubts_;
  EnergyCounter counter_{position_, doubts_, limits_};
  MonotonicTime now_{1000s};
};

TEST_F(EnergyCounterTest, TheFirstReadingOnlySaysWhereToCountFrom) {
  EXPECT_EQ(take(5000 * kwh).amount, 0);
  EXPECT_EQ(take(5000 * kwh + 20'000).amount, 20'000);
}

TEST_F(EnergyCounterTest, TheBookedTimeIsTheTimeBetweenTheReadings) {
  take(5000 * kwh);
  const auto from = now_;
  const auto booking = take(5000 * kwh + 1000, 7s);
  EXPECT_EQ(booking.from, from);
  EXPECT_EQ(booking.to, from + 7s);
}

TEST_F(EnergyCounterTest, ADuplicateOrLateReadingAddsNothing) {
  take(5000 * kwh);
  take(5000 * kwh + 10'000);
  EXPECT_EQ(take(5000 * kwh + 10'000, 0s).amount, 0);
  EXPECT_EQ(take(5000 * kwh + 5'000, -1s).amount, 0);
  EXPECT_EQ(total_, 10'000);
}

TEST_F(EnergyCounterTest, OnePollOfZeroIsAGlitchAndLosesNothing) {
  take(5000 * kwh);
  EXPECT_EQ(take(0).amount, 0);
  EXPECT_EQ(take(5000 * kwh + 30'000).amount, 30'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::glitch}));
}

TEST_F(EnergyCounterTest, OnePollOfAnAbsurdValueIsAGlitchAndAddsNothing) {
  take(5000 * kwh);
  EXPECT_EQ(take(900'000 * kwh).amount, 0);
  EXPECT_EQ(take(5000 * kwh + 30'000).amount, 30'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::glitch}));
}

TEST_F(EnergyCounterTest, ADifferentAbsurdValueEachPollIsNeverBelieved) {
  take(5000 * kwh);
  for (const auto odd : {1 * kwh, 800'000 * kwh, 3 * kwh, 700'000 * kwh, 0 * kwh}) EXPECT_EQ(take(odd).amount, 0);
  EXPECT_EQ(take(5000 * kwh + 60'000).amount, 60'000);
}

TEST_F(EnergyCounterTest, AWrapAt999999Point99KwhKeepsEveryWattHour) {
  // 999,999.99 kWh, then 0.00, 0.01: 0.01 + 0.01 kWh since the first reading.
  take(999'999'990'000);
  EXPECT_EQ(take(0).amount, 0);  // not believed yet
  EXPECT_EQ(take(10'000).amount, 20'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::wrap}));
}

TEST_F(EnergyCounterTest, AResetBooksWhatWasCountedSinceZero) {
  take(5000 * kwh);
  take(0);
  take(20'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::reset}));
  EXPECT_EQ(total_, 20'000);
  EXPECT_EQ(take(50'000).amount, 30'000);
}

TEST_F(EnergyCounterTest, ACounterThatStandsAtZeroIsBelievedOnlyAfterSeveralPolls) {
  take(5000 * kwh);
  for (int i = 0; i < 4; ++i) take(0);
  EXPECT_TRUE(events_.empty());
  take(0);
  EXPECT_EQ(events_, (std::vector{QualityKind::reset}));
}

TEST_F(EnergyCounterTest, ACounterThatComesBackAfterAFalseResetGoesOnWhereItWas) {
  take(5000 * kwh);
  for (int i = 0; i < 6; ++i) take(0);
  take(5000 * kwh + 40'000);
  take(5000 * kwh + 50'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::reset, QualityKind::returned}));
  EXPECT_EQ(total_, 50'000);
}

// A meter without a rating (10 MW are believed) that loses its counter twice: 1,000 kWh before; 0.02 kWh since the
// first reset, 500 kWh five days later; 0.02 kWh since the second. 500.02 kWh. Had the old series gone on and wrapped,
// it would have counted 0.02 - 1,000 + 1,000,000 kWh, which 12 MW can do in five days.
TEST_F(EnergyCounterTest, ASecondResetIsNotTheOldSeriesAfterAWrap) {
  limits_ = counter_limits(Utility::electricity, 0, 1'000'000 * kwh);
  take(1000 * kwh);
  take(10'000);
  take(20'000);
  take(500 * kwh, 5 * 24h);
  take(10'000);
  take(20'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::reset, QualityKind::reset}));
  EXPECT_EQ(total_, 500 * kwh + 20'000);
}

TEST_F(EnergyCounterTest, AnotherMetersReadingIsAnExchangeNotConsumption) {
  take(5000 * kwh);
  take(300 * kwh);
  take(300 * kwh + 10'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::exchange}));
  EXPECT_EQ(total_, 10'000);
}

TEST_F(EnergyCounterTest, AJumpNoMeterCouldMakeIsQuarantined) {
  take(5000 * kwh);
  take(6000 * kwh);
  const auto booking = take(6000 * kwh + 10'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::jump}));
  EXPECT_EQ(booking.after - booking.before - booking.amount, 1000 * kwh);  // quarantined
  EXPECT_EQ(total_, 10'000);
}

TEST_F(EnergyCounterTest, AStepBackByLessThanTheRegistersNoiseIsHeldAndToldOnce) {
  take(5000 * kwh);
  take(5000 * kwh - 100'000);
  take(5000 * kwh - 50'000);
  EXPECT_EQ(take(5000 * kwh + 10'000).amount, 10'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::stepped_back}));
}

TEST_F(EnergyCounterTest, AnAnnouncedExchangeBooksUpToTheOldMetersLastReading) {
  take(5000 * kwh);
  now_ += 10s;
  const auto booking = counter_.exchange(now_, 5000 * kwh + 200'000, 7 * kwh).value();
  EXPECT_EQ(booking.amount, 200'000);
  EXPECT_EQ(take(7 * kwh + 5'000).amount, 5'000);
}

TEST_F(EnergyCounterTest, AnExchangeAnnouncedWhileAFalseJumpIsBelievedBooksFromTheTrueSeries) {
  take(5000 * kwh);
  take(9000 * kwh);
  take(9000 * kwh + 10'000);  // two wrong answers that agree: believed, 10,000 booked
  now_ += 1s;
  EXPECT_EQ(counter_.exchange(now_, 5000 * kwh + 30'000, 7 * kwh)->amount, 20'000);
}

TEST_F(EnergyCounterTest, ARegisterOfFloatsWithoutAKnownModulusWrapsWhereItsDigitsEnd) {
  // 999,999.9375 kWh is the last float32 below a million kWh (they are 1/16 kWh apart there); then 0.0625, 0.125 kWh:
  // 0.0625 up to the wrap and 0.125 after it.
  limits_.modulus = 0;
  take(999'999'937'500);
  take(62'500);
  EXPECT_EQ(take(125'000).amount, 187'500);
  EXPECT_EQ(events_, (std::vector{QualityKind::wrap}));
}

TEST_F(EnergyCounterTest, FloatsThatMoveInStepsAreBookedStepByStepWithoutAnEvent) {
  // Above 2^20 kWh a float32 moves by 1/8 kWh: 36 kW need 12.5 s for a step, which comes within one second.
  limits_.modulus = 0;
  take(1'048'576 * kwh);
  for (int second = 1; second <= 100; ++second) take(1'048'576 * kwh + second * 10'000 / 125'000 * 125'000);
  EXPECT_EQ(total_, kwh);
  EXPECT_TRUE(events_.empty());
}

TEST_F(EnergyCounterTest, AResetFarFromTheLastDigitIsNoWrap) {
  limits_.modulus = 0;
  take(950'000 * kwh);
  take(0);
  take(20'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::reset}));
  EXPECT_EQ(total_, 20'000);
}

TEST_F(EnergyCounterTest, AModelThatKnowsItsModulusWrongStillWrapsWhereItsDigitsEnd) {
  limits_.modulus = 42'949'672'960'000;  // 2^32 x 0.01 kWh, but the display has six digits
  take(999'999'990'000);
  take(0);
  EXPECT_EQ(take(10'000).amount, 20'000);
  EXPECT_EQ(events_, (std::vector{QualityKind::wrap}));
}

TEST_F(EnergyCounterTest, EveryEventNamesTheTwoReadingsAndTheirTimes) {
  take(5000 * kwh);
  const auto before = now_;
  take(300 * kwh);
  const auto booking = take(300 * kwh + 10'000);
  EXPECT_EQ(booking.before, 5000 * kwh);
  EXPECT_EQ(booking.before_time, before);
  EXPECT_EQ(booking.after, 300 * kwh + 10'000);
  EXPECT_EQ(booking.after_time, now_);
  EXPECT_EQ(booking.amount, 10'000);
}

TEST_F(EnergyCounterTest, AfterALongGapTheWholeDifferenceIsBelieved) {
  take(5000 * kwh);
  EXPECT_EQ(take(5000 * kwh + 2300 * kwh, 24h).amount, 2300 * kwh);  // 96 kW on average
}

TEST_F(EnergyCounterTest, AnExchangeWithReadingsThatCannotBeIsRefusedAndChangesNothing) {
  take(5000 * kwh);
  now_ += 10s;
  const auto refusal = [&](std::int64_t old_last, std::int64_t new_first) {
    const auto result = counter_.exchange(now_, old_last, new_first);
    return result ? std::nullopt : std::optional{result.error()};
  };
  constexpr auto old_reading = ExchangeRefusal::old_reading, new_reading = ExchangeRefusal::new_reading;
  EXPECT_EQ(refusal(-1, 0), old_reading);
  EXPECT_EQ(refusal(4000 * kwh, 0), old_reading) << "it had passed that already";
  EXPECT_EQ(refusal(5010 * kwh, 0), old_reading) << "10 kWh in 10 s are 3.6 MW";
  EXPECT_EQ(refusal(INT64_MAX, 0), old_reading);
  EXPECT_EQ(refusal(INT64_MIN, 0), old_reading);
  EXPECT_EQ(refusal(5000 * kwh, -1), new_reading);
  EXPECT_EQ(refusal(5000 * kwh, INT64_MAX), new_reading);
  EXPECT_EQ(take(5000 * kwh + 30'000).amount, 30'000);
  EXPECT_TRUE(events_.empty());
}

TEST_F(EnergyCounterTest, AnExchangeNearZeroDoesNotTakeNoiseForAReadingBelowZero) {
  take(kwh);
  now_ += 10s;
  EXPECT_FALSE(counter_.exchange(now_, -kwh / 2, 0)) << "a step back of 1.5 kWh would be noise, but not to below zero";
}

TEST_F(EnergyCounterTest, BeforeItsFirstReadingAnExchangeIsJudgedByItsNumbersAlone) {
  EXPECT_FALSE(counter_.exchange(now_, -1, 0));
  EXPECT_FALSE(counter_.exchange(now_, 0, -1));
  EXPECT_EQ(counter_.exchange(now_, 5000 * kwh, 7 * kwh)->amount, 0);
  EXPECT_EQ(take(7 * kwh + 5'000).amount, 5'000);
}

}  // namespace
}  // namespace gateway
