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

}  // namespace
}  // namespace gateway
