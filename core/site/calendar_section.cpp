#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

constexpr std::array<std::string_view, 7> weekday_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::string text_of(LocalDay day) {
  const auto date = month_day(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

void read_weekdays(TomlTable& table, WorkingCalendar& calendar) {
  if (!table.has("weekdays")) return;
  calendar.weekdays.fill(false);
  for (const auto& name : table.strings("weekdays")) {
    const auto found = std::ranges::find(weekday_names, name);
    if (found == weekday_names.end()) {
      table.problem("weekdays", fmt::format("'weekdays' can't hold \"{}\"", name),
                    fmt::format("its words are {}", fmt::join(weekday_names, ", ")));
    } else {
      calendar.weekdays[static_cast<std::size_t>(found - weekday_names.begin())] = true;
    }
  }
}

void read_year(TomlTable& table, WorkingCalendar& calendar) {
  const auto number = table.required_integer("year", 2000, 2200);
  const auto source = table.required_string("source");
  const auto source_en = table.string("source_en").value_or(source);
  auto holidays = table.days("holidays");
  auto makeup_days = table.days("makeup_days");
  if (number) {
    if (calendar.year(static_cast<int>(*number)) != nullptr)
      table.problem("year", fmt::format("the year {} is told twice", *number), "one [[calendar.year]] for each year");
    calendar.years.push_back({static_cast<int>(*number), source, source_en});
    for (const auto& [key, days] : {std::pair{"holidays", &holidays}, std::pair{"makeup_days", &makeup_days}})
      for (const auto day : *days)
        if (month_day(day).year != *number)
          table.problem(key, fmt::format("{} is not in {}", text_of(day), *number),
                        "put it into the [[calendar.year]] of its year");
  }
  for (const auto day : makeup_days) {
    if (std::ranges::binary_search(holidays, day))
      table.problem("makeup_days", fmt::format("{} is a holiday and a make-up day", text_of(day)),
                    "it is one of the two");
    else if (calendar.weekdays[weekday(day)])
      table.problem("makeup_days",
                    fmt::format("{} is a {}, worked in any case", text_of(day), weekday_names[weekday(day)]),
                    "make-up days are days off that are worked; is the date right?");
  }
  std::ranges::move(holidays, std::back_inserter(calendar.holidays));
  std::ranges::move(makeup_days, std::back_inserter(calendar.makeup_days));
  table.finish();
}

}  // namespace

void read_calendar(TomlTable& root, SiteDraft& draft) {
  auto table = root.table("calendar");
  if (!table) return;
  auto& calendar = draft.site.calendar;
  read_weekdays(*table, calendar);
  if (table->has("hours")) calendar.hours = table->spans("hours");
  for (auto& season : table->tables("season")) {
    if (!season.has("months"))
      season.problem("", "'months' is missing", "add the months in which these hours hold, as months = [6, 7, 8, 9]");
    if (!season.has("hours"))
      season.problem("", "'hours' is missing", "add hours = [\"08:00-12:00\", \"15:00-18:00\"]");
    WorkingSeason out;
    out.months = read_months(season, "months");
    out.hours = season.spans("hours");
    for (const auto& other : calendar.seasons)
      if ((other.months & out.months) != 0) {
        season.problem("months", "a month of this season is in one above too", "every month belongs to one season");
        break;
      }
    season.finish();
    calendar.seasons.push_back(std::move(out));
  }
  for (auto& year : table->tables("year")) read_year(year, calendar);
  std::ranges::sort(calendar.holidays);
  std::ranges::sort(calendar.makeup_days);
  std::ranges::sort(calendar.years, {}, &CalendarYear::year);
  table->finish();
}

}  // namespace gateway::site_reading
