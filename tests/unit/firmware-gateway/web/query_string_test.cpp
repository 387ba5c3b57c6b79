#include "firmware-gateway/web/query_string.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(QueryString, GivesTheFirstValueOfAName) {
  EXPECT_EQ(query_value("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(query_value("a=1&b=2", "b"), "2");
  EXPECT_EQ(query_value("a=1&b", "b"), "");
  EXPECT_EQ(query_value("a=b=c", "a"), "b=c");
}

TEST(QueryString, AMissingNameIsNotAnEmptyOne) {
  EXPECT_EQ(query_value("", "a"), std::nullopt);
  EXPECT_EQ(query_value("ab=1", "a"), std::nullopt);
  EXPECT_EQ(query_value("&&", "a"), std::nullopt);
}

TEST(QueryString, DecodesPercentAndPlus) { EXPECT_EQ(query_value("a=%E4%B8%80+b%2f", "a"), "一 b/"); }

TEST(QueryString, ABrokenEscapeIsNoValue) {
  EXPECT_EQ(query_value("a=%", "a"), std::nullopt);
  EXPECT_EQ(query_value("a=%4", "a"), std::nullopt);
  EXPECT_EQ(query_value("a=%4g", "a"), std::nullopt);
}

TEST(QueryString, AnIntegerIsTheWholeText) {
  EXPECT_EQ(whole_integer<std::int64_t>("1763883600123"), 1763883600123);
  EXPECT_EQ(whole_integer<std::uint32_t>("4294967296"), std::nullopt);
  EXPECT_EQ(whole_integer<std::uint32_t>("-1"), std::nullopt);
  EXPECT_EQ(whole_integer<std::uint32_t>("1x"), std::nullopt);
  EXPECT_EQ(whole_integer<std::uint32_t>(" 1"), std::nullopt);
  EXPECT_EQ(whole_integer<std::uint32_t>(""), std::nullopt);
}

}  // namespace
}  // namespace gateway
