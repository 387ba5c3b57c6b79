#include "core/problem.hpp"

#include <array>

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Problem, IsWrittenAsFileLineColumnWhatAndRemedy) {
  const Problem problem{"site.toml", 12, 5, "unknown key 'intervall'", "did you mean 'interval'?"};
  EXPECT_EQ(problem.text(), "site.toml:12:5: unknown key 'intervall'; did you mean 'interval'?");
}

TEST(Problem, WithoutAPlaceOnlyTheFileIsNamed) {
  EXPECT_EQ((Problem{"site.toml", 0, 0, "can't be read", ""}.text()), "site.toml: can't be read");
}

TEST(Nearest, FindsTypingSlipsAndNothingFarAway) {
  constexpr std::array<std::string_view, 4> known{"interval", "unit", "model", "area"};
  EXPECT_EQ(nearest("intervall", known), "interval");
  EXPECT_EQ(nearest("untis", known), "unit");
  EXPECT_EQ(nearest("modle", known), "model");
  EXPECT_EQ(nearest("colour", known), "");
}

TEST(Nearest, APartOfANameFindsTheName) {
  constexpr std::array<std::string_view, 5> known{"url", "organisation", "token_file", "eastron-sdm630",
                                                  "eastron-sdm630-v2"};
  EXPECT_EQ(nearest("org", known), "organisation") << "and not url";
  EXPECT_EQ(nearest("token", known), "token_file");
  EXPECT_EQ(nearest("sdm630", known), "eastron-sdm630");
  EXPECT_EQ(nearest("urll", known), "url") << "a slip before a part";
  EXPECT_EQ(nearest("en", known), "") << "too short to say anything";
}

}  // namespace
}  // namespace gateway
