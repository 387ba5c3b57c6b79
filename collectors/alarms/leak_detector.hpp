// Finds leaks from one water meter alone, by its nights (docs/alarms.md): takes in what every minute used, compares
// each night with the meter's own nights before.
//
// Three things are looked at. A burst: ten minutes with far more than the meter ever had. The night's minimum flow
// (02:00 practice of water utilities, UKWIR: the least hour of the night against past nights). And for small leaks two
// cumulative sums over the nights (CUSUM, Page 1954): of the most that can have run all night long, and of the night's
// volume with single draws cut off. The pulse of the meter limits what can be known, and is learned.
//
// Pure: no clock; local minutes are handed in, each at most once, in order, gaps allowed. One that lies far back means
// that the clock was ahead: it goes on from there. For one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "core/records.hpp"

namespace gateway {

class LeakDetector {
 public:
  // The night: local minutes of the day [from, to).
  static constexpr int night_from = 0;
  static constexpr int night_to = 5 * 60;
  static constexpr std::size_t nights_kept = 60;
  // Before so many good nights are known, only `limit` can tell.
  static constexpr std::size_t nights_needed = 7;

  struct Verdict {
    AlarmFinding finding = AlarmFinding::none;
    double flow_l_per_h = 0;   // how much seems to leak, or flows
    double limit_l_per_h = 0;  // what it was compared with
  };

  // limit_l_per_h: a night minimum above this is a leak whatever the history says; 0: history alone.
  explicit LeakDetector(double limit_l_per_h = 0) noexcept : limit_(limit_l_per_h) {}

  // What was used in one minute of local time (minutes since 1970 local). known: measured, not spread over a gap.
  void minute(std::int64_t local_minute, double litres, bool known);
  // As of the last minute.
  [[nodiscard]] const Verdict& verdict() const noexcept { return verdict_; }

  [[nodiscard]] std::size_t good_nights() const noexcept { return history_.size(); }
  // The smallest step of the counter that was seen, in litres; 0: none yet.
  [[nodiscard]] double pulse_litres() const noexcept { return pulse_; }
  // A step of the meter's counter as it was read. Better than what minutes show: a pulse between two readings is
  // spread over the minutes that they lie in. The first one makes what was learned from minutes void.
  void step(double litres);
  void set_limit(double limit_l_per_h) noexcept { limit_ = limit_l_per_h; }

  // Everything, as numbers; restore() of it goes on as if nothing had happened.
  [[nodiscard]] std::vector<double> state() const;
  // invalid_argument: it is no state; nothing has changed.
  Expected<void> restore(std::span<const double> state);

 private:
  static constexpr int night_length = night_to - night_from;
  static constexpr std::size_t burst_minutes = 10;

  struct Night {
    double steady = 0;   // logarithm of the most that can have run all night, L/h: a multiple is a multiple
    double minimum = 0;  // least hour, L/h
    double early = 0;    // least hour until the first look, L/h
    double volume = 0;   // logarithm of the litres, single draws cut off
    double peak = 0;     // most in ten minutes of the day before its end, L
    bool quiet = true;   // nothing was found: it may be compared with
  };
  struct Baseline {
    double centre = 0;
    double spread = 0;  // robust standard deviation
  };

  void begin_day(std::int64_t day);
  void end_night();
  void look_in_the_night(int minutes);
  void look_for_burst(double litres);
  [[nodiscard]] double least_hour(int minutes) const noexcept;
  [[nodiscard]] double steady_bound() const;
  [[nodiscard]] double clipped_volume() const noexcept;
  [[nodiscard]] std::optional<Baseline> baseline(double Night::*what, double least_spread) const;
  [[nodiscard]] double limit_of(double Night::*what) const;

  double limit_;
  Verdict verdict_;
  std::vector<Night> history_;  // oldest first
  double steady_sum_ = 0;       // the two CUSUMs, in standard deviations
  double volume_sum_ = 0;
  double pulse_ = 0;
  bool counter_read_ = false;                 // the pulse comes from steps of the counter
  double peak_ = 0;                           // of the day under way
  std::array<double, burst_minutes> last_{};  // the last ten minutes
  std::size_t measured_ = 0;                  // of them, without a break until now
  std::int64_t last_minute_ = -1;
  std::int64_t day_ = -1;
  std::array<float, night_length> night_{};
  int night_seen_ = 0;   // minutes of the night that have been told
  int night_known_ = 0;  // of those, measured
  bool night_ended_ = true;
};

}  // namespace gateway
