#include "firmware-gateway/audit/audit_export.hpp"

#include <boost/json.hpp>

#include "firmware-gateway/audit/audit_columns.hpp"
#include "tests/unit/firmware-gateway/audit/audit_site.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using test::AuditTest;
using test::kwh;

class AuditExport : public AuditTest {
 protected:
  AuditReport september(std::string trace = {}) {
    keep_day("main", 9, 15, 10 * kwh, 30 * kwh + 1);
    keep_day("floor", 9, 16, 1 * kwh, 2 * kwh);
    keep_reading("main", at(9, 1), 1'000 * kwh);
    keep_reading("main", at(9, 30), 1'040 * kwh);
    return report("2026-09", "2026-09", std::move(trace)).value();
  }
};

TEST(Decimal, IsExactAndWithoutZerosAtTheEnd) {
  EXPECT_EQ(decimal(1'234'500'000, 6), "1234.5");
  EXPECT_EQ(decimal(0, 6), "0");
  EXPECT_EQ(decimal(-1, 6), "-0.000001");
  EXPECT_EQ(decimal(9'007'199'254'740'993, 6), "9007199254.740993");
  EXPECT_EQ(decimal(INT64_MIN, 6), "-9223372036854.775808");
}

TEST_F(AuditExport, CsvHasARowANodeWithEveryColumn) {
  const auto text = audit_csv(september());
  ASSERT_TRUE(text.starts_with("\xEF\xBB\xBFmonth,first_day,"));
  EXPECT_NE(text.find("\r\n2026-09,2026-09-01,2026-09-30,no,main,总表,Main,meter,electricity,kWh,40.000001,0,0.00,0,"),
            std::string::npos)
      << text;
  const auto columns = audit_columns().size();
  const auto first_line = text.substr(0, text.find("\r\n"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(first_line.begin(), first_line.end(), ',')), columns - 1);
}

// The meter's name begins with '=' and has a comma and quotes in it.
TEST_F(AuditExport, ANameIsNeverAFormulaAndNeverBreaksARow) {
  const auto text = audit_csv(september());
  EXPECT_NE(text.find(R"(,floor,"'=楼层,""一""",)"), std::string::npos) << text;
}

TEST_F(AuditExport, WhatPeopleWriteIsNeverAFormulaHoweverItBegins) {
  const std::array<std::string, 8> beginnings{"=", "-", "\t", "\r", "＝", "＋", "－", "＠"};
  Batch batch;
  for (std::size_t i = 0; i < beginnings.size(); ++i)
    batch.quality.push_back({.meter = meter("main"),
                             .kind = QualityKind::correction,
                             .at = at(9, 10, std::chrono::hours{i + 1}),
                             .amount = 1,
                             .from = at(9, 10, std::chrono::hours{i}),
                             .by = "li",
                             .comment = beginnings[i] + "1+1"});
  keep(batch);
  const auto text = audit_csv(september("main"));
  for (const auto& beginning : beginnings)
    EXPECT_NE(text.find("'" + beginning + "1+1"), std::string::npos) << beginning << '\n' << text;
}

TEST_F(AuditExport, CsvOfATraceIsTheReadingsAndTheSum) {
  const auto text = audit_csv(september("main"));
  EXPECT_NE(text.find("2026-09,main,1,kWh,first_reading,2026-09-01 00:00,,1000,,,\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("by_readings,,,,40,,\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("booked,,,,40.000001,,\r\n"), std::string::npos) << text;
}

TEST_F(AuditExport, JsonHasTheSameFiguresAndTheSources) {
  const auto root = json::parse(audit_json(september("main")));
  const auto& row = root.at("rows").at(0);
  EXPECT_EQ(row.at("node"), "main");
  EXPECT_EQ(row.at("unit"), "kWh");
  EXPECT_EQ(row.at("demand_unit"), "kW");
  EXPECT_DOUBLE_EQ(row.at("consumption").to_number<double>(), 40.000001);
  EXPECT_DOUBLE_EQ(row.at("cost_yuan").to_number<double>(), 10 * 0.3 + 30 * 0.6 + 0.000001);
  EXPECT_EQ(row.at("tariff_source"), "old price list (2026-01-01); new price list (2026-09-16)");
  EXPECT_NE(row.at("standard_coal_source").as_string().find("S2"), json::string::npos);
  EXPECT_TRUE(row.at("per_m2").is_null());
  EXPECT_DOUBLE_EQ(root.at("trace").at(0).at("by_readings").to_number<double>(), 40);
  std::string notes;
  for (const auto& note : root.at("notes").as_array()) notes += std::string{note.at("en").as_string()} + "\n";
  for (const auto* expected :
       {"tariff of electricity: new price list (2026-09-16)", "factor (standard_coal of electricity) 0.1229",
        "sub-item codes built-in 2026-11", "holidays of 2026: notice", "[S2]: the source was read second-hand",
        "sub-item 01D20 Laundry [?]", "water is not in the total of standard coal [?]"})
    EXPECT_NE(notes.find(expected), std::string::npos) << expected << "\n" << notes;
}

TEST_F(AuditExport, ThePageNeedsNothingFromElsewhereAndEscapesNames) {
  site.name.local = "<script>alert(1)</script>";
  const auto page = audit_html(september("main"));
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_NE(page.find("<td class=n>40.000001</td>"), std::string::npos);
  EXPECT_NE(page.find("起始读数"), std::string::npos);
}

}  // namespace
}  // namespace gateway
