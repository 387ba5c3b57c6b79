#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/site_mode.hpp"
#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Kind = AlarmRule::Kind;
using Part = AlarmSource::Part;
using testing::HasSubstr;

constexpr std::string_view plant = R"(
[site]
id = "s"
operators = 2
[[area]]
id = "b1"
[[area]]
id = "b1-f1"
parent = "b1"
[[area]]
id = "b2"
demand_limit = "100 kW"
[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"
[[bus]]
id = "rtu"
url = "tcp://127.0.0.1:1503"
[[meter]]
id = "b1-light"
bus = "plant"
unit = 1
model = "electric"
area = "b1-f1"
[[meter]]
id = "b1-washroom"
bus = "plant"
unit = 2
model = "water"
area = "b1"
[[meter]]
id = "b2-main"
bus = "rtu"
unit = 1
model = "electric"
area = "b2"
[[node]]
id = "riddle"
kind = "difference"
of = ["b1"]
minus = ["b1-light"]
unaccounted_limit_percent = 5
[broker]
url = "mqtt://127.0.0.1:1883"
[[sensor]]
id = "b1-window-3"
kind = "door"
topic = "zigbee2mqtt/w3"
name = "东窗"
area = "b1"
[[sensor]]
id = "server-room"
kind = "leak"
topic = "zigbee2mqtt/server"
[[sensor]]
id = "gate"
kind = "camera"
topic = "frigate/gate"
)";

std::vector<std::string> problems(const std::string& more) {
  auto site = parse_site(std::string(plant) + more, "s.toml", test::FakeCatalogue{});
  std::vector<std::string> out;
  if (!site)
    for (const auto& problem : site.error()) out.push_back(problem.text());
  return out;
}

std::vector<std::string> sources_of(const Site& site, std::string_view rule) {
  std::vector<std::string> out;
  for (const auto& alarm : site.alarms)
    if (site.rules[alarm.rule].id == rule) out.push_back(alarm.id);
  return out;
}

Site read(const std::string& more) { return test::make_site(std::string(plant) + more); }

TEST(AlarmRules, EveryExampleInTheDocumentIsInOrder) {
  std::ifstream file(GATEWAY_DOCS "/alarms.md");
  std::stringstream text;
  text << file.rdbuf();
  std::string examples;
  std::string line;
  bool inside = false;
  int blocks = 0;
  while (std::getline(text, line)) {
    if (line.starts_with("```")) {
      inside = line == "```toml";
      blocks += inside ? 1 : 0;
      continue;
    }
    if (inside) examples += line + "\n";
  }
  EXPECT_EQ(blocks, 2);
  const auto site = read(examples);
  for (std::size_t i = 0; i < alarm_rule_kind_count; ++i) {
    const auto kind = static_cast<Kind>(i);
    EXPECT_NE(std::ranges::find(site.rules, kind, &AlarmRule::kind), site.rules.end())
        << name_of(kind) << " has no example";
  }
  EXPECT_EQ(site.modes.size(), 2u);
}

TEST(AlarmRules, WithoutSourcesARuleWatchesWhatItFits) {
  const auto site = read(R"(
[[alarm]]
id = "leak"
kind = "water_leak"
[[alarm]]
id = "left-on"
kind = "load_left_on"
areas = ["b1"]
[[alarm]]
id = "demand"
kind = "power_demand"
[[alarm]]
id = "riddle"
kind = "unaccounted"
[[alarm]]
id = "warm"
kind = "value_above"
quantity = "temperature"
limit = 28
)");
  EXPECT_THAT(sources_of(site, "leak"), testing::ElementsAre("b1-washroom"));
  EXPECT_THAT(sources_of(site, "left-on"), testing::ElementsAre("b1", "b1-f1"));
  EXPECT_THAT(sources_of(site, "demand"), testing::ElementsAre("b2", "compound"));
  EXPECT_THAT(sources_of(site, "riddle"), testing::ElementsAre("riddle"));
  EXPECT_THAT(sources_of(site, "warm"), testing::ElementsAre("b1-window-3", "server-room"));
  EXPECT_EQ(site.rules[1].when, When::off_hours);
  EXPECT_EQ(site.operators, 2u);
}

TEST(AlarmRules, ANodeOfTheSitesOwnIsWatchedForDemandWhenItHasALimitOrIsNamed) {
  constexpr std::string_view nodes = R"(
[[node]]
id = "tenants"
kind = "sum"
of = ["b1-light"]
demand_limit = "40 kW"
[[node]]
id = "unlimited"
kind = "sum"
of = ["b1-light"]
)";
  const auto site = read(std::string{nodes} + R"(
[[alarm]]
id = "demand"
kind = "power_demand"
[[alarm]]
id = "named"
kind = "power_demand"
limit = "50 kW"
sources = ["unlimited"]
)");
  EXPECT_THAT(sources_of(site, "demand"), testing::ElementsAre("b2", "tenants", "compound"));
  EXPECT_THAT(sources_of(site, "named"), testing::ElementsAre("unlimited"));
}

TEST(AlarmRules, BusBrokerGatewayAndFloodAreWatchedWithoutBeingAskedFor) {
  const auto site = read("[[sink]]\nid = \"c\"\nkind = \"influx1\"\nurl = \"http://h:8086\"\ndatabase = \"d\"\n");
  EXPECT_THAT(sources_of(site, "bus-fault"), testing::ElementsAre("plant", "rtu"));
  EXPECT_THAT(sources_of(site, "gateway-fault"),
              testing::IsSupersetOf({"store", "readings", "clock", "dashboard", "sink-c"}));
  EXPECT_THAT(sources_of(site, "alarm-flood"), testing::ElementsAre("alarms"));
  EXPECT_FALSE(sources_of(site, "broker-fault").empty());
  EXPECT_TRUE(std::ranges::all_of(site.rules, &AlarmRule::built_in));
}

TEST(AlarmRules, ARuleOfTheSiteTakesABuiltInOnesPlaceAndMayTakeItOut) {
  const auto site = read(R"(
[[alarm]]
id = "my-bus"
kind = "bus_fault"
sources = ["rtu"]
after = "1min"
[[alarm]]
id = "no-flood"
kind = "alarm_flood"
enabled = false
)");
  EXPECT_THAT(sources_of(site, "bus-fault"), testing::IsEmpty());
  EXPECT_THAT(sources_of(site, "my-bus"), testing::ElementsAre("rtu"));
  EXPECT_EQ(std::ranges::find(site.rules, Kind::alarm_flood, &AlarmRule::kind), site.rules.end());
}

TEST(AlarmRules, SilenceHasItsBusOrBridgeAboveIt) {
  const auto site = read("[[alarm]]\nid = \"silent\"\nkind = \"device_silent\"\n");
  const auto parent_of = [&](std::string_view source) {
    const auto parent = site.source_of(site.alarm_named("silent", source)).parent;
    return parent.valid() ? site.source_of(parent).id : std::string{"none"};
  };
  EXPECT_EQ(parent_of("b1-light"), "plant");
  EXPECT_EQ(parent_of("b2-main"), "rtu");
  EXPECT_THAT(parent_of("b1-window-3"), HasSubstr("zigbee2mqtt"));
  EXPECT_THAT(parent_of("gate"), HasSubstr("frigate"));
}

TEST(AlarmRules, ACameraThatIsOfflineIsOneAlarm) {
  const auto site = read(R"(
[[alarm]]
id = "silent"
kind = "device_silent"
[[alarm]]
id = "camera"
kind = "camera_offline"
)");
  const auto camera = site.alarm_named("camera", "gate");
  EXPECT_EQ(site.source_of(site.alarm_named("silent", "gate")).parent, camera);
  EXPECT_TRUE(site.source_of(camera).parent.valid()) << "and the recorder tells for both";
}

TEST(AlarmRules, WhatARuleCanNotWatchIsToldWithWhatItCan) {
  EXPECT_THAT(problems("[[alarm]]\nid = \"a\"\nkind = \"water_leak\"\nsources = [\"b1-light\"]\n"),
              testing::ElementsAre(HasSubstr("it watches water meters")));
  EXPECT_THAT(problems("[[alarm]]\nid = \"a\"\nkind = \"gateway_fault\"\nsources = [\"b1\"]\n"),
              testing::Contains(HasSubstr("take it out")));
  EXPECT_THAT(problems("[[alarm]]\nid = \"a\"\nkind = \"water_running\"\n"),
              testing::ElementsAre(HasSubstr("name the washrooms")));
  EXPECT_THAT(problems("[[alarm]]\nid = \"a\"\nkind = \"value_above\"\nquantity = \"open\"\nlimit = 1\n"),
              testing::Contains(HasSubstr("'open' is no measured value")));
  EXPECT_THAT(problems("[[alarm]]\nid = \"a\"\nkind = \"value_below\"\nquantity = \"battery_pct\"\n"),
              testing::ElementsAre(HasSubstr("there is no 'limit'")));
}

TEST(AlarmRules, AModeThatNamesWhatIsNotThereIsTold) {
  const std::string rule = "[[alarm]]\nid = \"door\"\nkind = \"door_open\"\n";
  EXPECT_THAT(problems(rule + "[[mode]]\nid = \"m\"\n[[mode.change]]\nalarm = \"dor\"\nafter = \"1s\"\n"),
              testing::ElementsAre(HasSubstr("did you mean 'door'?")));
  EXPECT_THAT(problems("[[mode]]\nid = \"usual\"\n"), testing::ElementsAre(HasSubstr("choose another id")));
  EXPECT_THAT(problems("[[mode]]\nid = \"m\"\narm = [\"b9\"]\n"), testing::ElementsAre(HasSubstr("no area 'b9'")));
  EXPECT_THAT(problems("[[mode]]\nid = \"m\"\n[[mode.patrol]]\nid = \"p\"\nsensor = \"none\"\n"),
              testing::ElementsAre(HasSubstr("no sensor 'none'")));
}

TEST(SiteMode, AModeArmsAreasTicksAreItsOwnAndWhatIsUnknownIsRefused) {
  const auto site = read(R"(
[[mode]]
id = "typhoon"
arm = ["b1"]
[[mode.patrol]]
id = "roof"
[[mode]]
id = "holiday"
arm = ["compound"]
)");
  SiteMode mode(site);
  std::uint64_t event = 0;
  const auto apply = [&](ModeRecord::Kind kind, std::string subject, std::string value) {
    ModeRecord record;
    record.event = ++event;
    record.kind = kind;
    record.subject = std::move(subject);
    record.value = std::move(value);
    const auto fine = mode.check(record);
    if (fine) mode.apply(record);
    return fine.has_value();
  };
  using K = ModeRecord::Kind;
  const AreaId b1{0}, floor{1}, b2{2};
  EXPECT_FALSE(mode.is_armed(b1));
  EXPECT_FALSE(apply(K::patrol, "roof", "1")) << "the list is the typhoon's";
  EXPECT_FALSE(apply(K::mode, "", "earthquake"));
  EXPECT_TRUE(apply(K::mode, "", "typhoon"));
  EXPECT_TRUE(mode.is_armed(floor)) << "with the area above it";
  EXPECT_FALSE(mode.is_armed(b2));
  EXPECT_TRUE(apply(K::patrol, "roof", "1"));
  EXPECT_NE(mode.patrolled("roof"), nullptr);
  EXPECT_TRUE(apply(K::armed, "b2", "1"));
  EXPECT_FALSE(apply(K::armed, "b9", "1"));
  // Everything is in the records, also after a restart.
  SiteMode again(site);
  for (const auto& record : mode.records()) again.apply(record);
  EXPECT_TRUE(again.is_armed(b2));
  EXPECT_NE(again.patrolled("roof"), nullptr);
  EXPECT_EQ(again.mode()->id, "typhoon");
  EXPECT_TRUE(apply(K::mode, "", "typhoon"));
  EXPECT_EQ(mode.patrolled("roof"), nullptr) << "the next storm has its own round";
  EXPECT_TRUE(apply(K::mode, "", ""));
  EXPECT_FALSE(mode.is_armed(b1));
  EXPECT_TRUE(mode.is_armed(b2)) << "armed by hand: that holds";
  EXPECT_TRUE(apply(K::armed, "b2", ""));
  EXPECT_FALSE(mode.is_armed(b2));
  EXPECT_TRUE(apply(K::mode, "", "holiday"));
  EXPECT_TRUE(mode.is_armed(AreaId{}));
}

}  // namespace
}  // namespace gateway
