// A name server that is away takes a message no longer than its time limit, and the end of the notifier no longer than
// a moment.
#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "cloud-sync/notify/courier.hpp"
#include "tests/support/hanging_name_server.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class NotifyNameServer : public testing::Test {
 protected:
  // The answer, if it comes before the name server is back.
  std::optional<Reply> post(std::chrono::nanoseconds timeout, std::chrono::nanoseconds stop_after) {
    auto reply = std::async(std::launch::async, [&] {
      Courier courier({}, timeout, stopping);
      return courier.post({"http://duty.hangs.example/", {}, "{}"});
    });
    std::optional<Reply> out;
    if (reply.wait_for(stop_after) != std::future_status::ready) stopping = true;
    if (reply.wait_for(10s) == std::future_status::ready) out = reply.get();
    names.back();
    return out;
  }
  std::atomic<bool> stopping{false};
  test::NameServer names;
};

TEST_F(NotifyNameServer, TheTimeLimitHoldsForTheLookUpToo) {
  const auto reply = post(300ms, 10s);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->outcome, Reply::Outcome::try_again);
  EXPECT_FALSE(stopping);
}

TEST_F(NotifyNameServer, AStopDoesNotWaitForIt) { EXPECT_TRUE(post(1h, 200ms)); }

}  // namespace
}  // namespace gateway
