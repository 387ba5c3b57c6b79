// After an outage: ten million points wait in the outbox, the real VictoriaMetrics is there again, and 500 meters go on
// reading every second. How fast the past goes, beside curl posting the very same bodies back to back on one
// connection; how late the present is at the far end meanwhile, seen by asking it; and whether memory stays flat.
//
// Each turn has a VictoriaMetrics of its own: curl, the gateway, curl once more (a machine that gets slower or faster
// meanwhile should not decide). Each knows the series before the clock starts: entering 5,000 of them into its index
// takes it a second, which says nothing about either sender. The rate of the backlog is not bounded here.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "cloud-sync/influx/uploader.hpp"
#include "cloud-sync/store/store.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/bench_site.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/real_server.hpp"
#include "tests/support/store_site.hpp"

namespace gateway::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr int meters = 500;
constexpr int rows = 2000;
constexpr double points = 10.0 * meters * rows;

double seconds_since(Steady::time_point begun) { return std::chrono::duration<double>(Steady::now() - begun).count(); }

Site make_site(std::uint16_t port) {
  return site_of_meters(meters, fmt::format("[[sink]]\nid = \"central\"\nkind = \"victoriametrics\"\nurl = "
                                            "\"http://127.0.0.1:{}\"\nbacklog_rate = \"1000 MB/s\"\n",
                                            port));
}

// In a process of its own, whose memory does not count.
bool in_child(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

// The outbox of three hours without a store, and the bodies as an uploader asks for them.
bool fill(const std::filesystem::path& folder) {
  const Site site = make_site(1);
  test::FakeClock clock{SystemClock{}.utc() - 3h};
  auto store = Store::open(folder / "data", site, clock.now());
  if (!store) return false;
  Polls polls{site};
  Batch batch;
  for (int i = 0; i < rows; ++i) {
    batch.clear();
    polls.add(batch, clock.now());
    if (!store->commit(batch, clock.now())) return false;
    clock.advance(5s);
  }
  const UploaderOptions options;
  Pick pick;
  pick.most_rows = options.most_rows;
  pick.most_bytes = options.most_bytes;
  pick.most_lines = options.most_lines;
  for (int number = 0;; ++number) {
    const auto found = store->next(0, pick);
    if (!found) return false;
    if (found->rows.empty()) return true;
    std::ofstream{folder / fmt::format("body-{:05}.gz", number), std::ios::binary}.write(
        reinterpret_cast<const char*>(found->body.data()), static_cast<std::streamsize>(found->body.size()));
    pick.after = found->rows.back().number;
  }
}

// The first body has a poll of every meter.
bool know_series(test::VictoriaServer& victoria, const std::filesystem::path& folder) {
  return std::system(fmt::format("curl -sf -H 'Content-Encoding: gzip' --data-binary @{} "
                                 "'http://127.0.0.1:{}/write?precision=ms'",
                                 (folder / "body-00000.gz").string(), victoria.port())
                         .c_str()) == 0;
}

double curl_seconds(const std::filesystem::path& folder) {
  const auto data = folder / "curl";
  std::filesystem::create_directories(data);
  test::VictoriaServer victoria{data};
  victoria.start();
  if (!know_series(victoria, folder)) return 0;
  std::vector<std::filesystem::path> bodies;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".gz") bodies.push_back(entry.path());
  std::ranges::sort(bodies);
  {
    std::ofstream config{folder / "curl.conf"};
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      if (i > 0) config << "next\n";
      config << "url = \"http://127.0.0.1:" << victoria.port() << "/write?precision=ms\"\n"
             << "header = \"Content-Encoding: gzip\"\nheader = \"Expect:\"\nsilent\nfail\ndata-binary = \"@"
             << bodies[i].string() << "\"\n";
    }
  }
  const auto begun = Steady::now();
  const int status = std::system(("curl -K " + (folder / "curl.conf").string()).c_str());
  const double seconds = seconds_since(begun);
  victoria.stop();
  std::filesystem::remove_all(data);
  if (status != 0) fmt::print(stderr, "curl failed: {}\n", status);
  return status == 0 ? seconds : 0;
}

double resident_mib(std::string_view what) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(what)) return std::strtod(line.c_str() + what.size() + 1, nullptr) / 1024;
  return 0;
}

// The newest time of one meter at the far end, in ms; 0: nothing yet.
std::int64_t newest_there(test::VictoriaServer& victoria, std::int64_t from_ms) {
  const std::string answer = test::http(
      victoria.port(), "GET",
      fmt::format("/api/v1/export?match[]=electricity_power_w{{meter=%22meter-000%22}}&start={}", from_ms / 1000));
  const auto at = answer.rfind("\"timestamps\":[");
  if (at == std::string::npos) return 0;
  const auto end = answer.find(']', at);
  return std::strtoll(answer.c_str() + answer.find_last_of(",[", end) + 1, nullptr, 10);
}

struct Drain {
  double points_per_s = 0;
  double live_delay_s = 0;
  double peak_mib = 0;
  double growth_mib = 0;
};

// 500 meters every second, as the core hands them over.
void read_meters(const Site& site, StoreThread& store, const Clock& clock, const std::atomic<bool>& stop,
                 std::atomic<std::int64_t>& handed_over_ms) {
  Polls polls{site};
  auto batch = std::make_unique<Batch>();
  while (!stop) {
    batch->clear();
    const TimeNow now = clock.now();
    polls.add(*batch, now);
    if (store.submit(batch, false)) handed_over_ms = to_ms(now.utc);
    std::this_thread::sleep_for(1s);
  }
}

Drain drain(const std::filesystem::path& folder) {
  const auto data = folder / "gateway";
  std::filesystem::create_directories(data);
  test::VictoriaServer victoria{data};
  victoria.start();
  if (!know_series(victoria, folder)) return {};
  const Site site = make_site(victoria.port());
  const SystemClock clock;
  auto opened = Store::open(folder / "data", site, clock.now());
  if (!opened) return {};
  StoreThread store{std::move(*opened), 1, clock};
  boost::asio::io_context context;
  UploaderOptions options;
  options.longest_start_hold = 0ms;  // the dice of a fleet are no part of the speed
  options.longest_hold = 0ms;
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> handed_over_ms{0};
  const std::uint64_t before = store.figures(0).delivered_values;
  const std::int64_t from_ms = to_ms(clock.utc());
  const auto begun = Steady::now();
  Uploader uploader{context.get_executor(), site.sinks[0], 0, store, clock, options};
  std::thread network{[&] { context.run(); }};
  std::thread meters_thread{[&] { read_meters(site, store, clock, stop, handed_over_ms); }};

  Drain result;
  double early_mib = 0;
  const auto delivered = [&] { return static_cast<double>(store.figures(0).delivered_values - before); };
  std::this_thread::sleep_for(100ms);
  while (store.figures(0).queued_batches > 3 && seconds_since(begun) < 600) {
    const std::int64_t handed = handed_over_ms;
    const std::int64_t there = std::max(newest_there(victoria, from_ms), from_ms);
    // What was handed over and is not there yet is at least so old.
    if (handed > there)
      result.live_delay_s = std::max(result.live_delay_s, static_cast<double>(to_ms(clock.utc()) - there) / 1000 - 1);
    if (early_mib == 0 && delivered() > points / 5) early_mib = resident_mib("VmRSS:");
    std::this_thread::sleep_for(50ms);
  }
  result.points_per_s = delivered() / seconds_since(begun);
  result.growth_mib = resident_mib("VmRSS:") - early_mib;
  result.peak_mib = resident_mib("VmHWM:");
  stop = true;
  meters_thread.join();
  uploader.stop();
  network.join();
  store.stop();
  return result;
}

int run() {
  const std::filesystem::path folder = std::filesystem::absolute("build/bench/drain");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  fmt::print(stderr, "filling an outbox with {:.0f} points\n", points);
  if (!in_child([&] { return fill(folder); })) return 1;
  const double first_curl = curl_seconds(folder);
  const Drain drained = drain(folder);
  const double second_curl = curl_seconds(folder);
  std::filesystem::remove_all(folder);
  if (first_curl <= 0 || second_curl <= 0 || drained.points_per_s <= 0) return 1;
  const double curl = 2 * points / (first_curl + second_curl);
  report("drain_vs_curl", drained.points_per_s / curl, "", Aim::at_least, 0.8);
  report("drain_points_per_s", drained.points_per_s, "1/s", Aim::none);
  report("drain_curl_points_per_s", curl, "1/s", Aim::none);
  report("drain_live_delay_s", drained.live_delay_s, "s", Aim::at_most, 5);
  report("drain_peak_rss_mib", drained.peak_mib, "MiB", Aim::none);
  report("drain_rss_growth_mib", drained.growth_mib, "MiB", Aim::at_most, 2);
  return 0;
}

}  // namespace
}  // namespace gateway::bench

int main() { return gateway::bench::run(); }
