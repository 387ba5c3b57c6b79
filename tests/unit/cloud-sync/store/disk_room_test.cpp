#include "cloud-sync/store/disk_room.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mb = 1 << 20;
constexpr std::uint64_t allowed = 4000 * mb;

class DiskRoomTest : public ::testing::Test {
 protected:
  // After a minute, with so much queued and free inside the database.
  std::uint64_t most(std::uint64_t queued, std::uint64_t inside) {
    now += DiskRoom::between;
    room.look(now, queued, [&] { return inside; });
    return room.most_queued_bytes();
  }

  std::uint64_t free = 64'000 * mb;
  std::uint64_t capacity = 64'000 * mb;
  MonotonicTime now{1000s};
  DiskRoom room{"/data", allowed, [this](const std::filesystem::path&) {
                  return std::optional{std::filesystem::space_info{capacity, free, free}};
                }};
};

TEST_F(DiskRoomTest, OnALargeDiskTheSiteSaysWhatMayWait) {
  EXPECT_EQ(room.most_queued_bytes(), allowed);
  EXPECT_EQ(most(0, 0), allowed);
  EXPECT_EQ(room.free_bytes(), free);
}

TEST_F(DiskRoomTest, OnADiskThatOthersFilledWhatIsQueuedStaysAndTakesTheRoomInsideTheFile) {
  free = DiskRoom::most_reserved_bytes;
  EXPECT_EQ(most(300 * mb, 0), 300 * mb);
  EXPECT_EQ(most(200 * mb, 100 * mb), 300 * mb) << "what was sent has left room inside";
  free += 50 * mb;
  EXPECT_EQ(most(200 * mb, 100 * mb), 350 * mb);
}

// A disk that was first found full while nothing waited must not make the next outage lose nearly everything.
TEST_F(DiskRoomTest, AnOutageAfterTheDiskWasFoundFullIsKeptAllTheSame) {
  free = 0;
  EXPECT_EQ(most(0, 0), DiskRoom::least_queued_bytes);
  EXPECT_EQ(most(10 * mb, 0), DiskRoom::least_queued_bytes);
  free = 64'000 * mb;
  EXPECT_EQ(most(10 * mb, 0), allowed) << "and forgotten when there is room again";
}

TEST_F(DiskRoomTest, OfASmallDiskATwentiethIsLeftToOthers) {
  capacity = 1000 * mb;
  free = 150 * mb;
  EXPECT_EQ(most(0, 0), 100 * mb);
}

TEST_F(DiskRoomTest, TheForecastKnowsWhatTheDiskHasRoomFor) {
  free = DiskRoom::most_reserved_bytes + 600 * mb;
  for (std::uint64_t minute = 0; minute <= 60; ++minute) {
    free -= mb;
    most(minute * mb, 0);
  }
  ASSERT_TRUE(room.full_in());
  EXPECT_NEAR(static_cast<double>(room.full_in()->count()), (600 - 61) * 60.0, 120);
}

}  // namespace
}  // namespace gateway
