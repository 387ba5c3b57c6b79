#include "core/mailbox.hpp"

#include <array>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gateway {
namespace {

struct Item {
  std::uint32_t writer;
  std::uint32_t group;
  std::uint32_t place;
};

TEST(Mailbox, AFullMailboxTakesNothingOfAGroupAndCountsAllOfIt) {
  Mailbox<int> mailbox(8);
  ASSERT_TRUE(mailbox.try_push(std::array{1, 2, 3, 4, 5, 6}));
  EXPECT_FALSE(mailbox.try_push(std::array{7, 8, 9}));
  EXPECT_EQ(mailbox.dropped(), 3u);
  std::vector<int> got;
  mailbox.drain([&](int value) { got.push_back(value); });
  EXPECT_EQ(got, (std::vector{1, 2, 3, 4, 5, 6}));
}

TEST(Mailbox, AGroupLargerThanTheMailboxIsRefused) {
  Mailbox<int> mailbox(2);
  EXPECT_FALSE(mailbox.try_push(std::array{1, 2, 3}));
  EXPECT_EQ(mailbox.drain([](int) {}), 0u);
}

TEST(Mailbox, DrainTakesNoMoreThanAsked) {
  Mailbox<int> mailbox(8);
  ASSERT_TRUE(mailbox.try_push(std::array{1, 2, 3}));
  EXPECT_EQ(mailbox.drain([](int) {}, 2), 2u);
  EXPECT_EQ(mailbox.drain([](int) {}, 2), 1u);
}

TEST(Mailbox, GroupsOfManyWritersStayWholeAndInOrder) {
  constexpr std::uint32_t writers = 4, groups = 20'000, size = 3;
  Mailbox<Item> mailbox(64);
  std::vector<std::jthread> threads;
  for (std::uint32_t w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      for (std::uint32_t g = 0; g < groups; ++g) {
        const std::array<Item, size> group{{{w, g, 0}, {w, g, 1}, {w, g, 2}}};
        while (!mailbox.try_push(group)) std::this_thread::yield();
      }
    });
  std::array<std::uint32_t, writers> next{};
  std::uint32_t place = 0, writer = 0, taken = 0;
  while (taken < writers * groups * size) {
    mailbox.drain([&](const Item& item) {
      if (place == 0) writer = item.writer;
      ASSERT_EQ(item.writer, writer) << "another writer's item inside a group";
      ASSERT_EQ(item.place, place);
      ASSERT_EQ(item.group, next[writer]);
      place = (place + 1) % size;
      if (place == 0) ++next[writer];
      ++taken;
    });
  }
}

}  // namespace
}  // namespace gateway
