// A site of many meters of ten values each, and what they read: figures that move as real ones do, so that what is made
// of them is as large as it would be.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/batch.hpp"
#include "core/site_reader.hpp"
#include "drivers/modbus/meter_model.hpp"

namespace gateway::bench {

inline Site site_of_meters(int meters, std::string_view sinks) {
  std::string text = "[site]\nid = \"cangshan\"\ntimezone = \"Asia/Shanghai\"\n";
  for (int i = 0; i < (meters + 199) / 200; ++i)
    text += fmt::format("[[bus]]\nid = \"bus-{}\"\nurl = \"tcp://127.0.0.{}:1502\"\n", i, i + 1);
  for (int i = 0; i < 10; ++i) text += fmt::format("[[area]]\nid = \"building-{}\"\n", i);
  for (int i = 0; i < meters; ++i)
    text += fmt::format(
        "[[meter]]\nid = \"meter-{:03}\"\nbus = \"bus-{}\"\nunit = {}\nmodel = \"generic-10\"\narea = "
        "\"building-{}\"\nsubitem = \"01A10\"\n",
        i, i / 200, i % 200 + 1, i % 10);
  text += sinks;
  auto site = parse_site(text, "bench.toml", ModelLibrary::embedded());
  if (!site) {
    for (const Problem& problem : site.error()) fmt::print(stderr, "{}\n", problem.text());
    std::exit(1);
  }
  return std::move(*site);
}

// Every meter polled once, at `now`.
class Polls {
 public:
  explicit Polls(const Site& site) : site_(site) {}

  void add(Batch& batch, TimeNow now) {
    batch.utc_offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
    ++round_;
    for (std::size_t m = 0; m < site_.meters.size(); ++m) {
      for (const PointId point : site_.meters[m].points) {
        const QuantityTraits& quantity = traits(site_.point(point).quantity);
        if (quantity.kind == ValueKind::gauge) {
          const float noisy = 100.0F + static_cast<float>(m) + 0.1F * static_cast<float>(random_() % 50);
          batch.readings.push_back(Reading::gauge(point, now.monotonic, static_cast<double>(noisy)));
        } else if (quantity.kind == ValueKind::counter) {
          batch.readings.push_back(Reading::counter(
              point, now.monotonic, (1'000'000 + static_cast<std::int64_t>(m) * 1000 + round_ * 7) * 1000));
        }
      }
    }
  }

 private:
  const Site& site_;
  std::mt19937_64 random_{7};
  std::int64_t round_ = 0;
};

}  // namespace gateway::bench
