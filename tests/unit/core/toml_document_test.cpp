#include "core/toml_document.hpp"

#include <array>

#include <gtest/gtest.h>

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

TEST(TomlDocument, AFileThatIsNotThereIsAProblemNotAnException) {
  auto document = TomlDocument::read("/does/not/exist.toml");
  EXPECT_FALSE(document.root());
  EXPECT_EQ(document.problems().size(), 1u);
}

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
