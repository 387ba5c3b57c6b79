#include "firmware-gateway/audit/audit_report.hpp"

#include "firmware-gateway/audit/audit_columns.hpp"
#include "tests/unit/firmware-gateway/audit/audit_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::AuditTest;
using test::kwh;

// 15 September at the old price: 10 kWh x 0.30 + 30 kWh x 0.60 = 21 yuan. 16 September at the new one: 10 x 0.35 + 30 x
// 0.70 = 24.5 yuan. 1 October likewise 24.5 yuan.
TEST_F(AuditTest, ATariffThatChangesInTheMonthAppliesFromItsDayOn) {
  keep_day("main", 9, 15, 10 * kwh, 30 * kwh);
  keep_day("main", 9, 16, 10 * kwh, 30 * kwh);
  keep_day("main", 10, 1, 10 * kwh, 30 * kwh);
  const auto made = report("2026-09", "2026-10");
  ASSERT_TRUE(made) << made.error().message();
  const auto* september = line_of(*made, node("main"), 9);
  ASSERT_NE(september, nullptr);
  EXPECT_EQ(september->amount, 80 * kwh);
  EXPECT_EQ(september->cost, 45'500'000);
  EXPECT_EQ(september->bands[static_cast<std::size_t>(Band::valley)].amount, 20 * kwh);
  EXPECT_EQ(september->bands[static_cast<std::size_t>(Band::valley)].cost, 6'500'000);
  ASSERT_EQ(september->tariffs.size(), 2u);
  EXPECT_EQ(september->tariffs[1]->source, "new price list");
  const auto* october = line_of(*made, node("main"), 10);
  EXPECT_EQ(october->cost, 24'500'000);
  ASSERT_EQ(october->tariffs.size(), 1u);
  EXPECT_EQ(october->tariffs[0]->source, "new price list");
}

TEST_F(AuditTest, OnlyTheDaysOfThePeriodCount) {
  keep_day("main", 9, 15, 1 * kwh, 1 * kwh);
  keep_day("main", 9, 16, 2 * kwh, 2 * kwh);
  keep_day("main", 9, 17, 4 * kwh, 4 * kwh);
  const auto made = report("2026-09-16", "2026-09-16");
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_EQ(made->lines.size(), 1u);
  EXPECT_EQ(made->lines[0].amount, 4 * kwh);
  EXPECT_EQ(made->lines[0].cost, 2 * 350'000 + 2 * 700'000);
  EXPECT_DOUBLE_EQ(*made->lines[0].completeness, 1.0);
}

// 40 kWh in 720 hours of which 24 were metered; 12 of 40 kWh outside working hours. The compound: 40 kWh x 0.1229 =
// 4.916 kgce and x 0.5306 = 21.224 kg CO2; 40 kWh on 1,000 m2 and 50 heads.
TEST_F(AuditTest, SharesConversionsAndIntensities) {
  keep_day("main", 9, 1, 10 * kwh, 30 * kwh, 12 * kwh);
  keep_day("compound", 9, 1, 10 * kwh, 30 * kwh, 12 * kwh);
  const auto made = report("2026-09", "2026-09");
  ASSERT_TRUE(made) << made.error().message();
  const auto* line = line_of(*made, node("compound"), 9);
  ASSERT_NE(line, nullptr);
  EXPECT_DOUBLE_EQ(*line->completeness, 24.0 / 720);
  EXPECT_DOUBLE_EQ(*share_of(*line->off_hours, line->amount), 0.3);
  EXPECT_EQ(line->coal.millionths_kg, 4'916'000);
  EXPECT_EQ(line->carbon.millionths_kg, 21'224'000);
  EXPECT_DOUBLE_EQ(*per(line->amount, line->floor_area_m2), 0.04);
  EXPECT_DOUBLE_EQ(*per(line->amount, line->heads), 0.8);
  EXPECT_EQ(line_of(*made, node("main"), 9)->floor_area_m2, 0) << "a meter has no area of its own";
  ASSERT_EQ(made->totals.size(), 1u);
  EXPECT_EQ(made->totals[0].coal, 4'916'000);
}

TEST_F(AuditTest, WaterCountsIntoStandardCoalOnlyWhenTheSiteSaysSo) {
  for (const bool counts : {false, true}) {
    site.factors.water_in_standard_coal = counts;
    if (!counts) {
      keep_day("compound", 9, 1, 10 * kwh, 30 * kwh);
      Batch batch;
      batch.windows.push_back({.node = node("compound", Utility::water),
                               .length = WindowLength::day,
                               .start = at(9, 1),
                               .amount = 10 * kwh,
                               .covered = 24h});
      keep(batch);
    }
    const auto made = report("2026-09", "2026-09");
    ASSERT_TRUE(made);
    // 10 m3 x 0.2571 = 2.571 kgce more.
    EXPECT_EQ(made->totals[0].coal, counts ? 4'916'000 + 2'571'000 : 4'916'000);
    EXPECT_EQ(made->totals[0].water, 10 * kwh);
    EXPECT_FALSE(line_of(*made, node("compound", Utility::water), 9)->cost) << "there is no water tariff";
  }
}

// 1,000 -> 1,030 kWh by the readings; the day before the last reading of August 0.2 kWh belong to September.
TEST_F(AuditTest, AMetersFigureIsTracedToItsReadings) {
  keep_day("main", 9, 1, 10 * kwh, 20 * kwh);
  keep_reading("main", at(8, 31, 23h + 45min), 1'000 * kwh);
  keep_reading("main", at(9, 1, 12h), 1'016 * kwh);
  keep_reading("main", at(9, 30, 23h + 59min), 1'030 * kwh);
  keep_reading("main", at(10, 1, 15min), 1'031 * kwh);
  const auto made = report("2026-09", "2026-09", "main");
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_EQ(made->traces.size(), 1u);
  const auto& trace = made->traces[0];
  EXPECT_EQ(trace.first->reading, 1'000 * kwh);
  EXPECT_EQ(trace.last->reading, 1'030 * kwh);
  EXPECT_EQ(trace.by_readings, 30 * kwh);
  EXPECT_EQ(trace.booked, 30 * kwh);
  EXPECT_EQ(trace.at_edges(), 0);
  EXPECT_EQ(trace.readings.size(), 2u);
  EXPECT_EQ(line_of(*made, node("main"), 9)->first->reading, 1'000 * kwh);
}

// 1,000 to 1,002.25; the new meter from 10 to 11.5. The newest reading is the one that the event is of, and the event
// happened in the middle of that reading's millisecond.
TEST_F(AuditTest, AnEventOfTheVeryReadingThatTheMonthEndsWithIsInItsChain) {
  keep_day("main", 9, 1, 0, 3'750'000);
  keep_reading("main", at(9, 1), 1'000 * kwh);
  Batch batch;
  batch.quality.push_back({.meter = meter("main"),
                           .kind = QualityKind::exchange,
                           .at = at(9, 1, 9h + 300us),
                           .before = 1'002'250'000,
                           .after = 11'500'000,
                           .amount = 1'500'000,
                           .from = at(9, 1, 8h)});
  batch.counters.push_back({meter("main"), at(9, 1, 9h + 300us), 11'500'000});
  keep(batch);
  const auto made = report("2026-09", "2026-09", "main");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->traces[0].events.size(), 1u);
  EXPECT_EQ(made->traces[0].by_readings, 3'750'000);
  EXPECT_EQ(made->traces[0].at_edges(), 0);
  // And the next month, which begins with that reading, does not have it.
  keep_day("main", 10, 1, 0, kwh);
  keep_reading("main", at(10, 1, 9h), 12'500'000);
  const auto next = report("2026-10", "2026-10", "main");
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_TRUE(next->traces[0].events.empty());
  EXPECT_EQ(next->traces[0].by_readings, kwh);
}

TEST_F(AuditTest, TheTraceOfADifferenceShowsItsMetersWithTheirSigns) {
  keep_day("main", 9, 1, 10 * kwh, 20 * kwh);
  keep_day("floor", 9, 1, 5 * kwh, 5 * kwh);
  const auto made = report("2026-09", "2026-09", "rest");
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_EQ(made->traces.size(), 2u);
  EXPECT_EQ(made->traces[0].sign, 1);
  EXPECT_EQ(made->traces[1].sign, -1);
  EXPECT_EQ(made->traces[0].booked - made->traces[1].booked, 20 * kwh);
}

// Two days: 10 of 40 kWh (25 %) and 20 of 50 (40 %, over the limit of 30 %) are unaccounted; together 30 of 90.
TEST_F(AuditTest, WhatSubMetersDoNotAccountForIsAShareOfWhatWasSupplied) {
  keep_day("main", 9, 1, 20 * kwh, 20 * kwh);
  keep_day("rest", 9, 1, 5 * kwh, 5 * kwh);
  keep_day("main", 9, 2, 25 * kwh, 25 * kwh);
  keep_day("rest", 9, 2, 10 * kwh, 10 * kwh);
  keep_day("compound", 9, 1, 20 * kwh, 20 * kwh);
  const auto made = report("2026-09", "2026-09");
  ASSERT_TRUE(made) << made.error().message();
  const auto* line = line_of(*made, node("rest"), 9);
  EXPECT_DOUBLE_EQ(*line->unaccounted, 30.0 / 90);
  EXPECT_EQ(line->days_over_limit, 1u);
  EXPECT_FALSE(line_of(*made, node("main"), 9)->unaccounted);
  EXPECT_FALSE(line_of(*made, node("compound"), 9)->unaccounted) << "main + b1 - floor, and no balance";
}

// Booked were 30 kWh of the readings and 5 kWh that a person added; a wrap stands in the journal too.
TEST_F(AuditTest, ACorrectionIsAnEntryOfItsOwnWithWhoAndWhy) {
  keep_day("main", 9, 1, 10 * kwh, 25 * kwh);
  keep_reading("main", at(9, 1), 999'990 * kwh);
  keep_reading("main", at(9, 30), 20 * kwh);
  Batch batch;
  batch.quality.push_back({.meter = meter("main"),
                           .kind = QualityKind::wrap,
                           .at = at(9, 2),
                           .before = 999'999 * kwh,
                           .after = 1 * kwh,
                           .amount = 2 * kwh});
  batch.quality.push_back({.meter = meter("main"),
                           .kind = QualityKind::correction,
                           .at = at(9, 3),
                           .amount = 5 * kwh,
                           .from = at(9, 2),
                           .by = "林",
                           .comment = "旁路运行"});
  keep(batch);
  const auto made = report("2026-09", "2026-09", "main");
  ASSERT_TRUE(made) << made.error().message();
  const auto* line = line_of(*made, node("main"), 9);
  EXPECT_EQ(line->corrected, 5 * kwh);
  EXPECT_EQ(line->events[static_cast<std::size_t>(QualityKind::wrap)], 1u);
  const auto& trace = made->traces[0];
  EXPECT_EQ(trace.by_readings, 30 * kwh);  // 9 + 2 + 19
  EXPECT_EQ(trace.corrected, 5 * kwh);
  EXPECT_EQ(trace.at_edges(), 0);
  ASSERT_EQ(made->events.size(), 2u);
  EXPECT_EQ(made->events[1].by, "林");
  EXPECT_EQ(made->events[1].comment, "旁路运行");
}

// The floor counts in building b1 since the 2nd only: b1's 15 kWh are 10 of the floor and 5 of a meter that left. The
// difference of main and floor adds up.
TEST_F(AuditTest, WhatIsNotOfTheMetersThatCountNowIsNamed) {
  keep_day("main", 9, 1, 10 * kwh, 20 * kwh);
  keep_day("floor", 9, 1, 5 * kwh, 5 * kwh);
  keep_day("b1", 9, 1, 5 * kwh, 10 * kwh);
  keep_day("rest", 9, 1, 5 * kwh, 15 * kwh);
  const auto made = report("2026-09", "2026-09");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(line_of(*made, node("b1"), 9)->tree_change, 5 * kwh);
  EXPECT_EQ(line_of(*made, node("rest"), 9)->tree_change, 0);
  EXPECT_EQ(line_of(*made, node("floor"), 9)->tree_change, 0);
  std::string notes;
  for (const auto& note : audit_notes(*made)) notes += note.en + "\n";
  EXPECT_NE(notes.find("2026-09 b1: 5 kWh beyond the sum of the meters"), std::string::npos) << notes;
  EXPECT_EQ(notes.find("rest:"), std::string::npos) << notes;
}

// A correction of all of September ends when October begins, and is September's all the same.
TEST_F(AuditTest, ACorrectionOfAWholeMonthIsAnEventOfThatMonth) {
  keep_day("main", 9, 1, 10 * kwh, 25 * kwh);
  keep_day("main", 10, 1, 10 * kwh, 10 * kwh);
  Batch batch;
  batch.quality.push_back({.meter = meter("main"),
                           .kind = QualityKind::correction,
                           .at = at(10, 1),
                           .amount = 5 * kwh,
                           .from = at(9, 1),
                           .by = "林",
                           .comment = "旁路运行"});
  keep(batch);
  const auto made = report("2026-09", "2026-10");
  ASSERT_TRUE(made) << made.error().message();
  const auto correction = static_cast<std::size_t>(QualityKind::correction);
  EXPECT_EQ(line_of(*made, node("main"), 9)->corrected, 5 * kwh);
  EXPECT_EQ(line_of(*made, node("main"), 9)->events[correction], 1u);
  EXPECT_EQ(line_of(*made, node("main"), 10)->corrected, 0);
  EXPECT_EQ(line_of(*made, node("main"), 10)->events[correction], 0u);
  EXPECT_EQ(report("2026-09", "2026-09")->events.size(), 1u);
  EXPECT_TRUE(report("2026-10", "2026-10")->events.empty());
}

// A meter without a counter, or one that was not heard all month: 30 kWh of its power and 5 kWh that a person added.
TEST_F(AuditTest, ATraceWithoutReadingsStillShowsWhatPeopleCorrected) {
  keep_day("main", 9, 1, 10 * kwh, 25 * kwh);
  Batch batch;
  batch.quality.push_back({.meter = meter("main"), .kind = QualityKind::integrated, .at = at(9, 1), .from = at(9, 1)});
  batch.quality.push_back({.meter = meter("main"),
                           .kind = QualityKind::correction,
                           .at = at(9, 3),
                           .amount = 5 * kwh,
                           .from = at(9, 2),
                           .by = "林",
                           .comment = "旁路运行"});
  keep(batch);
  const auto made = report("2026-09", "2026-09", "main");
  ASSERT_TRUE(made) << made.error().message();
  const auto& trace = made->traces[0];
  EXPECT_FALSE(trace.first);
  EXPECT_EQ(trace.events.size(), 2u);
  EXPECT_EQ(trace.by_readings, 0);
  EXPECT_EQ(trace.corrected, 5 * kwh);
  EXPECT_EQ(trace.at_edges(), 30 * kwh);
}

// The gateway was off for three days and is back since 9:30 today: of the gap, 1 kWh in each of the first eight quarter
// hours of today, there are no minutes. 9:30 is not closed, three minutes of 0.5 kWh; 9:15 is, 2 kWh of 2 minutes.
TEST_F(AuditTest, ADayThatIsNotOverHasTheQuarterHoursOfALongGapToo) {
  now = at(9, 2, 9h + 34min);
  Batch batch;
  for (int quarter = 0; quarter < 8; ++quarter)
    batch.windows.push_back({.node = node("main"),
                             .length = WindowLength::quarter,
                             .start = at(9, 2, quarter * 15min),
                             .amount = kwh,
                             .estimated = kwh});
  batch.windows.push_back({.node = node("main"),
                           .length = WindowLength::quarter,
                           .start = at(9, 2, 9h + 15min),
                           .amount = 2 * kwh,
                           .covered = 2min});
  for (const auto minute : {9h + 28min, 9h + 29min})
    batch.windows.push_back({.node = node("main"),
                             .length = WindowLength::minute,
                             .start = at(9, 2, minute),
                             .amount = kwh,
                             .covered = 1min});
  for (const auto minute : {9h + 30min, 9h + 31min, 9h + 32min})
    batch.windows.push_back({.node = node("main"),
                             .length = WindowLength::minute,
                             .start = at(9, 2, minute),
                             .amount = kwh / 2,
                             .covered = 1min});
  keep(batch);
  const auto made = report("2026-09", "2026-09");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->lines[0].amount, 8 * kwh + 2 * kwh + 3 * kwh / 2);
  EXPECT_EQ(made->lines[0].estimated, 8 * kwh);
}

TEST_F(AuditTest, ADayThatIsNotOverIsTheSumOfItsMinutes) {
  now = at(9, 2, 10h);
  keep_day("main", 9, 1, 10 * kwh, 20 * kwh);
  Batch batch;
  for (int minute = 0; minute < 3; ++minute)
    batch.windows.push_back({.node = node("main"),
                             .length = WindowLength::minute,
                             .start = at(9, 2, minute * 1min),
                             .amount = kwh / 2,
                             .covered = 1min});
  keep(batch);
  const auto made = report("2026-09", "2026-09");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->lines[0].amount, 31'500'000);
  EXPECT_TRUE(made->lines[0].under_way);
}

TEST_F(AuditTest, APartOfAMonthHasTheDemandOfItsQuarters) {
  keep_day("main", 9, 16, 10 * kwh, 30 * kwh);
  Batch batch;
  for (const auto& [when, amount] :
       {std::pair{at(9, 15, 12h), 90 * kwh}, std::pair{at(9, 16, 9h), 25 * kwh}, std::pair{at(9, 16, 10h), 20 * kwh}})
    batch.windows.push_back(
        {.node = node("main"), .length = WindowLength::quarter, .start = when, .amount = amount, .covered = 15min});
  keep(batch);
  const auto made = report("2026-09-16", "2026-09-16");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_DOUBLE_EQ(made->lines[0].block->demand, 100'000);
  EXPECT_EQ(made->lines[0].block->at, at(9, 16, 9h));
  const auto whole = report("2026-09", "2026-09");
  EXPECT_DOUBLE_EQ(line_of(*whole, node("main"), 9)->block->demand, 360'000);
}

TEST_F(AuditTest, APeriodWithoutDataSaysWhatThereIs) {
  keep_day("main", 9, 1, kwh, kwh);
  const auto made = report("2026-03", "2026-04");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, std::errc::no_message_available);
  EXPECT_EQ(made.error().context,
            "nothing was counted from 2026-03-01 to 2026-04-30; the store holds consumption from 2026-09-01 on");
}

TEST_F(AuditTest, ANodeThatIsNotThereIsToldWithTheNearestName) {
  keep_day("main", 9, 1, kwh, kwh);
  const auto made = report("2026-09", "2026-09", "mian");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, std::errc::invalid_argument);
  EXPECT_EQ(made.error().context, "no meter, area, sub-item or node is called 'mian'; did you mean 'main'?");
}

TEST_F(AuditTest, AReportThatNobodyWantsAnyMoreEnds) {
  keep_day("main", 9, 15, 10 * kwh, 30 * kwh);
  int asked = 0;
  AuditQuery query{*parse_audit_period("1990-01", "2026-11")};
  query.ended = [&] { return ++asked > 100; };
  const auto made = make_audit(reader, site, query, now);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, std::errc::operation_canceled);
  EXPECT_EQ(asked, 101);
}

TEST_F(AuditTest, AReadThatNobodyWantsAnyMoreEnds) {
  Batch batch;
  for (int i = 0; i < 5000; ++i) batch.counters.push_back({meter("main"), at(9, 1, i * 1s), i});
  keep(batch);
  std::atomic<bool> ended{false};
  reader.end_when(&ended);
  EXPECT_EQ(reader.counter_readings(meter("main"), at(9, 1), at(9, 2), 10'000)->size(), 5000u);
  ended = true;
  EXPECT_FALSE(reader.counter_readings(meter("main"), at(9, 1), at(9, 2), 10'000));
  reader.end_when(nullptr);
}

TEST_F(AuditTest, WhatIsTooLongForOneReportIsRefusedWithWhatFits) {
  keep_day("main", 9, 15, 10 * kwh, 30 * kwh);
  AuditQuery query{*parse_audit_period("2026-01", "2026-03")};
  query.most_lines = 2 * site.nodes.size();
  const auto refused = make_audit(reader, site, query, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
  EXPECT_NE(refused.error().context.find("ask for 2 months at most"), std::string::npos) << refused.error().context;
  query.period = *parse_audit_period("2026-08", "2026-09");
  EXPECT_TRUE(make_audit(reader, site, query, now));
  query.trace = "rest";  // of two meters
  query.most_traces = 3;
  EXPECT_NE(make_audit(reader, site, query, now).error().context.find("ask for 1 month at most"), std::string::npos);
}

}  // namespace
}  // namespace gateway
