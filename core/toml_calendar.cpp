// The part of TomlTable that reads days, times of day and months.
#include <algorithm>

#include <fmt/format.h>

#include "core/toml_document.hpp"

namespace gateway {
namespace {

constexpr std::string_view a_day = "a day, as 2026-10-01";
constexpr LocalDay longest_range = 366;

}  // namespace

std::vector<std::int64_t> TomlTable::integers(std::string_view key, std::int64_t low, std::int64_t high) {
  std::vector<std::int64_t> out;
  for (const auto& each : elements(key, fmt::format("an array of numbers from {} to {}", low, high))) {
    if (each.is_integer && each.integer >= low && each.integer <= high) {
      out.push_back(each.integer);
    } else {
      problem_at(each.place, fmt::format("'{}' can't hold {}", key, each.text),
                 fmt::format("its numbers are from {} to {}", low, high));
    }
  }
  return out;
}

std::optional<LocalDay> TomlTable::day(std::string_view key) {
  const auto text = element(key, a_day);
  if (!text) return std::nullopt;
  LocalDay out = 0;
  if (parse_day(text->text, out)) return out;
  problem_at(text->place, fmt::format("'{}' can't be \"{}\"", key, text->text),
             fmt::format("it is {}, and one that exists", a_day));
  return std::nullopt;
}

std::optional<LocalDay> TomlTable::required_day(std::string_view key) {
  if (has(key)) return day(key);
  asked_.emplace_back(key);
  missing(key, "\"2026-01-01\"");
  return std::nullopt;
}

std::vector<LocalDay> TomlTable::days(std::string_view key) {
  std::vector<LocalDay> out;
  for (const auto& each : elements(key, "an array of days, as [\"2026-10-01..2026-10-07\", \"2026-01-01\"]")) {
    const auto dots = each.text.find("..");
    const auto first_text = std::string_view(each.text).substr(0, dots);
    const auto last_text = dots == std::string::npos ? first_text : std::string_view(each.text).substr(dots + 2);
    LocalDay first = 0, last = 0;
    if (!parse_day(first_text, first) || !parse_day(last_text, last)) {
      problem_at(each.place, fmt::format("'{}' can't hold \"{}\"", key, each.text),
                 "write a day that exists, as \"2026-10-01\", or a range, as \"2026-10-01..2026-10-07\"");
    } else if (last < first || last - first >= longest_range) {
      problem_at(each.place,
                 fmt::format("the range \"{}\" in '{}' {}", each.text, key,
                             last < first ? "ends before it begins" : "is longer than a year"),
                 "the earlier day comes first, and both lie in one year");
    } else {
      for (auto day = first; day <= last; ++day) out.push_back(day);
    }
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

std::vector<MinuteSpan> TomlTable::spans(std::string_view key) {
  std::vector<MinuteSpan> out;
  for (const auto& each : elements(key, "an array of times of day, as [\"08:00-12:00\", \"14:30-18:00\"]")) {
    MinuteSpan span;
    if (!parse_span(each.text, span)) {
      problem_at(each.place, fmt::format("'{}' can't hold \"{}\"", key, each.text),
                 "write from-to with two digits each, as \"08:00-12:00\"; what passes midnight is two, as "
                 "\"22:00-24:00\", \"00:00-06:00\"");
      continue;
    }
    const auto other = std::ranges::find_if(
        out, [&](const MinuteSpan& placed) { return span.from < placed.to && placed.from < span.to; });
    if (other != out.end()) {
      problem_at(each.place, fmt::format("\"{}\" overlaps another time in '{}'", each.text, key),
                 "say every time of the day once");
      continue;
    }
    out.push_back(span);
  }
  std::ranges::sort(out, {}, &MinuteSpan::from);
  return out;
}

}  // namespace gateway
