#include "core/site_reader.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/fake_catalogue.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view small_site = R"([site]
id = "cangshan"
name = "仓山区政务中心"
name_en = "Cangshan Government Affairs Centre"
timezone = "Asia/Shanghai"

[[area]]
id = "b1"
name = "一号楼"
[[area]]
id = "b1-f2"
parent = "b1"

[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"

[[meter]]
id = "main"
bus = "plant"
unit = 1
model = "electric"
area = "b1"
subitem = "01A10"
rated_power = "100 kW"

[broker]
url = "mqtt://127.0.0.1:1883"

[[sensor]]
id = "door"
kind = "door"
topic = "zigbee2mqtt/door"
area = "b1-f2"

[[sensor]]
id = "cam"
kind = "camera"
topic = "frigate/cam"

[[alarm]]
id = "door-open"
kind = "door_open"
after = "30s"

[[alarm]]
id = "silent"
kind = "device_silent"

[[sink]]
id = "central"
kind = "influx1"
url = "http://127.0.0.1:8086"
database = "energy"
)";

std::expected<Site, Problems> parse(std::string_view text) {
  return parse_site(text, "site.toml", test::FakeCatalogue{});
}

std::string with(std::string_view from, std::string_view to) {
  std::string text{small_site};
  const auto place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

// The one problem that the change makes.
std::string problem_of(std::string_view from, std::string_view to) {
  const auto site = parse(with(from, to));
  if (site) return "no problem";
  std::string all;
  for (const auto& problem : site.error()) all += problem.text() + "\n";
  return all;
}

TEST(SiteReader, ASmallSiteIsReadWithItsDefaults) {
  const auto site = parse(small_site);
  ASSERT_TRUE(site) << site.error().front().text();
  EXPECT_EQ(site->name.english, "Cangshan Government Affairs Centre");
  EXPECT_EQ(site->areas[1].parent, AreaId{0});
  EXPECT_EQ(site->meters[0].interval, 1s);
  EXPECT_EQ(site->meters[0].rated_max, 100e3);
  EXPECT_EQ(site->web.port, 8080);
  EXPECT_EQ(site->broker->discovery_prefix, "") << "nobody listens to what the file does not name";
  ASSERT_EQ(site->sub_items.size(), 3u);
  EXPECT_EQ(site->sub_items[1].name.english, "Lighting and sockets");
  EXPECT_TRUE(site->point_of(MeterId{0}, Quantity::energy_import).valid());
  EXPECT_FALSE(site->point_of(MeterId{0}, Quantity::voltage_l1).valid());
}

TEST(SiteReader, ARuleWithoutSourcesWatchesEverythingItFits) {
  const auto site = parse(small_site);
  ASSERT_TRUE(site);
  EXPECT_EQ(site->rules[0].sensors, (std::vector{SensorId{0}}));
  EXPECT_EQ(site->rules[1].sensors.size(), 2u) << "bridges and the broker have a rule of their own";
  EXPECT_EQ(site->rules[1].meters.size(), 1u);
  EXPECT_EQ(std::ranges::count_if(site->alarms, [&](const auto& alarm) { return !site->rules[alarm.rule].built_in; }),
            4);
}

TEST(SiteReader, EveryProblemIsFoundInOneReading) {
  const auto site = parse(R"([site]
id = "Cang Shan"
timezone = "Asia/Fuzhou"
[[area]]
id = "a"
parent = "b"
[[area]]
id = "b"
parent = "a"
[[bus]]
id = "plant"
url = "tcp:/127.0.0.1"
[[meter]]
id = "a"
bus = "plnt"
unit = 300
model = "electrik"
rated_power = "100 hp"
intervall = "1s"
[[alarm]]
id = "x"
kind = "door_opne"
)");
  ASSERT_FALSE(site);
  std::string all;
  for (const auto& problem : site.error()) all += problem.text() + "\n";
  for (const auto* expected :
       {"site.toml:2:6: 'Cang Shan' is not a usable id", "'Asia/Fuzhou' is not a time zone",
        "areas in a circle: a -> b -> a", "is not a bus URL", "id 'a' is taken by an area above",
        "there is no bus 'plnt'; did you mean 'plant'?", "'unit' is 300; it must be from 1 to 247",
        "unknown meter model 'electrik'; did you mean 'electric'?",
        "site.toml:18:15: 'rated_power' can't be \"100 hp\"",
        "site.toml:19:1: unknown key 'intervall'; did you mean 'interval'?", "did you mean \"door_open\"?"})
    EXPECT_NE(all.find(expected), std::string::npos) << expected << "\nin\n" << all;
  EXPECT_TRUE(std::ranges::is_sorted(site.error(), {}, &Problem::line));
}

TEST(SiteReader, MistakesThatNeedTheWholeFileAreFound) {
  EXPECT_NE(problem_of("id = \"door\"", "id = \"main\"").find("id 'main' is taken by a meter above"),
            std::string::npos);
  EXPECT_NE(problem_of("subitem = \"01A10\"", "subitem = \"01A19\"").find("unknown sub-item '01A19'"),
            std::string::npos);
  EXPECT_NE(problem_of("subitem = \"01A10\"", "upstream = \"main\"").find("meters in a circle: main -> main"),
            std::string::npos);
  EXPECT_NE(problem_of("topic = \"zigbee2mqtt/door\"", "topic = \"zigbee2mqtt/#\"").find("has a wildcard"),
            std::string::npos);
  for (const std::string key : {"zigbee2mqtt_base", "frigate_base", "tasmota_full_topic", "discovery_prefix"})
    EXPECT_NE(problem_of("[broker]\n", "[broker]\n" + key + " = \"%prefix%/%topic%/#\"\n").find("has a wildcard"),
              std::string::npos)
        << key;
  EXPECT_NE(problem_of("kind = \"camera\"", "kind = \"camera\"\nfamily = \"zigbee2mqtt\"")
                .find("a camera can't come from zigbee2mqtt"),
            std::string::npos);
  EXPECT_NE(problem_of("after = \"30s\"", "sources = [\"cam\"]").find("'cam' is nothing that door_open can watch"),
            std::string::npos);
  EXPECT_NE(problem_of("[broker]\nurl = \"mqtt://127.0.0.1:1883\"\n", "").find("there are sensors, but no [broker]"),
            std::string::npos);
  EXPECT_NE(problem_of("id = \"b1-f2\"", "id = \"compound\"").find("'compound' is the name of the whole site"),
            std::string::npos);
}

TEST(SiteReader, TwoMetersCanNotShareAUnitOnABus) {
  const auto text =
      std::string(small_site) + "[[meter]]\nid = \"second\"\nbus = \"plant\"\nunit = 1\nmodel = \"electric\"\n";
  const auto site = parse(text);
  ASSERT_FALSE(site);
  EXPECT_NE(site.error().front().text().find("unit 1 on bus 'plant' is already meter 'main'"), std::string::npos);
}

TEST(SiteReader, AnEmptyFileSaysWhatToBeginWith) {
  const auto site = parse("");
  ASSERT_FALSE(site);
  EXPECT_NE(site.error().front().text().find("there is no [site]"), std::string::npos);
}

TEST(SiteReader, ListenTakesHostAndPort) {
  const auto site = parse(std::string(small_site) + "[web]\nlisten = \"[::1]:9090\"\n");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->web.host, "::1");
  EXPECT_EQ(site->web.port, 9090);
}

TEST(SiteReader, APortAloneIsNoAddressToListenOn) {
  const auto site = parse(std::string(small_site) + "[web]\nlisten = \"8080\"\n");
  ASSERT_FALSE(site);
  EXPECT_NE(site.error().front().text().find("write host:port"), std::string::npos) << site.error().front().text();
}

TEST(SiteReader, NamesOfTheBoxAreNamesOfMachines) {
  const auto site = parse(std::string(small_site) + "[web]\nnames = [\"energy.example.org\", \"box-7\"]\n");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->web.names, (std::vector<std::string>{"energy.example.org", "box-7"}));
  for (const auto* wrong : {"https://energy.example.org", "energy.example.org:8443", "*", "a b", ""})
    EXPECT_FALSE(parse(std::string(small_site) + "[web]\nnames = [\"" + wrong + "\"]\n")) << wrong;
}

TEST(SiteReader, MoreBusesThanOneGatewayCanPollAreRefusedOnce) {
  std::string text = "[site]\nid = \"s\"\n";
  for (int i = 0; i < 300; ++i)
    text += "[[bus]]\nid = \"b" + std::to_string(i) + "\"\nurl = \"tcp://10.0.0.1:" + std::to_string(1000 + i) + "\"\n";
  const auto site = parse_site(text, "site.toml", test::FakeCatalogue{});
  ASSERT_FALSE(site);
  ASSERT_EQ(site.error().size(), 1u);
  EXPECT_EQ(site.error()[0].text(),
            "site.toml:773:7: more than 256 network buses; one gateway polls no more; put the rest on a second one");
}

}  // namespace
}  // namespace gateway
