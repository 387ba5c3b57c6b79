// FAULTS 15 to 20 and 22: what the far end answers. Each ends with the invariant.
#include "cloud-sync/influx/backoff.hpp"
#include "cloud-sync/influx/request_size.hpp"
#include "tests/fault/upload/upload_fault.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::http_answer;
using test::ScriptedStore;
using test::WriteRequest;

std::string accepted() { return std::string{ScriptedStore::accept}; }
bool holds(const WriteRequest& request, std::string_view what) { return request.text.find(what) != std::string::npos; }

class UploadAnswer : public test::UploadFault {
 protected:
  // As in a gateway that runs: something new every moment, for as long as something waits.
  void keep_until_delivered(test::Pushing& gateway, const Site& site) {
    for (int i = 0; i < 200; ++i) {
      keep(gateway, site);
      if (test::eventually(
              [&] {
                const auto f = gateway.figures();
                return f.kept_lines == static_cast<std::uint64_t>(kept) && f.queued_lines == 0;
              },
              100ms))
        return;
    }
    FAIL() << gateway.figures().queued_lines << " lines still wait";
  }
};

// ---- 15

class OneBadLine : public test::UploadFault, public testing::WithParamInterface<int> {};

TEST_P(OneBadLine, StandsAloneInTheDeadLettersWithTheServersReasonAllOthersAreStored) {
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    if (!holds(request, "energy_import_wh=17i")) return accepted();
    return http_answer(GetParam(), R"({"error":"field type conflict on power_w"})");
  });
  const Site site = site_for(far_end);
  {
    test::Pushing gateway{site, clock, folder.path()};
    keep(gateway, site, 40);
    keep(gateway, site, 3);
    ASSERT_TRUE(gateway.delivered_everything());
    expect_whole(gateway, far_end, 1);
  }
  const auto letters = dead_letters(folder.path());
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].reason, std::to_string(GetParam()) + R"(: {"error":"field type conflict on power_w"})");
  EXPECT_NE(letters[0].line.find("energy_import_wh=17i"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(BothCodes, OneBadLine, testing::Values(400, 422));

// Where nothing new comes in, the part of the queue that holds what is new is empty. That once made the uploader forget
// that it was to send the rows of the other part one by one: it sent both again, thousands of times a second.
TEST_F(UploadAnswer, ABadLineInABacklogIsFoundAlsoWhileNothingNewComes) {
  std::atomic<bool> away = true;
  ScriptedStore far_end([&](const WriteRequest& request) {
    if (away) return http_answer(503, "away");
    return holds(request, "energy_import_wh=17i") ? http_answer(400, "field type conflict on power_w") : accepted();
  });
  const Site site = site_for(far_end);
  {
    test::Pushing gateway{site, clock, folder.path()};
    keep(gateway, site, 40);
    keep(gateway, site, 3);
    ASSERT_TRUE(gateway.kept_everything());
  }
  away = false;
  clock.advance(1h);
  const int before = far_end.requests();
  test::Pushing gateway{site, clock, folder.path()};
  ASSERT_TRUE(test::eventually([&] { return gateway.figures().queued_lines == 0; }));
  EXPECT_EQ(gateway.figures().dead_lines, 1U);
  EXPECT_LT(far_end.requests() - before, 40);
}

// A field that somebody once wrote in another type: a line of every row is bad from now on. It must not cost a search
// each.
TEST_F(UploadAnswer, ALineThatIsBadInEveryRowIsFoundAtOnceFromTheSecondRowOn) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return holds(request, "sensor,") ? http_answer(400, "field type conflict: open") : accepted();
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  const auto keep_with_door = [&] {
    auto batch = std::make_unique<Batch>();
    batch->utc_offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
    for (int i = 0; i < 200; ++i) {
      ++kept;
      test::add_poll(site, *batch, clock.monotonic(), kept, kept * 1000);
      clock.advance(1ms);
    }
    batch->readings.push_back(Reading::flag(site.point_of(SensorId{0}, Quantity::open), clock.monotonic(), true));
    ++kept;
    clock.advance(1s);
    gateway.keep(201, std::move(batch));
    ASSERT_TRUE(gateway.delivered_everything());
  };
  keep_with_door();
  const int first = far_end.requests();
  EXPECT_GT(first, 10);
  for (int i = 0; i < 10; ++i) keep_with_door();
  EXPECT_LE(far_end.requests() - first, 10 * 3);
  expect_whole(gateway, far_end, 11);
}

TEST_F(UploadAnswer, WhileABadRowIsTakenApartTheOthersGoOn) {
  std::atomic<bool> others_passed{false};
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (!holds(request, "power_w=1,")) {
      if (holds(request, "power_w=1005,")) others_passed = true;
      return accepted();
    }
    // Of the row with the bad line no part gets an answer before the others are through.
    if (std::ranges::count(request.text, '\n') >= 1000 || others_passed) return http_answer(400, "bad");
    return http_answer(503, "");
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 1000);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > 2; }));
  for (int i = 0; i < 5; ++i) keep(gateway, site, 1);
  ASSERT_TRUE(gateway.delivered_everything());
  EXPECT_TRUE(others_passed);
  expect_whole(gateway, far_end, 1);
}

TEST_F(UploadAnswer, AnEndpointThatRefusesEverythingFillsNoDeadLetters) {
  std::atomic<bool> mended{false};
  ScriptedStore far_end(
      [&](const WriteRequest&) { return mended ? accepted() : http_answer(400, "database is required"); });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  for (int i = 0; i < 12; ++i) keep(gateway, site, 3);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > 60; }));
  EXPECT_EQ(gateway.figures().dead_lines, 0U);
  EXPECT_EQ(gateway.status().state, SinkStatus::State::refused);
  mended = true;
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

// ---- 16

TEST_F(UploadAnswer, ABatchThatAlwaysGives500IsGivenUpOnlyAfterOthersPassed) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return holds(request, "energy_import_wh=1i") ? http_answer(500, "points beyond retention policy") : accepted();
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > 8; }));
  EXPECT_EQ(gateway.figures().dead_lines, 0U);  // nothing has passed yet: it may be the server
  keep_until_delivered(gateway, site);
  expect_whole(gateway, far_end, 1);
}

// taosAdapter says 500 to every line that it can't insert.
TEST_F(UploadAnswer, OfABatchThatAlwaysGives500OnlyTheLineAtFaultIsDead) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return holds(request, "energy_import_wh=7i")
               ? http_answer(500, R"({"code":"internal error","message":"invalid data format"})")
               : accepted();
  });
  const Site site = site_for(far_end, "database = \"energy\"\n", "tdengine");
  {
    test::Pushing gateway{site, clock, folder.path()};
    keep(gateway, site, 20);
    keep_until_delivered(gateway, site);
    expect_whole(gateway, far_end, 1);
  }
  const auto letters = dead_letters(folder.path());
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_TRUE(letters[0].reason.starts_with("500: ")) << letters[0].reason;
}

// Every third answer is a 500, whatever was asked: no line is at fault.
TEST_F(UploadAnswer, AServerThatFailsNowAndThenCostsNoLine) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return request.number % 3 == 0 ? http_answer(500, "engine is compacting") : accepted();
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  for (int i = 0; i < 30; ++i) keep(gateway, site, 8);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

// Worse: a row that was put aside is looked at while the server fails again.
TEST_F(UploadAnswer, ARowThatIsLookedAtLineByLineWhileTheServerFlapsLosesNone) {
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    if (!holds(request, "power_w=3,") || request.number > 60) return accepted();
    // The row with the third line fails whole, then each of its parts four times of five.
    return request.number % 5 == 0 ? accepted() : http_answer(500, "shard is moving");
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 8);
  keep_until_delivered(gateway, site);
  expect_whole(gateway, far_end);
}

TEST_F(UploadAnswer, AServerThatFailsForAWhileLosesNothing) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return request.number <= 40 ? http_answer(500, "engine is compacting") : accepted();
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  for (int i = 0; i < 15; ++i) keep(gateway, site, 2);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

// ---- 17

class Unauthorized : public test::UploadFault, public testing::WithParamInterface<int> {};

TEST_P(Unauthorized, DropsNothingAndANewTokenIsTakenWithoutARestart) {
  const auto token = folder.path() / "token";
  std::ofstream{token} << "old\n";
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    if (request.head.find("Authorization: Token newer\r\n") != std::string::npos) return accepted();
    return http_answer(GetParam(), "unauthorized");
  });
  const Site site =
      site_for(far_end, "organisation = \"o\"\nbucket = \"b\"\ntoken_file = \"" + token.string() + "\"\n", "influx2");
  auto waits = test::short_waits();
  waits.refused_pause = 1h;  // only the new token ends it
  test::Pushing gateway{site, clock, folder.path() / "data", waits};
  keep(gateway, site, 3);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().state == SinkStatus::State::refused; }));
  for (int i = 0; i < 5; ++i) keep(gateway, site, 3);
  ASSERT_TRUE(gateway.kept_everything());
  const SinkStatus status = gateway.status();
  EXPECT_EQ(status.last_error, std::to_string(GetParam()) + ": unauthorized");
  EXPECT_EQ(status.last_error.find("old"), std::string::npos);  // the secret is in no message
  ASSERT_TRUE(status.next_try);
  EXPECT_GE(*status.next_try - clock.utc(), 59min);
  EXPECT_EQ(far_end.requests(), 1);
  EXPECT_EQ(gateway.figures().queued_lines, 18U);
  std::ofstream{token} << "newer\n";
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}
INSTANTIATE_TEST_SUITE_P(BothCodes, Unauthorized, testing::Values(401, 403));

TEST_F(UploadAnswer, AMissingTokenFileKeepsEverythingSaysSoAndIsTakenWhenItIsThere) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return request.head.find("Authorization: Bearer here\r\n") != std::string::npos ? accepted() : http_answer(401, "");
  });
  const auto token = folder.path() / "token";
  const Site site = site_for(far_end, "database = \"d\"\ntoken_file = \"" + token.string() + "\"\n", "influx3");
  test::Pushing gateway{site, clock, folder.path() / "data"};
  keep(gateway, site, 3);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().state == SinkStatus::State::refused; }));
  EXPECT_NE(gateway.status().last_error.find(token.string()), std::string::npos);
  EXPECT_EQ(far_end.requests(), 0);  // not without the token that the site asks for
  std::ofstream{token} << "here";
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

// ---- 18

TEST_F(UploadAnswer, TooLargeIsHalvedUntilItIsAcceptedAndTheSizeIsKept) {
  constexpr std::size_t limit = 3000;
  std::atomic<int> too_large{0};
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (request.bytes <= limit) return accepted();
    ++too_large;
    return http_answer(413, "");
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.size_doubted_after = 24h;  // each poll is a second
  test::Pushing gateway{site, clock, folder.path(), waits};
  keep(gateway, site, 2000);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
  EXPECT_GT(too_large, 0);
  const auto learnt = gateway.status().most_bytes;
  ASSERT_TRUE(learnt);
  EXPECT_LE(*learnt, limit);
  // From now on nothing is too large any more.
  const int before = too_large;
  for (int i = 0; i < 4; ++i) keep(gateway, site, 1000);
  ASSERT_TRUE(gateway.delivered_everything());
  EXPECT_EQ(too_large, before);
  expect_whole(gateway, far_end);
}

// The size is not kept over a restart (docs/central-stores.md): it is found again in a few requests that nothing waits
// for, and a proxy that takes more since then is given more.
TEST_F(UploadAnswer, AfterARestartTheSizeIsFoundAgainInAFewRequestsWithoutAPause) {
  std::atomic<std::size_t> limit{3000};
  std::atomic<int> too_large{0};
  std::atomic<std::size_t> largest{0};
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (request.bytes <= limit) {
      largest = std::max<std::size_t>(largest, request.bytes);
      return accepted();
    }
    ++too_large;
    return http_answer(413, "");
  });
  const Site site = site_for(far_end);
  {
    test::Pushing gateway{site, clock, folder.path()};
    keep(gateway, site, 2000);
    ASSERT_TRUE(gateway.delivered_everything());
  }
  std::uint64_t lines = 2000;
  for (const std::size_t then : {3000u, 1u << 20}) {
    limit = then;
    too_large = 0;
    largest = 0;
    UploaderOptions waits;  // as they are outside of tests: a pause would be a second at least
    waits.first_backoff = waits.longest_backoff = waits.refused_pause = 1h;
    waits.longest_start_hold = 0ms;
    test::Pushing gateway{site, clock, folder.path(), waits};
    keep(gateway, site, 2000);
    lines += 2000;
    ASSERT_TRUE(test::eventually([&] { return gateway.figures().delivered_lines == lines; }));
    EXPECT_LE(too_large, 10) << "from 1 MiB to 1 KiB";
    if (then > 3000) {
      EXPECT_EQ(too_large, 0);
      EXPECT_GT(largest, 3000U);
    }
  }
}

// The limit was raised, or it was another proxy's.
TEST_F(UploadAnswer, TheSizeIsDoubtedAfterAnHour) {
  std::atomic<std::size_t> limit{3000};
  std::atomic<int> too_large{0};
  std::atomic<std::size_t> largest{0};
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (request.bytes > limit) {
      ++too_large;
      return http_answer(413, "");
    }
    largest = std::max<std::size_t>(largest, request.bytes);
    return accepted();
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  const auto an_hour_later = [&] {
    clock.advance(1h);
    too_large = 0;
    keep(gateway, site, 2000);
    ASSERT_TRUE(gateway.delivered_everything());
  };
  keep(gateway, site, 2000);
  ASSERT_TRUE(gateway.delivered_everything());
  const auto learnt = gateway.status().most_bytes.value();
  an_hour_later();
  EXPECT_GE(too_large, 1) << "tried, and refused";
  EXPECT_LE(too_large, 3);
  EXPECT_LE(gateway.status().most_bytes.value(), 3000U);
  EXPECT_GE(gateway.status().most_bytes.value(), learnt / 2);
  limit = 1 << 20;
  for (int hours = 0; hours < 12; ++hours) an_hour_later();
  EXPECT_EQ(too_large, 0);
  EXPECT_EQ(gateway.status().most_bytes, std::nullopt);
  EXPECT_GT(largest, 10'000U);
  expect_whole(gateway, far_end);
}

TEST_F(UploadAnswer, ALineThatIsTooLargeByItselfIsDeadAndTheOthersPass) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return holds(request, "energy_import_wh=3i") ? http_answer(413, "body too large") : accepted();
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 10);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end, 1);
}

// Every line is refused for its size, single ones too: that is no limit. What it taught is not kept for hours.
TEST_F(UploadAnswer, AProxyThatSays413ToEverythingForAWhileCostsNothingAndIsSoonForgotten) {
  std::atomic<bool> bad_hour{true};
  std::atomic<bool> line_alone{false};  // was refused: that teaches that the size is not the reason
  std::atomic<std::size_t> largest{0};
  ScriptedStore far_end([&](const WriteRequest& request) {
    if (bad_hour) {
      if (std::ranges::count(request.text, '\n') <= 1) line_alone = true;
      return http_answer(413, "");
    }
    largest = std::max<std::size_t>(largest, request.bytes);
    return accepted();
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.size_doubted_after = std::chrono::hours{24 * 365};
  test::Pushing gateway{site, clock, folder.path(), waits};
  keep(gateway, site, 2000);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().most_bytes == RequestSize::least; }));
  ASSERT_TRUE(test::eventually([&] { return gateway.status().state == SinkStatus::State::refused; }));
  ASSERT_TRUE(test::eventually([&] { return line_alone.load(); }));
  EXPECT_EQ(gateway.figures().dead_lines, 0U);
  bad_hour = false;
  for (int i = 0; i < 20; ++i) keep(gateway, site, 2000);
  ASSERT_TRUE(gateway.delivered_everything());
  EXPECT_GT(largest, 10'000U);
  EXPECT_GT(gateway.status().most_bytes.value_or(1 << 20), 10'000U);
  expect_whole(gateway, far_end);
}

// The line that is refused is small, and every request that holds it is refused: the others' size does not suffer.
TEST_F(UploadAnswer, OneSmallLineThatIsRefusedAsTooLargeDoesNotShrinkTheOthersRequests) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return holds(request, "energy_import_wh=3i") ? http_answer(413, "body too large") : accepted();
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.size_doubted_after = std::chrono::hours{24 * 365};
  test::Pushing gateway{site, clock, folder.path(), waits};
  keep(gateway, site, 2000);
  for (int i = 0; i < 20; ++i) keep(gateway, site, 2000);
  ASSERT_TRUE(gateway.delivered_everything());
  EXPECT_GT(gateway.status().most_bytes.value_or(1 << 20), 10'000U);
  expect_whole(gateway, far_end, 1);
}

// ---- 19

struct Asked {
  const char* header;
  std::chrono::milliseconds at_least;  // between the refusal and the next request
  std::chrono::milliseconds at_most;
};
class RetryAfter : public test::UploadFault, public testing::WithParamInterface<std::tuple<int, Asked>> {};

TEST_P(RetryAfter, IsHonouredAndCapped) {
  const int status = std::get<0>(GetParam());
  const Asked asked = std::get<1>(GetParam());
  std::mutex mutex;
  std::vector<std::chrono::steady_clock::time_point> times;
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    const std::scoped_lock lock(mutex);
    times.push_back(request.at);
    return times.size() == 1 ? http_answer(status, "slow down", "Retry-After: " + std::string{asked.header} + "\r\n")
                             : accepted();
  });
  const Site site = site_for(far_end);
  auto waits = test::short_waits();
  waits.longest_asked = 1500ms;
  test::Pushing gateway{site, clock, folder.path(), waits};
  keep(gateway, site, 3);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
  const std::scoped_lock lock(mutex);
  EXPECT_GE(times[1] - times[0], asked.at_least);
  EXPECT_LE(times[1] - times[0], asked.at_most + 1s);  // a busy machine
}
// The clock stands at 2025-11-24 00:00:00 in Fuzhou and some polls. At most a quarter is added.
INSTANTIATE_TEST_SUITE_P(
    Forms, RetryAfter,
    testing::Combine(testing::Values(429, 503),
                     testing::Values(Asked{"1", 1000ms, 1250ms}, Asked{"Sun, 23 Nov 2025 16:00:04 GMT", 1000ms, 1875ms},
                                     Asked{"soon", 0ms, 40ms}, Asked{"-5", 0ms, 40ms},
                                     Asked{"315360000", 1500ms, 1875ms}, Asked{"99999999999999999999", 0ms, 40ms},
                                     Asked{"Fri, 23 Nov 2035 16:00:00 GMT", 1500ms, 1875ms})));

TEST(RetryAfterOfAFleet, IsNotOneMomentForAll) {
  std::set<std::int64_t> waits;
  for (std::uint64_t gateway = 1; gateway <= 100; ++gateway)
    waits.insert(Backoff{gateway * 7919}.next(std::chrono::seconds{120}).count() / 1000);
  EXPECT_GE(*waits.begin(), 120);
  EXPECT_LE(*waits.rbegin(), 150);
  EXPECT_GE(waits.size(), 20U);  // of 31 seconds
}

// ---- 20

TEST_F(UploadAnswer, AResetAfterTheBodySendsTheSameLinesAgain) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return request.number % 2 == 1 ? std::string{ScriptedStore::reset_after_storing} : accepted();
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  for (int i = 0; i < 5; ++i) keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

// ---- 22

TEST_F(UploadAnswer, ACaptivePortalAcknowledgesNothingAndIsNotFollowed) {
  ScriptedStore portal([](const WriteRequest&) { return accepted(); });
  std::atomic<bool> logged_in{false};
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (logged_in) return accepted();
    switch (request.number % 7) {
      case 3:
        return http_answer(200, "", "Content-Type: text/plain\r\n");
      case 4:
        return http_answer(200, R"({"result":0,"msg":"please log in"})", "Content-Type: application/json\r\n");
      case 5:
        return http_answer(202, "ok", "Content-Type: text/plain\r\n");
      case 0:
        return http_answer(302, "", "Location: http://127.0.0.1:" + std::to_string(portal.port()) + "/\r\n");
      case 1:
        return http_answer(200, "<html>Welcome</html>", "Content-Type: text/html\r\n");
      case 2:
        return http_answer(307, "", "Location: http://127.0.0.1:" + std::to_string(portal.port()) + "/\r\n");
      default:
        return http_answer(511, "<html>Network Authentication Required</html>", "Content-Type: text/html\r\n");
    }
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() >= 8; }));
  EXPECT_EQ(gateway.figures().delivered_lines, 0U);
  EXPECT_EQ(gateway.status().state, SinkStatus::State::refused);
  EXPECT_NE(gateway.status().last_error.find("log-in page"), std::string::npos);
  EXPECT_EQ(portal.connections(), 0);
  logged_in = true;
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

// An engine that we don't know, at an address without TLS: what anybody may say is no acknowledgement.
TEST_F(UploadAnswer, OverPlainHttpAnEmpty200OfAnUnknownEngineAcknowledgesNothing) {
  std::atomic<bool> real{false};
  ScriptedStore far_end([&](const WriteRequest& request) {
    if (real) return accepted();
    return request.number % 2 == 0 ? http_answer(200, "")
                                   : http_answer(200, "{}", "Content-Type: application/json\r\n");
  });
  const Site site = test::store_site(
      "\n[[sink]]\nid = \"central\"\nkind = \"line_protocol\"\ntimeout = \"300ms\"\nurl = "
      "\"http://127.0.0.1:" +
      std::to_string(far_end.port()) + "/in?precision=ms\"\n");
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() >= 3; }));
  EXPECT_EQ(gateway.figures().delivered_lines, 0U);
  EXPECT_EQ(gateway.status().state, SinkStatus::State::refused);
  EXPECT_NE(gateway.status().last_error.find("only 204"), std::string::npos) << gateway.status().last_error;
  real = true;
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

}  // namespace
}  // namespace gateway
