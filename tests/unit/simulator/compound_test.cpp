#include "tests/simulator/compound.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace gateway::simulator {
namespace {

constexpr std::int64_t hour = 3'600;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t monday = 20'780 * day;  // 2026-11-23, a Monday

std::size_t index_of(const Compound& compound, std::string_view id) {
  for (std::size_t i = 0; i < compound.meters().size(); ++i)
    if (compound.meters()[i].id == id) return i;
  ADD_FAILURE() << "no meter " << id;
  return 0;
}

double total_power(std::int64_t at) {
  const Compound compound(1, at);
  double sum = 0;
  for (std::size_t i = 0; i < compound.meters().size(); ++i)
    if (compound.meters()[i].utility == Utility::electricity) sum += compound.rate(i);
  return sum;
}

TEST(Compound, HasTheMetersItPromisesEachAloneAtItsAddress) {
  const Compound compound(1, monday);
  std::set<std::pair<Line, int>> places;
  std::set<std::string> ids, areas;
  int electricity = 0, water = 0;
  for (const auto& meter : compound.meters()) {
    ++(meter.utility == Utility::electricity ? electricity : water);
    EXPECT_TRUE(places.emplace(meter.line, meter.unit).second) << meter.id;
    EXPECT_TRUE(ids.insert(meter.id).second) << meter.id;
    areas.insert(meter.area);
    EXPECT_EQ(compound.find(meter.line, meter.unit), &meter);
  }
  EXPECT_EQ(electricity, 24);
  EXPECT_EQ(water, 6);
  EXPECT_EQ(areas, (std::set<std::string>{"b1", "b2", "b3"}));
  EXPECT_EQ(compound.find(Line::tcp, 247), nullptr);
}

TEST(Compound, SameSeedAndStartGiveTheSameReadings) {
  Compound one(7, monday + 10 * hour), other(7, monday + 10 * hour);
  one.advance(600);
  for (int i = 0; i < 60; ++i) other.advance(10);
  for (std::size_t i = 0; i < one.meters().size(); ++i) {
    EXPECT_EQ(one.meters()[i].counter, other.meters()[i].counter);
    EXPECT_EQ(one.rate(i), other.rate(i));
  }
}

TEST(Compound, AnotherSeedGivesOtherReadings) {
  const Compound one(7, monday + 10 * hour), other(8, monday + 10 * hour);
  EXPECT_NE(one.meters()[0].counter, other.meters()[0].counter);
  EXPECT_NE(one.rate(0), other.rate(0));
}

TEST(Compound, CountersAreTheIntegralOfTheRate) {
  Compound compound(3, monday + 9 * hour);
  std::vector<std::int64_t> before;
  for (const auto& meter : compound.meters()) before.push_back(meter.counter);
  std::vector<double> integral(before.size(), 0.0);
  for (int second = 0; second < 3'600; ++second) {
    compound.advance(1);
    for (std::size_t i = 0; i < integral.size(); ++i) integral[i] += compound.rate(i) / 3.6;
  }
  for (std::size_t i = 0; i < integral.size(); ++i)
    EXPECT_NEAR(static_cast<double>(compound.meters()[i].counter - before[i]), integral[i], 3)
        << compound.meters()[i].id;
}

TEST(Compound, ARateOfLessThanAStepASecondIsCountedInTheEnd) {
  // At night washrooms take 3 L/h, which is 0.8 mL a second.
  Compound compound(3, monday + 2 * hour);
  const auto meter = index_of(compound, "b1-water");
  ASSERT_LT(compound.rate(meter), 3.6);
  const auto before = compound.meters()[meter].counter;
  double integral = 0;
  for (int second = 0; second < 3'600; ++second) {
    compound.advance(1);
    integral += compound.rate(meter) / 3.6;
  }
  EXPECT_NEAR(static_cast<double>(compound.meters()[meter].counter - before), integral, 3);
}

TEST(Compound, OfficesAreBusyOnAWeekdayMorningAndQuietAtNightAndOnSunday) {
  const double busy = total_power(monday + 10 * hour);
  EXPECT_LT(total_power(monday + 3 * hour), busy / 3);
  EXPECT_LT(total_power(monday - day + 10 * hour), busy / 2);
  EXPECT_GT(total_power(monday + day + 10 * hour), busy * 0.8);
}

TEST(Compound, CountersNeverFallWithoutAWrap) {
  Compound compound(5, monday);
  auto before = compound.meters();
  for (int i = 0; i < 24; ++i) {
    compound.advance(600);
    for (std::size_t m = 0; m < before.size(); ++m) EXPECT_GE(compound.meters()[m].counter, before[m].counter);
    before = compound.meters();
  }
}

TEST(Compound, AWrapComesInItsSecondAndLosesNothing) {
  Compound compound(5, monday + 10 * hour);
  const auto meter = index_of(compound, "b1-socket");
  compound.wrap_at(meter, 70);
  compound.advance(69);
  const auto last = compound.meters()[meter].counter;
  EXPECT_GT(last, electricity_modulus - 1'000'000);
  EXPECT_LT(last, electricity_modulus);
  compound.advance(1);
  const auto first = compound.meters()[meter].counter;
  EXPECT_LT(first, 1'000'000);
  EXPECT_NEAR(static_cast<double>(first + electricity_modulus - last), compound.rate(meter) / 3.6, 2);
}

}  // namespace
}  // namespace gateway::simulator
