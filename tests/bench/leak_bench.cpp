// How long a leak goes on before the water meter alone gives it away, and how often it cries wolf: 90 simulated days of
// an office building's meter, with and without a leak of 0.5 %, 2 % and 10 % of its daily use, over many buildings.
//
// The constants of collectors/alarms/leak_detector.cpp were chosen with `leak_bench --tune` (seeds from 1). The figures
// are made from seeds that begin at 1,000,000 and were used for nothing else.
#include <algorithm>
#include <cmath>
#include <random>
#include <string_view>
#include <vector>

#include "collectors/alarms/leak_detector.hpp"
#include "tests/bench/bench.hpp"

namespace gateway::bench {
namespace {

constexpr int days = 90;
constexpr std::int64_t minutes = days * 1440;
constexpr int leaks_begin = 30;  // day; the last begins at 60
constexpr int leaks_end = 60;

// A building, its people and its meter. Draws come one by one (Poisson), as basins, toilets and kitchens do.
class Building {
 public:
  explicit Building(std::uint64_t seed) : random_(seed) {
    daily_ = std::exp(uniform(std::log(2000.0), std::log(20'000.0)));  // L on a working day
    night_draws_ = uniform(0.02, 0.12) * daily_ / 1000;                // an hour, of guards and those who stay late
    pulse_ = uniform(0, 1) < 0.5 ? 1 : 10;
    late_ = uniform(0.02, 0.08);  // nights on which somebody works or celebrates late
    holiday_from_ = static_cast<int>(uniform(20, 75));
    leak_from_ = static_cast<std::int64_t>(uniform(leaks_begin, leaks_end) * 1440);
    fresh_day(0);
  }
  [[nodiscard]] double daily() const { return daily_; }
  [[nodiscard]] std::int64_t leak_from() const { return leak_from_; }

  // Litres that the counter shows more after this minute.
  double minute(std::int64_t at, double leak_l_per_h) {
    const auto day = static_cast<int>(at / 1440);
    const auto of_day = static_cast<int>(at % 1440);
    if (of_day == 0) fresh_day(day);
    const double rate = draws_per_hour(of_day) / 60;  // draws a minute
    for (auto draws = std::poisson_distribution<int>(rate)(random_); draws > 0; --draws)
      running_ += std::exp(std::normal_distribution<double>(std::log(6.0), 0.5)(random_));
    const double flows = std::min(running_, 8.0 + running_ / 3);  // a draw takes a minute or two
    running_ -= flows;
    total_ += flows + (at >= leak_from_ ? leak_l_per_h / 60 : 0);
    const double shown = std::floor(total_ / pulse_) * pulse_;
    const double more = shown - shown_;
    shown_ = shown;
    return more;
  }

 private:
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  void fresh_day(int day) {
    const bool off = day % 7 >= 5 || (day >= holiday_from_ && day < holiday_from_ + 7);
    busy_ = (off ? 0.2 : 1.0) * std::exp(std::normal_distribution<double>(0, 0.15)(random_));
    late_until_ = uniform(0, 1) < late_ ? static_cast<int>(uniform(30, 150)) : 0;
    cleaning_ = off ? 0 : 1;
  }
  [[nodiscard]] double draws_per_hour(int of_day) const {
    const double mean_draw = 6.8;
    const double people = busy_ * daily_ / mean_draw / 11;  // over eleven hours
    if (of_day < late_until_) return 6 * night_draws_ + 4;
    if (of_day < 330) return night_draws_;
    if (of_day < 420) return night_draws_ + cleaning_ * people * 0.4;
    if (of_day < 480) return people * 0.4;
    if (of_day < 1080) return people * (of_day >= 690 && of_day < 810 ? 1.3 : 1.0);
    if (of_day < 1260) return people * 0.25 + night_draws_;
    return night_draws_ * 1.5;
  }

  std::mt19937_64 random_;
  double daily_, night_draws_, pulse_, late_;
  int holiday_from_;
  std::int64_t leak_from_;
  double busy_ = 1, cleaning_ = 1;
  int late_until_ = 0;
  double running_ = 0, total_ = 0, shown_ = 0;
};

struct Outcome {
  double delay_h = 0;  // to the first alarm after it began; the rest of the 90 days when there was none
  bool found = false;
  int false_alarms = 0;  // before it began, or of a meter without a leak
};

Outcome simulate(std::uint64_t seed, double share) {
  Building building(seed);
  LeakDetector detector;
  const double leak = share * building.daily() / 24;
  const auto begins = share > 0 ? building.leak_from() : minutes;
  Outcome out;
  out.delay_h = static_cast<double>(minutes - begins) / 60;
  bool alarm = false;
  for (std::int64_t at = 0; at < minutes; ++at) {
    detector.minute(at, building.minute(at, leak), true);
    const bool now = detector.verdict().finding != AlarmFinding::none;
    if (now && !alarm && at < begins) ++out.false_alarms;
    if (now && at >= begins && !out.found) {
      out.found = true;
      out.delay_h = static_cast<double>(at - begins) / 60;
    }
    alarm = now;
  }
  return out;
}

struct Figures {
  double median_delay_h = 0;
  double found = 0;  // share
  double false_alarms_per_month = 0;
};

Figures measure(std::uint64_t first_seed, int buildings, double share) {
  std::vector<double> delays;
  int found = 0;
  int false_alarms = 0;
  for (int i = 0; i < buildings; ++i) {
    const auto outcome = simulate(first_seed + static_cast<std::uint64_t>(i), share);
    delays.push_back(outcome.delay_h);
    found += outcome.found ? 1 : 0;
    false_alarms += outcome.false_alarms;
  }
  std::ranges::sort(delays);
  return {delays[delays.size() / 2], static_cast<double>(found) / buildings,
          static_cast<double>(false_alarms) / buildings / (days / 30.0)};
}

}  // namespace
}  // namespace gateway::bench

int main(int count, char** arguments) {
  using namespace gateway::bench;
  const bool tune = count > 1 && std::string_view{arguments[1]} == "--tune";
  const std::uint64_t seed = tune ? 1 : 1'000'000;
  const int buildings = tune ? 100 : 200;
  const auto none = measure(seed, 2 * buildings, 0);
  const auto tenth = measure(seed, buildings, 0.10);
  const auto fiftieth = measure(seed, buildings, 0.02);
  const auto half_percent = measure(seed, buildings, 0.005);
  report("leak_10pct_delay_h", tenth.median_delay_h, "h", Aim::none);
  report("leak_2pct_delay_h", fiftieth.median_delay_h, "h", Aim::none);
  report("leak_halfpct_delay_h", half_percent.median_delay_h, "h", Aim::none);
  report("leak_10pct_found", tenth.found, "", Aim::none);
  report("leak_2pct_found", fiftieth.found, "", Aim::none);
  report("leak_halfpct_found", half_percent.found, "", Aim::none);
  report("leak_false_alarms_per_month", none.false_alarms_per_month, "", Aim::none);
  return 0;
}
