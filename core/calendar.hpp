// When people work here: weekdays and hours, public holidays, and the weekend days that are worked instead (调休).
// Local dates and times. Immutable; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// A date of the local calendar, as days since 1970-01-01.
using LocalDay = std::int32_t;

// "2026-10-01", or nothing when there is no such day.
[[nodiscard]] LocalDay local_day(int year, unsigned month, unsigned day) noexcept;
[[nodiscard]] bool parse_day(std::string_view text, LocalDay& out) noexcept;

struct MonthDay {
  int year;
  unsigned month;
  unsigned day;
};
[[nodiscard]] MonthDay month_day(LocalDay day) noexcept;
[[nodiscard]] unsigned weekday(LocalDay day) noexcept;  // 0 Monday ... 6 Sunday

struct MinuteSpan {  // of a day; [from, to), minutes since midnight; to may be 1440
  std::uint16_t from = 0;
  std::uint16_t to = 1440;
};
// "08:00-12:00", "22:00-24:00"; from before to.
[[nodiscard]] bool parse_span(std::string_view text, MinuteSpan& out) noexcept;

// Working hours that differ in some months: many offices of the south rest longer at noon in summer.
struct WorkingSeason {
  std::uint16_t months = 0;  // bit 0 January ... bit 11 December
  std::vector<MinuteSpan> hours;
};

// A year whose holidays have been told, and the document that tells them.
struct CalendarYear {
  int year = 0;
  std::string source;
  std::string source_en;  // as `source` where the site gives none
};

struct WorkingCalendar {
  std::array<bool, 7> weekdays{true, true, true, true, true, false, false};
  std::vector<MinuteSpan> hours{{8 * 60, 18 * 60}};
  std::vector<WorkingSeason> seasons;  // the first that has the month decides; none: `hours`
  std::vector<LocalDay> holidays;      // sorted
  std::vector<LocalDay> makeup_days;   // sorted
  std::vector<CalendarYear> years;     // sorted; in any other year only weekdays tell

  [[nodiscard]] bool is_holiday(LocalDay day) const noexcept;
  [[nodiscard]] bool is_working_day(LocalDay day) const noexcept;
  // Whether someone is expected to be at work.
  [[nodiscard]] bool is_working_time(LocalDay day, unsigned minute_of_day) const noexcept;
  // The year of that number, or nullptr when its holidays are not known.
  [[nodiscard]] const CalendarYear* year(int number) const noexcept;
};

}  // namespace gateway
