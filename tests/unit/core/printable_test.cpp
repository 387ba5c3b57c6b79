#include "core/printable.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Printable, WhatIsSeenStays) {
  EXPECT_EQ(printable("王伟 (li), 2.OG: \"ä\" 😀"), "王伟 (li), 2.OG: \"ä\" 😀");
  EXPECT_EQ(printable("  a  b \n"), "a  b");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, WhatWouldMakeALineOfItsOwnOrTalkToTheTerminalIsASpace) {
  EXPECT_EQ(printable("x\ninfo: y\r\tz"), "x info: y  z");
  EXPECT_EQ(printable("a\x1B[2Jb\x7F"
                      "c"),
            "a [2Jb c");
  EXPECT_EQ(printable("a\u0085b\u009B2Jc"), "a b 2Jc");  // next line and CSI of C1
  EXPECT_EQ(printable("a\u2028b\u2029c\u202Ed\u2066e\uFEFFf"), "a b c d e f");
  EXPECT_EQ(printable(std::string_view{"a\0b", 3}), "a b");
}

TEST(Printable, WhatIsNotUtf8IsNotPassedOn) {
  EXPECT_EQ(printable("a\xFF"
                      "b\xC3"),
            "a?b?");
  EXPECT_EQ(printable("\xC0\x8A"), "??");       // a newline, longer than it need be
  EXPECT_EQ(printable("\xED\xA0\x80"), "???");  // half a surrogate pair
}

}  // namespace
}  // namespace gateway
