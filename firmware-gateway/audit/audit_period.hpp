// The days that a report is about, as a person writes them, and the months that they fall into. Pure; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/clock.hpp"
#include "core/site_time.hpp"

namespace gateway {

struct AuditPeriod {
  LocalDay first = 0;
  LocalDay last = 0;  // it is part of the period
};

// "2026-09-01" to "2026-09-30", or months: "2026-09" stands for its first day in `from` and its last in `to`. From 1970
// to 2199, 40 years at most. Error: what is wrong, and what would be right, for people.
[[nodiscard]] std::expected<AuditPeriod, std::string> parse_audit_period(std::string_view from, std::string_view to);

// One month of the site's calendar, or the part of it that lies in the period.
struct AuditMonth {
  int year = 0;
  unsigned month = 0;
  LocalDay first = 0;
  LocalDay last = 0;
  UtcTime from{};
  UtcTime to{};
  bool whole = false;  // first to last day
};
[[nodiscard]] std::vector<AuditMonth> months_of(AuditPeriod period, const SiteTime& time);

// When the local day begins.
[[nodiscard]] UtcTime start_of(LocalDay day, const SiteTime& time);
[[nodiscard]] LocalDay local_day_of(UtcTime at, const SiteTime& time);
// "2026-09-01", "2026-09-01 10:15".
[[nodiscard]] std::string day_text(LocalDay day);
[[nodiscard]] std::string local_text(UtcTime at, const SiteTime& time);

}  // namespace gateway
