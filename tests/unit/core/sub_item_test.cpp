#include "core/sub_item.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(SubItem, ParentsGoUpLevelByLevelToTheEnergyAndEndThere) {
  EXPECT_EQ(parent_sub_item("01B1A"), "01B10");
  EXPECT_EQ(parent_sub_item("01B10"), "01B00");
  EXPECT_EQ(parent_sub_item("01B00"), "01000");
  EXPECT_EQ(parent_sub_item("01000"), "");
}

TEST(SubItem, EveryStandardCodeIsWellFormedAndKnowsItsParent) {
  for (const auto& entry : standard_sub_items()) {
    EXPECT_TRUE(is_sub_item_code(entry.code)) << entry.code;
    EXPECT_FALSE(entry.name.empty());
  }
}

TEST(SubItem, OtherShapesAreRefused) {
  for (const auto* wrong : {"", "01A1", "01A100", "1A100", "01a10", "01AZ0", "0xA10"})
    EXPECT_FALSE(is_sub_item_code(wrong)) << wrong;
}

}  // namespace
}  // namespace gateway
