#include "firmware-gateway/web/json_writer.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace gateway {
namespace {

std::string quoted(std::string_view text) {
  JsonWriter json;
  json.string(text);
  return json.take();
}
std::string thousandths(std::int64_t value) {
  JsonWriter json;
  json.thousandths(value);
  return json.take();
}
std::string rounded(double value) {
  JsonWriter json;
  json.rounded(value);
  return json.take();
}

TEST(JsonWriter, CommasStandBetweenMembersAndElementsOnly) {
  JsonWriter json;
  json.begin_object().member("a", 1).key("b").begin_array().integer(1).begin_object().end_object().null().end_array();
  json.member("c", "x").raw(R"("d":1,"e":2)").member("f", true).end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[1,{},null],"c":"x","d":1,"e":2,"f":true})");
}

TEST(JsonWriter, EscapesWhatJsonForbidsInText) {
  EXPECT_EQ(quoted("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\r")");
  EXPECT_EQ(quoted(std::string_view{"\0\x1f\x7f", 3}), "\"\\u0000\\u001f\\u007f\"");
}

TEST(JsonWriter, ValidUtf8StaysAsItIs) { EXPECT_EQ(quoted("一号楼 é 😀"), "\"一号楼 é 😀\""); }

TEST(JsonWriter, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(quoted("a\xFFz"), "\"a" + bad + "z\"");
  EXPECT_EQ(quoted("\xE4\xB8"), '"' + bad + bad + '"');            // cut in the middle of a character
  EXPECT_EQ(quoted("\xC0\xAF"), '"' + bad + bad + '"');            // overlong
  EXPECT_EQ(quoted("\xED\xA0\x80"), '"' + bad + bad + bad + '"');  // surrogate
  EXPECT_EQ(quoted("\xF5\x80\x80\x80"), '"' + bad + bad + bad + bad + '"');
}

TEST(JsonWriter, ThousandthsAreExactAndWithoutNeedlessZeros) {
  EXPECT_EQ(thousandths(0), "0");
  EXPECT_EQ(thousandths(1234500), "1234.5");
  EXPECT_EQ(thousandths(1), "0.001");
  EXPECT_EQ(thousandths(-1), "-0.001");
  EXPECT_EQ(thousandths(-2050), "-2.05");
  EXPECT_EQ(thousandths(7000), "7");
  EXPECT_EQ(thousandths(std::numeric_limits<std::int64_t>::min()), "-9223372036854775.808");
  EXPECT_EQ(thousandths(std::numeric_limits<std::int64_t>::max()), "9223372036854775.807");
}

TEST(JsonWriter, RoundedNumbersHaveThreeDecimalsAtMost) {
  EXPECT_EQ(rounded(static_cast<double>(1234.567F)), "1234.567");
  EXPECT_EQ(rounded(-0.0004), "0");
  EXPECT_EQ(rounded(1e300), "1e+300");
}

TEST(JsonWriter, WhatIsNotANumberBecomesNull) {
  EXPECT_EQ(rounded(std::nan("")), "null");
  EXPECT_EQ(rounded(std::numeric_limits<double>::infinity()), "null");
  JsonWriter json;
  json.number(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(json.text(), "null");
}

TEST(JsonWriter, AMissingValueIsNullNotZero) {
  JsonWriter json;
  json.begin_object().member("a", std::optional<int>{}).member("b", std::optional{0}).end_object();
  EXPECT_EQ(json.text(), R"({"a":null,"b":0})");
}

}  // namespace
}  // namespace gateway
