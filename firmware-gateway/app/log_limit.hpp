// Which log lines are worth the flash: the first of a kind at once, then ever fewer, and in all no more than a budget.
//
// Lines are of one kind when they differ in their numbers only. Of one kind the first five pass, then one in ten
// minutes, which says how many it stands for. All kinds together may spend 200 lines at once and one more every ten
// seconds: 8,840 a day at most, whatever goes wrong. What is held back is counted, and told with the next line that
// passes; the budget can be carried from one life of the program to the next. A line is one line of 400 bytes at most.
// Not synchronised: the log's sink has a lock.
//
// Two kinds of lines have as much again each, so that no noise hides them: what people did who may (log-ins, deletions:
// "dashboard: ..." and "command: ..."), and log-ins that failed. Of the former, and of locks that began, two are of one
// kind only when they are the same word for word. In all 26,520 lines a day at most, some 4 MB, and 11 MB at the very
// most.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gateway {

class LogLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr unsigned first_ones = 5;
  static constexpr std::chrono::minutes then_every{10};
  static constexpr std::chrono::hours forgotten_after{1};  // a kind that was silent for so long is new again
  static constexpr unsigned burst = 200;
  static constexpr std::chrono::seconds refill{10};
  static constexpr std::size_t most_kinds = 512;

  struct Verdict {
    bool pass = false;
    std::uint64_t like_this = 0;  // of this kind, held back since the last one that passed
    std::uint64_t others = 0;     // of kinds that were held back for the budget, since anything passed
  };
  // `now` never goes back.
  Verdict look_at(std::string_view text, Time now);

  struct Budget {
    double lines = burst;  // left
    Time at{};             // of the last line; a full one has none
  };
  using Budgets = std::array<Budget, 3>;  // what people did, what failed at the log-in, everything else
  [[nodiscard]] const Budgets& budgets() const noexcept { return budgets_; }
  // Goes on with what an earlier life had left. Before the first line; nonsense is not taken.
  void resume(const Budgets& left, Time now);

 private:
  struct Kind {
    Time last{};  // seen
    Time last_passed{};
    unsigned passed = 0;
    std::uint64_t held_back = 0;
  };
  static bool spend(Budget& budget, Time now);
  void forget(Time now);

  std::unordered_map<std::string, Kind> kinds_;
  Budgets budgets_;
  std::uint64_t over_budget_ = 0;
};

inline constexpr std::size_t longest_log_line = 400;  // bytes
// As one line: line ends and other control characters are spaces, and what is too long is cut between two characters
// and marked. `longest` is 8 at least.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t longest = longest_log_line);

}  // namespace gateway
