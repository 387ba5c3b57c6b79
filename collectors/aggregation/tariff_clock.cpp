#include "collectors/aggregation/tariff_clock.hpp"

namespace gateway {

const TariffMoment& TariffClock::at(UtcTime time) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(time).time_since_epoch();
  if (minute.count() == minute_) return moment_;
  minute_ = minute.count();
  const auto local = minute + site_->time->offset(UtcTime{minute});
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto local_day = static_cast<LocalDay>(day.count());
  const auto minute_of_day = static_cast<unsigned>(std::chrono::floor<std::chrono::minutes>(local - day).count());
  moment_ = {};
  moment_.off_hours = !site_->calendar.is_working_time(local_day, minute_of_day);
  if (const auto* version = site_->tariff(utility_).version_on(local_day)) {
    moment_.priced = true;
    moment_.band = version->band_at(local_day, minute_of_day, site_->calendar);
    moment_.price = version->price[static_cast<std::size_t>(moment_.band)];
  }
  return moment_;
}

std::int64_t cost_with_rest(std::int64_t amount, std::int64_t price, std::int32_t& rest) noexcept {
  constexpr std::int64_t unit = 1'000'000;  // of thousandths in a kWh or m3
  const auto product = amount % unit * price + rest;
  auto cost = product / unit;
  auto left = product % unit;
  if (left < 0) {
    left += unit;
    --cost;
  }
  rest = static_cast<std::int32_t>(left);
  return amount / unit * price + cost;
}

}  // namespace gateway
