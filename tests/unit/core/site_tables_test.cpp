// The tables of site.toml that the audit stands on: calendar, tariffs, factors, virtual nodes.
#include <algorithm>

#include <gtest/gtest.h>

#include "core/site_reader.hpp"
#include "tests/support/fake_catalogue.hpp"

namespace gateway {
namespace {

constexpr std::string_view meters = R"([site]
id = "s"
demand_limit = "1.2 MW"
[[area]]
id = "b1"
demand_limit = "300 kW"
[[bus]]
id = "x"
url = "tcp://h:1"
[[meter]]
id = "main"
bus = "x"
unit = 1
model = "electric"
area = "b1"
demand_limit = "250 kW"
[[meter]]
id = "floor-1"
bus = "x"
unit = 2
model = "electric"
area = "b1"
upstream = "main"
subitem = "01A10"
[[meter]]
id = "floor-2"
bus = "x"
unit = 3
model = "electric"
area = "b1"
upstream = "main"
)";

Site site_with_tables(std::string_view tables) {
  auto site = parse_site(std::string(meters) + std::string(tables), "site.toml", test::FakeCatalogue{});
  EXPECT_TRUE(site) << site.error().front().text();
  return site ? std::move(*site) : Site{};
}

std::string problems_of(std::string_view tables) {
  const auto site = parse_site(std::string(meters) + std::string(tables), "site.toml", test::FakeCatalogue{});
  if (site) return "none";
  std::string all;
  for (const auto& problem : site.error()) all += problem.text() + "\n";
  return all;
}

// What is expected is part of exactly one problem.
void expect_problem(std::string_view tables, std::string_view expected) {
  const auto all = problems_of(tables);
  EXPECT_NE(all.find(expected), std::string::npos) << all;
  EXPECT_EQ(std::ranges::count(all, '\n'), 1) << all;
}

TEST(CalendarSection, RangesOfDaysAndSeasonsOfHours) {
  const auto site = site_with_tables(R"([calendar]
weekdays = ["mon", "tue", "wed", "thu", "fri"]
hours = ["08:30-12:00", "14:30-17:30"]
[[calendar.season]]
months = [6, 7, 8, 9]
hours = ["08:30-12:00", "15:00-18:00"]
[[calendar.year]]
year = 2026
source = "国办发明电"
source_en = "notice of the State Council's General Office"
holidays = ["2026-01-01", 2026-10-02, "2026-10-03..2026-10-07"]
makeup_days = ["2026-10-10"]
)");
  const auto& calendar = site.calendar;
  EXPECT_EQ(calendar.holidays.size(), 7u);
  EXPECT_FALSE(calendar.is_working_day(local_day(2026, 10, 7)));
  EXPECT_TRUE(calendar.is_working_day(local_day(2026, 10, 8)));
  EXPECT_TRUE(calendar.is_working_day(local_day(2026, 10, 10)));  // a Saturday
  EXPECT_FALSE(calendar.is_working_time(local_day(2026, 11, 25), 17 * 60 + 45));
  EXPECT_TRUE(calendar.is_working_time(local_day(2026, 8, 3), 17 * 60 + 45));
  EXPECT_FALSE(calendar.is_working_time(local_day(2026, 8, 3), 14 * 60 + 45));
  ASSERT_NE(calendar.year(2026), nullptr);
  EXPECT_EQ(calendar.year(2026)->source, "国办发明电");
  EXPECT_EQ(calendar.year(2026)->source_en, "notice of the State Council's General Office");
  EXPECT_EQ(calendar.year(2027), nullptr);
}

TEST(CalendarSection, WithoutOneMondayToFridayIsWorked) {
  const auto site = site_with_tables("");
  EXPECT_TRUE(site.calendar.is_working_time(local_day(2026, 11, 25), 9 * 60));
  EXPECT_FALSE(site.calendar.is_working_day(local_day(2026, 11, 28)));
}

TEST(CalendarSection, EveryMistakeHasItsPlaceAndWhatWouldBeRight) {
  expect_problem("[calendar]\nweekdays = [\"monday\"]\n", "'weekdays' can't hold \"monday\"; its words are mon, tue");
  expect_problem("[calendar]\nhours = [\"08:00-12:00\", \"11:00-13:00\"]\n", "\"11:00-13:00\" overlaps another");
  expect_problem("[calendar]\nhours = [\"22:00-06:00\"]\n", "what passes midnight is two");
  const auto year = [](std::string_view more) {
    return "[[calendar.year]]\nyear = 2026\nsource = \"x\"\n" + std::string(more) + "\n";
  };
  expect_problem(year("holidays = [\"2026-02-30\"]"), "site.toml:35:13: 'holidays' can't hold \"2026-02-30\"");
  expect_problem(year("holidays = [\"2027-01-01\"]"), "2027-01-01 is not in 2026");
  expect_problem(year("holidays = [\"2026-10-07..2026-10-01\"]"), "ends before it begins");
  expect_problem(year("makeup_days = [\"2026-10-12\"]"), "2026-10-12 is a mon, worked in any case");
  expect_problem(year("holidays = [\"2026-10-10\"]\nmakeup_days = [\"2026-10-10\"]"), "a holiday and a make-up day");
  expect_problem(
      "[[calendar.season]]\nmonths = [5]\nhours = [\"08:00-12:00\"]\n[[calendar.season]]\nmonths = [4, 5]\n"
      "hours = [\"08:00-12:00\"]\n",
      "every month belongs to one season");
  expect_problem("[[calendar.year]]\nyear = 2026\n", "'source' is missing");
}

constexpr std::string_view fujian = R"([[tariff]]
utility = "electricity"
[[tariff.version]]
valid_from = "2024-01-01"
source = "闽发改规〔2023〕8号"
price = { flat = 0.60, critical_peak = "+80%", peak = "+58%", valley = "-63%" }
[[tariff.version.period]]
band = "critical_peak"
months = [7, 8, 9]
hours = ["11:00-12:00", "17:00-18:00"]
[[tariff.version.period]]
band = "peak"
hours = ["10:00-12:00", "15:00-20:00", "21:00-22:00"]
[[tariff.version.period]]
band = "valley"
hours = ["00:00-08:00"]
)";

TEST(TariffSection, PricesMayBeToldRelativeToTheFlatOne) {
  const auto site = site_with_tables(fujian);
  const auto* version = site.tariff(Utility::electricity).version_on(local_day(2026, 8, 3));
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->price, (std::array<std::int64_t, 4>{1'080'000, 948'000, 600'000, 222'000}));
  EXPECT_EQ(version->source, "闽发改规〔2023〕8号");
  EXPECT_EQ(version->source_en, version->source) << "where there is none in English";
  const auto band = [&](unsigned month, unsigned hour) {
    return version->band_at(local_day(2026, month, 3), hour * 60, site.calendar);
  };
  EXPECT_EQ(band(8, 17), Band::critical_peak);
  EXPECT_EQ(band(11, 17), Band::peak);
  EXPECT_EQ(band(8, 7), Band::valley);
  EXPECT_EQ(band(8, 13), Band::flat);
  EXPECT_TRUE(site.tariff(Utility::water).empty());
}

// The hours of the bands hold for years, the prices for a month.
TEST(TariffSection, AVersionWithoutPeriodsKeepsThoseOfTheVersionBefore) {
  const auto site = site_with_tables(std::string(fujian) + R"([[tariff.version]]
valid_from = "2026-07-01"
source = "2026年7月代理购电价格"
price = { flat = 0.65, critical_peak = "+80%", peak = "+58%", valley = 0.25 }
[[tariff]]
utility = "water"
[[tariff.version]]
valid_from = 2025-01-01
source = "x"
price = 3.2
)");
  const auto& tariff = site.tariff(Utility::electricity);
  ASSERT_EQ(tariff.versions().size(), 2u);
  EXPECT_EQ(tariff.versions()[1].periods.size(), 3u);
  EXPECT_EQ(tariff.versions()[1].price[0], 1'170'000);
  EXPECT_EQ(tariff.versions()[1].price[3], 250'000);
  EXPECT_EQ(tariff.version_on(local_day(2026, 6, 30))->price[2], 600'000);
  EXPECT_EQ(site.tariff(Utility::water).version_on(local_day(2026, 1, 1))->price[2], 3'200'000);
}

TEST(TariffSection, EveryMistakeHasItsPlaceAndWhatWouldBeRight) {
  expect_problem("[[tariff]]\nutility = \"electricity\"\n", "a tariff without a version");
  const auto version = [](std::string_view more) {
    return "[[tariff]]\nutility = \"electricity\"\n[[tariff.version]]\nvalid_from = \"2024-01-01\"\nsource = \"x\"\n" +
           std::string(more) + "\n";
  };
  expect_problem(version(""), "'price' is missing");
  expect_problem(version("price = { peak = 1 }"), "'flat' is missing");
  expect_problem(version("price = { flat = 1, peak = \"58\" }"), "'peak' can't be \"58\"");
  expect_problem(version("price = { flat = 1, peek = 2 }"), "unknown key 'peek'; did you mean 'peak'?");
  expect_problem(version("price = 0.1234567"), "six decimals at most");
  expect_problem(version("price = -1"), "'price' is -1");
  expect_problem(version("price = { flat = 1 }\n[[tariff.version.period]]\nband = \"peak\""),
                 "the band 'peak' has no price in this version");
  expect_problem(version("price = 1\n[[tariff.version.period]]\nband = \"peak\"\nmonths = [13]"),
                 "'months' can't hold 13");
  expect_problem(version("price = 1\n[[tariff.version]]\nvalid_from = \"2024-01-01\"\nsource = \"y\"\nprice = 2"),
                 "another version begins on this day");
  expect_problem(version("price = 1\n[[tariff]]\nutility = \"electricity\"\n[[tariff.version]]\nvalid_from = "
                         "\"2025-01-01\"\nsource = \"y\"\nprice = 2"),
                 "there is a tariff for electricity above");
  expect_problem(std::string(fujian) +
                     "[[tariff.version]]\nvalid_from = \"2025-01-01\"\nsource = \"y\"\nprice = { "
                     "flat = 1, critical_peak = 2, valley = 0.5 }",
                 "the band 'peak', in use by the version before, has no price");
}

TEST(FactorSection, WithoutOneTheBuiltInRowsCarryTheirSourceAndTheirDoubt) {
  const auto site = site_with_tables("");
  const auto* coal = site.factors.on(FactorKind::standard_coal, Utility::electricity, local_day(2026, 11, 1));
  ASSERT_NE(coal, nullptr);
  EXPECT_EQ(coal->value, 122'900);
  EXPECT_EQ(coal->mark, "S2");
  EXPECT_FALSE(site.factors.water_in_standard_coal);
  const auto carbon = [&](int year) {
    const auto* row = site.factors.on(FactorKind::carbon, Utility::electricity, local_day(year, 12, 31));
    return row == nullptr ? 0 : row->value;
  };
  EXPECT_EQ(carbon(2020), 0);
  EXPECT_EQ(carbon(2021), 556'800);
  EXPECT_EQ(carbon(2022), 536'600);
  EXPECT_EQ(carbon(2026), 530'600);
  EXPECT_EQ(site.factors.on(FactorKind::carbon, Utility::water, local_day(2026, 1, 1)), nullptr);
}

TEST(FactorSection, AnOwnRowReplacesTheBuiltInOnesFromItsFirstDayOn) {
  const auto site = site_with_tables(R"([factors]
grid = "fujian"
water_in_standard_coal = true
[[factor]]
kind = "carbon"
utility = "electricity"
value = 0.4
valid_from = "2025-01-01"
source = "provincial notice"
)");
  EXPECT_TRUE(site.factors.water_in_standard_coal);
  const auto carbon = [&](int year) {
    return site.factors.on(FactorKind::carbon, Utility::electricity, local_day(year, 6, 1));
  };
  EXPECT_EQ(carbon(2021), nullptr);
  EXPECT_EQ(carbon(2024)->value, 409'200);
  EXPECT_TRUE(carbon(2024)->built_in);
  EXPECT_EQ(carbon(2024)->source, "福建电力平均二氧化碳排放因子，2022 年数据，生态环境部、国家统计局");
  EXPECT_EQ(carbon(2024)->source_en, "grid average CO2 factor of Fujian, 2022 data, MEE and NBS");
  EXPECT_EQ(carbon(2025)->value, 400'000);
  EXPECT_EQ(carbon(2025)->mark, "");
}

TEST(FactorSection, EveryMistakeHasItsPlaceAndWhatWouldBeRight) {
  expect_problem("[factors]\ngrid = \"fuijan\"\n", "did you mean \"fujian\"?");
  const auto row = std::string(
      "[[factor]]\nkind = \"carbon\"\nutility = \"electricity\"\nvalue = 0.4\nvalid_from = \"2025-01-01\"\nsource = "
      "\"x\"\n");
  expect_problem(row + row, "there is another carbon of electricity from this day on");
  expect_problem(
      "[[factor]]\nkind = \"carbon\"\nutility = \"electricity\"\nvalid_from = \"2025-01-01\"\nsource = \"x\"\n",
      "'value' is missing");
}

TEST(VirtualNodes, ADifferenceIsWhatItIsOfMinusTheRest) {
  const auto site = site_with_tables(R"([[node]]
id = "both-floors"
kind = "sum"
of = ["floor-1", "floor-2"]
demand_limit = "80 kW"
[[node]]
id = "rest"
name = "未计量"
name_en = "Unaccounted"
kind = "difference"
of = ["main"]
minus = ["both-floors"]
unaccounted_limit_percent = 10
)");
  const auto rest = site.node_named("rest", Utility::electricity);
  ASSERT_TRUE(rest);
  const auto& node = site.node(*rest);
  EXPECT_EQ(node.kind, NodeKind::difference);
  EXPECT_EQ(node.label.english, "Unaccounted");
  EXPECT_DOUBLE_EQ(node.unaccounted_limit, 0.1);
  EXPECT_EQ(node.meters.size(), 3u);
  ASSERT_EQ(node.terms.size(), 2u);
  EXPECT_EQ(site.node(node.terms[1].source).name, "both-floors");
  EXPECT_EQ(node.terms[1].sign, -1);
  EXPECT_LT(node.terms[1].source.index(), rest->index());
  EXPECT_EQ(site.node(node.terms[1].source).demand_limit, 80e3);
}

TEST(VirtualNodes, LimitsAndLabelsReachTheNodesOfMetersAreasAndTheCompound) {
  const auto site = site_with_tables("");
  const auto limit = [&](std::string_view name) {
    return site.node(*site.node_named(name, Utility::electricity)).demand_limit;
  };
  EXPECT_EQ(limit("main"), 250e3);
  EXPECT_EQ(limit("b1"), 300e3);
  EXPECT_EQ(limit("compound"), 1.2e6);
  EXPECT_EQ(site.node(*site.node_named("01A10", Utility::electricity)).label.english, "Indoor lighting and sockets");
}

TEST(VirtualNodes, EveryMistakeHasItsPlaceAndWhatWouldBeRight) {
  const auto node = [](std::string_view more) { return "[[node]]\nid = \"n\"\n" + std::string(more) + "\n"; };
  expect_problem(node("kind = \"sum\""), "'of' is missing");
  expect_problem(node("kind = \"difference\"\nof = [\"main\"]"), "'minus' is missing");
  expect_problem(node("kind = \"sum\"\nof = [\"flor-1\"]"), "did you mean 'floor-1'?");
  expect_problem(node("kind = \"sum\"\nutility = \"water\"\nof = [\"main\"]"),
                 "'main' names no water meter, area or sub-item");
  expect_problem(node("kind = \"sum\"\nof = [\"main\", \"main\"]"), "'main' is named twice");
  expect_problem(node("kind = \"sum\"\nof = [\"main\", \"b1\"]"), "node 'n' counts meter 'main' more than once");
  expect_problem("[[node]]\nid = \"main\"\nkind = \"sum\"\nof = [\"b1\"]\n", "id 'main' is taken by a meter");
  expect_problem(node("kind = \"difference\"\nof = [\"main\"]\nminus = [\"floor-1\"]\nunaccounted_limit_percent = 120"),
                 "'unaccounted_limit_percent' is 120");
}

TEST(Dictionary, ItsVersionAndSourceAreKnown) {
  EXPECT_EQ(site_with_tables("").dictionary.version, "built-in 2026-11");
  const auto site = site_with_tables("[dictionary]\nversion = \"DBJ 2027\"\nsource = \"provincial code table\"\n");
  EXPECT_EQ(site.dictionary.version, "DBJ 2027");
  EXPECT_EQ(site.dictionary.source, "provincial code table");
}

}  // namespace
}  // namespace gateway
