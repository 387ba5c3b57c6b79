#include "cloud-sync/store/acknowledged.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Acknowledged, BehavesAsASetOfNumbersForAnyOrder) {
  std::mt19937 random{3};
  for (int round = 0; round < 50; ++round) {
    Acknowledged done;
    std::set<std::int64_t> wanted;
    for (int i = 0; i < 60; ++i) {
      const std::int64_t row = 1 + static_cast<std::int64_t>(random() % 80);
      done.add(row);
      wanted.insert(row);
      const Acknowledged again{done.cursor(), done.text()};
      for (std::int64_t n = 1; n <= 82; ++n) {
        EXPECT_EQ(done.contains(n), wanted.contains(n));
        EXPECT_EQ(again.contains(n), wanted.contains(n));
        std::int64_t next = n + 1;
        while (wanted.contains(next)) ++next;
        EXPECT_EQ(done.next_after(n), next);
      }
    }
  }
}

TEST(Acknowledged, StretchesThatMeetTheCursorBecomeIt) {
  Acknowledged done{10};
  done.add(13);
  done.add(12);
  EXPECT_EQ(done.text(), "12-13");
  done.add(11);
  EXPECT_EQ(done.cursor(), 13);
  EXPECT_EQ(done.text(), "");
  done.add(20);
  done.add_up_to(19);
  EXPECT_EQ(done.cursor(), 20);
}

TEST(Acknowledged, RubbishMeansSendAgain) {
  for (const char* text : {"x", "12", "12-", "15-12", "3-4", "12-13,12-14"}) {
    const Acknowledged done{10, text};
    EXPECT_EQ(done.cursor(), 10);
    EXPECT_FALSE(done.contains(11)) << text;
    EXPECT_FALSE(done.contains(14)) << text;
  }
}

}  // namespace
}  // namespace gateway
