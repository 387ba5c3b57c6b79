#include "drivers/mqtt/time_said.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(TimeSaid, IsReadWithItsZone) {
  EXPECT_EQ(parse_iso8601("2026-11-23T08:00:00Z"), utc_from_ms(1795420800000));
  EXPECT_EQ(parse_iso8601("2026-11-23T16:00:00.123+08:00"), utc_from_ms(1795420800000));
  EXPECT_EQ(parse_iso8601("2026-11-23T02:30:00-0530"), utc_from_ms(1795420800000));
}

TEST(TimeSaid, WithoutAZoneOrOutsideTheCalendarItIsNotKnown) {
  for (const auto* text :
       {"", "2026-11-23T08:00:00", "2026-02-30T08:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T08:00:00Zx",
        "1970-01-01T00:00:00Z", "2026-11-23T08:00:00+99:00", "20261123T080000Z", "2026-1-23T08:00:00Z"})
    EXPECT_EQ(parse_iso8601(text), std::nullopt) << text;
  EXPECT_EQ(utc_from_seconds(1.5), std::nullopt);
  EXPECT_EQ(utc_from_seconds(1e300), std::nullopt);
  EXPECT_EQ(utc_from_seconds(1763883600.5), utc_from_ms(1763883600500));
}

}  // namespace
}  // namespace gateway
