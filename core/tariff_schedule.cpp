#include "core/tariff_schedule.hpp"

#include <algorithm>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// The next minute of the day at which the version may say something else; the end of the day at the latest.
unsigned next_edge(const TariffVersion* version, unsigned minute_of_day) noexcept {
  unsigned next = 24 * 60;
  if (version == nullptr) return next;
  for (const auto& period : version->periods)
    for (const auto& span : period.hours)
      for (const unsigned edge : {unsigned{span.from}, unsigned{span.to}})
        if (edge > minute_of_day) next = std::min(next, edge);
  return next;
}

}  // namespace

TariffSchedule tariff_schedule(const Tariff& tariff, const WorkingCalendar& calendar, const SiteTime& time,
                               UtcTime from, UtcTime to) {
  TariffSchedule schedule;
  to = std::min(to, UtcTime::max() - 48h);  // or the edge after it is no time any more, and wraps to before `from`
  for (auto at = from; at < to;) {
    const auto offset = time.offset(at);
    const auto local = at.time_since_epoch() + offset;
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const auto minute = std::chrono::floor<std::chrono::minutes>(local - day);
    const auto local_day = static_cast<LocalDay>(day.count());
    const auto minute_of_day = static_cast<unsigned>(minute.count());
    const auto* version = tariff.version_on(local_day);
    const UtcTime minute_begin{day + minute - offset};
    UtcTime next = minute_begin + std::chrono::minutes{next_edge(version, minute_of_day) - minute_of_day};
    // The local clock jumps before that: minute by minute to where it does.
    if (time.offset(next - 1min) != offset) next = minute_begin + 1min;

    TariffPiece piece{.from = at, .to = std::min(next, to)};
    if (version != nullptr) {
      piece.priced = true;
      piece.band = version->band_at(local_day, minute_of_day, calendar);
      piece.price = version->price[static_cast<std::size_t>(piece.band)];
      if (schedule.versions.empty() || schedule.versions.back() != version) schedule.versions.push_back(version);
    }
    if (!schedule.pieces.empty() && schedule.pieces.back().priced == piece.priced &&
        schedule.pieces.back().band == piece.band && schedule.pieces.back().price == piece.price) {
      schedule.pieces.back().to = piece.to;
    } else {
      schedule.pieces.push_back(piece);
    }
    if (next <= at) break;
    at = next;
  }
  return schedule;
}

}  // namespace gateway
