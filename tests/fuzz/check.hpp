// What a fuzz target asserts: never compiled out, ends the program with the place.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#define GATEWAY_CHECK(condition)                                                          \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace gateway::fuzz {

// Takes what comes before the first line end off `input`: for targets that read a topic and a payload.
inline std::string_view line_of(std::string_view& input) {
  const auto end = input.find('\n');
  const auto line = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return line;
}

}  // namespace gateway::fuzz
