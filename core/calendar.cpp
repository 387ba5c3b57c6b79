#include "core/calendar.hpp"

#include <algorithm>
#include <string_view>

#include <date/date.h>

namespace gateway {
namespace {

// Exactly two digits at `at`, or -1.
int two_digits(std::string_view text, std::size_t at) noexcept {
  if (at + 2 > text.size() || text[at] < '0' || text[at] > '9' || text[at + 1] < '0' || text[at + 1] > '9') return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

int minute_of(std::string_view text) noexcept {
  const int hour = two_digits(text, 0), minute = two_digits(text, 3);
  if (text.size() != 5 || text[2] != ':' || hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > 1440)
    return -1;
  return hour * 60 + minute;
}

date::sys_days sys_days(LocalDay day) noexcept { return date::sys_days{date::days{day}}; }

}  // namespace

LocalDay local_day(int year, unsigned month, unsigned day) noexcept {
  return static_cast<LocalDay>(
      date::sys_days{date::year{year} / date::month{month} / date::day{day}}.time_since_epoch().count());
}

bool parse_day(std::string_view text, LocalDay& out) noexcept {
  const int century = two_digits(text, 0), year = two_digits(text, 2), month = two_digits(text, 5),
            day = two_digits(text, 8);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || std::min({century, year, month, day}) < 0) return false;
  const auto date = date::year{century * 100 + year} / date::month{static_cast<unsigned>(month)} /
                    date::day{static_cast<unsigned>(day)};
  if (!date.ok()) return false;
  out = static_cast<LocalDay>(date::sys_days{date}.time_since_epoch().count());
  return true;
}

MonthDay month_day(LocalDay day) noexcept {
  const date::year_month_day date{sys_days(day)};
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())};
}

unsigned weekday(LocalDay day) noexcept { return date::weekday{sys_days(day)}.iso_encoding() - 1; }

bool parse_span(std::string_view text, MinuteSpan& out) noexcept {
  if (text.size() != 11 || text[5] != '-') return false;
  const int from = minute_of(text.substr(0, 5)), to = minute_of(text.substr(6));
  if (from < 0 || to <= from) return false;
  out = {static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to)};
  return true;
}

bool WorkingCalendar::is_holiday(LocalDay day) const noexcept { return std::ranges::binary_search(holidays, day); }

bool WorkingCalendar::is_working_day(LocalDay day) const noexcept {
  if (std::ranges::binary_search(makeup_days, day)) return true;
  return !is_holiday(day) && weekdays[weekday(day)];
}

bool WorkingCalendar::is_working_time(LocalDay day, unsigned minute_of_day) const noexcept {
  if (!is_working_day(day)) return false;
  const auto* of_day = &hours;
  if (!seasons.empty()) {
    const auto month = 1u << (month_day(day).month - 1);
    const auto season = std::ranges::find_if(seasons, [&](const auto& each) { return (each.months & month) != 0; });
    if (season != seasons.end()) of_day = &season->hours;
  }
  return std::ranges::any_of(
      *of_day, [&](const MinuteSpan& span) { return minute_of_day >= span.from && minute_of_day < span.to; });
}

const CalendarYear* WorkingCalendar::year(int number) const noexcept {
  const auto found = std::ranges::find(years, number, &CalendarYear::year);
  return found == years.end() ? nullptr : &*found;
}

}  // namespace gateway
