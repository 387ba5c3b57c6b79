#include "core/tariff.hpp"

#include <algorithm>

namespace gateway {

std::span<const std::string_view> band_names() noexcept {
  static constexpr std::array<std::string_view, band_count> names{"critical_peak", "peak", "flat", "valley"};
  return names;
}

std::string_view name_of(Band band) noexcept { return band_names()[static_cast<std::size_t>(band)]; }

Band TariffVersion::band_at(LocalDay day, unsigned minute_of_day, const WorkingCalendar& calendar) const noexcept {
  const auto month_bit = 1u << (month_day(day).month - 1);
  const bool working = calendar.is_working_day(day);
  for (const auto& period : periods) {
    if ((period.months & month_bit) == 0) continue;
    if (period.days != TariffPeriod::Days::all && (period.days == TariffPeriod::Days::working) != working) continue;
    if (period.hours.empty() || std::ranges::any_of(period.hours, [&](const MinuteSpan& span) {
          return minute_of_day >= span.from && minute_of_day < span.to;
        }))
      return period.band;
  }
  return Band::flat;
}

Tariff::Tariff(std::vector<TariffVersion> versions) : versions_(std::move(versions)) {
  std::ranges::stable_sort(versions_, {}, &TariffVersion::valid_from);
}

const TariffVersion* Tariff::version_on(LocalDay day) const noexcept {
  const auto after = std::ranges::upper_bound(versions_, day, {}, &TariffVersion::valid_from);
  return after == versions_.begin() ? nullptr : &*std::prev(after);
}

std::int64_t cost_of(std::int64_t amount, std::int64_t price) noexcept {
  // 1 kWh is 1,000,000 mWh, 1 m3 is 1,000,000 mL.
  constexpr std::int64_t unit = 1'000'000;
  const auto whole = amount / unit * price;
  const auto rest = amount % unit;  // below 1e6 in magnitude; a price below 9e12 keeps the product in range
  const auto product = rest * price;
  return whole + (product + (product < 0 ? -unit / 2 : unit / 2)) / unit;
}

}  // namespace gateway
