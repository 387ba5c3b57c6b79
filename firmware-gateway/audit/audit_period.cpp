#include "firmware-gateway/audit/audit_period.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr LocalDay longest_days = 40 * 366;
constexpr LocalDay latest_day = 84'005;  // 2199-12-31: times are nanoseconds, and end in 2262

LocalDay first_of_next_month(LocalDay day) {
  const auto date = month_day(day);
  return date.month == 12 ? local_day(date.year + 1, 1, 1) : local_day(date.year, date.month + 1, 1);
}

std::optional<LocalDay> parse(std::string_view text, bool as_last) {
  LocalDay day = 0;
  if (parse_day(text, day)) return day;
  if (text.size() != 7 || !parse_day(std::string(text) + "-01", day)) return std::nullopt;
  return as_last ? first_of_next_month(day) - 1 : day;
}

}  // namespace

std::expected<AuditPeriod, std::string> parse_audit_period(std::string_view from, std::string_view to) {
  const auto wrong = [](std::string_view option, std::string_view text) {
    return std::unexpected(
        fmt::format("{} can't be '{}'; write a day that exists, as 2026-09-01, or a month, as 2026-09", option, text));
  };
  const auto first = parse(from, false);
  if (!first) return wrong("from", from);
  const auto last = parse(to, true);
  if (!last) return wrong("to", to);
  if (*last < *first)
    return std::unexpected(
        fmt::format("the period ends ({}) before it begins ({}); the earlier day is 'from', and 'to' is the "
                    "last day that counts",
                    day_text(*last), day_text(*first)));
  if (*last - *first > longest_days || *first < 0 || *last > latest_day)
    return std::unexpected(
        std::string("the period is longer than 40 years, or not between 1970 and 2199; is a year mistyped?"));
  return AuditPeriod{*first, *last};
}

std::vector<AuditMonth> months_of(AuditPeriod period, const SiteTime& time) {
  std::vector<AuditMonth> out;
  for (auto day = period.first; day <= period.last;) {
    const auto date = month_day(day);
    const auto next = first_of_next_month(day);
    const auto end = std::min(next, period.last + 1);
    out.push_back(
        {date.year, date.month, day, end - 1, start_of(day, time), start_of(end, time), date.day == 1 && end == next});
    day = end;
  }
  return out;
}

UtcTime start_of(LocalDay day, const SiteTime& time) {
  // Noon is there on every day, midnight is not (daylight saving).
  const UtcTime noon{std::chrono::hours{24} * day + 12h};
  return time.window_start(WindowLength::day, noon - time.offset(noon));
}

LocalDay local_day_of(UtcTime at, const SiteTime& time) {
  return static_cast<LocalDay>(
      std::chrono::floor<std::chrono::days>((at + time.offset(at)).time_since_epoch()).count());
}

std::string day_text(LocalDay day) {
  const auto date = month_day(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string local_text(UtcTime at, const SiteTime& time) {
  const auto day = local_day_of(at, time);
  const auto minute = std::chrono::floor<std::chrono::minutes>((at + time.offset(at)).time_since_epoch()).count() -
                      std::int64_t{1440} * day;
  return fmt::format("{} {:02}:{:02}", day_text(day), minute / 60, minute % 60);
}

}  // namespace gateway
