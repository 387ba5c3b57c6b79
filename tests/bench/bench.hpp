// How a benchmark says what it found: one JSON object a line on standard output, {name, value, unit, aim, holds}.
// tests/bench/run collects them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace gateway::bench {

enum class Aim { at_most, at_least, exactly, none };

inline void report(std::string_view name, double value, std::string_view unit, Aim aim, double bound = 0) {
  const bool holds = aim == Aim::none || (aim == Aim::at_most && value <= bound) ||
                     (aim == Aim::at_least && value >= bound) || (aim == Aim::exactly && value == bound);
  const std::string_view sign = aim == Aim::at_most ? "<= " : aim == Aim::at_least ? ">= " : "";
  fmt::print(R"({{"name":"{}","value":{:.6g},"unit":"{}","aim":"{}","holds":{}}})"
             "\n",
             name, value, unit, aim == Aim::none ? "" : fmt::format("{}{:g}", sign, bound), holds);
}

// Seconds that `work` takes: the quickest of `rounds`, which is the one least disturbed by the rest of the machine.
template <class Work>
double quickest(int rounds, Work&& work) {
  double best = 1e300;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace gateway::bench
