#include "core/toml_document.hpp"

#include <array>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

std::string first_problem(TomlDocument& document) {
  return document.problems().empty() ? "" : document.problems().front().text();
}

TEST(TomlDocument, ASyntaxErrorIsOneProblemWithItsPlace) {
  auto document = TomlDocument::parse("a = 1\nb = = 2\n", "x.toml");
  EXPECT_FALSE(document.root());
  ASSERT_EQ(document.problems().size(), 1u);
  EXPECT_EQ(document.problems().front().line, 2u);
}

TEST(TomlDocument, AFileThatIsNotThereAFolderAndAnEmptyFileAreThreeProblems) {
  const test::TemporaryFolder folder;
  const auto said = [](const std::filesystem::path& path) {
    auto document = TomlDocument::read(path);
    EXPECT_FALSE(document.root());
    EXPECT_EQ(document.problems().size(), 1u);
    return first_problem(document);
  };
  EXPECT_NE(said(folder.path() / "none.toml").find("there is no such file"), std::string::npos);
  EXPECT_NE(said(folder.path()).find("is a folder"), std::string::npos);
  std::ofstream{folder.path() / "empty.toml"} << " \n";
  EXPECT_NE(said(folder.path() / "empty.toml").find("is empty"), std::string::npos);
}

TEST(TomlDocument, AByteOrderMarkIsNoError) {
  auto document = TomlDocument::parse(
      "\xEF\xBB\xBF"
      "a = 1\n",
      "x.toml");
  EXPECT_TRUE(document.root());
}

struct Typed {
  const char* text;
  const char* said;
};
class WhatPeopleType : public testing::TestWithParam<Typed> {};

// By an electrician's fingers: each says what is wrong and what to type, in no parser's words.
TEST_P(WhatPeopleType, IsExplained) {
  auto document = TomlDocument::parse(GetParam().text, "x.toml");
  EXPECT_FALSE(document.root());
  EXPECT_EQ(first_problem(document), GetParam().said);
  EXPECT_EQ(first_problem(document).find("Error while parsing"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    Mistakes, WhatPeopleType,
    testing::Values(
        Typed{"a = \"x\nb = 1\n", "x.toml:1:7: a text has no closing quote; put a \" at its end"},
        Typed{"a = “x”\n", "x.toml:1:5: “ is not \"; type \" with the input method switched to English"},
        Typed{"a = \"一号楼“\n", "x.toml:1:10: a text has no closing quote; put a \" at its end"},
        Typed{"a ＝ 1\n", "x.toml:1:3: ＝ is not =; type = with the input method switched to English"},
        Typed{"a = [1，2]\n", "x.toml:1:7: ， is not ,; type , with the input method switched to English"},
        Typed{"a = b1\n",
              "x.toml:1:5: what stands behind '=' is no value; texts stand in quotes, as \"b1\"; numbers and "
              "true or false do not"},
        Typed{"a = 5s\n",
              "x.toml:1:6: a number is followed by something else; a value with a unit stands in quotes, as \"5s\""},
        Typed{"a = 1,5\n",
              "x.toml:1:6: something stands behind the value; one key a line; a text stands in quotes as a "
              "whole, decimals have a point"},
        Typed{"[[meter]\nid = \"a\"\n",
              "x.toml:1:9: the header of a section has no closing bracket; it stands alone in "
              "its line, with as many ] as [, as [[meter]]"},
        Typed{"a =\n", "x.toml:1:4: nothing stands behind '='; give it a value, or take the line out"},
        Typed{"a: 1\n", "x.toml:1:2: there is no '=' behind the key; write key = value"},
        Typed{"a = 1\na = 2\n", "x.toml:2:5: 'a' is there twice in one section; take one of them out"},
        Typed{"[bus]\n[bus]\n",
              "x.toml:2:1: the section [bus] is there twice; put them together; of things that there are "
              "many of, each begins with two brackets, as [[meter]]"},
        Typed{"a = 01\n", "x.toml:1:7: a number begins with 0; leave the 0 out; a code stands in quotes, as \"01A00\""},
        Typed{"a = True\n", "x.toml:1:5: what stands behind '=' is no value; true is written in small letters"}));

TEST(TomlDocument, AnUnknownKeyIsToldWithTheNearestKnownOne) {
  auto document = TomlDocument::parse("intervall = \"1s\"\n", "x.toml");
  auto root = document.root();
  root->duration("interval");
  root->string("name");
  root->finish();
  EXPECT_EQ(first_problem(document), "x.toml:1:1: unknown key 'intervall'; did you mean 'interval'?");
}

TEST(TomlDocument, DurationsTakeEveryUnitAndNothingElse) {
  auto document = TomlDocument::parse(R"(a = "500ms"
b = "1.5 s"
c = "15min"
d = "25h"
e = "30d"
f = "1 week"
g = "-1s"
h = "soon"
i = 5
j = "0s")",
                                      "x.toml");
  auto root = document.root();
  EXPECT_EQ(root->duration("a"), 500ms);
  EXPECT_EQ(root->duration("b"), 1500ms);
  EXPECT_EQ(root->duration("c"), 15min);
  EXPECT_EQ(root->duration("d"), 25h);
  EXPECT_EQ(root->duration("e"), 720h);
  EXPECT_TRUE(document.problems().empty());
  for (const auto* key : {"f", "g", "h", "i", "j"}) EXPECT_FALSE(root->duration(key)) << key;
  EXPECT_EQ(document.problems().size(), 5u);
}

TEST(TomlDocument, AWrongTypeSaysWhatItIsAndWhatItMustBe) {
  auto document = TomlDocument::parse("unit = \"3\"\n", "x.toml");
  EXPECT_FALSE(document.root()->integer("unit", 1, 247));
  EXPECT_EQ(first_problem(document), "x.toml:1:8: 'unit' is a string; it must be an integer");
}

TEST(TomlDocument, AMissingKeyIsToldAtItsTable) {
  auto document = TomlDocument::parse("\n[[meter]]\nid = \"a\"\n", "x.toml");
  auto meters = document.root()->tables("meter");
  ASSERT_EQ(meters.size(), 1u);
  meters.front().required_string("bus");
  ASSERT_EQ(document.problems().size(), 1u);
  EXPECT_EQ(document.problems().front().line, 2u);
}

TEST(TomlDocument, ATableWhereAnArrayOfTablesBelongsIsToldNotSkipped) {
  auto document = TomlDocument::parse("[meter]\nid = \"a\"\n", "x.toml");
  EXPECT_TRUE(document.root()->tables("meter").empty());
  EXPECT_EQ(document.problems().size(), 1u);
}

TEST(TomlDocument, NotANumberAndInfinityAreRefused) {
  auto document = TomlDocument::parse("a = nan\nb = inf\n", "x.toml");
  auto root = document.root();
  EXPECT_FALSE(root->number("a"));
  EXPECT_FALSE(root->number("b"));
  EXPECT_EQ(document.problems().size(), 2u);
}

}  // namespace
}  // namespace gateway
