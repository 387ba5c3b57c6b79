// Whatever happens to the readings, the sum of a meter's windows is what its counter counted and people added, a node's
// that of its terms, and the parts by tariff add up to the windows. Random histories with gaps, duplicates, glitches,
// wraps, exchanges, corrections, clock steps, clean restarts and kills. GATEWAY_HISTORIES=1000000 runs so many
// (docs/benchmarks.md).
#include <cstdlib>
#include <random>

#include "tests/support/aggregated.hpp"
#include "tests/support/slowness.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Random = std::mt19937_64;

constexpr std::int64_t modulus = 1'000'000'000'000;  // of the catalogue's "electric"

const Site& site() {
  static const Site loaded = [] {
    auto site = test::parsed(R"([site]
id = "s"
timezone = "Europe/Berlin"
[[area]]
id = "b"
[[area]]
id = "f1"
parent = "b"
[[area]]
id = "f2"
parent = "b"
[[bus]]
id = "x"
url = "tcp://h:1"
[[meter]]
id = "m1"
bus = "x"
unit = 1
model = "electric"
area = "f1"
subitem = "01A10"
rated_power = "100 kW"
[[meter]]
id = "m2"
bus = "x"
unit = 2
model = "electric"
area = "f2"
interval = "20s"
rated_power = "100 kW"
upstream = "m1"
[[meter]]
id = "m3"
bus = "x"
unit = 3
model = "electric"
area = "b"
subitem = "01B10"
rated_power = "100 kW"
)");
    // Edges at odd minutes, a table that changes on the second day, and a holiday.
    auto versions = test::day_tariff().versions();
    versions.front().periods.push_back({.band = Band::critical_peak, .hours = {{23 * 60 + 7, 23 * 60 + 8}}});
    versions.push_back(test::day_tariff(local_day(2025, 11, 24), 3).versions().front());
    site.tariffs[0] = Tariff(versions);
    site.calendar.holidays = {local_day(2025, 11, 25)};
    test::add_difference(site, "rest", "m1", {"m2"});
    test::add_difference(site, "strange", "compound", {"rest", "m3"});
    return site;
  }();
  return loaded;
}

struct PlantMeter {
  std::int64_t first = 0;
  std::int64_t reading = 0;    // what its display shows
  std::int64_t counted = 0;    // since the gateway's first reading of it
  std::int64_t corrected = 0;  // by people
  int quiet = 0;               // polls to come without an answer
};

constexpr std::uint64_t default_histories = 3'000 / test::slowness;

class History {
 public:
  explicit History(std::uint64_t seed)
      : random_(seed), aggregator_(std::make_unique<Aggregator>(site(), "boot")), meters_(3) {
    clock_.advance(std::chrono::minutes{number(0, 1'440)});
    for (auto& meter : meters_)
      meter.first = meter.reading = chance(4) ? modulus - number(1, 2'000'000) : number(0, modulus / 2);
    advance();
    for (std::size_t m = 0; m < meters_.size(); ++m) push(m, meters_[m].reading);
    aggregator_->checkpoint(kept_.checkpoint);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    // At the end every meter answers plainly until nothing is held back, then everything closes.
    for (int i = 0; i < 12; ++i) {
      tick(1s, 0);
      for (std::size_t m = 0; m < meters_.size(); ++m) read(m, 20);
    }
    for (int i = 0; i < 4; ++i) {
      tick(20s, 0);
      advance();
    }
    for (int i = 0; i < 10; ++i) {
      clock_.advance(1s);
      advance();
    }
    clock_.advance(40 * 24h);  // into the month after next
    advance();
  }

  void check() {
    std::map<std::tuple<WindowLength, std::size_t>, std::int64_t> totals;
    for (const auto& [key, sum] : kept_.windows) {
      const auto& node = site().nodes[std::get<0>(key)];
      totals[{std::get<1>(key), std::get<0>(key)}] += sum.amount;
      EXPECT_GE(sum.covered_us, 0);
      if (node.kind == NodeKind::difference) continue;  // main and sub-meter are read at different times
      if (node.kind == NodeKind::meter) {
        EXPECT_GE(sum.amount, 0);
        EXPECT_GE(sum.estimated, 0);
        EXPECT_LE(sum.estimated, sum.amount);
        EXPECT_GE(sum.cost, 0);
      }
    }
    for (std::size_t l = 0; l < window_length_count; ++l)
      for (std::size_t m = 0; m < meters_.size(); ++m)
        EXPECT_EQ((totals[{static_cast<WindowLength>(l), m}]), meters_[m].counted + meters_[m].corrected)
            << "meter " << m << " " << name_of(static_cast<WindowLength>(l)) << "\n"
            << events();
    check_nodes();
    check_parts();
    for (std::size_t m = 0; m < meters_.size(); ++m) check_chain(m);
  }

 private:
  // Every node, every window: exactly the sum of its terms, amount and cost.
  void check_nodes() {
    std::map<Kept::WindowKey, std::pair<std::int64_t, std::int64_t>> sums;
    for (std::size_t n = meters_.size(); n < site().nodes.size(); ++n) {
      sums.clear();
      const auto add = [&](std::size_t node, int sign) {
        for (auto at = kept_.windows.lower_bound({node, WindowLength::minute, INT64_MIN});
             at != kept_.windows.end() && std::get<0>(at->first) == node; ++at) {
          auto& [amount, cost] = sums[{n, std::get<1>(at->first), std::get<2>(at->first)}];
          amount += sign * at->second.amount;
          cost += sign * at->second.cost;
        }
      };
      add(n, -1);
      for (const auto& term : site().nodes[n].terms) add(term.source.index(), term.sign);
      for (const auto& [window, sum] : sums) {
        EXPECT_EQ(sum.first, 0) << site().nodes[n].name << " " << name_of(std::get<1>(window)) << "\n" << events();
        EXPECT_EQ(sum.second, 0) << site().nodes[n].name;
      }
    }
  }
  // The parts of a day and a month add up to it; the minutes' cost to the day's.
  void check_parts() {
    std::map<Kept::WindowKey, std::pair<std::int64_t, std::int64_t>> sums;
    for (const auto& [key, part] : kept_.parts) {
      auto& [amount, cost] = sums[{std::get<0>(key), std::get<1>(key), std::get<2>(key)}];
      amount += part.amount;
      cost += part.cost;
    }
    for (const auto& [key, sum] : kept_.windows) {
      if (std::get<1>(key) < WindowLength::day) continue;
      EXPECT_EQ(sums[key].first, sum.amount) << site().nodes[std::get<0>(key)].name << "\n" << events();
      EXPECT_EQ(sums[key].second, sum.cost) << site().nodes[std::get<0>(key)].name;
      sums.erase(key);
    }
    for (const auto& [key, sum] : sums) EXPECT_EQ(sum.first, 0) << "a part without its window";
    std::map<std::pair<WindowLength, std::size_t>, std::int64_t> costs;
    for (const auto& [key, sum] : kept_.windows) costs[{std::get<1>(key), std::get<0>(key)}] += sum.cost;
    for (std::size_t l = 1; l < window_length_count; ++l)
      for (std::size_t n = 0; n < site().nodes.size(); ++n)
        EXPECT_EQ((costs[{static_cast<WindowLength>(l), n}]), (costs[{WindowLength::minute, n}]));
  }
  // What a person adds up by hand from the first reading, the journal and the last reading.
  void check_chain(std::size_t m) {
    auto position = meters_[m].first;
    std::int64_t total = 0;
    for (const auto& entry : kept_.quality) {
      using enum QualityKind;
      const bool announced = entry.kind == announced_exchange;
      if (entry.meter.index() != m || !(announced || entry.kind == wrap || entry.kind == reset ||
                                        entry.kind == exchange || entry.kind == jump || entry.kind == returned))
        continue;
      total += entry.before - position + (announced ? 0 : entry.amount);
      position = entry.after;
    }
    EXPECT_EQ(total + meters_[m].reading - position, meters_[m].counted) << "meter " << m << "\n" << events();
  }
  [[nodiscard]] std::string events() const {
    std::string text;
    for (const auto& q : kept_.quality)
      text += std::string(name_of(q.kind)) + " meter " + std::to_string(q.meter.index()) + " " +
              std::to_string(q.before) + " -> " + std::to_string(q.after) + ": " + std::to_string(q.amount) + "\n";
    return text;
  }

  std::int64_t number(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool chance(int one_in) { return number(1, one_in) == 1; }

  void tick(std::chrono::nanoseconds time, std::int64_t flow_mwh) {
    clock_.advance(time);
    for (auto& meter : meters_) {
      const auto amount = flow_mwh == 0 ? 0 : number(0, flow_mwh);
      meter.reading = (meter.reading + amount) % modulus;
      meter.counted += amount;
    }
  }
  void advance() {
    aggregator_->advance(clock_.now(), batch_);
    kept_.commit(batch_);
  }
  void read(std::size_t m, std::int64_t flow_before = 0) {
    auto& meter = meters_[m];
    meter.reading = (meter.reading + flow_before) % modulus;
    meter.counted += flow_before;
    push(m, meter.reading);
  }
  void push(std::size_t m, std::int64_t reading) {
    aggregator_->ingest(
        Reading::counter(site().point_of(MeterId{m}, Quantity::energy_import), clock_.monotonic(), reading));
  }

  void step() {
    // Now and then nothing is heard for minutes or hours, by one meter or by all; never for a day, beyond which minutes
    // are not filled in.
    const auto time = chance(300) ? std::chrono::seconds{number(60, 5'000)} : std::chrono::seconds{number(1, 3)};
    tick(time, 20'000 * time.count());
    advance();
    for (std::size_t m = 0; m < meters_.size(); ++m) {
      if (chance(200)) meters_[m].quiet = static_cast<int>(number(1, 100));
      if (meters_[m].quiet > 0) {
        --meters_[m].quiet;
        continue;
      }
      if (chance(100)) {
        // A wrong answer, far from anything plausible.
        push(m, chance(2) ? 0 : (meters_[m].reading + modulus / 3) % modulus);
        continue;
      }
      read(m);
      if (chance(50)) push(m, meters_[m].reading);  // the same again
    }
    if (chance(400)) clock_.step_wall_clock(std::chrono::seconds{number(-7200, 7200)});
    if (chance(300)) announce_exchange(static_cast<std::size_t>(number(0, 2)));
    if (chance(300)) correct(static_cast<std::size_t>(number(0, 2)));
    if (chance(150)) restart(chance(2));
  }

  void announce_exchange(std::size_t m) {
    auto& meter = meters_[m];
    // It comes with a checkpoint, because the person was told that it is kept.
    aggregator_->advance(clock_.now(), batch_);
    read(m);
    const auto started = number(0, modulus / 2);
    ASSERT_TRUE(aggregator_->exchange(MeterId{m}, clock_.now(), meter.reading, started));
    meter.reading = started;
    advance();
    ASSERT_FALSE(kept_.checkpoint.empty());
  }

  // Never for longer than a day, beyond which minutes are not filled in. More only, so that nothing is below zero.
  void correct(std::size_t m) {
    aggregator_->advance(clock_.now(), batch_);
    const auto to = clock_.utc() - std::chrono::seconds{number(0, 40'000)};
    const auto amount = number(1, 5'000'000);
    aggregator_->correct(MeterId{m}, to - std::chrono::milliseconds{number(1, 80'000'000)}, to, amount, clock_.now(),
                         "lin", "bypass");
    meters_[m].corrected += amount;
    advance();
  }

  void restart(bool kill) {
    if (!kill) {
      aggregator_->advance(clock_.now(), batch_);
      aggregator_->checkpoint(batch_.checkpoint);
      kept_.commit(batch_);
    }
    aggregator_ = std::make_unique<Aggregator>(site(), "boot");
    tick(std::chrono::seconds{number(1, 600)}, 1'000'000);
    ASSERT_TRUE(aggregator_->restore(kept_.checkpoint, clock_.now()));
  }

  using Kept = test::Kept;
  Random random_;
  test::FakeClock clock_;
  std::unique_ptr<Aggregator> aggregator_;
  std::vector<PlantMeter> meters_;
  Batch batch_;
  Kept kept_;
};

TEST(Conservation, SumOfWindowsIsTheCounterDifferenceForAnyHistory) {
  const char* wanted = std::getenv("GATEWAY_HISTORIES");
  const std::uint64_t histories = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : default_histories;
  const char* first = std::getenv("GATEWAY_FIRST_HISTORY");
  const std::uint64_t begin = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
  for (std::uint64_t seed = begin; seed < begin + histories; ++seed) {
    History history(seed);
    history.run(seed % 50 == 0 ? 2'000 : 150);
    history.check();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gateway
