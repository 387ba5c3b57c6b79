#include "cloud-sync/influx/splitting.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Then = Splitting::Then;

Delivery row_of(std::uint64_t lines) {
  Delivery row;
  row.rows.push_back({.number = 7, .lines = lines, .values = lines});
  row.lines = row.values = lines;
  row.body.resize(100);
  return row;
}
std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "m v=" + std::to_string(i) + " 1\n";
  return text;
}
bool holds(std::string_view part, std::string_view line) { return part.find(line) != std::string_view::npos; }

using FarEnd = std::function<Verdict(std::string_view part)>;
// Until it is through, or does not go on. `passing`: other rows are accepted between the parts.
Then run(Splitting& splitting, const FarEnd& far_end, bool passing = true) {
  std::uint64_t accepted = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto part = splitting.next();
    if (!part) return Then::go_on;
    const Verdict means = far_end(*part);
    if (means == Verdict::accepted || passing) ++accepted;
    const Then then = splitting.answered(means, "said", accepted);
    if (then == Then::leave || (then == Then::wait && !passing)) return then;
  }
  return Then::wait;
}
FarEnd refusing(std::string line, Verdict with) {
  return [line = std::move(line), with](std::string_view part) { return holds(part, line) ? with : Verdict::accepted; };
}

TEST(Splitting, TheLineThatIsRefusedStandsAloneAndTheRestPasses) {
  for (const Verdict verdict : {Verdict::bad_lines, Verdict::too_large}) {
    Splitting splitting{row_of(10), lines(10), 1, {}, false};
    EXPECT_EQ(splitting.row(), 7);
    ASSERT_EQ(run(splitting, refusing("m v=3 ", verdict)), Then::go_on);
    const auto dead = splitting.dead();
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].line, "m v=3 1\n");
    EXPECT_EQ(dead[0].reason, "said");
    EXPECT_TRUE(splitting.take_delivery().body.empty()) << "its text is in memory already";
  }
}

TEST(Splitting, BeginsWithTwoPiecesAtLeast) {
  Splitting splitting{row_of(10), lines(10), 1, {}, false};
  EXPECT_LT(splitting.next()->size(), lines(10).size());
}

TEST(Splitting, WhatWasRefusedBeforeStandsApart) {
  Suspects suspects;
  suspects.refused("sensor open=1i 1\n");
  Splitting splitting{row_of(5), lines(2) + "sensor open=0i 2\n" + lines(2), 1, suspects, false};
  EXPECT_EQ(*splitting.next(), lines(2) + lines(2));
}

TEST(Splitting, NoAnswerAsksForTheSamePartAgain) {
  Splitting splitting{row_of(4), lines(4), 1, {}, false};
  const std::string part{*splitting.next()};
  for (const Verdict verdict : {Verdict::busy, Verdict::refused, Verdict::not_the_store, Verdict::server_error}) {
    EXPECT_EQ(splitting.answered(verdict, "said", 0), Then::wait);
    EXPECT_EQ(*splitting.next(), part);
  }
}

TEST(Splitting, WhereNotOneLinePassesItIsLeft) {
  for (const int count : {1, 5, 100}) {
    Splitting splitting{row_of(10), lines(count), 1, {}, false};
    EXPECT_EQ(run(splitting, [](std::string_view) { return Verdict::bad_lines; }), Then::leave) << count;
    EXPECT_EQ(splitting.last_reason(), "said");
  }
}

TEST(Splitting, WhenOthersPassARowWithoutOneGoodLineIsDeadAsAWhole) {
  Splitting splitting{row_of(10), lines(10), 1, {}, true};
  EXPECT_EQ(run(splitting, [](std::string_view) { return Verdict::bad_lines; }), Then::go_on);
  EXPECT_EQ(splitting.dead().size(), 10U);
}

TEST(Splitting, AServerErrorIsALinesFaultOnlyWhenOthersPassBetweenItsTries) {
  Splitting alone{row_of(4), lines(4), 1, {}, true};
  EXPECT_EQ(run(alone, refusing("m v=1 ", Verdict::server_error), false), Then::wait);
  EXPECT_TRUE(alone.dead().empty());
  Splitting beside{row_of(4), lines(4), 1, {}, true};
  EXPECT_EQ(run(beside, refusing("m v=1 ", Verdict::server_error)), Then::go_on);
  ASSERT_EQ(beside.dead().size(), 1U);
  EXPECT_EQ(beside.dead()[0].line, "m v=1 1\n");
}

}  // namespace
}  // namespace gateway
