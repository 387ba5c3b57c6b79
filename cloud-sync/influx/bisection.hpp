// Finds the bad lines of a text that a write API refuses: halves, halves of halves, until they stand alone. A text with
// k bad lines of n takes some 2 k log2 n requests. Pure; for one thread.
//
//   while (auto part = bisection.next()) accepts(*part) ? bisection.accepted() : bisection.refused("400: ...");
//   letters = bisection.take_dead();
//
// Lines that were refused before anything was accepted are asked for once more: the endpoint may have been mended
// meanwhile.
//
// A part that got no answer is simply asked for again: next() gives the same one until it is answered.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cloud-sync/store/delivery.hpp"

namespace gateway {

// Fields of the lines, counted as InfluxDB counts them.
[[nodiscard]] std::uint64_t count_values(std::string_view lines) noexcept;
[[nodiscard]] DeadLetter dead_letter(std::string reason, std::string_view lines);

// Lines that are refused are mostly refused for what they are: a field that the far end holds in another type. What was
// refused before stands apart in the next text, so that the rest of it passes in one request. For one thread.
class Suspects {
 public:
  void refused(std::string_view line);
  // Puts the lines like those at the end; returns where they begin (the text's size: there are none). The order of
  // lines means nothing to a store: no two of them are of one series and time.
  [[nodiscard]] std::size_t move_last(std::string& lines) const;

 private:
  std::set<std::string, std::less<>> kinds_;  // measurement and field keys
};

class Bisection {
 public:
  // Whole lines; must outlive it. `pieces`: so many about equal ones to begin with.
  explicit Bisection(std::string_view text, std::size_t pieces = 1) : Bisection(text, pieces, text.size()) {}
  // The same, with what is behind `apart` as one more.
  Bisection(std::string_view text, std::size_t pieces, std::size_t apart);

  [[nodiscard]] std::optional<std::string_view> next() const;
  void accepted();
  void refused(std::string reason);
  // Halves the next part without an answer that counts. False: it is one line.
  bool halve();
  // The next part is.
  [[nodiscard]] bool is_one_line() const noexcept;

  [[nodiscard]] bool nothing_accepted() const noexcept { return !any_accepted_; }
  // So many lines in a row were refused, and none accepted, that it is not the lines.
  [[nodiscard]] bool hopeless() const noexcept { return !any_accepted_ && dead_.size() >= 8; }
  [[nodiscard]] const std::string& last_reason() const noexcept { return last_reason_; }
  [[nodiscard]] std::vector<DeadLetter> take_dead() const;

 private:
  std::vector<std::string_view> parts_;  // the last is the next
  struct Dead {
    std::string_view line;
    std::string reason;
  };
  std::vector<Dead> dead_;
  std::string last_reason_;
  bool any_accepted_ = false;
};

}  // namespace gateway
