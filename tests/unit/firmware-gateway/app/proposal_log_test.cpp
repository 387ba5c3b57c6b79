#include "firmware-gateway/app/proposal_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gateway {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Discovery::Proposals proposals_of(std::vector<ProposedSensor> proposals) {
  return std::make_shared<const std::vector<ProposedSensor>>(std::move(proposals));
}

TEST(ProposalLog, EachIsToldOnceByIdAndTopic) {
  ProposalLog log;
  const auto one = proposals_of({{"hatch", "Roof hatch", "door", "homeassistant/x/config", "[[sensor]]\n"}});
  EXPECT_THAT(log.news(one, {}), ElementsAre(AllOf(HasSubstr("'hatch'"), HasSubstr("homeassistant/x/config"),
                                                   Not(HasSubstr("[[sensor]]")))));
  EXPECT_THAT(log.news(one, {}), IsEmpty());
  const auto two = proposals_of({(*one)[0], {"tap", "Tap", "leak", "homeassistant/y/config", ""}});
  EXPECT_THAT(log.news(two, {}), ElementsAre(HasSubstr("'tap'")));
}

TEST(ProposalLog, ATopicWritesNoLineOfItsOwn) {
  ProposalLog log;
  const auto lines = log.news(
      proposals_of(
          {{"x", "x", "door", "homeassistant/\n\x1b[2J2026-11-27 alarm/config" + std::string(5'000, 'x'), ""}}),
      {});
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], AllOf(Not(HasSubstr("\n")), Not(HasSubstr("\x1b")), SizeIs(testing::Lt(400u))));
}

TEST(ProposalLog, WhatComesAndGoesFillsNeitherLogNorMemory) {
  ProposalLog log;
  std::size_t lines = 0;
  for (int i = 0; i < 5'000; ++i)
    lines +=
        log.news(proposals_of({{"x", "x", "door", "homeassistant/" + std::to_string(i) + "/config", ""}}), {}).size();
  EXPECT_EQ(lines, ProposalLog::most_told + 1);
}

TEST(ProposalLog, ThatThereIsNoRoomIsToldOnce) {
  ProposalLog log;
  const auto none = proposals_of({});
  EXPECT_THAT(log.news(none, {}), IsEmpty());
  EXPECT_THAT(log.news(none, {.no_room = 1}), ElementsAre(HasSubstr("no room")));
  EXPECT_THAT(log.news(none, {.no_room = 9}), IsEmpty());
}

}  // namespace
}  // namespace gateway
