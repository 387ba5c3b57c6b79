#include "cloud-sync/influx/live_first.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Turn = LiveFirst::Turn;

constexpr UtcTime now{std::chrono::seconds{1'763'913'600}};

SinkFigures queue(std::int64_t newest_row, std::chrono::nanoseconds oldest_age) {
  SinkFigures figures;
  figures.newest_row = newest_row;
  figures.oldest_queued = now - oldest_age;
  return figures;
}
Delivery rows(std::chrono::nanoseconds age, std::int64_t number = 1) {
  Delivery delivery;
  delivery.rows.push_back({.number = number});
  delivery.oldest = now - age;
  return delivery;
}

TEST(LiveFirst, AShortQueueGoesInOneGo) {
  LiveFirst order{3s};
  order.look(queue(10, 1s), now);
  EXPECT_EQ(order.turn(true), Turn::all);
  Pick pick;
  order.narrow(pick, Turn::all);
  EXPECT_EQ(pick.after, 0);
  EXPECT_EQ(pick.up_to, INT64_MAX);
}

TEST(LiveFirst, ThePresentGoesFirstAndThePastInTurnsWithIt) {
  LiveFirst order{3s};
  order.look(queue(1000, 1h), now);
  ASSERT_EQ(order.turn(true), Turn::live);
  Pick live;
  order.narrow(live, Turn::live);
  EXPECT_EQ(live.after, 1000);
  EXPECT_TRUE(order.found(Turn::live, rows(1s, 1001), now));
  ASSERT_EQ(order.turn(true), Turn::backlog);
  Pick past;
  order.narrow(past, Turn::backlog);
  EXPECT_EQ(past.up_to, 1000);
  EXPECT_TRUE(order.found(Turn::backlog, rows(1h), now));
  EXPECT_EQ(order.turn(true), Turn::live);
}

TEST(LiveFirst, WithoutNewDataThePastGoesOn) {
  LiveFirst order{3s};
  order.look(queue(1000, 1h), now);
  EXPECT_TRUE(order.found(Turn::live, {}, now));
  EXPECT_EQ(order.turn(true), Turn::backlog);
  EXPECT_EQ(order.turn(false), Turn::live);  // while its rate holds it back
}

TEST(LiveFirst, WhenThePastIsOverAllGoesInOneGoAgain) {
  LiveFirst order{3s};
  order.look(queue(1000, 1h), now);
  EXPECT_TRUE(order.found(Turn::backlog, {}, now));
  EXPECT_FALSE(order.catching_up());
  order.look(queue(1001, 1s), now);
  EXPECT_EQ(order.turn(true), Turn::all);
}

TEST(LiveFirst, WhatBecameOldWhileTheFarEndWasAwayAgainJoinsThePast) {
  LiveFirst order{3s};
  order.look(queue(1000, 1h), now);
  order.look(queue(2000, 1h), now);  // a second outage while it caught up
  EXPECT_FALSE(order.found(Turn::live, rows(10min, 1001), now));
  Pick live;
  order.narrow(live, order.turn(true));
  EXPECT_EQ(live.after, 2000);
  // And it does not go round in circles when nothing new has come since.
  order.look(queue(2000, 1h), now);
  EXPECT_TRUE(order.found(Turn::live, rows(10min, 1999), now));
}

TEST(LiveFirst, WhatCameInTheLastSecondsStaysThePresentWhenTheRestBecomesThePast) {
  LiveFirst order{3s};
  order.look(queue(1000, 1h), now);
  for (int i = 1; i <= 100; ++i)
    order.look(queue(1000 + i, 1h), now + std::chrono::seconds{i});  // away, a row a second
  EXPECT_FALSE(order.found(Turn::live, rows(-1s, 1001), now + 100s));
  Pick live;
  order.narrow(live, Turn::live);
  EXPECT_EQ(live.after, 1097);
}

}  // namespace
}  // namespace gateway
