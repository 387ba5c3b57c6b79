// The aggregator's hot path: readings a second in random order, beside merely copying them; what depth of the tree,
// number of points and windows cost.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "collectors/aggregation/aggregator.hpp"
#include "tests/bench/allocation_counter.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway::bench {
namespace {

using namespace std::chrono_literals;

// `meters` meters of two consumption points each (power and energy, and `online`), spread over the leaves of a tree of
// areas `depth` deep.
Site site_of(std::size_t meters, int depth) {
  std::string text = "[site]\nid = \"s\"\n";
  constexpr int chains = 10;
  for (int level = 0; level < depth; ++level)
    for (int i = 0; i < chains; ++i) {
      text += fmt::format("[[area]]\nid = \"a{}-{}\"\n", level, i);
      if (level > 0) text += fmt::format("parent = \"a{}-{}\"\n", level - 1, i);
    }
  const auto buses = (meters + 246) / 247;
  for (std::size_t i = 0; i < buses; ++i) text += fmt::format("[[bus]]\nid = \"b{}\"\nurl = \"tcp://h:1\"\n", i);
  for (std::size_t i = 0; i < meters; ++i)
    text += fmt::format(
        "[[meter]]\nid = \"m{}\"\nbus = \"b{}\"\nunit = {}\nmodel = \"electric\"\narea = \"a{}-{}\"\nsubitem = "
        "\"01A10\"\nrated_power = \"100 kW\"\n",
        i, i / 247, i % 247 + 1, depth - 1, i % chains);
  auto site = parse_site(text, "bench.toml", test::FakeCatalogue{});
  if (!site) fmt::print(stderr, "{}\n", site.error().front().text());
  // Windows, demand and a tariff with working hours, as a real site has them.
  TariffVersion version;
  version.price = {1'200'000, 900'000, 600'000, 300'000};
  version.periods.push_back({.band = Band::valley, .hours = {{0, 8 * 60}}});
  version.periods.push_back({.band = Band::peak, .hours = {{10 * 60, 12 * 60}}});
  site->tariffs[0] = Tariff({version});
  return std::move(*site);
}

// A second of readings of every meter, in random order from second to second.
std::vector<Reading> readings_of(const Site& site, test::FakeClock& clock, int seconds) {
  std::vector<Reading> all;
  std::mt19937_64 random(7);
  std::vector<std::size_t> order(site.meters.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int second = 0; second < seconds; ++second) {
    std::ranges::shuffle(order, random);
    for (const auto i : order) {
      const MeterId meter{i};
      all.push_back(Reading::gauge(site.point_of(meter, Quantity::active_power), clock.monotonic(),
                                   1000.0 + static_cast<double>(i)));
      all.push_back(Reading::counter(site.point_of(meter, Quantity::energy_import), clock.monotonic(),
                                     second * 300 + static_cast<std::int64_t>(i)));
    }
    clock.advance(1s);
  }
  return all;
}

struct Run {
  double seconds_per_reading;
  double allocations_per_reading;
  double bytes_per_point;
  double copy_seconds_per_reading;
};

Run ingest_of(std::size_t points, int depth) {
  const auto site = site_of(points / 2, depth);
  constexpr int seconds = 50;
  test::FakeClock clock;
  Aggregator aggregator(site);
  Batch batch;
  const auto begin = clock.now();
  const auto readings = readings_of(site, clock, seconds);
  const auto per_second = readings.size() / seconds;
  std::uint64_t allocations_before = 0, allocations_after = 0;
  // The yardstick: the same readings, merely copied into a table of the same size in bytes, a row a point. In turns, so
  // that a machine that gets slower or faster meanwhile does not decide.
  const auto row = aggregator.memory_bytes() / site.points.size() / sizeof(Reading);
  std::vector<Reading> table(site.points.size() * row);
  double best = 1e300, copy = 1e300;
  for (int round = 0; round < 15; ++round) {
    copy = std::min(copy, quickest(1, [&] {
                      for (std::size_t i = 2 * per_second; i < readings.size(); ++i)
                        table[readings[i].point().index() * row] = readings[i];
                      asm volatile("" ::"r"(table.data()) : "memory");
                    }));
    Aggregator fresh(site);
    fresh.advance(begin, batch);
    for (std::size_t i = 0; i < 2 * per_second; ++i) fresh.ingest(readings[i]);
    allocations_before = allocations.load();
    const auto start = std::chrono::steady_clock::now();
    fresh.ingest(std::span(readings).subspan(2 * per_second));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    allocations_after = allocations.load();
  }
  const auto timed = static_cast<double>(readings.size() - 2 * per_second);
  return {best / timed, static_cast<double>(allocations_after - allocations_before) / timed,
          static_cast<double>(aggregator.memory_bytes()) / static_cast<double>(points), copy / timed};
}

double close_seconds_per_point(std::size_t points) {
  const auto site = site_of(points / 2, 2);
  test::FakeClock clock;
  Aggregator aggregator(site);
  Batch batch;
  aggregator.advance(clock.now(), batch);
  for (std::size_t i = 0; i < site.meters.size(); ++i)
    aggregator.ingest(Reading::counter(site.point_of(MeterId{i}, Quantity::energy_import), clock.monotonic(), 0));
  double best = 1e300;
  for (int minute = 1; minute < 14; ++minute) {
    clock.advance(30s);
    for (std::size_t i = 0; i < site.meters.size(); ++i)
      aggregator.ingest(
          Reading::counter(site.point_of(MeterId{i}, Quantity::energy_import), clock.monotonic(), minute * 1000));
    clock.advance(30s);
    batch.clear();
    clock.advance(-27s);
    aggregator.advance(clock.now(), batch);
    clock.advance(27s);
    clock.advance(4s);
    const auto start = std::chrono::steady_clock::now();
    aggregator.advance(clock.now(), batch);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    clock.advance(-4s);
  }
  return best / static_cast<double>(points);
}

}  // namespace

int run() {
  auto flat = ingest_of(10'000, 1);
  auto deep = ingest_of(10'000, 6);
  for (int turn = 0; turn < 2; ++turn) {
    flat.seconds_per_reading = std::min(flat.seconds_per_reading, ingest_of(10'000, 1).seconds_per_reading);
    deep.seconds_per_reading = std::min(deep.seconds_per_reading, ingest_of(10'000, 6).seconds_per_reading);
  }
  report("aggregator_mreadings_per_s", 1e-6 / flat.seconds_per_reading, "M/s", Aim::at_least, 20);
  report("aggregator_vs_copy", flat.seconds_per_reading / flat.copy_seconds_per_reading, "ratio", Aim::at_most, 3);
  report("aggregator_allocations_per_reading", flat.allocations_per_reading, "", Aim::exactly, 0);
  report("aggregator_depth_ratio", deep.seconds_per_reading / flat.seconds_per_reading, "ratio", Aim::at_most, 1.1);
  report("aggregator_bytes_per_point", deep.bytes_per_point, "B", Aim::at_most, 512);
  for (const std::size_t points : {1'000, 10'000, 100'000})
    report(fmt::format("window_close_ns_per_point_{}", points), 1e9 * close_seconds_per_point(points), "ns", Aim::none);
  return 0;
}

}  // namespace gateway::bench

int main() { return gateway::bench::run(); }
