#include "firmware-gateway/web/peer_address.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(PeerAddress, OfIPv6TheNetworkCountsOfIPv4TheAddress) {
  EXPECT_EQ(counted_address("10.0.0.5"), "10.0.0.5");
  EXPECT_EQ(counted_address("::ffff:10.0.0.5"), "10.0.0.5");
  EXPECT_EQ(counted_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(counted_address("2001:db8:1:2::1"), counted_address("2001:db8:1:2:ffff::"));
  EXPECT_NE(counted_address("2001:db8:1:3::1"), counted_address("2001:db8:1:2::1"));
  EXPECT_EQ(counted_address("fe80::1%eth0"), "fe80::/64");
  EXPECT_EQ(counted_address(""), "");
}

TEST(PeerAddress, ThisMachineIsKnownInEveryGuise) {
  for (const auto* here : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback_address(here)) << here;
  for (const auto* other : {"10.0.0.5", "2001:db8::1", "", "128.0.0.1"})
    EXPECT_FALSE(is_loopback_address(other)) << other;
}

}  // namespace
}  // namespace gateway
