#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "firmware-gateway/audit/audit_columns.hpp"
#include "firmware-gateway/audit/audit_export.hpp"

namespace gateway {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// A spreadsheet would run it, also with the full-width signs of a Chinese keyboard.
bool looks_like_formula(std::string_view text) {
  static constexpr std::array<std::string_view, 11> beginnings{"=",  "+",  "-",  "@",  "\t", "\r",
                                                               "\n", "＝", "＋", "－", "＠"};
  return std::ranges::any_of(beginnings, [&](std::string_view each) { return text.starts_with(each); });
}

// A name that a spreadsheet would take for a formula gets an apostrophe in front.
std::string csv_cell(std::string_view text, bool number) {
  std::string out;
  if (!number && looks_like_formula(text)) out += '\'';
  out += text;
  if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
  std::string quoted = "\"";
  for (const char c : out) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string trace_csv(const AuditReport& report) {
  std::string out =
      std::string(byte_order_mark) + "month,meter,sign,unit,entry,time,reading_before,reading,booked,by,comment\r\n";
  const auto& time = *report.site->time;
  for (const auto& trace : report.traces) {
    const auto& meter = report.site->meter(trace.meter);
    const auto row = [&](std::string_view entry, const std::string& at, const std::string& before,
                         const std::string& reading, const std::string& booked, std::string_view by = {},
                         std::string_view comment = {}) {
      out += fmt::format("{:04}-{:02},{},{},{},{},{},{},{},{},{},{}\r\n", trace.month.year, trace.month.month,
                         csv_cell(meter.id, false), trace.sign, unit_of(meter.utility), entry, at, before, reading,
                         booked, csv_cell(by, false), csv_cell(comment, false));
    };
    if (trace.first) row("first_reading", local_text(trace.first->at, time), "", decimal(trace.first->reading, 6), "");
    auto event = trace.events.begin();
    const auto events_until = [&](UtcTime at) {
      for (; event != trace.events.end() && event->at <= at; ++event)
        row(name_of(event->kind), local_text(event->at, time), decimal(event->before, 6), decimal(event->after, 6),
            decimal(event->amount, 6), event->by, event->comment);
    };
    for (const auto& reading : trace.readings) {
      events_until(reading.at);
      row("reading", local_text(reading.at, time), "", decimal(reading.reading, 6), "");
    }
    events_until(UtcTime::max());
    if (trace.last) row("last_reading", local_text(trace.last->at, time), "", decimal(trace.last->reading, 6), "");
    row("by_readings", "", "", "", decimal(trace.by_readings, 6));
    row("corrections", "", "", "", decimal(trace.corrected, 6));
    row("at_the_edges", "", "", "", decimal(trace.at_edges(), 6));
    row("booked", "", "", "", decimal(trace.booked, 6));
  }
  return out;
}

}  // namespace

std::string audit_csv(const AuditReport& report) {
  if (!report.traced.empty()) return trace_csv(report);
  std::string out{byte_order_mark};
  for (const auto& column : audit_columns())
    out += fmt::format("{}{}", &column == audit_columns().data() ? "" : ",", column.key);
  out += "\r\n";
  for (const auto& line : report.lines) {
    for (const auto& column : audit_columns()) {
      if (&column != audit_columns().data()) out += ',';
      if (const auto value = column.value(report, line)) out += csv_cell(*value, column.number);
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace gateway
