// What the fault tests of the upload share: a site whose sink is a scripted store, and the invariant that each ends
// with.
#pragma once

#include <algorithm>
#include <set>

#include "cloud-sync/store/database.hpp"
#include "tests/support/pushing.hpp"
#include "tests/support/scripted_store.hpp"

namespace gateway::test {

class UploadFault : public ::testing::Test {
 protected:
  static std::string sink_for(std::uint16_t port, std::string_view id, std::string_view more, std::string_view kind,
                              std::string_view scheme = "http", std::string_view host = "127.0.0.1") {
    return "\n[[sink]]\nid = \"" + std::string{id} + "\"\nkind = \"" + std::string{kind} + "\"\nurl = \"" +
           std::string{scheme} + "://" + std::string{host} + ":" + std::to_string(port) + "\"\n" +
           (more.find("timeout") == std::string_view::npos ? "timeout = \"300ms\"\n" : "") + std::string{more};
  }
  static Site site_for(const ScriptedStore& far_end, std::string_view more = "database = \"energy\"\n",
                       std::string_view kind = "influx1") {
    return store_site(sink_for(far_end.port(), "central", more, kind));
  }
  // So many polls, each a line of two values, in one row of the outbox.
  void keep(Pushing& gateway, const Site& site, int polls = 1) {
    auto batch = std::make_unique<Batch>();
    batch->utc_offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
    for (int i = 0; i < polls; ++i) {
      ++kept;
      add_poll(site, *batch, clock.monotonic(), kept, kept * 1000);
      clock.advance(1s);
    }
    gateway.keep(static_cast<std::uint64_t>(polls), std::move(batch));
  }
  // kept = delivered + queued + dead + dropped; every line that counts as delivered is at the far end, none of them in
  // another form: as many different series and times as lines, so no point is there twice.
  void expect_whole(const Pushing& gateway, const ScriptedStore& far_end, std::uint64_t dead = 0,
                    std::size_t sink = 0) const {
    const SinkFigures f = gateway.figures(sink);
    EXPECT_EQ(f.kept_values, f.delivered_values + f.queued_values + f.dead_values + f.dropped_values);
    EXPECT_EQ(f.kept_lines, f.delivered_lines + f.queued_lines + f.dead_lines + f.dropped_lines);
    EXPECT_EQ(f.kept_lines, static_cast<std::uint64_t>(kept));
    EXPECT_EQ(f.dead_lines, dead);
    EXPECT_EQ(f.dropped_lines, 0U);
    const auto stored = far_end.stored();
    EXPECT_EQ(stored.size(), f.delivered_lines);
    std::set<std::string> points;
    for (const auto& [line, times] : stored)
      points.insert(line.substr(0, line.find(' ')) + line.substr(line.rfind(' ')));
    EXPECT_EQ(points.size(), stored.size());
  }
  struct Letter {
    std::string reason;
    std::string line;
  };
  // Once they are committed.
  std::vector<Letter> dead_letters(const std::filesystem::path& data) const {
    Database database = Database::open(data / "gateway.db", Database::Mode::read);
    Statement all = database.prepare("SELECT reason, body FROM dead_letter ORDER BY id");
    std::vector<Letter> letters;
    while (all.step()) letters.push_back({std::string{all.text(0)}, std::string{all.text(1)}});
    return letters;
  }

  TemporaryFolder folder;
  FakeClock clock;
  int kept = 0;
};

}  // namespace gateway::test
