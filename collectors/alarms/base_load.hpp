// What an area draws when nobody is there, learned from its own nights: of each night the power that is undercut one
// fifth of the time, of the last nights the median. A night on which something was left on is one of many and does not
// move it.
//
// Pure; local minutes are handed in, in order, gaps allowed. One that lies far back means that the clock was ahead: it
// goes on from there. For one thread.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/error.hpp"

namespace gateway {

class BaseLoad {
 public:
  static constexpr int night_from = 0;  // local minutes of the day
  static constexpr int night_to = 5 * 60;
  static constexpr std::size_t nights_kept = 21;
  static constexpr std::size_t nights_needed = 3;

  // assumed: stands for it, in W, until enough nights are known.
  explicit BaseLoad(std::optional<double> assumed = std::nullopt) noexcept : assumed_(assumed) {}

  // Mean power of one local minute (minutes since 1970 local), in W.
  void minute(std::int64_t local_minute, double watts);
  // W; nullopt: not known yet.
  [[nodiscard]] std::optional<double> watts() const;

  [[nodiscard]] const std::vector<double>& nights() const noexcept { return nights_; }
  void restore(std::vector<double> nights);

 private:
  void end_night();
  std::optional<double> assumed_;
  std::vector<double> nights_;  // oldest first
  std::vector<double> tonight_;
  std::int64_t last_minute_ = -1;
};

}  // namespace gateway
