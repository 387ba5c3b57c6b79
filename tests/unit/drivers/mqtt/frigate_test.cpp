#include <gtest/gtest.h>

#include "drivers/mqtt/payload.hpp"

namespace gateway {
namespace {

std::string event(std::string_view type, std::string_view more = "") {
  return R"({"type":")" + std::string(type) +
         R"(","before":null,"after":{"id":"1607123955.475377-mxklsc","camera":"gate","label":"person","end_time":null)" +
         std::string(more) + "}}";
}

TEST(Frigate, NewAndUpdateAreOpenEndIsOver) {
  for (const auto* type : {"new", "update"}) {
    const auto decoded = decode_frigate_event(event(type));
    ASSERT_TRUE(decoded.has_value()) << decoded.error().text;
    EXPECT_EQ(decoded->camera, "gate");
    EXPECT_EQ(decoded->id, "1607123955.475377-mxklsc");
    EXPECT_EQ(decoded->label, "person");
    EXPECT_FALSE(decoded->ended);
  }
  EXPECT_TRUE(decode_frigate_event(event("end"))->ended);
}

TEST(Frigate, WhatTurnedOutToBeNobodyIsOver) {
  EXPECT_TRUE(decode_frigate_event(event("update", R"(,"false_positive":true)"))->ended);
  EXPECT_FALSE(decode_frigate_event(event("update", R"(,"false_positive":false)"))->ended);
}

TEST(Frigate, PathDataIsNotTooDeep) {
  EXPECT_TRUE(decode_frigate_event(event("update", R"(,"path_data":[[[0.5,0.5],1607123955.1]])")).has_value());
}

TEST(Frigate, AnEventWithoutCameraIdLabelOrTypeIsAProblem) {
  for (const auto* payload : {"", "[]", "null", "{}", R"({"type":"new"})", R"({"type":"new","after":null})",
                              R"({"type":"new","after":{}})", R"({"type":"new","after":{"id":"1","camera":"gate"}})",
                              R"({"type":"new","after":{"id":1,"camera":2,"label":3}})",
                              R"({"type":"gone","after":{"id":"1","camera":"gate","label":"person"}})",
                              R"({"after":{"id":"1","camera":"gate","label":"person"}})"})
    EXPECT_FALSE(decode_frigate_event(payload).has_value()) << payload;
}

TEST(Frigate, ACountIsAnIntegerFromZeroOn) {
  EXPECT_EQ(decode_count("0"), 0u);
  EXPECT_EQ(decode_count("12"), 12u);
  for (const auto* payload : {"", "-1", "1.5", "one", "1 ", "99999999999999999999"})
    EXPECT_FALSE(decode_count(payload).has_value()) << payload;
}

}  // namespace
}  // namespace gateway
