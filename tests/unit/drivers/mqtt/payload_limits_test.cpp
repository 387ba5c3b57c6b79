#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/mqtt/payload.hpp"

namespace gateway {
namespace {

using testing::HasSubstr;

std::string nested(std::size_t depth) {
  return R"({"contact":false,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

TEST(PayloadLimits, DeepJsonIsRefusedWithoutRecursion) {
  EXPECT_FALSE(decode_zigbee2mqtt(nested(6)).problem);
  EXPECT_TRUE(decode_zigbee2mqtt(nested(9)).problem);
  EXPECT_TRUE(decode_zigbee2mqtt(nested(30'000)).problem);
}

TEST(PayloadLimits, AMegabyteIsRefusedBeforeItIsParsed) {
  const auto large = R"({"contact":false,"x":")" + std::string(1'000'000, 'x') + "\"}";
  EXPECT_THAT(decode_zigbee2mqtt(large).problem.value().text, HasSubstr("longer than 64 KiB"));
  EXPECT_FALSE(decode_frigate_event(large).has_value());
  EXPECT_FALSE(decode_availability(large).has_value());
}

TEST(PayloadLimits, APayloadLargerThanTheStackBufferDecodes) {
  const auto large = R"({"x":")" + std::string(20'000, 'x') + R"(","contact":false})";
  const auto decoded = decode_zigbee2mqtt(large);
  EXPECT_FALSE(decoded.problem);
  EXPECT_EQ(decoded.values.size(), 1u);
}

}  // namespace
}  // namespace gateway
