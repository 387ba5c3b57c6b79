#include "cloud-sync/influx/bisection.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Bisection, FindsExactlyTheBadLines) {
  std::mt19937 random{5};
  for (int round = 0; round < 200; ++round) {
    const int lines = 1 + static_cast<int>(random() % 60);
    std::string text;
    std::set<int> bad;
    for (int i = 0; i < lines; ++i) {
      const bool is_bad = random() % 7 == 0;
      if (is_bad) bad.insert(i);
      text += (is_bad ? "bad n=" : "good n=") + std::to_string(i) + " 1\n";
    }
    Bisection bisection{text, 1 + random() % 5};
    std::string stored;
    while (const auto part = bisection.next()) {
      if (part->find("bad") == std::string_view::npos) {
        stored += *part;
        bisection.accepted();
      } else if (random() % 4 == 0 && bisection.halve()) {
        continue;
      } else {
        bisection.refused("400: bad");
      }
    }
    const auto dead = bisection.take_dead();
    EXPECT_EQ(dead.size(), bad.size());
    for (const DeadLetter& letter : dead) {
      EXPECT_TRUE(letter.line.starts_with("bad n="));
      EXPECT_EQ(letter.lines, 1U);
      EXPECT_EQ(letter.values, 1U);
    }
    EXPECT_EQ(static_cast<std::size_t>(std::count(stored.begin(), stored.end(), '\n')), lines - bad.size());
  }
}

TEST(Bisection, APartWithoutAnAnswerIsAskedForAgain) {
  Bisection bisection{"a x=1 1\nb x=1 1\n"};
  EXPECT_EQ(bisection.next(), bisection.next());
  bisection.refused("413");
  EXPECT_EQ(bisection.next(), "a x=1 1\n");
}

TEST(Bisection, LinesRefusedBeforeTheEndpointWasMendedAreAskedForOnceMore) {
  Bisection bisection{"a x=1 1\nb x=1 1\n"};
  bisection.refused("400: database is required");
  bisection.refused("400: database is required");
  bisection.accepted();  // b: it was mended
  EXPECT_EQ(bisection.next(), "a x=1 1\n");
  bisection.accepted();
  EXPECT_TRUE(bisection.take_dead().empty());
}

TEST(Bisection, WhatRefusesEverythingIsHopelessSoon) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "m x=1 " + std::to_string(i) + "\n";
  Bisection bisection{text};
  int requests = 0;
  while (bisection.next() && !bisection.hopeless()) {
    bisection.refused("400");
    ++requests;
  }
  EXPECT_LT(requests, 40);
}

TEST(Bisection, BeginsWithAsManyPiecesAsAskedForInTheirOrder) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "m x=1 " + std::to_string(1000 + i) + "\n";
  for (const std::size_t pieces : {1UL, 2UL, 7UL, 100UL, 1000UL}) {
    Bisection bisection{text, pieces};
    std::string all;
    std::size_t parts = 0;
    while (const auto part = bisection.next()) {
      EXPECT_TRUE(part->ends_with('\n'));
      all += *part;
      ++parts;
      bisection.accepted();
    }
    EXPECT_EQ(all, text);
    EXPECT_GE(parts, std::min<std::size_t>(pieces, 100) / 2 + 1);
    EXPECT_LE(parts, std::min<std::size_t>(pieces, 100));
  }
}

TEST(Suspects, LinesLikeThoseThatWereRefusedStandApart) {
  Suspects suspects;
  std::string lines =
      "sensor,sensor=a open=1i 1\nelectricity,meter=b power_w=1,energy_import_wh=2i 1\nsensor,sensor=c wet=1i 1\n"
      "sensor,sensor=d open=0i 1\n";
  const std::string before = lines;
  EXPECT_EQ(suspects.move_last(lines), lines.size());
  EXPECT_EQ(lines, before);
  suspects.refused("sensor,sensor=z open=1i 9\n");
  const std::size_t apart = suspects.move_last(lines);
  EXPECT_EQ(lines.substr(apart), "sensor,sensor=a open=1i 1\nsensor,sensor=d open=0i 1\n");
  EXPECT_EQ(lines.size(), before.size());
  Bisection bisection{lines, 1, apart};
  EXPECT_EQ(bisection.next(), lines.substr(0, apart));
  bisection.accepted();
  EXPECT_EQ(bisection.next(), lines.substr(apart));
}

TEST(Suspects, TextsWithCommasAndQuotesDoNotConfuseThem) {
  Suspects suspects;
  suspects.refused("alarm,rule=r state=1i,by=\"Gao, \\\"x=1\\\", 2\",value=1 1\n");
  std::string lines = "alarm,rule=q state=2i,by=\"plain\",value=2 1\nalarm,rule=q state=2i,value=2 1\n";
  EXPECT_EQ(lines.substr(suspects.move_last(lines)), "alarm,rule=q state=2i,by=\"plain\",value=2 1\n");
}

TEST(CountValues, CountsFieldsNotCommas) {
  EXPECT_EQ(count_values("m,a=b\\,c,d=e\\ f x=1,y=\"a,b \\\" c\",z=3i 17\n"), 3U);
  EXPECT_EQ(count_values("m x=1 1\nm x=1,y=2 1\n"), 3U);
  EXPECT_EQ(count_values("m,a=6\" x=1,y=2 1\n"), 2U);  // a quote in a tag opens nothing
  EXPECT_EQ(count_values(""), 0U);
}

}  // namespace
}  // namespace gateway
