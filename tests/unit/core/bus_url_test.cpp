#include "core/bus_url.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(BusUrl, SerialLineTakesItsSettingsFromTheQuery) {
  const auto url = parse_bus_url("rtu:///dev/ttyS1?baud=19200&parity=E&stop=2&data=7");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->kind, BusKind::rtu);
  EXPECT_EQ(url->device, "/dev/ttyS1");
  EXPECT_EQ(url->baud, 19200u);
  EXPECT_EQ(url->parity, Parity::even);
  EXPECT_EQ(url->stop_bits, 2);
  EXPECT_EQ(url->data_bits, 7);
}

TEST(BusUrl, SerialLineWithoutSettingsIs9600Baud8N1) {
  const auto url = parse_bus_url("rtu:///dev/serial/by-id/usb-FTDI");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->baud, 9600u);
  EXPECT_EQ(url->parity, Parity::none);
  EXPECT_EQ(url->data_bits, 8);
  EXPECT_EQ(url->stop_bits, 1);
}

TEST(BusUrl, TcpWithoutPortIs502) {
  const auto url = parse_bus_url("tcp://10.0.0.7");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "10.0.0.7");
  EXPECT_EQ(url->port, 502);
}

TEST(BusUrl, AnIpv6AddressLosesItsBrackets) {
  const auto url = parse_bus_url("rtu+tcp://[fd00::7]:4001");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->kind, BusKind::rtu_over_tcp);
  EXPECT_EQ(url->host, "fd00::7");
  EXPECT_EQ(url->port, 4001);
}

TEST(BusUrl, EveryMistakeIsToldWithWhatWouldBeRight) {
  for (const auto* wrong :
       {"", "ttyS1", "rtu://dev/ttyS1", "rtu:///dev/ttyS1?baud=9601", "rtu:///dev/ttyS1?baud",
        "rtu:///dev/ttyS1?parity=X", "rtu:///dev/ttyS1?speed=9600", "rtu:///dev/ttyS1?stop=3", "tcp://", "tcp://host:0",
        "tcp://host:70000", "tcp://host:x", "tcp://[fd00::7", "rtu+tcp://host", "tcp://user@host:502"}) {
    const auto url = parse_bus_url(wrong);
    EXPECT_FALSE(url) << wrong;
    if (!url) {
      EXPECT_FALSE(url.error().empty()) << wrong;
    }
  }
}

}  // namespace
}  // namespace gateway
