#include "cloud-sync/uplink/json_points.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "cloud-sync/influx/line_protocol.hpp"

namespace gateway {
namespace {

namespace json = boost::json;

TEST(JsonPoints, APollIsOneObject) {
  std::string text;
  ASSERT_TRUE(append_json_point(
      text, "electricity,area=b1,meter=main,site=cangshan power_w=1234.5,energy_import_wh=5000i 1763913600000"));
  EXPECT_EQ(text, R"({"measurement":"electricity","time_ms":1763913600000,)"
                  R"("tags":{"area":"b1","meter":"main","site":"cangshan"},)"
                  R"("fields":{"power_w":1234.5,"energy_import_wh":5000}})");
}

// Whatever a name or a text holds comes out of the JSON as it went into the line.
TEST(JsonPoints, EscapesComeBackAsWhatTheyStandFor) {
  const std::string name = "Gao's \"hall\", east=1";
  const std::string said = R"(he said: "C:\temp", and left)";
  std::string room(4096, '\0');
  LineWriter line{room};
  const Tag tag{"area", name};
  line.begin(series_key("alarm", {&tag, 1}));
  line.field("by", said);
  line.field("value", -0.5);
  ASSERT_TRUE(line.end(-7));
  std::string written{line.text()};
  written.pop_back();
  std::string text;
  ASSERT_TRUE(append_json_point(text, written)) << written;
  const auto point = json::parse(text).as_object();
  EXPECT_EQ(point.at("tags").at("area").as_string(), name);
  EXPECT_EQ(point.at("fields").at("by").as_string(), said);
  EXPECT_EQ(point.at("fields").at("value").as_double(), -0.5);
  EXPECT_EQ(point.at("time_ms").as_int64(), -7);
}

TEST(JsonPoints, WhatIsNotLineProtocolIsLeftOutAndCounted) {
  for (const char* line :
       {"", "m", "m f=1", "m f=1 x", "m,=1 f=1 1", "m,t f=1 1", "m f=NaN 1", "m f=.5 1", "m f=01 1", "m f=\"open 1",
        "m f= 1", "m =1 1", " f=1 1", "m f=1 1 2", "m f=1,g 1", "m f=1e 1", "m f=- 1", "m f=1 -"}) {
    std::string text = "before";
    EXPECT_FALSE(append_json_point(text, line)) << line;
    EXPECT_EQ(text, "before");
  }
  JsonPoints points{"rubbish\nm f=1 1\n", 1000};
  EXPECT_EQ(points.next(), R"({"points":[{"measurement":"m","time_ms":1,"tags":{},"fields":{"f":1}}]})");
  EXPECT_EQ(points.next(), std::nullopt);
  EXPECT_EQ(points.unreadable(), 1U);
}

TEST(JsonPoints, MessagesAreWholePointsAndNoLongerThanAskedFor) {
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += "electricity,meter=m" + std::to_string(i) + " power_w=1.5 1\n";
  for (const std::size_t most : {1UL, 200UL, 1000UL, 100'000UL}) {
    JsonPoints points{lines, most};
    std::size_t seen = 0;
    std::size_t messages = 0;
    while (const auto message = points.next()) {
      const auto all = json::parse(*message).as_object().at("points").as_array();
      EXPECT_TRUE(message->size() <= most || all.size() == 1);
      for (const auto& point : all) EXPECT_EQ(point.at("tags").at("meter").as_string(), "m" + std::to_string(seen++));
      ++messages;
    }
    EXPECT_EQ(seen, 500U);
    EXPECT_EQ(messages == 1, most == 100'000);
  }
}

}  // namespace
}  // namespace gateway
