// How fast the store answers what the dashboard asks: a day at one minute and a year by day of one node, with a year of
// 200 meters kept, as a gateway has it: every meter, area and sub-item with its windows of 1 min, 15 min, 1 h and 1 d.
//
// Such a store is 8 GB and takes minutes to fill, so it is made once and kept beside the benchmark's results (argument
// 1: the folder; default build/bench/history-store). It is filled by SQL, in the order in which a gateway writes: what
// is measured is the reading, through StoreReader and into JSON, as the gateway does it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/store.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "core/site_reader.hpp"
#include "firmware-gateway/web/api_json.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway::bench {
namespace {

using namespace std::chrono_literals;

constexpr int meters = 200;
constexpr int areas = 20;
constexpr int days = 365;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t first_ms = 1'735'660'800'000;  // 2025-01-01 00:00 in Shanghai

Site make_site() {
  std::string text = "[site]\nid = \"s\"\ntimezone = \"Asia/Shanghai\"\n[[bus]]\nid = \"b\"\nurl = \"tcp://h:1\"\n";
  for (int i = 0; i < areas; ++i) text += fmt::format("[[area]]\nid = \"a{}\"\n", i);
  for (int i = 0; i < meters; ++i)
    text += fmt::format(
        "[[meter]]\nid = \"m{}\"\nbus = \"b\"\nunit = {}\nmodel = \"electric\"\narea = \"a{}\"\nsubitem = \"01A10\"\n",
        i, i + 1, i % areas);
  auto site = parse_site(text, "bench.toml", test::FakeCatalogue{});
  if (!site) fmt::print(stderr, "{}\n", site.error().front().text());
  return std::move(*site);
}

// One statement a day keeps what SQLite has to hold small. Amounts and rates are as large as real ones: so are the
// rows.
void fill(Database& database, const Site& site) {
  database.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -64000");
  auto add_node = database.prepare("INSERT OR IGNORE INTO node(name, utility) VALUES(?1, ?2)");
  for (const auto& node : site.nodes) add_node.run(node.name, static_cast<int>(node.utility));
  auto add_windows = database.prepare(
      "WITH RECURSIVE at(ms) AS (SELECT ?2 UNION ALL SELECT ms + ?3 FROM at WHERE ms + ?3 < ?2 + 86400000) "
      "INSERT INTO consumption(window, start_ms, node, amount, estimated, rate_sum, rate_min, rate_max, samples, "
      "parts) "
      "SELECT ?1, ms, node.id, abs(random() % 90000000), 0, abs(random() % 900000000) / 7.0, "
      "abs(random() % 900000) / 7.0, abs(random() % 900000) / 7.0, ?3 / 1000, 1 FROM at CROSS JOIN node "
      "ORDER BY ms, node.id");
  constexpr std::int64_t lengths[] = {60'000, 900'000, 3'600'000, day_ms};
  // Window by window: the key begins with it.
  for (int window = 0; window < 4; ++window)
    for (int day = 0; day < days; ++day) add_windows.run(window, first_ms + day * day_ms, lengths[window]);
  database.run("PRAGMA journal_mode = WAL");
}

bool prepare(const std::filesystem::path& folder, const Site& site) {
  const auto marker = folder / "complete";
  if (std::filesystem::exists(marker)) return true;
  fmt::print(stderr, "making a year of {} meters in {}: some minutes, 8 GB\n", meters, folder.string());
  std::filesystem::remove_all(folder);
  test::FakeClock clock;
  std::filesystem::path file;
  {
    const auto store = Store::open(folder, site, clock.now());
    if (!store) {
      fmt::print(stderr, "{}\n", store.error().message());
      return false;
    }
    file = store->file();
  }
  auto database = Database::open(file, Database::Mode::write);
  fill(database, site);
  std::ofstream{marker} << "a year\n";
  return true;
}

// Takes the file out of the kernel's cache: how it is after a start, or on a box whose memory is small.
void forget_cached(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ::fdatasync(fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

struct Question {
  std::string node;
  WindowLength window;
  std::int64_t from_ms, to_ms;
  std::size_t rows;
};

// Milliseconds for the answer as JSON; negative when it was not what had to come.
double answer_ms(StoreReader& reader, const Site& site, const Question& asked) {
  const auto node = site.node_named(asked.node, Utility::electricity);
  const auto start = std::chrono::steady_clock::now();
  const auto history =
      reader.history(*node, asked.window, utc_from_ms(asked.from_ms), utc_from_ms(asked.to_ms), 10'000);
  if (!history || history->windows.size() != asked.rows) return -1;
  const auto json = history_json(site, site.node(*node), asked.window, history->windows, history->truncated);
  const auto took = std::chrono::steady_clock::now() - start;
  return json.size() < asked.rows * 20 ? -1 : std::chrono::duration<double, std::milli>(took).count();
}

// The median over nodes and places in the year, and the slowest: a person waits for the one they asked for.
struct Times {
  double median = 0;
  double slowest = 0;
  bool right = true;
};

Times measure(const std::filesystem::path& file, const Site& site, const std::vector<Question>& questions, bool cold) {
  std::vector<double> all;
  Times times;
  for (const auto& question : questions) {
    auto reader = StoreReader::open(file, site);
    if (!reader) return {0, 0, false};
    if (cold) forget_cached(file);
    if (!cold) (void)answer_ms(*reader, site, question);
    const double ms = answer_ms(*reader, site, question);
    times.right = times.right && ms >= 0;
    all.push_back(ms);
  }
  std::ranges::sort(all);
  times.median = all[all.size() / 2];
  times.slowest = all.back();
  return times;
}

int run(const std::filesystem::path& folder) {
  const auto site = make_site();
  if (!prepare(folder, site)) return 1;
  const auto file = folder / "gateway.db";
  std::vector<Question> by_minute, by_day;
  for (const auto* node : {"compound", "a0", "a19", "m0", "m99", "m199"}) {
    for (const int day : {0, 100, 200, 300, days - 1})
      by_minute.push_back({node, WindowLength::minute, first_ms + day * day_ms, first_ms + (day + 1) * day_ms, 1440});
    by_day.push_back({node, WindowLength::day, first_ms, first_ms + days * day_ms, days});
  }
  const auto day = measure(file, site, by_minute, false);
  const auto year = measure(file, site, by_day, false);
  const auto cold_day = measure(file, site, by_minute, true);
  const auto cold_year = measure(file, site, by_day, true);
  if (!day.right || !year.right || !cold_day.right || !cold_year.right) {
    fmt::print(stderr, "an answer did not have its rows\n");
    return 1;
  }
  report("history_day_ms", day.slowest, "ms", Aim::at_most, 50);
  report("history_year_ms", year.slowest, "ms", Aim::at_most, 300);
  report("history_day_cold_ms", cold_day.median, "ms", Aim::none);
  report("history_year_cold_ms", cold_year.median, "ms", Aim::none);
  report("history_store_gb", static_cast<double>(std::filesystem::file_size(file)) / 1e9, "GB", Aim::none);
  return 0;
}

}  // namespace
}  // namespace gateway::bench

int main(int argc, char** argv) {
  try {
    return gateway::bench::run(argc > 1 ? argv[1] : "build/bench/history-store");
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
}
