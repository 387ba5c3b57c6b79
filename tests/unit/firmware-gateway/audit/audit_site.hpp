// A site with two meters behind a main one, a tariff that changes in the middle of September, and a store that tests
// fill with days.
#pragma once

#include <gtest/gtest.h>

#include "cloud-sync/store/store.hpp"
#include "firmware-gateway/audit/audit_report.hpp"
#include "tests/support/store_site.hpp"

namespace gateway::test {

constexpr std::string_view audit_site_toml = R"toml(
[site]
id = "cangshan"
name = "仓山区政务中心"
name_en = "Cangshan"
floor_area_m2 = 1000
heads = 50
[calendar]
[[calendar.year]]
year = 2026
source = "notice"
[[tariff]]
utility = "electricity"
[[tariff.version]]
valid_from = "2026-01-01"
source = "old price list"
price = { flat = 0.6, valley = 0.3 }
[[tariff.version.period]]
band = "valley"
hours = ["00:00-08:00"]
[[tariff.version]]
valid_from = "2026-09-16"
source = "new price list"
price = { flat = 0.7, valley = 0.35 }
[[area]]
id = "b1"
name = "一号楼"
name_en = "Building 1"
floor_area_m2 = 400
[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"
[[meter]]
id = "main"
name = "总表"
name_en = "Main"
bus = "plant"
unit = 1
model = "electric"
[[meter]]
id = "floor"
name = "=楼层,\"一\""
bus = "plant"
unit = 2
model = "electric"
area = "b1"
upstream = "main"
subitem = "01D20"
[[meter]]
id = "inlet"
bus = "plant"
unit = 3
model = "water"
[[node]]
id = "rest"
kind = "difference"
of = ["main"]
minus = ["floor"]
unaccounted_limit_percent = 30
)toml";

class AuditTest : public ::testing::Test {
 protected:
  static Site read_audit_site() {
    auto read = parse_site(audit_site_toml, "site.toml", FakeCatalogue{});
    if (read) return std::move(*read);
    for (const auto& problem : read.error()) ADD_FAILURE() << problem.text();
    return {};
  }
  NodeId node(std::string_view name, Utility utility = Utility::electricity) const {
    return *site.node_named(name, utility);
  }
  MeterId meter(std::string_view name) const { return site.node(node(name)).meter; }
  UtcTime at(unsigned month, unsigned day, std::chrono::nanoseconds later = {}) const {
    return start_of(local_day(2026, month, day), *site.time) + later;
  }
  void keep(const Batch& batch) {
    const auto kept = store.commit(batch, clock.now());
    ASSERT_TRUE(kept) << kept.error().message();
  }
  // A day of a node, wholly metered: so much in the valley, so much when it is flat, a part of it outside working
  // hours.
  void keep_day(std::string_view name, unsigned month, unsigned day, std::int64_t valley, std::int64_t flat,
                std::int64_t off_hours = 0) {
    Batch batch;
    const auto* version = site.tariff(Utility::electricity).version_on(local_day(2026, month, day));
    const auto part = [&](Band band, std::int64_t amount, bool off) {
      const auto cost = cost_of(amount, version->price[static_cast<std::size_t>(band)]);
      batch.tariffs.push_back({.node = node(name),
                               .length = WindowLength::day,
                               .start = at(month, day),
                               .band = band,
                               .priced = true,
                               .off_hours = off,
                               .amount = amount,
                               .cost = cost});
      return cost;
    };
    const auto cost = part(Band::valley, valley, false) + part(Band::flat, flat - off_hours, false) +
                      part(Band::flat, off_hours, true);
    batch.windows.push_back({.node = node(name),
                             .length = WindowLength::day,
                             .start = at(month, day),
                             .amount = valley + flat,
                             .cost = cost,
                             .covered = std::chrono::hours{24}});
    keep(batch);
  }
  void keep_reading(std::string_view name, UtcTime when, std::int64_t reading) {
    Batch batch;
    batch.counters.push_back({meter(name), when, reading});
    keep(batch);
  }
  Expected<AuditReport> report(std::string_view from, std::string_view to, std::string trace = {}) {
    const auto period = parse_audit_period(from, to);
    EXPECT_TRUE(period) << period.error();
    return make_audit(reader, site, {*period, std::move(trace)}, now);
  }
  static const AuditLine* line_of(const AuditReport& report, NodeId node, unsigned month) {
    for (const auto& line : report.lines)
      if (line.node == node && line.month.month == month) return &line;
    ADD_FAILURE() << "no line of " << report.site->node(node).name << " in month " << month;
    return nullptr;
  }

  Site site = read_audit_site();
  FakeClock clock;
  TemporaryFolder folder;
  Store store = *Store::open(folder.path(), site, clock.now());
  StoreReader reader = *StoreReader::open(store.file(), site);
  UtcTime now = start_of(local_day(2026, 11, 25), *site.time);
};

}  // namespace gateway::test
