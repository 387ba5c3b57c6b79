#include "cloud-sync/influx/request_size.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most = 1 << 20;
constexpr MonotonicTime begin{};

class RequestSizeTest : public ::testing::Test {
 protected:
  // Down to what passes, as the uploader does it.
  void teach(std::size_t limit, MonotonicTime now = begin) {
    while (size.most() > limit && size.most() > RequestSize::least) size.refused(size.most(), false, now);
  }
  // Requests as long as they may be, all accepted; how many until nothing is bounded any more.
  int accepted_until_forgotten() {
    int requests = 0;
    for (; size.learnt() && requests < 100; ++requests) size.accepted(size.most());
    return requests;
  }
  RequestSize size{most, 1h};
};

TEST_F(RequestSizeTest, NothingIsBoundedBeforeTheFirstRefusal) {
  EXPECT_EQ(size.learnt(), std::nullopt);
  EXPECT_EQ(size.most(), most);
  EXPECT_EQ(size.pieces_of(10 * most), 1U);
}

TEST_F(RequestSizeTest, IsHalvedUntilItPasses) {
  teach(300'000);
  EXPECT_EQ(size.learnt(), most / 4);
  EXPECT_EQ(size.pieces_of(most / 4), 1U);
  EXPECT_EQ(size.pieces_of(most), 5U);
}

TEST_F(RequestSizeTest, IsNeverLessThanALineNeeds) {
  for (int i = 0; i < 100; ++i) size.refused(size.most(), false, begin);
  EXPECT_EQ(size.learnt(), RequestSize::least);
  size.accepted(3000);  // a line alone, which can't be halved
  EXPECT_EQ(size.learnt(), 3000U);
}

TEST_F(RequestSizeTest, IsNotLessThanWhatPassed) {
  size.accepted(9'000);
  size.refused(10'000, false, begin);
  EXPECT_EQ(size.learnt(), 9'000U);
  size.refused(9'000, false, begin);  // the limit has been lowered
  EXPECT_EQ(size.learnt(), 4'500U);
}

TEST_F(RequestSizeTest, ALineAloneTeachesNothing) {
  size.refused(300, true, begin);
  EXPECT_EQ(size.learnt(), std::nullopt);
  teach(300'000);
  size.refused(300, true, begin);
  EXPECT_EQ(size.learnt(), most / 4);
}

TEST_F(RequestSizeTest, WithoutDoubtItStays) {
  teach(300'000);
  for (int i = 0; i < 100; ++i) size.accepted(most / 4);
  size.look(begin + 59min);
  EXPECT_EQ(size.learnt(), most / 4);
}

TEST_F(RequestSizeTest, AfterTheDoubtAFewAcceptedRequestsBringItBack) {
  teach(60'000);
  size.look(begin + 1h);
  EXPECT_EQ(size.learnt(), most / 16);
  EXPECT_LE(accepted_until_forgotten(), 4);
  EXPECT_EQ(size.learnt(), std::nullopt);
}

TEST_F(RequestSizeTest, AWrongDoubtCostsOneRefusal) {
  teach(60'000);
  size.accepted(most / 32);
  size.look(begin + 1h);
  size.refused(most / 16, false, begin + 1h);
  EXPECT_EQ(size.learnt(), most / 32);
  for (int i = 0; i < 100; ++i) size.accepted(most / 32);
  EXPECT_EQ(size.learnt(), most / 32);
  size.look(begin + 1h + 59min);
  EXPECT_EQ(size.learnt(), most / 32);
}

// A proxy says 413 to whatever it is sent, for a while: down to the least, and single lines too. It need not stay so
// for an hour, and then grow by the hour.
TEST_F(RequestSizeTest, WhatASmallLineIsRefusedForIsNotTheSizeAndIsForgottenSoon) {
  teach(0);
  EXPECT_EQ(size.learnt(), RequestSize::least);
  size.refused(200, true, begin);
  EXPECT_LE(accepted_until_forgotten(), 10);
}

TEST_F(RequestSizeTest, ALineThatIsLongerThanTheLimitIsNoReasonToDoubtIt) {
  teach(2'000);
  const auto learnt = size.learnt();
  size.refused(4'000, true, begin);
  size.accepted(*learnt);
  EXPECT_EQ(size.learnt(), learnt);
}

}  // namespace
}  // namespace gateway
