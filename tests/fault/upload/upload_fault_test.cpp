// FAULTS 15-18, 20-22: a scripted endpoint, the invariant at the end of each, and no point stored in a changed form.
#include <gtest/gtest.h>

#include "tests/support/pushing.hpp"
#include "tests/support/scripted_store.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::http_answer;
using test::ScriptedStore;
using test::WriteRequest;

class UploadFault : public ::testing::Test {
 protected:
  Site site_for(const ScriptedStore& far_end, std::string more = "database = \"energy\"\n",
                std::string_view kind = "influx1") const {
    return test::store_site("\n[[sink]]\nid = \"central\"\nkind = \"" + std::string{kind} +
                            "\"\nurl = \"http://127.0.0.1:" + std::to_string(far_end.port()) +
                            "\"\ntimeout = \"300ms\"\n" + more);
  }
  void keep(test::Pushing& gateway, const Site& site, int polls = 1) {
    auto batch = std::make_unique<Batch>();
    batch->utc_offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
    for (int i = 0; i < polls; ++i) {
      ++n;
      test::add_poll(site, *batch, clock.monotonic(), n, n * 1000);
      clock.advance(1s);
    }
    gateway.keep(static_cast<std::uint64_t>(polls), std::move(batch));
  }
  // The invariant, and every line at the far end at least once, none in another form.
  void expect_whole(const test::Pushing& gateway, const ScriptedStore& far_end, std::uint64_t dead = 0) const {
    const SinkFigures f = gateway.figures();
    EXPECT_EQ(f.kept_values, f.delivered_values + f.queued_values + f.dead_values + f.dropped_values);
    EXPECT_EQ(f.kept_lines, static_cast<std::uint64_t>(n));
    EXPECT_EQ(f.dead_lines, dead);
    EXPECT_EQ(f.dropped_lines, 0U);
    EXPECT_EQ(far_end.stored().size(), f.delivered_lines);
  }

  test::TemporaryFolder folder;
  test::FakeClock clock;
  int n = 0;
};

TEST_F(UploadFault, OneBadLineStandsAloneInTheDeadLettersAllOthersAreStored) {
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    if (request.text.find("energy_import_wh=17i") == std::string::npos) return std::string{ScriptedStore::accept};
    return http_answer(400, R"({"error":"unable to parse"})");
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 40);
  keep(gateway, site, 3);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end, 1);
}

TEST_F(UploadFault, ABatchThatAlwaysGives500IsGivenUpOnlyAfterOthersPassed) {
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    if (request.text.find("energy_import_wh=1i") == std::string::npos) return std::string{ScriptedStore::accept};
    return http_answer(500, "points beyond retention policy");
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > 8; }));
  EXPECT_EQ(gateway.figures().dead_lines, 0U);  // nothing has passed yet: it may be the server
  keep(gateway, site, 5);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end, 1);
}

TEST_F(UploadFault, AnEndpointThatRefusesEverythingFillsNoDeadLetters) {
  std::atomic<bool> mended{false};
  ScriptedStore far_end([&](const WriteRequest&) -> std::string {
    return mended ? std::string{ScriptedStore::accept} : http_answer(400, "database is required");
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  for (int i = 0; i < 12; ++i) keep(gateway, site, 3);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() > 60; }));
  EXPECT_EQ(gateway.figures().dead_lines, 0U);
  mended = true;
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

TEST_F(UploadFault, AfterARefusalANewTokenIsTakenWithoutARestart) {
  const auto token = folder.path() / "token";
  std::ofstream{token} << "old\n";
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    if (request.head.find("Authorization: Token newer\r\n") != std::string::npos)
      return std::string{ScriptedStore::accept};
    return http_answer(401, "unauthorized");
  });
  const Site site =
      site_for(far_end, "organisation = \"o\"\nbucket = \"b\"\ntoken_file = \"" + token.string() + "\"\n", "influx2");
  test::Pushing gateway{site, clock, folder.path() / "data"};
  keep(gateway, site, 3);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().state == SinkStatus::State::refused; }));
  EXPECT_EQ(gateway.status().last_error.find("old"), std::string::npos);  // the secret is in no message
  std::ofstream{token} << "newer\n";
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

TEST_F(UploadFault, TooLargeIsHalvedUntilItIsAccepted) {
  ScriptedStore far_end([](const WriteRequest& request) -> std::string {
    return request.bytes > 300 ? http_answer(413, "") : std::string{ScriptedStore::accept};
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 300);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

TEST_F(UploadFault, AResetAfterTheBodySendsTheSameLinesAgain) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return std::string{request.number % 2 == 1 ? ScriptedStore::reset_after_storing : ScriptedStore::accept};
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  for (int i = 0; i < 5; ++i) keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

TEST_F(UploadFault, AServerThatNeverAnswersIsATimeout) {
  ScriptedStore far_end([](const WriteRequest& request) {
    return std::string{request.number <= 2 ? ScriptedStore::hang : ScriptedStore::accept};
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything());
  EXPECT_GE(gateway.status().retries, 2U);
  expect_whole(gateway, far_end);
}

TEST_F(UploadFault, ACaptivePortalAcknowledgesNothing) {
  std::atomic<bool> logged_in{false};
  ScriptedStore far_end([&](const WriteRequest& request) -> std::string {
    if (logged_in) return std::string{ScriptedStore::accept};
    if (request.number % 2 == 0) return http_answer(302, "", "Location: http://portal/\r\n");
    return http_answer(200, "<html>Welcome</html>", "Content-Type: text/html\r\n");
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return far_end.requests() >= 2; }));
  EXPECT_EQ(gateway.figures().delivered_lines, 0U);
  logged_in = true;
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

}  // namespace
}  // namespace gateway
