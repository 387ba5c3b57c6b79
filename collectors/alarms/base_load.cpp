#include "collectors/alarms/base_load.hpp"

#include <algorithm>
#include <cmath>

#include "collectors/alarms/farthest_set_back.hpp"

namespace gateway {
namespace {

// Of the night's minutes; fewer are no night.
constexpr std::size_t least_minutes = (BaseLoad::night_to - BaseLoad::night_from) / 2;

double order_statistic(std::vector<double> values, double share) {
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + place);
  return values[static_cast<std::size_t>(place)];
}

}  // namespace

void BaseLoad::minute(std::int64_t local_minute, double watts) {
  if (local_minute <= last_minute_ && last_minute_ - local_minute < farthest_set_back) return;
  if (local_minute <= last_minute_ || local_minute / 1440 != last_minute_ / 1440) tonight_.clear();
  last_minute_ = local_minute;
  const auto of_day = static_cast<int>(local_minute % 1440);
  if (of_day >= night_from && of_day < night_to) tonight_.push_back(watts);
  if (of_day >= night_to - 1 && !tonight_.empty()) end_night();
}

void BaseLoad::end_night() {
  if (tonight_.size() >= least_minutes) {
    if (nights_.size() == nights_kept) nights_.erase(nights_.begin());
    nights_.push_back(order_statistic(tonight_, 0.2));
  }
  tonight_.clear();
}

std::optional<double> BaseLoad::watts() const {
  if (nights_.size() < nights_needed) return assumed_;
  return order_statistic(nights_, 0.5);
}

void BaseLoad::restore(std::vector<double> nights) {
  std::erase_if(nights, [](double watts) { return !std::isfinite(watts); });
  if (nights.size() > nights_kept) nights.resize(nights_kept);
  nights_ = std::move(nights);
}

}  // namespace gateway
