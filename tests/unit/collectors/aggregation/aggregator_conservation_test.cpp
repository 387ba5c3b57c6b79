// Whatever happens to the readings, the sum of a meter's windows is what its counter counted, and a node's that of its
// meters. Random histories with gaps, duplicates, glitches, wraps, exchanges, clock steps, clean restarts and kills.
#include <map>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

#include "collectors/aggregation/aggregator.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Random = std::mt19937_64;

constexpr std::int64_t modulus = 1'000'000'000'000;  // of the catalogue's "electric"

const Site& site() {
  static const Site loaded = *parse_site(R"([site]
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
rated_power = "100 kW"
[[meter]]
id = "m2"
bus = "x"
unit = 2
model = "electric"
area = "f2"
interval = "20s"
rated_power = "100 kW"
[[meter]]
id = "m3"
bus = "x"
unit = 3
model = "electric"
area = "b"
rated_power = "100 kW"
)",
                                         "site.toml", test::FakeCatalogue{});
  return loaded;
}

using Key = std::tuple<std::size_t, WindowLength, std::int64_t>;

// The store in short: windows merged, and the checkpoint that goes with them, both or neither.
struct Kept {
  std::map<Key, Accumulator> windows;
  std::vector<std::byte> checkpoint;
  std::string events;  // for the message of a failure
  void commit(Batch& batch) {
    for (const auto& record : batch.windows)
      windows[{record.node.index(), record.length, to_ms(record.start)}].merge(
          {record.amount, record.estimated, record.rate_sum, record.rate_min, record.rate_max, record.samples});
    if (!batch.checkpoint.empty()) checkpoint = batch.checkpoint;
    for (const auto& q : batch.quality)
      events += std::string(name_of(q.kind)) + " meter " + std::to_string(q.meter.index()) + " " +
                std::to_string(q.before) + " -> " + std::to_string(q.after) + ": " + std::to_string(q.amount) + "\n";
    batch.clear();
  }
};

struct PlantMeter {
  std::int64_t reading = 0;  // what its display shows
  std::int64_t counted = 0;  // since the gateway's first reading of it
  int quiet = 0;             // polls to come without an answer
};

class History {
 public:
  explicit History(std::uint64_t seed)
      : random_(seed), aggregator_(std::make_unique<Aggregator>(site(), "boot")), meters_(3) {
    for (auto& meter : meters_) meter.reading = chance(4) ? modulus - number(1, 2'000'000) : number(0, modulus / 2);
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
    for (int i = 0; i < 400; ++i) {
      tick(1s, 0);
      advance();
    }
    clock_.advance(3h);
    advance();
  }

  void check() {
    std::map<std::tuple<WindowLength, std::size_t>, std::int64_t> totals;
    for (const auto& [key, sum] : kept_.windows) {
      EXPECT_GE(sum.amount, 0);
      EXPECT_GE(sum.estimated, 0);
      EXPECT_LE(sum.estimated, sum.amount);
      totals[{std::get<1>(key), std::get<0>(key)}] += sum.amount;
    }
    for (const auto length : {WindowLength::minute, WindowLength::quarter, WindowLength::hour, WindowLength::day}) {
      for (std::size_t m = 0; m < meters_.size(); ++m) {
        const auto found = totals[{length, m}];
        EXPECT_EQ(found, meters_[m].counted) << "meter " << m << " " << name_of(length) << "\n" << kept_.events;
      }
    }
    // Every node, every window: exactly the sum of its meters.
    for (std::size_t n = meters_.size(); n < site().nodes.size(); ++n) {
      std::map<std::pair<WindowLength, std::int64_t>, std::int64_t> sums;
      for (const auto& [key, sum] : kept_.windows) {
        const auto& [node, length, start] = key;
        if (node == n) sums[{length, start}] -= sum.amount;
        for (const auto meter : site().nodes[n].meters)
          if (meter.index() == node) sums[{length, start}] += sum.amount;
      }
      for (const auto& [window, difference] : sums) EXPECT_EQ(difference, 0) << site().nodes[n].name;
    }
  }

 private:
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
    if (chance(150)) restart(chance(2));
  }

  void announce_exchange(std::size_t m) {
    auto& meter = meters_[m];
    // It comes with a checkpoint, because the person was told that it is kept.
    aggregator_->advance(clock_.now(), batch_);
    read(m);
    const auto started = number(0, modulus / 2);
    aggregator_->exchange(MeterId{m}, clock_.now(), meter.reading, started);
    meter.reading = started;
    advance();
    ASSERT_FALSE(kept_.checkpoint.empty());
  }

  void restart(bool kill) {
    if (!kill) {
      aggregator_->checkpoint(batch_.checkpoint);
      kept_.commit(batch_);
    }
    aggregator_ = std::make_unique<Aggregator>(site(), "boot");
    tick(std::chrono::seconds{number(1, 600)}, 1'000'000);
    ASSERT_TRUE(aggregator_->restore(kept_.checkpoint, clock_.now()));
  }

  Random random_;
  test::FakeClock clock_;
  std::unique_ptr<Aggregator> aggregator_;
  std::vector<PlantMeter> meters_;
  Batch batch_;
  Kept kept_;
};

TEST(Conservation, SumOfWindowsIsTheCounterDifferenceForAnyHistory) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    History history(seed);
    history.run(2'000);
    history.check();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gateway
