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

// Ids of open events are kept: 256 of 64 kB for each camera were 32 MB.
TEST(PayloadLimits, AnEventsIdIsNoLongerThanFrigatesMayBe) {
  const auto event = [](std::size_t length) {
    return R"({"type":"new","after":{"camera":"gate","label":"person","id":")" + std::string(length, '1') + "\"}}";
  };
  EXPECT_TRUE(decode_frigate_event(event(64)).has_value());
  const auto refused = decode_frigate_event(event(65));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, PayloadFault::too_long);
}

TEST(PayloadLimits, ScalingMakesNoNumberThatIsNone) {
  ValueMapping mapping;
  mapping.quantity = Quantity::temperature;
  mapping.topic = "t";
  mapping.scale = 1e6;
  EXPECT_EQ(decode_mapped("t", "1e200", {&mapping, 1}).values.size(), 1u);
  const auto decoded = decode_mapped("t", "1e305", {&mapping, 1});
  EXPECT_TRUE(decoded.values.empty());
  EXPECT_TRUE(decoded.problem);
}

TEST(PayloadLimits, APayloadLargerThanTheStackBufferDecodes) {
  const auto large = R"({"x":")" + std::string(20'000, 'x') + R"(","contact":false})";
  const auto decoded = decode_zigbee2mqtt(large);
  EXPECT_FALSE(decoded.problem);
  EXPECT_EQ(decoded.values.size(), 1u);
}

}  // namespace
}  // namespace gateway
