#include "core/tariff_schedule.hpp"

#include <date/date.h>
#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using namespace date::literals;

// Valley 00:00 to 08:00, on working days peak 10:00 to 12:00, else flat.
TariffVersion prices(LocalDay from, std::int64_t flat) {
  TariffVersion version;
  version.valid_from = from;
  version.price = {0, 2 * flat, flat, flat / 2};
  version.periods = {{Band::valley, 0xFFF, TariffPeriod::Days::all, {{0, 480}}},
                     {Band::peak, 0xFFF, TariffPeriod::Days::working, {{600, 720}}}};
  return version;
}
UtcTime utc(date::year_month_day day, std::chrono::minutes time) { return UtcTime{date::sys_days{day} + time}; }

class TariffScheduleTest : public testing::Test {
 protected:
  [[nodiscard]] TariffSchedule of(UtcTime from, UtcTime to, std::string_view zone = "Asia/Shanghai") const {
    return tariff_schedule(tariff, calendar, *SiteTime::find(zone), from, to);
  }
  // "V 8.0 F 2.0": the bands and their hours.
  static std::string told(const TariffSchedule& schedule) {
    std::string text;
    for (const auto& piece : schedule.pieces) {
      const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(piece.to - piece.from).count();
      text += piece.priced ? "CPFV"[static_cast<std::size_t>(piece.band)] : '-';
      text += std::to_string(minutes / 60) + (minutes % 60 == 0 ? "" : ":" + std::to_string(minutes % 60)) + ' ';
    }
    return text;
  }
  Tariff tariff{{prices(local_day(2026, 1, 1), 600'000)}};
  WorkingCalendar calendar;
};

TEST_F(TariffScheduleTest, AWorkingDayAndASundayInSiteTime) {
  // 20 November 2026 is a Friday; midnight in Shanghai is 16:00 UTC of the day before.
  EXPECT_EQ(told(of(utc(2026_y / 11 / 19, 16h), utc(2026_y / 11 / 20, 16h))), "V8 F2 P2 F12 ");
  EXPECT_EQ(told(of(utc(2026_y / 11 / 21, 16h), utc(2026_y / 11 / 22, 16h))), "V8 F16 ");
}

TEST_F(TariffScheduleTest, PiecesGoOnOverMidnightAndAreCutAtTheEdges) {
  tariff = Tariff({[] {
    auto version = prices(0, 600'000);
    version.periods = {{Band::valley, 0xFFF, TariffPeriod::Days::all, {{0, 420}, {1380, 1440}}}};  // 23:00 to 07:00
    return version;
  }()});
  const auto from = utc(2026_y / 11 / 19, 14h + 30min) + 15s;  // 22:30:15
  const auto schedule = of(from, utc(2026_y / 11 / 20, 0h));   // 08:00
  ASSERT_EQ(schedule.pieces.size(), 3U);
  EXPECT_EQ(schedule.pieces.front().from, from);
  EXPECT_EQ(schedule.pieces[1].from, utc(2026_y / 11 / 19, 15h));
  EXPECT_EQ(schedule.pieces[1].to, utc(2026_y / 11 / 19, 23h));
  EXPECT_EQ(schedule.pieces.back().to, utc(2026_y / 11 / 20, 0h));
  for (std::size_t i = 1; i < schedule.pieces.size(); ++i)
    EXPECT_EQ(schedule.pieces[i].from, schedule.pieces[i - 1].to);
}

TEST_F(TariffScheduleTest, ANewTableBeginsAtItsMidnightAndBeforeTheFirstThereIsNone) {
  tariff = Tariff({prices(local_day(2026, 11, 20), 600'000), prices(local_day(2026, 11, 21), 800'000)});
  const auto schedule = of(utc(2026_y / 11 / 19, 12h), utc(2026_y / 11 / 20, 18h));  // 20:00 on the 19th to 02:00
  EXPECT_EQ(told(schedule), "-4 V8 F2 P2 F12 V2 ");
  EXPECT_EQ(schedule.pieces.back().price, 400'000);
  ASSERT_EQ(schedule.versions.size(), 2U);
  EXPECT_EQ(schedule.versions[1]->valid_from, local_day(2026, 11, 21));
  EXPECT_TRUE(of(utc(2026_y / 11 / 1, 0h), utc(2026_y / 11 / 2, 0h)).versions.empty());
}

TEST_F(TariffScheduleTest, DaysOf25And23HoursHaveTheirEdgesWhereTheClockOnTheWallSaysSo) {
  // Berlin: 25 October 2026 has 02:00 to 03:00 twice, 29 March has none. Sundays: valley until 08:00 and flat.
  EXPECT_EQ(told(of(utc(2026_y / 10 / 24, 22h), utc(2026_y / 10 / 25, 23h), "Europe/Berlin")), "V9 F16 ");
  EXPECT_EQ(told(of(utc(2026_y / 3 / 28, 23h), utc(2026_y / 3 / 29, 22h), "Europe/Berlin")), "V7 F16 ");
}

// The edge after it would be later than any time that there is: it wrapped to the year 1677, and there was no end.
TEST_F(TariffScheduleTest, TheEndOfAllTimeEndsTheSchedule) {
  for (const auto to : {UtcTime::max(), UtcTime{9'223'372'036'854ms}, UtcTime::max() - 30h}) {
    const auto schedule = of(to - 72h, to);
    EXPECT_LT(schedule.pieces.size(), 20U);
    EXPECT_LE(schedule.pieces.back().to, to);
    EXPECT_TRUE(of(to - 1h, to).pieces.empty());
  }
}

TEST_F(TariffScheduleTest, EveryMinuteOfAYearIsInThePieceOfItsBand) {
  for (const auto* zone : {"Asia/Shanghai", "Europe/Berlin"}) {
    const auto time = *SiteTime::find(zone);
    const auto schedule = of(utc(2026_y / 1 / 3, 1h), utc(2026_y / 12 / 30, 0h), zone);
    for (const auto& piece : schedule.pieces)
      for (auto at = piece.from; at < piece.to; at += 7min) {
        const auto local = at.time_since_epoch() + time.offset(at);
        const auto day = std::chrono::floor<std::chrono::days>(local);
        const auto minute = std::chrono::floor<std::chrono::minutes>(local - day).count();
        ASSERT_EQ(piece.band, tariff.versions()[0].band_at(static_cast<LocalDay>(day.count()),
                                                           static_cast<unsigned>(minute), calendar))
            << zone << ' ' << at.time_since_epoch().count();
      }
    EXPECT_LT(schedule.pieces.size(), 2'000U);
  }
}

}  // namespace
}  // namespace gateway
