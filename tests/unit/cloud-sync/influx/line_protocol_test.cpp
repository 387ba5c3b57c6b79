#include "cloud-sync/influx/line_protocol.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::string_view_literals;

class LineProtocol : public ::testing::Test {
 protected:
  std::array<char, 4096> room{};
  LineWriter line{room};
};

TEST_F(LineProtocol, ALineHasSeriesFieldsAndTime) {
  line.begin("m,t=v");
  line.field("a", 1.5);
  line.field("b", std::int64_t{-7});
  line.field_thousandths("c", 12'345);
  line.field("d", "text"sv);
  ASSERT_TRUE(line.end(1'700'000'000'123));
  EXPECT_EQ(line.text(), "m,t=v a=1.5,b=-7i,c=12.345,d=\"text\" 1700000000123\n");
  EXPECT_EQ(line.lines(), 1U);
  EXPECT_EQ(line.values(), 4U);
}

TEST_F(LineProtocol, NanAndInfinityAreRefusedAndTheRestGoesOn) {
  line.begin("m");
  line.field("nan", std::numeric_limits<double>::quiet_NaN());
  line.field("inf", std::numeric_limits<double>::infinity());
  line.field("a", 2.0);
  ASSERT_TRUE(line.end(1));
  EXPECT_EQ(line.text(), "m a=2 1\n");
  EXPECT_EQ(line.refused(), 2U);
}

TEST_F(LineProtocol, ALineWithoutAFieldIsTakenBack) {
  line.begin("m");
  line.field("nan", std::nan(""));
  EXPECT_FALSE(line.end(1));
  EXPECT_EQ(line.text(), "");
}

TEST_F(LineProtocol, ALineThatFindsNoRoomIsTakenBackWhole) {
  for (std::size_t size = 0; size < 60; ++size) {
    LineWriter small{std::span{room}.first(size)};
    small.begin("measurement,tag=value");
    small.field("a", 1.0);
    const bool whole = small.end(1'700'000'000'000);
    EXPECT_EQ(small.text().empty(), !whole);
  }
}

TEST_F(LineProtocol, IntegersThatADoubleCantHoldAreRefused) {
  line.begin("m");
  line.field("a", (std::int64_t{1} << 53) + 1);
  line.field("b", std::int64_t{1} << 53);
  ASSERT_TRUE(line.end(1));
  EXPECT_EQ(line.text(), "m b=9007199254740992i 1\n");
}

TEST_F(LineProtocol, ThousandthsAreExactAtTheEdges) {
  line.begin("m");
  line.field_thousandths("a", 0);
  line.field_thousandths("b", -1);
  line.field_thousandths("c", -1'234'056);
  line.field_thousandths("d", INT64_MIN);
  ASSERT_TRUE(line.end(1));
  EXPECT_EQ(line.text(), "m a=0.000,b=-0.001,c=-1234.056,d=-9223372036854775.808 1\n");
}

TEST_F(LineProtocol, WhatCameFromAFloatRegisterIsSaidInFloatDigits) {
  line.begin("m");
  line.field("a", static_cast<double>(231.4F));
  line.field("b", 231.39999);
  ASSERT_TRUE(line.end(1));
  EXPECT_EQ(line.text(), "m a=231.4,b=231.39999 1\n");
}

TEST_F(LineProtocol, TextIsEscapedAndNeverASecondLine) {
  line.begin("m");
  line.field("a", "say \"hi\\\"\nx y=2\r\n\t\0z"sv);
  ASSERT_TRUE(line.end(1));
  EXPECT_EQ(std::ranges::count(line.text(), '\n'), 1);
  EXPECT_TRUE(line.text().starts_with("m a=\"say \\\"hi\\\\\\\" x y=2"));
}

TEST_F(LineProtocol, InvalidUtf8IsReplaced) {
  line.begin("m");
  line.field("a", "\xC3\x28|\xED\xA0\x80|\xF8|中|\xC3"sv);
  ASSERT_TRUE(line.end(1));
  EXPECT_EQ(line.text(), "m a=\"\xEF\xBF\xBD(|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|\xEF\xBF\xBD|中|\xEF\xBF\xBD\" 1\n");
}

TEST_F(LineProtocol, LongTextIsCutBetweenCharacters) {
  std::string text;
  while (text.size() < 2000) text += "门";
  line.begin("m");
  line.field("a", text);
  ASSERT_TRUE(line.end(1));
  EXPECT_EQ(line.text().find("\xEF\xBF\xBD"), std::string_view::npos);
  EXPECT_LT(line.size(), LineWriter::longest_text + 16);
}

TEST(SeriesKey, EscapesWhatDelimits) {
  const std::array tags{Tag{"k y", "a,b=c d"}, Tag{"z", "末"}};
  EXPECT_EQ(series_key("my meas,x=1", tags), "my\\ meas\\,x=1,k\\ y=a\\,b\\=c\\ d,z=末");
}

TEST(SeriesKey, LeavesOutTagsWithoutAValue) {
  const std::array tags{Tag{"a", ""}, Tag{"b", "1"}};
  EXPECT_EQ(series_key("m", tags), "m,b=1");
}

TEST(SeriesKey, ABackslashCantEscapeTheNextDelimiter) {
  const std::array tags{Tag{"a", "x\\"}, Tag{"b", "1"}};
  EXPECT_EQ(series_key("m", tags), "m,a=x/,b=1");
}

TEST(SeriesKey, ALineBreakIsNoSecondLine) {
  const std::array tags{Tag{"a", "x\nm2 v=1"}};
  EXPECT_EQ(series_key("m", tags), "m,a=x\\ m2\\ v\\=1");
}

}  // namespace
}  // namespace gateway
