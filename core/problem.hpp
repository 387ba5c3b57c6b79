// Something wrong in a file that a person wrote, said so that the person can mend it. Collected, never thrown: all
// problems are shown at once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// In a file that a person wrote; 1-based, 0: no place.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Problem {
  std::string file;
  std::uint32_t line = 0;    // 1-based; 0 when the problem has no place
  std::uint32_t column = 0;  // 1-based, in characters of the line
  std::string what;          // what is wrong
  std::string remedy;        // what would be right

  // file:line:column: what is wrong; what would be right
  [[nodiscard]] std::string text() const;
};
using Problems = std::vector<Problem>;

// The candidate most like `word` (Damerau-Levenshtein), else the shortest that holds it, or "" when none is near enough
// to be worth offering.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gateway
