#include "firmware-gateway/web/login.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class LoginTest : public testing::Test {
 protected:
  void fail(const std::string& name, int times, const std::string& address = "10.0.0.1") {
    for (int i = 0; i < times; ++i) login.failed(name, address, clock.monotonic());
  }
  [[nodiscard]] bool locked(const std::string& name, const std::string& address = "10.0.0.1") const {
    return login.locked_for(name, address, clock.monotonic()).has_value();
  }
  std::string begin(std::string_view name, const std::string& address = "10.0.0.1") {
    return *login.begin_session(*login.find(name), address, clock.monotonic());
  }
  // Five times from each of so many addresses.
  void fail_from_many(const std::string& name, int addresses) {
    for (int i = 0; i < addresses; ++i) fail(name, Login::name_failures, "10.0.1." + std::to_string(i));
  }
  auto session(std::string_view token) { return login.session(token, clock.monotonic()); }

  test::FakeClock clock;
  Login login{{{"a", Role::viewer, "h"}, {"b", Role::admin, "h"}}};
};

TEST_F(LoginTest, FiveWrongPasswordsLockTheNameForATimeWhereTheyCameFrom) {
  fail("a", 4);
  EXPECT_FALSE(locked("a"));
  EXPECT_TRUE(login.failed("a", "10.0.0.1", clock.monotonic()));
  EXPECT_TRUE(locked("a"));
  EXPECT_FALSE(locked("a", "10.0.0.2"));
  EXPECT_FALSE(locked("b"));
  clock.advance(30s);
  EXPECT_FALSE(locked("a"));
}

TEST_F(LoginTest, TheLockDoublesUpToItsLimit) {
  fail("a", 5);
  for (const auto expected : {60s, 120s, 240s, 480s, 900s, 900s}) {
    clock.advance(*login.locked_for("a", "10.0.0.1", clock.monotonic()));
    fail("a", 1);
    EXPECT_EQ(login.locked_for("a", "10.0.0.1", clock.monotonic()), expected);
  }
}

TEST_F(LoginTest, GuessingAtManyNamesLocksTheAddress) {
  for (int i = 0; i < Login::address_failures; ++i) fail("n" + std::to_string(i), 1, "10.0.0.66");
  EXPECT_TRUE(locked("b", "10.0.0.66"));
  EXPECT_FALSE(locked("b", "10.0.0.1"));
}

TEST_F(LoginTest, ARightPasswordForgetsTheMistakesBefore) {
  fail("a", 4);
  begin("a");
  fail("a", 4);
  EXPECT_FALSE(locked("a"));
}

TEST_F(LoginTest, OldMistakesAreForgotten) {
  fail("a", 4);
  clock.advance(61min);
  fail("a", 4);
  EXPECT_FALSE(locked("a"));
}

TEST_F(LoginTest, EveryTokenIsNewAndLong) {
  const auto first = begin("a");
  EXPECT_EQ(first.size(), 64U);
  EXPECT_NE(first, begin("a"));
  EXPECT_EQ(session(first)->name, "a");
  EXPECT_FALSE(session(""));
  EXPECT_FALSE(session(first.substr(1)));
}

TEST_F(LoginTest, ASessionThatIsNotUsedEndsAndOneThatIsGoesOn) {
  const auto idle = begin("a");
  const auto used = begin("b");
  for (int hour = 0; hour < 13; ++hour) {
    clock.advance(1h);
    EXPECT_TRUE(session(used));
  }
  EXPECT_FALSE(session(idle));
  EXPECT_EQ(session(used)->role, Role::admin);
}

TEST_F(LoginTest, NoSessionLastsForEver) {
  const auto token = begin("a");
  for (int hour = 0; hour < 7 * 24; hour += 6) {
    EXPECT_TRUE(session(token));
    clock.advance(6h);
  }
  clock.advance(1s);
  EXPECT_FALSE(session(token));
}

TEST_F(LoginTest, TablesAreBounded) {
  const auto oldest = begin("a");
  for (std::size_t i = 0; i < Login::most_sessions; ++i) {
    clock.advance(1ms);
    begin("b");
  }
  EXPECT_EQ(login.sessions(), Login::most_sessions);
  EXPECT_FALSE(session(oldest));
  for (std::size_t i = 0; i < 3 * Login::most_suspects; ++i) fail(std::to_string(i), 5, std::to_string(i));
  for (int i = 0; i < 100; ++i) begin("a", std::to_string(i));
}

TEST_F(LoginTest, GuessesAtANameFromManyAddressesLockItForAllButThoseItIsKnownAt) {
  begin("a", "10.0.0.7");
  fail_from_many("a", 4);
  EXPECT_FALSE(locked("a", "10.0.0.8"));
  fail_from_many("a", 6);
  EXPECT_TRUE(locked("a", "10.0.0.8"));
  EXPECT_FALSE(locked("a", "10.0.0.7"));
  fail("a", 5, "10.0.0.7");  // there it may be guessed at no more often than anywhere
  EXPECT_TRUE(locked("a", "10.0.0.7"));
}

TEST_F(LoginTest, OneAddressAloneNeverKeepsANameFromTheOthers) {
  for (int minute = 0; minute < 24 * 60; ++minute, clock.advance(1min)) {
    if (!locked("a", "10.0.0.66")) fail("a", 1, "10.0.0.66");
    ASSERT_FALSE(locked("a", "10.0.0.1")) << minute;
  }
}

TEST_F(LoginTest, WhoComesFromEverNewAddressesIsNotForgotten) {
  fail("a", 5, "2001:db8:1::1");
  EXPECT_TRUE(locked("a", "2001:db8:1::2"));  // all of one network are one
  for (std::size_t i = 0; i < 2 * Login::most_suspects; ++i) {
    clock.advance(1ms);
    fail("nobody" + std::to_string(i), 1, "10.1." + std::to_string(i / 256) + '.' + std::to_string(i % 256));
  }
  EXPECT_TRUE(locked("a", "2001:db8:1::3"));
  fail_from_many("a", 5);
  EXPECT_TRUE(locked("a", "10.0.0.8"));
}

TEST(Cookies, TheOneThatIsMeantIsFound) {
  EXPECT_EQ(cookie_value("a=1; gateway_session=xyz; b=2", "gateway_session"), "xyz");
  EXPECT_EQ(cookie_value("gateway_session=xyz", "gateway_session"), "xyz");
  EXPECT_EQ(cookie_value("not_gateway_session=xyz", "gateway_session"), "");
  EXPECT_EQ(cookie_value("", "gateway_session"), "");
  EXPECT_EQ(cookie_value(";;; ", "gateway_session"), "");
  EXPECT_EQ(cookie_value("gateway_session", "gateway_session"), "");
}

}  // namespace
}  // namespace gateway
