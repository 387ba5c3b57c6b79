// What the store takes: readings a second with real syncs, and bytes written to the disk for each reading, at the rates
// of 200 meters of 10 values every 5 s. Values move as real ones do, so that they compress as real ones do.
//
// store_bench [--sweep]: the second prints a table of page sizes, WAL lengths, gzip levels and commit intervals.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/store.hpp"
#include "core/site_reader.hpp"
#include "drivers/modbus/meter_model.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway::bench {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int meters = 200;
constexpr int values = 10;

Site make_site() {
  std::string text =
      "[site]\nid = \"cangshan\"\ntimezone = \"Asia/Shanghai\"\n[[bus]]\nid = \"b\"\nurl = \"tcp://h:1\"\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("[[area]]\nid = \"building-{}\"\n", i);
  for (int i = 0; i < meters; ++i)
    text += fmt::format(
        "[[meter]]\nid = \"floor-{}-meter-{}\"\nbus = \"b\"\nunit = {}\nmodel = \"generic-10\"\narea = "
        "\"building-{}\"\nsubitem = \"01A10\"\n",
        i / 10, i, i + 1, i % 20);
  text += "[[sink]]\nid = \"central\"\nkind = \"influx1\"\nurl = \"http://127.0.0.1:1\"\ndatabase = \"energy\"\n";
  auto site = parse_site(text, "bench.toml", ModelLibrary::embedded());
  if (!site) {
    for (const auto& problem : site.error()) fmt::print(stderr, "{}\n", problem.text());
    std::exit(1);
  }
  return std::move(*site);
}

std::uint64_t written_bytes() {
  std::ifstream io("/proc/self/io");
  for (std::string key; io >> key;) {
    std::uint64_t value = 0;
    io >> value;
    if (key == "write_bytes:") return value;
  }
  return 0;
}

class Load {
 public:
  Load(const Site& site, fs::path folder, StoreOptions options) : site_(site), folder_(std::move(folder)) {
    fs::remove_all(folder_);
    auto opened = Store::open(folder_, site_, clock_.now(), options);
    if (!opened) {
      fmt::print(stderr, "{}\n", opened.error().message());
      std::exit(1);
    }
    store_.emplace(std::move(*opened));
  }
  ~Load() {
    store_.reset();
    fs::remove_all(folder_);
  }

  // `polled` meters' readings of `seconds`, and the minute windows that close in it.
  void commit(int polled, std::chrono::seconds seconds, bool far_end_takes = true) {
    batch_.clear();
    batch_.utc_offset = clock_.utc().time_since_epoch() - clock_.monotonic().time_since_epoch();
    for (int i = 0; i < polled; ++i) {
      const MeterId meter{static_cast<std::size_t>(next_++ % meters)};
      const auto at = clock_.monotonic() + i * 1ms;
      for (const auto point : site_.meter(meter).points) {
        const auto quantity = site_.point(point).quantity;
        const double noise =
            std::sin(static_cast<double>(next_) * 12.9898 + static_cast<double>(point.index()) * 78.233);
        if (quantity == Quantity::online) continue;
        if (quantity == Quantity::energy_import) {
          batch_.readings.push_back(Reading::counter(point, at, 1'000'000 * static_cast<std::int64_t>(next_)));
        } else {
          batch_.readings.push_back(
              Reading::gauge(point, at, static_cast<double>(static_cast<float>(230 + 7 * noise))));
        }
      }
    }
    since_minute_ += seconds;
    if (since_minute_ >= 60s) {
      since_minute_ = 0s;
      for (std::size_t node = 0; node < site_.nodes.size(); ++node)
        batch_.windows.push_back({.node = NodeId{node},
                                  .length = WindowLength::minute,
                                  .start = std::chrono::floor<std::chrono::minutes>(clock_.utc()),
                                  .amount = 1'234'567,
                                  .rate_sum = 1e5,
                                  .rate_min = 900,
                                  .rate_max = 1100,
                                  .samples = 12});
      batch_.checkpoint.assign(meters * 400, std::byte{5});
    }
    readings += batch_.readings.size();
    if (!store_->commit(batch_, clock_.now())) std::exit(1);
    clock_.advance(seconds);
    if (!far_end_takes) return;
    const auto delivery = store_->next(0, {.most_rows = 100});
    if (delivery && !delivery->rows.empty()) store_->acknowledge(0, *delivery);
  }

  [[nodiscard]] std::uint64_t queued_bytes() const { return store_->status().queued_bytes; }

  std::uint64_t readings = 0;

 private:
  const Site& site_;
  fs::path folder_;
  test::FakeClock clock_;
  std::optional<Store> store_;
  Batch batch_;
  std::uint64_t next_ = 0;
  std::chrono::seconds since_minute_{0};
};

double bytes_per_reading(const Site& site, const fs::path& folder, StoreOptions options, std::chrono::seconds interval,
                         std::chrono::seconds time) {
  Load load(site, folder, options);
  const auto before = written_bytes();
  for (auto at = 0s; at < time; at += interval) load.commit(meters / 5 * static_cast<int>(interval.count()), interval);
  return static_cast<double>(written_bytes() - before) / static_cast<double>(load.readings);
}

// A gigabyte of windows, carried over as after damage.
double seconds_to_repair(const Site& site, const fs::path& folder) {
  fs::remove_all(folder);
  test::FakeClock clock;
  const auto file = folder / "gateway.db";
  { const auto made = Store::open(folder, site, clock.now()); }
  {
    auto database = Database::open(file, Database::Mode::write);
    database.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -64000");
    auto add = database.prepare(
        "WITH RECURSIVE at(ms) AS (SELECT ?1 UNION ALL SELECT ms + 60000 FROM at WHERE ms + 60000 < ?1 + 86400000) "
        "INSERT INTO consumption(window, start_ms, node, amount, estimated, rate_sum, rate_min, rate_max, samples, "
        "parts) "
        "SELECT 0, ms, node.id, abs(random() % 90000000), 0, abs(random() % 900000000) / 7.0, abs(random() % 900000) / "
        "7.0, "
        "abs(random() % 900000) / 7.0, 12, 1 FROM at CROSS JOIN node ORDER BY ms, node.id");
    for (std::int64_t day = 0; fs::file_size(file) < 1'000'000'000; ++day)
      add.run(1'700'000'000'000 / 60'000 * 60'000 + day * 86'400'000);
    database.run("PRAGMA journal_mode = WAL");
  }
  auto store = Store::open(folder, site, clock.now());
  if (!store) std::exit(1);
  const auto begin = std::chrono::steady_clock::now();
  if (!store->mend("benchmark", clock.now())) std::exit(1);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  store = failure(std::errc::operation_canceled, "");
  fs::remove_all(folder);
  return took.count();
}

void sweep(const Site& site, const fs::path& folder) {
  fmt::print("page  wal_pages  gzip  interval  bytes a reading\n");
  for (const auto interval : {1s, 2s, 5s, 10s})
    for (const int page : {1024, 2048, 4096, 8192})
      for (const int wal_bytes : {2 << 20, 8 << 20, 32 << 20})
        for (const int level : {4, 6}) {
          if (level == 6 && (page != 4096 || wal_bytes != 8 << 20)) continue;
          StoreOptions options;
          options.page_size = page;
          options.wal_pages = wal_bytes / page;
          options.gzip_level = level;
          fmt::print("{:>5} {:>9} {:>5} {:>8}  {:.1f}\n", page, options.wal_pages, level, interval.count(),
                     bytes_per_reading(site, folder, options, interval, 600s));
          std::fflush(stdout);
        }
}

int main_of(int argc, char** argv) {
  const Site site = make_site();
  const fs::path folder = fs::current_path() / "build" / "bench" / "store-load";
  if (argc > 1 && std::string_view{argv[1]} == "--sweep") {
    sweep(site, folder);
    return 0;
  }
  report("store_bytes_per_reading", bytes_per_reading(site, folder, {}, 1s, 600s), "B", Aim::none);
  {
    // Ten seconds' worth of readings a commit: how quickly a backlog of readings can be kept.
    Load load(site, folder, {});
    for (int i = 0; i < 20; ++i) load.commit(400, 1s);
    const auto begin = std::chrono::steady_clock::now();
    const auto before = load.readings;
    std::chrono::duration<double> took{};
    while ((took = std::chrono::steady_clock::now() - begin) < 8s) load.commit(400, 1s);
    report("kept_readings_per_s", static_cast<double>(load.readings - before) / took.count(), "1/s", Aim::none);
  }
  report("repair_1gb_s", seconds_to_repair(site, folder), "s", Aim::none);
  {
    // 200 meters at one minute, nothing gets away: how long the default cap lasts.
    Load load(site, folder, {});
    for (int minute = 0; minute < 180; ++minute) load.commit(meters, 60s, false);
    const double bytes_a_day = static_cast<double>(load.queued_bytes()) / 180 * 24 * 60;
    report("outage_days_at_default_cap", static_cast<double>(site.store.max_bytes) / bytes_a_day, "d", Aim::at_least,
           30);
  }
  return 0;
}

}  // namespace
}  // namespace gateway::bench

int main(int argc, char** argv) { return gateway::bench::main_of(argc, argv); }
