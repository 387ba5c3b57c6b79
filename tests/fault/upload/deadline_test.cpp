// FAULTS 21: one deadline for the whole request, whatever the far end does, and nothing else waits for it.
#include "tests/fault/upload/upload_fault.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::ScriptedStore;
using test::WriteRequest;

class UploadDeadline : public test::UploadFault, public testing::WithParamInterface<std::string_view> {};

TEST_P(UploadDeadline, FiresAndTheSameLinesAreSentAgain) {
  std::mutex mutex;
  std::vector<std::chrono::steady_clock::time_point> times;
  ScriptedStore far_end([&](const WriteRequest& request) {
    const std::scoped_lock lock(mutex);
    times.push_back(request.at);
    return std::string{times.size() <= 2 ? GetParam() : ScriptedStore::accept};
  });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything());
  EXPECT_GE(gateway.status().retries, 2U);
  expect_whole(gateway, far_end);
  const std::scoped_lock lock(mutex);
  EXPECT_GE(times[1] - times[0], 250ms);  // the timeout is 300 ms
  EXPECT_LE(times[1] - times[0], 2s);     // and not one of every byte
}
INSTANTIATE_TEST_SUITE_P(Silences, UploadDeadline, testing::Values(ScriptedStore::hang, ScriptedStore::drip),
                         [](const auto& silence) { return std::string{silence.param}; });

class SilentFarEnd : public test::UploadFault {};

TEST_F(SilentFarEnd, ASinkThatHangsHoldsUpNoOther) {
  ScriptedStore hanging([](const WriteRequest&) { return std::string{ScriptedStore::hang}; });
  ScriptedStore good([](const WriteRequest&) { return std::string{ScriptedStore::accept}; });
  const std::string more = "database = \"energy\"\ntimeout = \"1h\"\n";
  const Site site = test::store_site(sink_for(hanging.port(), "hanging", more, "influx1") +
                                     sink_for(good.port(), "good", more, "victoriametrics"));
  test::Pushing gateway{site, clock, folder.path()};
  for (int i = 0; i < 5; ++i) keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything(1));
  expect_whole(gateway, good, 0, 1);
  expect_whole(gateway, hanging, 0, 0);
  EXPECT_EQ(gateway.figures(0).queued_lines, 20U);
}

// A port that takes connections and never speaks TLS.
TEST_F(SilentFarEnd, AHandshakeThatNeverEndsIsATimeoutToo) {
  ScriptedStore silent([](const WriteRequest&) { return std::string{ScriptedStore::hang}; });
  const Site site = test::store_site(sink_for(silent.port(), "central", "database = \"energy\"\n", "influx1", "https"));
  test::Pushing gateway{site, clock, folder.path()};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= 2; }));
  EXPECT_EQ(gateway.status().state, SinkStatus::State::retrying);
  EXPECT_EQ(silent.requests(), 0);
  expect_whole(gateway, silent);
}

}  // namespace
}  // namespace gateway
