#include "firmware-gateway/web/origin.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Origin, SameHostAndPortIsTheSameOrigin) {
  EXPECT_TRUE(is_same_origin("http://127.0.0.1:8080", "127.0.0.1:8080"));
  EXPECT_TRUE(is_same_origin("http://Gateway.local", "gateway.local"));
  EXPECT_TRUE(is_same_origin("https://gateway.local:443", "gateway.local"));
  EXPECT_TRUE(is_same_origin("http://[::1]:8080", "[::1]:8080"));
}

TEST(Origin, ClientsThatAreNotBrowsersSendNone) { EXPECT_TRUE(is_same_origin("", "127.0.0.1:8080")); }

TEST(Origin, AnotherHostPortOrSchemeIsForeign) {
  EXPECT_FALSE(is_same_origin("http://evil.example", "127.0.0.1:8080"));
  EXPECT_FALSE(is_same_origin("http://127.0.0.1:9090", "127.0.0.1:8080"));
  EXPECT_FALSE(is_same_origin("http://127.0.0.1", "127.0.0.1:8080"));
  EXPECT_FALSE(is_same_origin("http://127.0.0.1:8080.evil.example", "127.0.0.1:8080"));
  EXPECT_FALSE(is_same_origin("null", "127.0.0.1:8080"));
  EXPECT_FALSE(is_same_origin("file://127.0.0.1:8080", "127.0.0.1:8080"));
  EXPECT_FALSE(is_same_origin("http://", ""));
}

TEST(Origin, LoopbackNamesAreThoseThatCannotBeRebound) {
  EXPECT_TRUE(is_loopback_host("localhost:8080"));
  EXPECT_TRUE(is_loopback_host("LOCALHOST"));
  EXPECT_TRUE(is_loopback_host("127.0.0.1"));
  EXPECT_TRUE(is_loopback_host("127.1.2.3:80"));
  EXPECT_TRUE(is_loopback_host("[::1]:8080"));
  EXPECT_FALSE(is_loopback_host("evil.example:8080"));
  EXPECT_FALSE(is_loopback_host("localhost.evil.example"));
  EXPECT_FALSE(is_loopback_host("127.0.0.1.evil.example"));
  EXPECT_FALSE(is_loopback_host(""));
}

TEST(Origin, AHostIsAnAddressOrOneOfTheBoxesNames) {
  const std::vector<std::string> names{"gateway", "gateway.local"};
  for (const auto* host : {"10.0.0.5", "10.0.0.5:8080", "[2001:db8::1]:8080", "localhost", "gateway:8080",
                           "Gateway.LOCAL", "gateway.local."})
    EXPECT_TRUE(is_own_host(host, names)) << host;
  for (const auto* host : {"evil.example", "gateway.evil.example", "gateway.local.evil.example",
                           "10.0.0.5.evil.example", "0x7f000001", "", "a b"})
    EXPECT_FALSE(is_own_host(host, names)) << host;
}

TEST(Origin, AHostThatCouldBreakOutOfAHeaderIsMalformed) {
  EXPECT_TRUE(is_well_formed_host("gateway_1.local:8080"));
  EXPECT_FALSE(is_well_formed_host(""));
  EXPECT_FALSE(is_well_formed_host("a b"));
  EXPECT_FALSE(is_well_formed_host("a;script-src *"));
  EXPECT_FALSE(is_well_formed_host("a:port"));
  EXPECT_FALSE(is_well_formed_host("a:"));
  EXPECT_FALSE(is_well_formed_host("[::1"));
  EXPECT_FALSE(is_well_formed_host("[::1]x"));
  EXPECT_FALSE(is_well_formed_host("user@host"));
}

}  // namespace
}  // namespace gateway
