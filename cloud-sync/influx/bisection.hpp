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
#include <string>
#include <string_view>
#include <vector>

#include "cloud-sync/store/delivery.hpp"

namespace gateway {

// Fields of the lines, counted as InfluxDB counts them.
[[nodiscard]] std::uint64_t count_values(std::string_view lines) noexcept;
[[nodiscard]] DeadLetter dead_letter(std::string reason, std::string_view lines);

class Bisection {
 public:
  // Whole lines; must outlive it. `pieces`: so many about equal ones to begin with.
  explicit Bisection(std::string_view text, std::size_t pieces = 1);

  [[nodiscard]] std::optional<std::string_view> next() const;
  void accepted();
  void refused(std::string reason);
  // Halves the next part without having asked. False: it is one line.
  bool halve();

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
