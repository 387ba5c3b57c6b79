#include "core/site_time.hpp"

#include <stdexcept>

#include <date/tz.h>

namespace gateway {
namespace {

std::chrono::nanoseconds fixed_length(WindowLength length) noexcept {
  using namespace std::chrono_literals;
  switch (length) {
    case WindowLength::minute:
      return 1min;
    case WindowLength::quarter:
      return 15min;
    case WindowLength::hour:
      return 1h;
    case WindowLength::day:
    case WindowLength::month:  // not fixed; never asked for
      return 24h;
  }
  return 1min;
}

}  // namespace

Expected<SiteTime> SiteTime::find(std::string_view name) {
  try {
    return SiteTime{date::locate_zone(name)};
  } catch (const std::runtime_error&) {
    return failure(std::errc::invalid_argument, "time zone '" + std::string(name) + "'");
  }
}

std::chrono::seconds SiteTime::offset(UtcTime time) const {
  return zone_->get_info(std::chrono::floor<std::chrono::seconds>(time)).offset;
}

UtcTime SiteTime::window_start(WindowLength length, UtcTime time) const {
  using std::chrono::floor;
  if (length == WindowLength::minute) return floor<std::chrono::minutes>(time);  // offsets are whole minutes
  const auto info = zone_->get_info(floor<std::chrono::seconds>(time));
  if (length < WindowLength::day) {
    // Shorter windows are cut from the local clock in force; they never span a change of offset by more than that
    // change.
    const auto local = time.time_since_epoch() + info.offset;
    const auto start = UtcTime{local - (local % fixed_length(length))} - info.offset;
    // Compared in seconds: a zone without changes begins in the year -32767, which nanoseconds can't hold.
    return floor<std::chrono::seconds>(start) < info.begin ? UtcTime{info.begin} : start;
  }
  date::local_days day =
      date::floor<date::days>(date::local_time<std::chrono::nanoseconds>{time.time_since_epoch() + info.offset});
  if (length == WindowLength::month) {
    const date::year_month_day date{day};
    day = date::local_days{date.year() / date.month() / 1};
  }
  // Midnight may not exist (some zones change at 00:00): then the day begins at the change.
  return UtcTime{zone_->to_sys(day, date::choose::earliest)};
}

UtcTime SiteTime::window_end(WindowLength length, UtcTime start) const {
  if (length == WindowLength::minute) return start + std::chrono::minutes{1};
  if (length < WindowLength::day) {
    const auto info = zone_->get_info(std::chrono::floor<std::chrono::seconds>(start));
    // From the local clock, not from `start`: a window that begins at a change of offset may be shorter than the
    // others.
    const auto local = start.time_since_epoch() + info.offset;
    const auto end = start + (fixed_length(length) - local % fixed_length(length));
    return std::chrono::floor<std::chrono::seconds>(end) > info.end ? UtcTime{info.end} : end;
  }
  // 36 h after a midnight is the next day whatever the clocks did, and 32 days after its first the next month.
  return window_start(length, window_start(length, start) +
                                  (length == WindowLength::day ? std::chrono::hours{36} : std::chrono::hours{32 * 24}));
}

}  // namespace gateway
