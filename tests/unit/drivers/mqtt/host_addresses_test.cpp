#include "drivers/mqtt/host_addresses.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

TEST(HostAddresses, TheHostOfAUrlIsFound) {
  EXPECT_EQ(host_of("mqtt://broker.example:1883"), "broker.example");
  EXPECT_EQ(host_of("mqtts://broker"), "broker");
  EXPECT_EQ(host_of("mqtt://192.0.2.1:1883"), "192.0.2.1");
  EXPECT_EQ(host_of("mqtt://[2001:db8::1]:1883"), "2001:db8::1");
}

TEST(HostAddresses, AnAddressIsToldFromAName) {
  EXPECT_TRUE(is_address("192.0.2.1"));
  EXPECT_TRUE(is_address("2001:db8::1"));
  EXPECT_FALSE(is_address("localhost"));
  EXPECT_FALSE(is_address("192.0.2.1.example"));
}

TEST(HostAddresses, ANameThatIsNotKnownSaysWhichOne) {
  HostAddresses addresses("broker.invalid");  // never is (RFC 6761)
  addresses.ask();
  const auto answer = addresses.wait_for(30s);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_TRUE(answer->error().starts_with("broker.invalid: ")) << answer->error();
}

}  // namespace
}  // namespace gateway
