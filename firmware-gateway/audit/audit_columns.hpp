// The table of the report: one column a figure, with its name for programs and for people. CSV, JSON, and the printed
// page all show these columns, so that no figure has two meanings. Any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "firmware-gateway/audit/audit_report.hpp"

namespace gateway {

struct AuditColumn {
  std::string_view key;  // of CSV and JSON
  std::string_view zh;
  std::string_view en;
  bool number = false;
  bool printed = false;  // on the page too, which has no room for all of them
  std::optional<std::string> (*value)(const AuditReport& report, const AuditLine& line);
};
[[nodiscard]] std::span<const AuditColumn> audit_columns() noexcept;

// An exact decimal without zeros at the end: 1234500 with 6 digits is "1.2345".
[[nodiscard]] std::string decimal(std::int64_t value, unsigned digits);

// What a reader of the report must know to judge it: sources, doubts, what is missing. Chinese and English.
struct AuditNote {
  std::string zh;
  std::string en;
};
[[nodiscard]] std::vector<AuditNote> audit_notes(const AuditReport& report);

// Text of an event, of a factor.
[[nodiscard]] AuditNote event_name(QualityKind kind);
[[nodiscard]] std::string factor_text(const Factor& factor);
[[nodiscard]] std::string_view unit_of(Utility utility) noexcept;  // "kWh", "m3"

}  // namespace gateway
