#include "firmware-gateway/web/request_body.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(AckBody, ReadsWhoAndWhy) {
  const auto body = read_alarm_action_body(R"({"by": "王伟", "comment": "已派人", "later": 1})");
  ASSERT_TRUE(body) << body.error();
  EXPECT_EQ(body->by, "王伟");
  EXPECT_EQ(body->comment, "已派人");
}

TEST(AckBody, TheCommentMayBeMissing) {
  EXPECT_EQ(read_alarm_action_body(R"({"by": "a"})")->comment, "");
  EXPECT_EQ(read_alarm_action_body(R"({"by": "a", "comment": null})")->comment, "");
}

TEST(AckBody, ControlCharactersDoNotReachTheJournal) {
  const auto body = read_alarm_action_body(R"({"by": " a\u0000b\n ", "comment": "x\r\ny"})");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->by, "a b");
  EXPECT_EQ(body->comment, "x  y");
}

TEST(AckBody, WhatIsNotAnAcknowledgementIsRefused) {
  for (const auto* text :
       {"", "x", "[]", "1", R"({"by": 1})", R"({"by": "a", "comment": 1})", R"({"by": "a"} x)", "{\"by\": \"\xFF\"}"})
    EXPECT_FALSE(read_alarm_action_body(text)) << text;
}

TEST(AckBody, WhoMayBeLeftOutOrBlank) {
  for (const auto* text : {"{}", R"({"by": null})", R"({"by": ""})", R"({"by": "\n "})"})
    EXPECT_EQ(read_alarm_action_body(text)->by, "") << text;
}

TEST(LoginBody, UserAndPasswordAreRequiredAndKeptAsTheyAre) {
  const auto body = read_login_body(R"({"user": "王", "password": " a\tb "})");
  ASSERT_TRUE(body) << body.error();
  EXPECT_EQ(body->user, "王");
  EXPECT_EQ(body->password, " a\tb ");
  for (const auto* text : {"{}", R"({"user": "a"})", R"({"password": "a"})", R"({"user": "", "password": "a"})",
                           R"({"user": 1, "password": "a"})", "[]", ""})
    EXPECT_FALSE(read_login_body(text)) << text;
}

TEST(AckBody, LongTextsAreRefused) {
  EXPECT_TRUE(read_alarm_action_body(R"({"by": ")" + std::string(100, 'a') + "\"}"));
  EXPECT_FALSE(read_alarm_action_body(R"({"by": ")" + std::string(101, 'a') + "\"}"));
  EXPECT_FALSE(read_alarm_action_body(R"({"by": "a", "comment": ")" + std::string(1001, 'a') + "\"}"));
}

TEST(AckBody, NestingAsDeepAsTheBodyIsRefusedNotFollowed) { EXPECT_FALSE(read_alarm_action_body(std::string(60'000, '['))); }

}  // namespace
}  // namespace gateway
