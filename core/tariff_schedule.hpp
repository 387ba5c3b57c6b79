// A tariff laid out over a stretch of time: which band and price holds from when to when, in site time. For curves that
// show bands; what things cost is booked minute by minute elsewhere, by the same rules. Pure; any thread.
#pragma once

#include <vector>

#include "core/calendar.hpp"
#include "core/clock.hpp"
#include "core/site_time.hpp"
#include "core/tariff.hpp"

namespace gateway {

struct TariffPiece {
  UtcTime from{};
  UtcTime to{};            // not in it
  bool priced = false;     // a tariff was in force
  Band band{};             // meaningful when priced, as is the price
  std::int64_t price = 0;  // millionths of a yuan per kWh or m3
};

struct TariffSchedule {
  std::vector<TariffPiece> pieces;             // without gaps, oldest first; two in a row differ in band or price
  std::vector<const TariffVersion*> versions;  // that they come from, oldest first; as long as the tariff
};

// Of [from, to); empty when it is. Ends two days before the last time that a UtcTime holds. Costs a few steps a day,
// and as many as a day has minutes where the clock changes between summer and winter.
[[nodiscard]] TariffSchedule tariff_schedule(const Tariff& tariff, const WorkingCalendar& calendar,
                                             const SiteTime& time, UtcTime from, UtcTime to);

}  // namespace gateway
