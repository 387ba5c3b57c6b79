// What a minute of site time is, to the bill and to the calendar: its band, its price, within or outside working hours.
// By the tariff version and the calendar of that minute's own date. For one thread.
#pragma once

#include <cstdint>

#include "core/clock.hpp"
#include "core/site.hpp"
#include "core/tariff.hpp"

namespace gateway {

struct TariffMoment {
  std::int64_t price = 0;  // millionths of a yuan per kWh or m3
  Band band = Band::flat;
  bool priced = false;  // a tariff is in force
  bool off_hours = false;
  bool operator==(const TariffMoment&) const = default;
};

class TariffClock {
 public:
  // The site must outlive it.
  TariffClock(const Site& site, Utility utility) noexcept : site_(&site), utility_(utility) {}

  // `time` may be any instant of the minute.
  [[nodiscard]] const TariffMoment& at(UtcTime time);

 private:
  const Site* site_;
  Utility utility_;
  std::int64_t minute_ = INT64_MIN;  // that moment_ is of
  TariffMoment moment_;
};

// Millionths of a yuan for `amount` thousandths at `price`, rounded down; what is below a millionth stays in `rest` (of
// the same kind of price sum, 0 to 999,999) for the next time. So the sum of many costs is that of their amounts.
[[nodiscard]] std::int64_t cost_with_rest(std::int64_t amount, std::int64_t price, std::int32_t& rest) noexcept;

}  // namespace gateway
