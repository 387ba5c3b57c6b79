#include "tests/simulator/site_writer.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/site_reader.hpp"

namespace gateway::simulator {
namespace {

// The models that the simulated meters are, without their register maps.
class Catalogue final : public MeterCatalogue {
 public:
  [[nodiscard]] std::optional<MeterModelOutline> outline(std::string_view model) const override {
    using enum Quantity;
    if (model == "kaifeng-xintai") return MeterModelOutline{Utility::water, {{flow, 0}, {volume, 0}}};
    for (const auto known : models())
      if (model == known) return MeterModelOutline{Utility::electricity, {{active_power, 0}, {energy_import, 0}}};
    return std::nullopt;
  }
  [[nodiscard]] std::vector<std::string_view> models() const override {
    return {"eastron-sdm630", "chint-dtsu666", "abb-b23", "generic-10", "kaifeng-xintai"};
  }
};

std::string all_of(const Problems& problems) {
  std::string out;
  for (const auto& problem : problems) out += problem.text() + "\n";
  return out;
}

TEST(SiteWriter, TheSiteOfTheCompoundIsRightAndWhole) {
  const Compound compound(1, 0);
  const auto text = site_of(compound, plant_sensors(), "127.0.0.1:1502", "/tmp/rs485", "127.0.0.1:1883");
  const auto site = parse_site(text, "site.toml", Catalogue{});
  ASSERT_TRUE(site.has_value()) << all_of(site.error());
  EXPECT_EQ(site->meters.size(), 30u);
  EXPECT_EQ(site->sensors.size(), 22u + 3u) << "and bridge, recorder, broker";
  EXPECT_EQ(site->areas.size(), 3u);
  EXPECT_EQ(site->buses.size(), 2u);
  std::set<std::string> rules;
  for (const auto& rule : site->rules)
    if (!rule.built_in) rules.insert(rule.id);
  const std::set<std::string> expected{"left-on", "tap-running", "water-leak", "bus",
                                       "demand",  "door-open",   "leak",       "silent"};
  EXPECT_EQ(rules, expected);
  EXPECT_TRUE(site->broker.has_value());
  for (std::size_t i = 0; i < site->meters.size(); ++i) {
    const auto& meter = site->meters[i];
    EXPECT_GT(meter.rated_max, compound.meters()[i].size * 1.11) << meter.id;  // the noise is 11 % at most
    EXPECT_EQ(meter.utility, compound.meters()[i].utility) << meter.id;
    EXPECT_EQ(meter.unit, compound.meters()[i].unit) << meter.id;
  }
}

TEST(SiteWriter, WhatIsNotServedIsNotInTheSite) {
  const auto site =
      parse_site(site_of(Compound(1, 0), plant_sensors(), "127.0.0.1:1502", "", ""), "site.toml", Catalogue{});
  ASSERT_TRUE(site.has_value()) << all_of(site.error());
  EXPECT_EQ(site->meters.size(), 20u);
  EXPECT_TRUE(site->sensors.empty());
  EXPECT_EQ(site->buses.size(), 1u);
}

TEST(SiteWriter, TheSiteOfABenchmarkSpreadsItsMeters) {
  const auto text = bench_site(10, {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}, "127.0.0.1:1883");
  const auto site = parse_site(text, "site.toml", Catalogue{});
  ASSERT_TRUE(site.has_value()) << all_of(site.error());
  EXPECT_EQ(site->meters.size(), 10u);
  EXPECT_EQ(site->buses.size(), 3u);
  EXPECT_EQ(site->sensors.size(), 8u + 2u) << "and bridge and broker";
}

}  // namespace
}  // namespace gateway::simulator
