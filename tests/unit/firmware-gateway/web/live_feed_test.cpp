#include "firmware-gateway/web/live_feed.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/support/web_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

struct FakeClient final : StreamClient {
  void wake() override { ++woken; }
  void end() override { ended = true; }
  json::object next() {
    const auto frame = queue.pop();
    if (!frame) return {};
    return json::parse(*frame).as_object();
  }
  std::string next_type() {
    const auto frame = next();
    return frame.empty() ? "" : std::string{frame.at("type").as_string()};
  }
  int woken = 0;
  bool ended = false;
};

class LiveFeedTest : public testing::Test {
 protected:
  Reading door(bool open) {
    return Reading::flag(web.site.point_of(web.sensor("door"), Quantity::open), web.clock.monotonic(), open);
  }
  test::WebFixture web;
  WebCounters counters;
  StatusCache statuses{web.sources};
  LiveFeed feed{web.site, web.sources, statuses, counters};
  FakeClient client;
};

TEST_F(LiveFeedTest, TheFirstFrameIsTheWholePictureWithOpenAlarms) {
  web.open = {web.alarm(AlarmState::unacknowledged)};
  feed.publish(web.snapshot());
  feed.join(client);
  const auto frame = client.next();
  EXPECT_EQ(frame.at("type"), "snapshot");
  EXPECT_EQ(frame.at("data").at("site").at("name"), "测试");
  EXPECT_EQ(frame.at("data").at("open_alarms").as_array().size(), 1U);
  EXPECT_EQ(frame.at("data").at("alarms").at("standing"), 1);
  feed.publish(web.snapshot());
  EXPECT_EQ(client.next_type(), "live");
}

TEST_F(LiveFeedTest, AClientThatComesBeforeTheFirstValuesWaitsForThem) {
  feed.join(client);
  feed.publish_points(std::array{door(true)});
  feed.publish_alarm(web.alarm(AlarmState::unacknowledged));
  EXPECT_TRUE(client.queue.empty());
  EXPECT_EQ(feed.live_json(), nullptr);
  feed.publish(web.snapshot());
  EXPECT_EQ(client.next_type(), "snapshot");
  EXPECT_EQ(client.next_type(), "");
}

TEST_F(LiveFeedTest, ASensorsChangeGoesOutAtOnceWithoutFixedTexts) {
  feed.publish(web.snapshot());
  feed.join(client);
  client.next();
  const auto woken = client.woken;
  feed.publish_points(std::array{door(true)});
  EXPECT_GT(client.woken, woken);
  const auto frame = client.next();
  EXPECT_EQ(frame.at("type"), "sensor");
  EXPECT_EQ(frame.at("data").at("id"), "door");
  EXPECT_EQ(frame.at("data").at("open"), true);
  EXPECT_EQ(frame.at("data").at("age_ms"), 0);
  EXPECT_FALSE(frame.at("data").as_object().contains("name"));
}

TEST_F(LiveFeedTest, SeveralPointsOfOneSensorAreOneFrame) {
  feed.publish(web.snapshot());
  feed.join(client);
  client.next();
  const auto battery =
      Reading::gauge(web.site.point_of(web.sensor("door"), Quantity::battery_pct), web.clock.monotonic(), 50);
  feed.publish_points(std::array{door(true), battery});
  EXPECT_EQ(client.next().at("data").at("battery_pct"), 50);
  EXPECT_EQ(client.next_type(), "");
}

TEST_F(LiveFeedTest, ABadReadingAndAMetersReadingAreNoSensorChange) {
  feed.publish(web.snapshot());
  feed.join(client);
  client.next();
  const auto power =
      Reading::gauge(web.site.point_of(web.meter("light"), Quantity::active_power), web.clock.monotonic(), 50);
  feed.publish_points(std::array{door(true).with_quality(Quality::bad), power});
  EXPECT_EQ(client.next_type(), "");
}

TEST_F(LiveFeedTest, WhoComesBetweenTwoSnapshotsSeesTheSensorAsItIsNow) {
  feed.publish(web.snapshot());
  feed.publish_points(std::array{door(true)});
  feed.join(client);
  const auto frame = client.next();
  EXPECT_EQ(frame.at("data").at("sensors").as_array()[0].at("open"), true);
}

TEST_F(LiveFeedTest, AnAlarmGoesOutAtOnce) {
  feed.publish(web.snapshot());
  feed.join(client);
  client.next();
  feed.publish_alarm(web.alarm(AlarmState::returned_unacknowledged));
  const auto frame = client.next();
  EXPECT_EQ(frame.at("type"), "alarm");
  EXPECT_EQ(frame.at("data").at("id"), 1);
  EXPECT_EQ(frame.at("data").at("state_name"), "returned_unacknowledged");
}

TEST_F(LiveFeedTest, AnAlarmThatWaitsForItsDelayIsToldWhenItBeginsAndWhenItEnds) {
  const auto waiting = [&](std::size_t alarm, std::chrono::nanoseconds in) {
    return PendingAlarm{.alarm = AlarmId{alarm}, .since = web.clock.utc(), .due = web.clock.utc() + in};
  };
  const auto first = waiting(0, 60s), second = waiting(1, 90s);
  web.pending = {first};
  feed.publish(web.snapshot());
  feed.join(client);
  EXPECT_EQ(client.next().at("data").at("pending").as_array().size(), 1U);

  web.pending = {first, second};
  web.pending[0].due += 100ms;  // the clock is slewed
  web.pending[0].value = 7;
  feed.publish(web.snapshot());
  auto frame = client.next();
  EXPECT_EQ(frame.at("type"), "pending");
  ASSERT_EQ(frame.at("data").at("began").as_array().size(), 1U);
  EXPECT_EQ(frame.at("data").at("began").at(0).at("id"), 2);
  EXPECT_EQ(frame.at("data").at("began").at(0).at("due_ms"), to_ms(second.due));
  EXPECT_TRUE(frame.at("data").at("ended").as_array().empty());
  EXPECT_EQ(client.next_type(), "live");

  web.pending[1].due -= 30s;  // another mode, another delay
  feed.publish(web.snapshot());
  frame = client.next();
  EXPECT_EQ(frame.at("data").at("began").at(0).at("id"), 2);
  EXPECT_TRUE(frame.at("data").at("ended").as_array().empty());
  EXPECT_EQ(client.next_type(), "live");

  web.pending.clear();
  feed.publish(web.snapshot());
  frame = client.next();
  EXPECT_TRUE(frame.at("data").at("began").as_array().empty());
  EXPECT_EQ(frame.at("data").at("ended"), (json::array{1, 2}));
  EXPECT_EQ(client.next_type(), "live");
  feed.publish(web.snapshot());
  EXPECT_EQ(client.next_type(), "live") << "nothing changed, nothing is told";
}

TEST_F(LiveFeedTest, WhoJoinsBetweenTwoChangesOfWhatIsPendingMissesNoneOfThem) {
  feed.publish(web.snapshot());
  web.pending = {{.alarm = AlarmId{0}, .since = web.clock.utc(), .due = web.clock.utc() + 60s}};
  feed.join(client);  // before the feed has looked
  EXPECT_TRUE(client.next().at("data").at("pending").as_array().empty());
  feed.publish(web.snapshot());
  EXPECT_EQ(client.next().at("data").at("began").at(0).at("id"), 1);
}

TEST_F(LiveFeedTest, NothingIsAskedForWhileNobodyListens) {
  feed.publish(web.snapshot());
  feed.publish_points(std::array{door(true)});
  EXPECT_EQ(web.status_calls, 0);
  feed.join(client);
  feed.leave(client);
  const auto calls = web.status_calls;
  web.clock.advance(2s);
  feed.publish(web.snapshot());
  EXPECT_EQ(web.status_calls, calls);
  EXPECT_EQ(counters.stream_clients, 0U);
}

TEST_F(LiveFeedTest, StatusesAreAskedForOnceASecondHoweverManyAsk) {
  feed.publish(web.snapshot());
  feed.join(client);
  for (int i = 0; i < 10; ++i) statuses.get();
  EXPECT_EQ(web.status_calls, 1);
  web.clock.advance(1s);
  statuses.get();
  EXPECT_EQ(web.status_calls, 2);
}

TEST_F(LiveFeedTest, OneFrameIsSharedByAllClients) {
  FakeClient other;
  feed.publish(web.snapshot());
  feed.join(client);
  feed.join(other);
  client.queue.pop();
  other.queue.pop();
  feed.publish(web.snapshot());
  EXPECT_EQ(client.queue.pop().get(), other.queue.pop().get());
}

TEST_F(LiveFeedTest, AClientWhoseSessionHasEndedIsSentAway) {
  LiveFeed guarded{web.site, web.sources, statuses, counters, [](std::string_view token) { return token == "good"; }};
  FakeClient other;
  client.session = "good";
  guarded.join(client);
  guarded.join(other);
  guarded.publish(web.snapshot());
  EXPECT_EQ(client.next_type(), "snapshot");
  EXPECT_FALSE(client.ended);
  EXPECT_TRUE(other.ended);
  EXPECT_TRUE(other.queue.empty());
}

TEST_F(LiveFeedTest, SkippedLiveFramesAreCounted) {
  feed.publish(web.snapshot());
  feed.join(client);
  client.next();
  for (int i = 0; i < 5; ++i) feed.publish(web.snapshot());
  EXPECT_EQ(counters.live_frames_skipped, 4U);
  EXPECT_EQ(client.queue.size(), 1U);
}

class LiveFeedTotals : public LiveFeedTest {
 protected:
  // A second later, with so much in this month of the meter `light`, which is below the compound.
  void publish(std::int64_t month) {
    web.clock.advance(1s);
    auto live = web.snapshot();
    auto& light = live->nodes[web.site.node_of(web.meter("light")).index()];
    light.counted = true;
    light.month = month;
    feed.publish(live);
  }
  // What the frame says of `light`; nothing when it says nothing.
  static std::optional<double> month_in(const json::object& frame) {
    for (const auto& meter : frame.at("data").at("meters").as_array()) {
      if (meter.at("id") != "light" || !meter.as_object().contains("totals")) continue;
      return meter.at("totals").at("electricity").at("energy_month_wh").to_number<double>();
    }
    return std::nullopt;
  }
};

TEST_F(LiveFeedTotals, AreSentWhenTheyHaveChangedAndEveryFiveSecondsAtMost) {
  publish(1000);
  feed.join(client);
  EXPECT_EQ(month_in(client.next()), 1);
  std::vector<std::optional<double>> months;
  for (int second = 1; second <= 10; ++second) {
    publish(second < 5 ? 2000 : 3000);
    months.push_back(month_in(client.next()));
  }
  const std::optional<double> none;
  EXPECT_EQ(months, (std::vector<std::optional<double>>{none, none, none, none, 3, none, none, none, none, none}));
}

TEST_F(LiveFeedTotals, WhoMissedAFrameGetsAllOfThemWithTheNext) {
  publish(1000);
  feed.join(client);
  client.next();
  FakeClient quick;
  feed.join(quick);
  quick.next();
  for (int second = 1; second <= 7; ++second) {
    publish(2000);
    EXPECT_EQ(month_in(quick.next()), second == 5 ? std::optional<double>{2} : std::nullopt) << second;
  }
  // `client` read nothing meanwhile: of its frames only the seventh is left.
  EXPECT_EQ(month_in(client.next()), 2);
  EXPECT_EQ(counters.live_frames_skipped, 6U);
  publish(2000);
  EXPECT_EQ(month_in(client.next()), std::nullopt) << "nothing was missed and nothing has changed";
}

TEST_F(LiveFeedTotals, WhoComesLaterIsToldWhatChangesFromWhatItWasTold) {
  publish(1000);
  feed.join(client);
  client.next();
  publish(2000);
  client.next();
  FakeClient late;
  feed.join(late);
  EXPECT_EQ(month_in(late.next()), 1) << "as everybody was told last";
  for (int second = 0; second < 4; ++second) {
    publish(2000);
    const auto told = month_in(late.next());
    EXPECT_EQ(told, month_in(client.next()));
    EXPECT_EQ(told, second == 3 ? std::optional<double>{2} : std::nullopt);
  }
}

TEST_F(LiveFeedTotals, WithoutClientsTheAnswerIsOfNow) {
  publish(1000);
  EXPECT_EQ(month_in({{"data", json::parse(*feed.live_json())}}), 1);
  publish(2000);
  EXPECT_EQ(month_in({{"data", json::parse(*feed.live_json())}}), 2);
}

}  // namespace
}  // namespace gateway
