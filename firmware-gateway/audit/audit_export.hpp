// The report as a file: CSV for a spreadsheet, JSON for a program, a page to print. Pure; any thread.
#pragma once

#include <string>

#include "firmware-gateway/audit/audit_report.hpp"

namespace gateway {

// One row a node and month (RFC 4180, UTF-8 with a byte order mark, so that spreadsheets show Chinese). With a trace
// it is the table of the readings instead.
[[nodiscard]] std::string audit_csv(const AuditReport& report);

// docs/api.md: /api/v1/audit.
[[nodiscard]] std::string audit_json(const AuditReport& report);

// Chinese with English beside it, one file without anything to load, laid out for A4 landscape.
[[nodiscard]] std::string audit_html(const AuditReport& report);

}  // namespace gateway
