#include "collectors/alarms/leak_detector.hpp"

#include <algorithm>
#include <cmath>

#include "collectors/alarms/farthest_set_back.hpp"

namespace gateway {
namespace {

// Chosen on simulated meters with seeds that the benchmark does not use (docs/benchmarks.md).
constexpr double slack = 0.75;        // standard deviations a night that a CUSUM forgives
constexpr double alarm_at = 7.0;      // standard deviations in sum
constexpr double one_night = 3.0;     // counted for one night at most: a party is no leak
constexpr double night_factor = 8.0;  // standard deviations above the usual night minimum
constexpr std::size_t lag = 5;        // the newest nights are not compared with: a leak must not hide itself
constexpr int in_the_night = 210;     // minutes into the night before it can be told by its minimum: people stay late
constexpr double burst_factor = 1.6;
constexpr double draw_litres = 2;  // of a quarter of an hour; what is above is somebody using water
constexpr int unknown_minutes = 30;
constexpr double least_step = 0.0005;   // L
constexpr double steady_offset = 0.05;  // L/h
constexpr double volume_offset = 2;     // L
constexpr double least_log_spread = 0.2;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

void LeakDetector::minute(std::int64_t local_minute, double litres, bool known) {
  const auto day = local_minute / 1440;
  if (local_minute <= last_minute_) {
    if (last_minute_ - local_minute < farthest_set_back) return;
    begin_day(day);  // the night under way is none
  }
  if (day != day_) begin_day(day);
  if (local_minute != last_minute_ + 1) {
    last_.fill(0);
    measured_ = 0;
  }
  measured_ = known ? measured_ + 1 : 0;
  last_minute_ = local_minute;
  if (known && !counter_read_ && litres > least_step && (pulse_ == 0 || litres < pulse_)) pulse_ = litres;
  std::rotate(last_.begin(), last_.begin() + 1, last_.end());
  last_.back() = known ? litres : 0;
  double ten = 0;
  for (const double each : last_) ten += each;
  look_for_burst(ten);
  peak_ = std::max(peak_, ten);
  const auto of_day = static_cast<int>(local_minute % 1440);
  if (of_day >= night_from && of_day < night_to) {
    night_[static_cast<std::size_t>(of_day - night_from)] = static_cast<float>(litres);
    ++night_seen_;
    night_known_ += known ? 1 : 0;
    night_ended_ = false;
    look_in_the_night(of_day - night_from + 1);
  }
  if (of_day >= night_to - 1 && !night_ended_) end_night();
}

void LeakDetector::step(double litres) {
  if (litres <= least_step) return;
  if (!counter_read_) {
    // Nights that were measured with another pulse can't be compared with those to come.
    if (pulse_ > 0 && litres > pulse_) history_.clear();
    if (history_.empty()) steady_sum_ = volume_sum_ = 0;
    pulse_ = litres;
    counter_read_ = true;
  }
  pulse_ = std::min(pulse_, litres);
}

void LeakDetector::begin_day(std::int64_t day) {
  // A night whose end nobody saw is no night.
  day_ = day;
  night_.fill(0);
  night_seen_ = night_known_ = 0;
  night_ended_ = true;
}

// The least that ran in any hour of what has been of the night.
double LeakDetector::least_hour(int minutes) const noexcept {
  double sum = 0;
  double least = 1e300;
  for (int i = 0; i < minutes; ++i) {
    sum += night_[static_cast<std::size_t>(i)];
    if (i >= 60) sum -= night_[static_cast<std::size_t>(i - 60)];
    if (i >= 59) least = std::min(least, sum);
  }
  return std::max(least, 0.0);
}

// In a stretch of w minutes with volume V, no more than (V + pulse) / w can have run all the time; the stretch that
// says least is the bound.
double LeakDetector::steady_bound() const {
  static constexpr std::array<int, 6> lengths{20, 40, 60, 100, 160, 240};
  std::array<double, night_length + 1> sums{};
  for (std::size_t i = 0; i < night_length; ++i) sums[i + 1] = sums[i] + static_cast<double>(night_[i]);
  double bound = 1e300;
  for (const int length : lengths) {
    double least = 1e300;
    for (std::size_t from = 0; from + static_cast<std::size_t>(length) < sums.size(); ++from)
      least = std::min(least, sums[from + static_cast<std::size_t>(length)] - sums[from]);
    bound = std::min(bound, (std::max(least, 0.0) + pulse_) * 60 / length);
  }
  return bound;
}

double LeakDetector::clipped_volume() const noexcept {
  const double most = std::max(draw_litres, pulse_);
  double volume = 0;
  for (std::size_t i = 0; i < night_length; i += 15) {
    double quarter = 0;
    for (std::size_t j = i; j < i + 15; ++j) quarter += static_cast<double>(night_[j]);
    volume += std::min(quarter, most);
  }
  return volume;
}

std::optional<LeakDetector::Baseline> LeakDetector::baseline(double Night::*what, double least_spread) const {
  std::vector<double> values;
  const std::size_t until = history_.size() > nights_needed + lag ? history_.size() - lag : history_.size();
  for (std::size_t i = 0; i < until; ++i)
    if (history_[i].quiet) values.push_back(history_[i].*what);
  if (values.size() < nights_needed) return std::nullopt;
  Baseline out;
  out.centre = median(values);
  std::vector<double> apart;
  double sum = 0;
  for (const double value : values) {
    apart.push_back(std::abs(value - out.centre));
    sum += std::min(apart.back(), 1e12);
  }
  // The median of the distances is 0 where most nights are alike; their mean is not.
  const double mean = sum / static_cast<double>(values.size());
  out.spread = std::max({1.4826 * median(apart), 1.2533 * mean, least_spread});
  // Few nights know their spread badly.
  out.spread *= 1 + 5.0 / static_cast<double>(values.size());
  return out;
}

double LeakDetector::limit_of(double Night::*what) const {
  const auto usual = baseline(what, 1);
  if (!usual) return limit_;
  const double own = usual->centre + std::max(night_factor * usual->spread, 2 * pulse_);
  return limit_ > 0 ? std::min(limit_, own) : own;
}

void LeakDetector::look_for_burst(double litres_in_ten) {
  if (history_.size() < nights_needed) return;
  double most = 0;
  for (const auto& night : history_) most = std::max(most, night.peak);
  const double limit = std::max(burst_factor * most, 4 * pulse_);
  if (litres_in_ten > limit && limit > 0) {
    verdict_ = {AlarmFinding::burst, litres_in_ten * 6, most * 6};
  } else if (verdict_.finding == AlarmFinding::burst && measured_ >= burst_minutes && litres_in_ten <= most) {
    // Ten minutes that were measured: a meter that fell silent, or a restart, ends nothing.
    verdict_ = {};
  }
}

void LeakDetector::look_in_the_night(int minutes) {
  // From the first look on the least hour can only become less: its limit stays right.
  if (minutes < in_the_night || minutes % 10 != 0 || verdict_.finding == AlarmFinding::burst) return;
  if (minutes - night_known_ > unknown_minutes) return;
  const double limit = limit_of(&Night::early);
  const double least = least_hour(minutes);
  if (limit > 0 && least > limit && verdict_.finding != AlarmFinding::never_zero)
    verdict_ = {AlarmFinding::night_flow, least, limit};
}

void LeakDetector::end_night() {
  night_ended_ = true;
  if (night_length - night_known_ > unknown_minutes) return;
  Night night;
  night.minimum = least_hour(night_length);
  night.early = least_hour(in_the_night);
  night.steady = std::log(steady_bound() + steady_offset);
  night.volume = std::log(clipped_volume() + volume_offset);
  night.peak = peak_;
  peak_ = 0;
  const double limit = limit_of(&Night::minimum);
  const auto steady = baseline(&Night::steady, least_log_spread);
  const auto volume = baseline(&Night::volume, least_log_spread);
  const auto score = [](double value, const std::optional<Baseline>& usual) {
    return usual ? (value - usual->centre) / usual->spread : 0;
  };
  const double steady_score = score(night.steady, steady);
  const double volume_score = score(night.volume, volume);
  const auto add = [](double& sum, double of_night) {
    sum = std::max(0.0, sum + std::clamp(of_night, -2 * one_night, one_night) - slack);
  };
  add(steady_sum_, steady_score);
  add(volume_sum_, volume_score);
  const bool high = limit > 0 && night.minimum > limit;
  const bool creeping = steady_sum_ > alarm_at || volume_sum_ > alarm_at;
  if (verdict_.finding == AlarmFinding::burst) {
    // Judged minute by minute.
  } else if (high) {
    verdict_ = {AlarmFinding::night_flow, night.minimum, limit};
  } else if (creeping) {
    const auto more = [](double now, const std::optional<Baseline>& usual) {
      return std::max(0.0, std::exp(now) - (usual ? std::exp(usual->centre) : 0));
    };
    const bool never = steady_sum_ > alarm_at;
    verdict_ = never ? Verdict{AlarmFinding::never_zero, more(night.steady, steady),
                               steady ? std::exp(steady->centre) - steady_offset : 0}
                     : Verdict{AlarmFinding::small_leak, more(night.volume, volume) * 60 / night_length, 0};
  } else {
    // Back to what its nights were.
    verdict_ = {};
  }
  if (verdict_.finding != AlarmFinding::none && steady_score < 1 && volume_score < 1 && !high)
    steady_sum_ = volume_sum_ = 0;
  // A sum that could grow without end would take as long to come down after the repair.
  steady_sum_ = std::min(steady_sum_, 2 * alarm_at);
  volume_sum_ = std::min(volume_sum_, 2 * alarm_at);
  night.quiet = verdict_.finding == AlarmFinding::none;
  if (history_.size() == nights_kept) history_.erase(history_.begin());
  history_.push_back(night);
}

std::vector<double> LeakDetector::state() const {
  std::vector<double> out{counter_read_ ? 2.0 : 1.0,
                          steady_sum_,
                          volume_sum_,
                          pulse_,
                          peak_,
                          static_cast<double>(verdict_.finding),
                          verdict_.flow_l_per_h,
                          verdict_.limit_l_per_h,
                          static_cast<double>(last_minute_),
                          static_cast<double>(day_),
                          static_cast<double>(night_seen_),
                          static_cast<double>(night_known_),
                          night_ended_ ? 1.0 : 0.0,
                          static_cast<double>(history_.size())};
  for (const auto& night : history_)
    out.insert(out.end(),
               {night.steady, night.minimum, night.early, night.volume, night.peak, night.quiet ? 1.0 : 0.0});
  if (!night_ended_)
    for (const float litres : night_) out.push_back(static_cast<double>(litres));
  return out;
}

Expected<void> LeakDetector::restore(std::span<const double> state) {
  constexpr std::size_t head = 14;
  constexpr std::size_t of_night = 6;
  const auto refused = [] { return failure(std::errc::invalid_argument, "no state of a leak detector"); };
  if (state.size() < head || (state[0] != 1 && state[0] != 2)) return refused();
  for (const double value : state)
    if (!std::isfinite(value)) return refused();
  const auto nights = static_cast<std::size_t>(std::clamp(state[13], 0.0, static_cast<double>(nights_kept)));
  const bool ended = state[12] != 0;
  if (state.size() != head + nights * of_night + (ended ? 0 : night_length)) return refused();
  counter_read_ = state[0] == 2;
  steady_sum_ = state[1];
  volume_sum_ = state[2];
  pulse_ = state[3];
  peak_ = state[4];
  const auto finding = state[5];
  verdict_.finding = finding >= 0 && finding < static_cast<double>(alarm_finding_count)
                         ? static_cast<AlarmFinding>(static_cast<int>(finding))
                         : AlarmFinding::none;
  verdict_.flow_l_per_h = state[6];
  verdict_.limit_l_per_h = state[7];
  last_minute_ = static_cast<std::int64_t>(state[8]);
  day_ = static_cast<std::int64_t>(state[9]);
  night_seen_ = static_cast<int>(state[10]);
  night_known_ = static_cast<int>(state[11]);
  night_ended_ = ended;
  last_.fill(0);
  measured_ = 0;
  history_.clear();
  auto at = state.subspan(head);
  for (std::size_t i = 0; i < nights; ++i, at = at.subspan(of_night))
    history_.push_back({at[0], at[1], at[2], at[3], at[4], at[5] != 0});
  night_.fill(0);
  if (!ended)
    for (std::size_t i = 0; i < night_length; ++i) night_[i] = static_cast<float>(at[i]);
  return {};
}

}  // namespace gateway
