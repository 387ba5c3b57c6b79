#include "drivers/mqtt/topic_filter.hpp"

#include <string>

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(TopicFilter, WildcardsStandForWholeLevelsOnly) {
  for (const auto* good : {"#", "+", "a/#", "a/+/b", "+/+", "/", "a//b", "/finance", "+/tennis/#"})
    EXPECT_TRUE(is_topic_filter(good)) << good;
  for (const auto* bad : {"", "a#", "a/#/b", "a+", "+a/b", "sport/tennis#", "#/a"})
    EXPECT_FALSE(is_topic_filter(bad)) << bad;
}

TEST(TopicFilter, ATopicHasNoWildcardAndNoZeroByte) {
  EXPECT_TRUE(is_topic("zigbee2mqtt/楼层 1/door"));
  EXPECT_FALSE(is_topic(""));
  EXPECT_FALSE(is_topic("a/+"));
  EXPECT_FALSE(is_topic("a/#"));
  EXPECT_FALSE(is_topic(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_topic(std::string(longest_topic + 1, 'x')));
}

// The examples of MQTT 3.1.1, section 4.7.1.
TEST(TopicFilter, MatchesAsTheStandardsExamplesSay) {
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1"));
  EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
  EXPECT_TRUE(matches("sport/#", "sport"));
  EXPECT_TRUE(matches("sport/tennis/+", "sport/tennis/player1"));
  EXPECT_FALSE(matches("sport/tennis/+", "sport/tennis/player1/ranking"));
  EXPECT_FALSE(matches("sport/+", "sport"));
  EXPECT_TRUE(matches("sport/+", "sport/"));
  EXPECT_TRUE(matches("+/+", "/finance"));
  EXPECT_TRUE(matches("/+", "/finance"));
  EXPECT_FALSE(matches("+", "/finance"));
  EXPECT_FALSE(matches("sport/tennis", "Sport/tennis"));
}

TEST(TopicFilter, ALeadingWildcardDoesNotSeeTheBrokersOwnTopics) {
  EXPECT_FALSE(matches("#", "$SYS/broker/uptime"));
  EXPECT_FALSE(matches("+/broker/uptime", "$SYS/broker/uptime"));
  EXPECT_TRUE(matches("$SYS/#", "$SYS/broker/uptime"));
}

}  // namespace
}  // namespace gateway
