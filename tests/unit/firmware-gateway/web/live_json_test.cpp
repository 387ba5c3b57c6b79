#include "firmware-gateway/web/live_json.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/support/web_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

class LiveJsonTest : public testing::Test {
 protected:
  json::object live(Texts texts = Texts::included) {
    JsonWriter writer;
    writer.begin_object();
    LiveJson of_site{web.site};
    of_site.refresh_totals(*snapshot);
    of_site.write(writer, {*snapshot, snapshot->points, web.buses, {2, 1}}, texts, Totals::all);
    writer.end_object();
    return json::parse(std::string{writer.text()}).as_object();
  }
  // The element of live()[list] whose `key` is `id`.
  json::object element(const char* list, const char* key, std::string_view id, Texts texts = Texts::included) {
    const auto all = live(texts);
    for (const auto& each : all.at(list).as_array())
      if (each.at(key).as_string() == id) return each.as_object();
    ADD_FAILURE() << "no " << id << " in " << list;
    return {};
  }
  [[nodiscard]] PointId point(MeterId meter, Quantity quantity) const { return web.site.point_of(meter, quantity); }
  [[nodiscard]] PointId point(SensorId sensor, Quantity quantity) const { return web.site.point_of(sensor, quantity); }
  void set(Reading reading) { test::WebFixture::set(*snapshot, reading); }
  NodeLive& node(std::string_view name, Utility utility) {
    auto& live = snapshot->nodes[web.site.node_named(name, utility)->index()];
    live.counted = true;
    return live;
  }
  void measure(std::string_view name, Utility utility, double rate, bool rate_known, std::int64_t today,
               MonotonicTime oldest, std::uint32_t meters_online) {
    auto& live = node(name, utility);
    live.rate = rate;
    live.rate_known = rate_known;
    live.today = today;
    live.oldest = oldest;
    live.meters_online = meters_online;
  }
  json::object totals(std::string_view meter) { return element("meters", "id", meter).at("totals").as_object(); }

  test::WebFixture web;
  std::shared_ptr<LiveSnapshot> snapshot = web.snapshot();
  MonotonicTime earlier = web.clock.monotonic() - 830ms;
};

TEST_F(LiveJsonTest, WhatIsNotKnownIsNull) {
  const auto all = live();
  EXPECT_EQ(all.at("time_ms"), to_ms(web.clock.utc()));
  EXPECT_TRUE(all.at("compound").at("power_w").is_null());
  EXPECT_TRUE(all.at("compound").at("age_ms").is_null());
  const auto meter = element("meters", "id", "light");
  for (const auto* key :
       {"online", "age_ms", "power_w", "energy_wh", "energy_today_wh", "flow_l_per_h", "volume_l", "volume_today_l"})
    EXPECT_TRUE(meter.at(key).is_null()) << key;
  const auto sensor = element("sensors", "id", "door");
  for (const auto* key : {"online", "age_ms", "open", "wet", "person", "battery_pct", "link_quality"})
    EXPECT_TRUE(sensor.at(key).is_null()) << key;
  EXPECT_TRUE(element("buses", "id", "plant").at("online").is_null());
}

TEST_F(LiveJsonTest, AMeterShowsItsRateItsCounterAndItsAge) {
  const auto light = web.meter("light");
  set(Reading::flag(point(light, Quantity::online), snapshot->made, true));
  set(Reading::gauge(point(light, Quantity::active_power), earlier, 1234.0));
  set(Reading::counter(point(light, Quantity::energy_import), earlier, 123'456'789'500));
  measure("light", Utility::electricity, 1234.0, true, 4'567'250, earlier, 1);
  const auto meter = element("meters", "id", "light");
  EXPECT_EQ(meter.at("online"), true);
  EXPECT_EQ(meter.at("age_ms"), 830);
  EXPECT_EQ(meter.at("power_w"), 1234);
  EXPECT_EQ(meter.at("energy_wh"), 123456789.5);
  EXPECT_EQ(meter.at("energy_today_wh"), 4567.25);
  EXPECT_EQ(meter.at("kind"), "electricity");
  EXPECT_EQ(meter.at("area"), "b1-f1");
  EXPECT_EQ(meter.at("subitem"), "01A10");
  EXPECT_TRUE(meter.at("volume_l").is_null());
}

TEST_F(LiveJsonTest, AnOfflineMeterHasNoPowerButKeepsItsCounterAndAgesOn) {
  const auto light = web.meter("light");
  set(Reading::flag(point(light, Quantity::online), snapshot->made, false));
  set(Reading::gauge(point(light, Quantity::active_power), earlier, 1234.0));
  set(Reading::counter(point(light, Quantity::energy_import), earlier, 5000));
  measure("light", Utility::electricity, 0, false, 0, earlier, 0);
  const auto meter = element("meters", "id", "light");
  EXPECT_EQ(meter.at("online"), false);
  EXPECT_TRUE(meter.at("power_w").is_null());
  EXPECT_EQ(meter.at("energy_wh"), 5);
  EXPECT_EQ(meter.at("age_ms"), 830);
}

TEST_F(LiveJsonTest, WaterIsInLitres) {
  const auto tap = web.meter("tap");
  set(Reading::counter(point(tap, Quantity::volume), earlier, 900'001));
  measure("tap", Utility::water, 300.5, true, 8'100'000, earlier, 1);
  const auto meter = element("meters", "id", "tap");
  EXPECT_EQ(meter.at("flow_l_per_h"), 300.5);
  EXPECT_EQ(meter.at("volume_l"), 900.001);
  EXPECT_EQ(meter.at("volume_today_l"), 8100);
  EXPECT_TRUE(meter.at("power_w").is_null());
  EXPECT_TRUE(meter.at("subitem").is_null());
}

TEST_F(LiveJsonTest, AnAreaAddsUpBothUtilitiesAndIsAsOldAsItsOldestMeter) {
  measure("b1", Utility::electricity, 31234.5, true, 212'345'000, snapshot->made - 200ms, 1);
  measure("b1", Utility::water, 300, true, 3'100'000, snapshot->made - 900ms, 1);
  const auto area = element("areas", "id", "b1");
  EXPECT_EQ(area.at("power_w"), 31234.5);
  EXPECT_EQ(area.at("energy_today_wh"), 212345);
  EXPECT_EQ(area.at("flow_l_per_h"), 300);
  EXPECT_EQ(area.at("volume_today_l"), 3100);
  EXPECT_EQ(area.at("age_ms"), 900);
  EXPECT_EQ(area.at("meters"), 2);
  EXPECT_EQ(area.at("meters_online"), 2);
  EXPECT_TRUE(area.at("parent").is_null());
  EXPECT_EQ(element("areas", "id", "b1-f1").at("parent"), "b1");
}

TEST_F(LiveJsonTest, ASubItemWithoutWaterHasNoFlow) {
  measure("01A10", Utility::electricity, 1000, true, 9'000'000, earlier, 1);
  const auto item = element("subitems", "code", "01A10");
  EXPECT_EQ(item.at("power_w"), 1000);
  EXPECT_TRUE(item.at("flow_l_per_h").is_null());
  EXPECT_TRUE(item.at("volume_today_l").is_null());
}

TEST_F(LiveJsonTest, ASensorShowsItsStateAndWhatABrokerKeptHasNoAge) {
  const auto door = web.sensor("door");
  set(Reading::flag(point(door, Quantity::open), earlier, true).as_retained());
  EXPECT_EQ(element("sensors", "id", "door").at("open"), true);
  EXPECT_TRUE(element("sensors", "id", "door").at("age_ms").is_null());
  set(Reading::gauge(point(door, Quantity::battery_pct), earlier, 97));
  const auto sensor = element("sensors", "id", "door");
  EXPECT_EQ(sensor.at("battery_pct"), 97);
  EXPECT_EQ(sensor.at("age_ms"), 830);
  EXPECT_EQ(sensor.at("kind"), "door");
}

TEST_F(LiveJsonTest, BeingReachableIsNotAValueWithAnAge) {
  set(Reading::flag(point(web.sensor("door"), Quantity::online), snapshot->made, true));
  EXPECT_EQ(element("sensors", "id", "door").at("online"), true);
  EXPECT_TRUE(element("sensors", "id", "door").at("age_ms").is_null());
}

TEST_F(LiveJsonTest, LiveFramesLeaveFixedTextsOut) {
  const auto all = live(Texts::left_out);
  EXPECT_FALSE(all.contains("site"));
  const std::pair<const char*, const char*> lists[] = {
      {"areas", "id"}, {"subitems", "code"}, {"meters", "id"}, {"sensors", "id"}, {"buses", "id"}};
  for (const auto& [list, key] : lists) {
    ASSERT_FALSE(all.at(list).as_array().empty()) << list;
    for (const auto& each : all.at(list).as_array()) {
      EXPECT_TRUE(each.as_object().contains(key)) << list;
      for (const auto* fixed : {"name", "name_en", "area", "parent", "subitem", "url"})
        EXPECT_FALSE(each.as_object().contains(fixed)) << list << ' ' << fixed;
    }
  }
  EXPECT_TRUE(element("meters", "id", "light", Texts::left_out).contains("kind"));
}

TEST_F(LiveJsonTest, AValueIsOldAfterThreePollsOfItsSlowestMeter) {
  for (auto& meter : web.site.meters) meter.interval = meter.id == "tap" ? 5min : 1s;
  EXPECT_EQ(element("meters", "id", "light").at("stale_after_ms"),
            15'000);  // never sooner than a crowded bus comes round
  EXPECT_EQ(element("meters", "id", "tap").at("stale_after_ms"), 900'000);
  EXPECT_EQ(element("areas", "id", "b1-f1").at("stale_after_ms"), 15'000);
  EXPECT_EQ(element("areas", "id", "b1").at("stale_after_ms"), 900'000);
  EXPECT_EQ(element("subitems", "code", "01A10").at("stale_after_ms"), 15'000);
  EXPECT_EQ(live().at("compound").at("stale_after_ms"), 900'000);
  EXPECT_FALSE(live(Texts::left_out).at("compound").as_object().contains("stale_after_ms"));
}

TEST_F(LiveJsonTest, AreaAndHeadsAreNullUntilSomeoneGivesThem) {
  EXPECT_TRUE(element("areas", "id", "b1").at("floor_area_m2").is_null());
  EXPECT_TRUE(live().at("site").at("heads").is_null());
  web.site.areas[0].floor_area_m2 = 8200;
  web.site.heads = 650;
  EXPECT_EQ(element("areas", "id", "b1").at("floor_area_m2").to_number<double>(), 8200);
  EXPECT_EQ(live().at("site").at("heads"), 650);
}

TEST_F(LiveJsonTest, BusesCountTheirMetersAndAlarmsAreCounted) {
  web.buses.resize(1);
  web.buses[0].bus = BusId{0};
  web.buses[0].online = true;
  set(Reading::flag(point(web.meter("tap"), Quantity::online), snapshot->made, true));
  const auto bus = element("buses", "id", "plant");
  EXPECT_EQ(bus.at("online"), true);
  EXPECT_EQ(bus.at("meters"), 2);
  EXPECT_EQ(bus.at("meters_online"), 1);
  EXPECT_EQ(live().at("alarms").at("standing"), 2);
  EXPECT_EQ(live().at("alarms").at("unacknowledged"), 1);
}

TEST_F(LiveJsonTest, TotalsOfANodeThatNeverCountedAreEmpty) {
  EXPECT_TRUE(totals("light").empty());
  EXPECT_TRUE(live().at("compound").at("totals").as_object().empty());
  snapshot->clock_known = false;
  node("light", Utility::electricity).month = 1000;
  EXPECT_TRUE(totals("light").empty()) << "nobody knows which month it is";
}

TEST_F(LiveJsonTest, TotalsHaveWhatIsKnownAndLeaveOutTheRest) {
  auto& light = node("light", Utility::electricity);
  light.month = 12'345'678;
  auto electricity = totals("light").at("electricity").as_object();
  EXPECT_EQ(electricity.at("energy_month_wh"), 12345.678);
  for (const auto* key : {"demand_w", "demand_start_ms", "demand_forecast_w", "demand_limit_w", "max_demand_w",
                          "max_demand_at_ms", "max_sliding_demand_w", "cost_today_yuan"})
    EXPECT_FALSE(electricity.contains(key)) << key;

  const auto quarter = web.clock.utc() - 5min;
  light.meters_online = 1;
  light.demand = {.block_start = quarter,
                  .amount = 0,
                  .so_far = 80'120.04,
                  .forecast = 80'533.36,
                  .forecast_known = true,
                  .whole = true,
                  .month_max = 101'200,
                  .month_max_at = quarter - 1h,
                  .sliding_max = 103'400,
                  .sliding_max_at = quarter - 50min};
  light.priced = true;
  light.cost_today = 371'520'000;
  light.today = 500'000'000;  // 500 kWh
  web.site.nodes[web.site.node_of(web.meter("light")).index()].demand_limit = 120'000;
  electricity = totals("light").at("electricity").as_object();
  EXPECT_EQ(electricity.at("demand_start_ms"), to_ms(quarter));
  EXPECT_EQ(electricity.at("demand_w"), 80120);
  EXPECT_EQ(electricity.at("demand_forecast_w"), 80533.4);
  EXPECT_EQ(electricity.at("demand_limit_w").to_number<double>(), 120'000);
  EXPECT_EQ(electricity.at("max_demand_w"), 101'200);
  EXPECT_EQ(electricity.at("max_demand_at_ms"), to_ms(quarter - 1h));
  EXPECT_EQ(electricity.at("max_sliding_demand_w"), 103'400);
  EXPECT_EQ(electricity.at("max_sliding_demand_at_ms"), to_ms(quarter - 50min));
  EXPECT_EQ(electricity.at("cost_today_yuan"), 371.52);
  // The clock stands in 2025: the factor of 2023, 0.5306 kg/kWh.
  EXPECT_EQ(electricity.at("carbon_today_kgco2"), 265.3);
  EXPECT_FALSE(totals("light").contains("water"));
}

TEST_F(LiveJsonTest, NoDemandIsShownOfABlockThatWasNotSeenFromItsBeginningOrWithoutAMeter) {
  auto& light = node("light", Utility::electricity);
  light.demand.so_far = 1000;
  light.meters_online = 1;
  EXPECT_FALSE(totals("light").at("electricity").as_object().contains("demand_w"));
  light.demand.whole = true;
  EXPECT_TRUE(totals("light").at("electricity").as_object().contains("demand_w"));
  EXPECT_FALSE(totals("light").at("electricity").as_object().contains("demand_forecast_w")) << "no power is known";
  light.meters_online = 0;
  EXPECT_FALSE(totals("light").at("electricity").as_object().contains("demand_w"));
}

TEST_F(LiveJsonTest, TotalsOfWaterAreInLitres) {
  auto& tap = node("tap", Utility::water);
  tap.month = 152'100'500;
  tap.demand.month_max = 1400;
  const auto water = totals("tap").at("water").as_object();
  EXPECT_EQ(water.at("volume_month_l"), 152100.5);
  EXPECT_EQ(water.at("max_demand_l_per_h"), 1400);
  EXPECT_FALSE(water.contains("carbon_today_kgco2")) << "water has no factor";
}

TEST(LiveJsonNodes, ADifferenceShowsWhatSubMetersDoNotAccountFor) {
  test::WebFixture web{std::string{test::web_site_toml} + R"(
[[node]]
id = "losses"
name = "未计量"
name_en = "Not metered"
kind = "difference"
of = ["compound"]
minus = ["light"]
unaccounted_limit_percent = 3
)"};
  auto snapshot = web.snapshot();
  auto& losses = snapshot->nodes[web.site.node_named("losses", Utility::electricity)->index()];
  losses.counted = true;
  const auto shown = [&] {
    LiveJson live{web.site};
    live.refresh_totals(*snapshot);
    JsonWriter writer;
    writer.begin_object();
    live.write(writer, {*snapshot, snapshot->points, web.buses, {}}, Texts::included, Totals::all);
    writer.end_object();
    return json::parse(std::string{writer.text()}).at("nodes").as_array().at(0).as_object();
  };
  auto node = shown();
  EXPECT_EQ(node.at("id"), "losses");
  EXPECT_EQ(node.at("kind"), "difference");
  EXPECT_EQ(node.at("utility"), "electricity");
  EXPECT_FALSE(node.at("totals").at("balance").as_object().contains("unaccounted_today_pct")) << "nothing supplied";
  EXPECT_FALSE(node.at("totals").at("balance").as_object().contains("unaccounted_last_day_pct")) << "no day closed";
  losses.balance_today = {.day = {}, .supplied = 512'345'000, .unaccounted = -5'123'000};
  losses.balance_known = true;
  losses.last_day = {.day = web.clock.utc() - 24h, .supplied = 1'000'000, .unaccounted = 12'000};
  node = shown();
  const auto& balance = node.at("totals").at("balance");
  EXPECT_EQ(balance.at("unaccounted_today"), -5123);
  EXPECT_EQ(balance.at("supplied_today"), 512345);
  EXPECT_EQ(balance.at("unaccounted_today_pct"), -1);
  EXPECT_EQ(balance.at("unaccounted_last_day_pct"), 1.2);
  EXPECT_EQ(balance.at("last_day_ms"), to_ms(web.clock.utc() - 24h));
  EXPECT_EQ(balance.at("unaccounted_limit_pct"), 3);
}

TEST(AlarmCounts, ShelvedAndReturnedAlarmsDoNotStand) {
  const test::WebFixture web;
  using enum AlarmState;
  const std::vector records{web.alarm(unacknowledged), web.alarm(acknowledged), web.alarm(returned_unacknowledged),
                            web.alarm(shelved), web.alarm(out_of_service)};
  const auto counts = count_alarms(records);
  EXPECT_EQ(counts.standing, 2U);
  EXPECT_EQ(counts.unacknowledged, 2U);
}

}  // namespace
}  // namespace gateway
