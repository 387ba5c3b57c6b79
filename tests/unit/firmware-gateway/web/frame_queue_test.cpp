#include "firmware-gateway/web/frame_queue.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

Frame frame(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::string drained(FrameQueue& queue) {
  std::string all;
  while (const auto next = queue.pop()) all += *next + ' ';
  return all;
}

TEST(FrameQueue, OnlyTheNewestLiveFrameIsKept) {
  FrameQueue queue;
  EXPECT_FALSE(queue.push_live(frame("l1")));
  EXPECT_TRUE(queue.push_live(frame("l2")));
  EXPECT_TRUE(queue.push_live(frame("l3")));
  EXPECT_EQ(drained(queue), "l3 ");
}

TEST(FrameQueue, EveryEventIsKeptInOrder) {
  FrameQueue queue;
  queue.push_event(frame("e1"));
  queue.push_event(frame("e2"));
  EXPECT_EQ(drained(queue), "e1 e2 ");
}

TEST(FrameQueue, ANewerLiveFrameIsNotSentBeforeAnOlderEvent) {
  FrameQueue queue;
  queue.push_live(frame("l1"));
  queue.push_event(frame("e1"));
  queue.push_live(frame("l2"));
  queue.push_event(frame("e2"));
  EXPECT_EQ(drained(queue), "e1 l2 e2 ");
}

TEST(FrameQueue, ALiveFrameDoesNotPushOutTheWholePicture) {
  FrameQueue queue;
  queue.push_first(frame("all"));
  EXPECT_FALSE(queue.push_live(frame("l1")));
  EXPECT_EQ(drained(queue), "all l1 ");
}

TEST(FrameQueue, BeyondTheBoundItEmptiesItselfAndSaysSo) {
  FrameQueue queue;
  for (std::size_t i = 0; i < FrameQueue::most_events; ++i) queue.push_event(frame("e"));
  EXPECT_FALSE(queue.overflowed());
  queue.push_event(frame("e"));
  EXPECT_TRUE(queue.overflowed());
  EXPECT_TRUE(queue.empty());
  queue.push_event(frame("e"));
  queue.push_live(frame("l"));
  EXPECT_TRUE(queue.empty());
}

TEST(FrameQueue, BytesAreBoundedToo) {
  FrameQueue queue;
  const auto large = frame(std::string(FrameQueue::most_event_bytes / 4, 'x'));
  for (int i = 0; i < 4; ++i) queue.push_event(large);
  EXPECT_FALSE(queue.overflowed());
  queue.push_event(frame("e"));
  EXPECT_TRUE(queue.overflowed());
}

TEST(FrameQueue, WhatWasTakenNoLongerCounts) {
  FrameQueue queue;
  for (std::size_t i = 0; i < 5 * FrameQueue::most_events; ++i) {
    queue.push_event(frame("e"));
    EXPECT_TRUE(queue.pop());
  }
  EXPECT_FALSE(queue.overflowed());
}

TEST(FrameQueue, SaysWhetherALiveFrameWaits) {
  FrameQueue queue;
  queue.push_event(frame("e"));
  EXPECT_FALSE(queue.has_live());
  queue.push_live(frame("l"));
  EXPECT_TRUE(queue.has_live());
  queue.pop();
  queue.pop();
  EXPECT_FALSE(queue.has_live());
}

}  // namespace
}  // namespace gateway
