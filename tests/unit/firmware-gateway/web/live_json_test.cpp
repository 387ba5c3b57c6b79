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
    LiveJson{web.site}.write(writer, {*snapshot, snapshot->points, web.buses, {2, 1}}, texts);
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
    return snapshot->nodes[web.site.node_named(name, utility)->index()];
  }

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
  for (const auto* key : {"online", "age_ms", "power_w", "energy_wh", "flow_l_per_h", "volume_l", "volume_today_l"})
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
  node("light", Utility::electricity) = {1234.0, true, 4'567'250, earlier, 1};
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
  node("light", Utility::electricity) = {0, false, 0, earlier, 0};
  const auto meter = element("meters", "id", "light");
  EXPECT_EQ(meter.at("online"), false);
  EXPECT_TRUE(meter.at("power_w").is_null());
  EXPECT_EQ(meter.at("energy_wh"), 5);
  EXPECT_EQ(meter.at("age_ms"), 830);
}

TEST_F(LiveJsonTest, WaterIsInLitres) {
  const auto tap = web.meter("tap");
  set(Reading::counter(point(tap, Quantity::volume), earlier, 900'001));
  node("tap", Utility::water) = {300.5, true, 8'100'000, earlier, 1};
  const auto meter = element("meters", "id", "tap");
  EXPECT_EQ(meter.at("flow_l_per_h"), 300.5);
  EXPECT_EQ(meter.at("volume_l"), 900.001);
  EXPECT_EQ(meter.at("volume_today_l"), 8100);
  EXPECT_TRUE(meter.at("power_w").is_null());
  EXPECT_TRUE(meter.at("subitem").is_null());
}

TEST_F(LiveJsonTest, AnAreaAddsUpBothUtilitiesAndIsAsOldAsItsOldestMeter) {
  node("b1", Utility::electricity) = {31234.5, true, 212'345'000, snapshot->made - 200ms, 1};
  node("b1", Utility::water) = {300, true, 3'100'000, snapshot->made - 900ms, 1};
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
  node("01A10", Utility::electricity) = {1000, true, 9'000'000, earlier, 1};
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
