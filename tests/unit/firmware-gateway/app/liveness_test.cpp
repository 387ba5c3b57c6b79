// That what stands still is restarted within 30 s, added up: with what site.toml has by itself where it says nothing.
#include "firmware-gateway/app/liveness.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// Once nothing feeds the watchdog any more.
constexpr auto then = look_interval + watchdog_time + restart_time;

TEST(Liveness, APartThatSaysWhenItMovedIsRestartedWithinThirtySeconds) {
  EXPECT_LE(stuck_after + then, longest_standstill);
  EXPECT_LE(store_stuck_after + then, longest_standstill);
}

TEST(Liveness, ASinkOrANotifierThatHangsInARequestIsRestartedWithinThirtySeconds) {
  const auto site = test::store_site(R"(
[[sink]]
id = "central"
kind = "influx1"
url = "http://127.0.0.1:8086"
database = "energy"
[[notify]]
id = "duty"
kind = "webhook"
url = "https://alarms.example/hook"
)");
  EXPECT_LE(site.sinks[0].timeout + overdue_after + then, longest_standstill);
  EXPECT_LE(site.notifiers[0].timeout + overdue_after + then, longest_standstill);
}

TEST(Liveness, TheUnitHasTheTimesThatAreReckonedWith) {
  std::ifstream file(GATEWAY_UNIT);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("\nWatchdogSec=" + std::to_string(watchdog_time.count()) + "\n"), std::string::npos);
  EXPECT_NE(text.str().find("\nRestartSec=" + std::to_string(restart_time.count()) + "\n"), std::string::npos);
}

}  // namespace
}  // namespace gateway
