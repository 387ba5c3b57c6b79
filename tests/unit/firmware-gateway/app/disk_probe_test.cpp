#include "firmware-gateway/app/disk_probe.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A disk whose answers come when the test lets them.
struct Card {
  std::atomic<int> asked{0};
  std::promise<bool> answer;
  std::shared_future<bool> says{answer.get_future()};
};

class DiskProbeTest : public testing::Test {
 protected:
  template <class Condition>
  static bool eventually(Condition condition) {
    for (const auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  std::shared_ptr<Card> card = std::make_shared<Card>();
  DiskProbe probe{[card = card] {
                    ++card->asked;
                    return card->says.get();
                  },
                  5s};
  MonotonicTime now{1000s};
};

TEST_F(DiskProbeTest, ADiskThatDoesNotAnswerHoldsUpNobodyAndIsNotAskedTwice) {
  probe.look(now);  // would never return
  for (int i = 0; i < 60; ++i) probe.look(now += 1s);
  EXPECT_TRUE(eventually([&] { return card->asked == 1; }));
  EXPECT_FALSE(probe.works());
  card->answer.set_value(true);
  EXPECT_TRUE(eventually([&] { return probe.works(); }));
}

TEST_F(DiskProbeTest, ItIsAskedNowAndThen) {
  card->answer.set_value(false);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(eventually([&] {  // until the answer before is in
      probe.look(now);
      return card->asked == i;
    }));
    probe.look(now + 4s);
    EXPECT_EQ(card->asked, i);
    now += 5s;
  }
  EXPECT_FALSE(probe.works());
}

TEST_F(DiskProbeTest, AnAnswerThatComesTooLateHurtsNobody) {
  {
    DiskProbe gone([card = card] {
      ++card->asked;
      return card->says.get();
    });
    gone.look(now);
  }
  EXPECT_TRUE(eventually([&] { return card->asked == 1; }));
  card->answer.set_value(true);
}

}  // namespace
}  // namespace gateway
