// An aggregator with what it says merged as the store merges it, and a plant of meters that run on their own: for tests
// of windows, tariff, demand and restarts.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include <gtest/gtest.h>

#include "collectors/aggregation/aggregator.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway::test {

// What a store would hold, and the checkpoint that goes with it: both or neither.
struct Kept {
  using WindowKey = std::tuple<std::size_t, WindowLength, std::int64_t>;
  using PartKey = std::tuple<std::size_t, WindowLength, std::int64_t, int, bool>;  // band, 4: no price; off hours
  struct Part {
    std::int64_t amount = 0;
    std::int64_t cost = 0;
  };
  std::map<WindowKey, Accumulator> windows;
  std::map<PartKey, Part> parts;
  std::map<std::size_t, DemandRecord> sliding;  // the newest month's
  std::vector<QualityRecord> quality;
  std::vector<CounterRecord> counters;
  std::vector<std::byte> checkpoint;

  void commit(Batch& batch) {
    for (const auto& record : batch.windows)
      windows[{record.node.index(), record.length, to_ms(record.start)}].merge(record);
    for (const auto& record : batch.tariffs) {
      auto& part = parts[{record.node.index(), record.length, to_ms(record.start),
                          record.priced ? static_cast<int>(record.band) : 4, record.off_hours}];
      part.amount += record.amount;
      part.cost += record.cost;
    }
    for (const auto& record : batch.demands) {
      auto& highest = sliding[record.node.index()];
      if (record.month != highest.month || record.amount > highest.amount) highest = record;
    }
    quality.insert(quality.end(), batch.quality.begin(), batch.quality.end());
    counters.insert(counters.end(), batch.counters.begin(), batch.counters.end());
    if (!batch.checkpoint.empty()) checkpoint = batch.checkpoint;
    batch.clear();
  }
};

class Aggregated {
 public:
  Aggregated(Site site, UtcTime start) : site_(std::move(site)), clock_(start) { renew(); }

  void renew() {
    aggregator_ = std::make_unique<Aggregator>(site_, "boot");
    advance();
  }
  void advance() {
    aggregator_->advance(clock_.now(), batch_);
    kept_.commit(batch_);
  }
  void pass(std::chrono::nanoseconds time) {
    clock_.advance(time);
    advance();
  }
  void read(std::string_view meter, std::int64_t thousandths) {
    const auto id = named(meter);
    aggregator_->ingest(
        Reading::counter(site_.point_of(id, counter_of(site_.meter(id).utility)), clock_.monotonic(), thousandths));
  }
  void power(std::string_view meter, double watts) {
    const auto id = named(meter);
    aggregator_->ingest(Reading::flag(site_.point_of(id, Quantity::online), clock_.monotonic(), true));
    aggregator_->ingest(
        Reading::gauge(site_.point_of(id, rate_of(site_.meter(id).utility)), clock_.monotonic(), watts));
  }
  // kill -9: what the store holds is all that is left. Afterwards `down` passes.
  void kill(std::chrono::nanoseconds down) {
    clock_.advance(down);
    aggregator_ = std::make_unique<Aggregator>(site_, "boot");
    ASSERT_TRUE(aggregator_->restore(kept_.checkpoint, clock_.now()));
    advance();
  }
  [[nodiscard]] NodeLive live(std::string_view node, Utility utility = Utility::electricity) {
    LiveSnapshot out;
    aggregator_->snapshot(clock_.now(), out);
    return out.nodes[site_.node_named(node, utility)->index()];
  }

  [[nodiscard]] MeterId named(std::string_view meter) const { return site_.node(*node(meter)).meter; }
  [[nodiscard]] std::optional<NodeId> node(std::string_view name) const {
    const auto electric = site_.node_named(name, Utility::electricity);
    return electric ? electric : site_.node_named(name, Utility::water);
  }
  [[nodiscard]] Accumulator window(std::string_view name, WindowLength length, UtcTime start) const {
    const auto found = kept_.windows.find({node(name)->index(), length, to_ms(start)});
    return found == kept_.windows.end() ? Accumulator{} : found->second;
  }
  [[nodiscard]] Kept::Part part(std::string_view name, WindowLength length, UtcTime start, Band band,
                                bool off_hours) const {
    const auto found = kept_.parts.find({node(name)->index(), length, to_ms(start), static_cast<int>(band), off_hours});
    return found == kept_.parts.end() ? Kept::Part{} : found->second;
  }
  [[nodiscard]] std::int64_t total(std::string_view name, WindowLength length) const {
    std::int64_t sum = 0;
    for (const auto& [key, window] : kept_.windows)
      if (std::get<0>(key) == node(name)->index() && std::get<1>(key) == length) sum += window.amount;
    return sum;
  }
  [[nodiscard]] bool has_event(QualityKind kind) const {
    return std::ranges::any_of(kept_.quality, [&](const auto& record) { return record.kind == kind; });
  }

  Site site_;
  FakeClock clock_;
  Batch batch_;
  Kept kept_;
  std::unique_ptr<Aggregator> aggregator_;
};

inline Site parsed(std::string_view text) {
  auto site = parse_site(text, "site.toml", FakeCatalogue{});
  if (!site) {
    for (const auto& problem : site.error()) ADD_FAILURE() << problem.text();
    return {};
  }
  return std::move(*site);
}

// A main meter and two behind it, and one of water; all 100 kW at most.
inline std::string small_plant(std::string_view zone = "Asia/Shanghai") {
  std::string text = "[site]\nid = \"s\"\ntimezone = \"" + std::string(zone) +
                     "\"\n[[area]]\nid = \"b1\"\n[[bus]]\nid = \"x\"\nurl = \"tcp://h:1\"\n";
  int unit = 1;
  for (const auto* id : {"main", "light", "pump"}) {
    text += "[[meter]]\nid = \"" + std::string(id) + "\"\nbus = \"x\"\nunit = " + std::to_string(unit++) +
            "\nmodel = \"electric\"\narea = \"b1\"\nrated_power = \"100 kW\"\n";
    if (std::string_view(id) != "main") text += "upstream = \"main\"\n";
  }
  text += "[[meter]]\nid = \"inlet\"\nbus = \"x\"\nunit = 9\nmodel = \"water\"\narea = \"b1\"\n";
  return text;
}

// `name`: main meter minus the others.
inline void add_difference(Site& site, std::string name, std::string_view main,
                           std::initializer_list<std::string_view> subs) {
  Node node;
  node.kind = NodeKind::difference;
  node.utility = Utility::electricity;
  node.name = std::move(name);
  const auto term = [&](std::string_view source, int sign) {
    const auto id = *site.node_named(source, Utility::electricity);
    node.terms.push_back({id, sign});
    node.meters.insert(node.meters.end(), site.node(id).meters.begin(), site.node(id).meters.end());
  };
  term(main, 1);
  for (const auto sub : subs) term(sub, -1);
  site.nodes.push_back(std::move(node));
}

// Valley 0 to 8 at 0.30 yuan, peak 10 to 12 at 0.90, flat else at 0.60; from the first day on.
inline Tariff day_tariff(LocalDay from = 0, std::int64_t times = 1) {
  TariffVersion version;
  version.valid_from = from;
  version.source = "test";
  version.price = {1'200'000 * times, 900'000 * times, 600'000 * times, 300'000 * times};
  version.periods.push_back({.band = Band::valley, .hours = {{0, 8 * 60}}});
  version.periods.push_back({.band = Band::peak, .hours = {{10 * 60, 12 * 60}}});
  return Tariff({version});
}

}  // namespace gateway::test
