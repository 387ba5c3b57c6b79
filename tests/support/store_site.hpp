// A small site with two meters, a door and one sink, a folder that goes away, and batches to keep: for tests of the
// store and of the uploader.
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "core/batch.hpp"
#include "core/site_reader.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gateway-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

inline constexpr std::string_view one_sink = R"(
[[sink]]
id = "central"
kind = "influx1"
url = "http://127.0.0.1:8086"
database = "energy"
timeout = "2s"
)";

inline Site store_site(std::string_view sinks = one_sink) {
  std::string text = R"(
[site]
id = "cangshan"
name = "仓山区政务中心"
timezone = "Asia/Shanghai"
[[area]]
id = "b1"
name = "一号楼"
[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"
[[meter]]
id = "main"
bus = "plant"
unit = 1
model = "electric"
area = "b1"
subitem = "01A10"
[[meter]]
id = "inlet"
bus = "plant"
unit = 2
model = "water"
area = "b1"
[broker]
url = "mqtt://127.0.0.1:1883"
[[sensor]]
id = "door"
kind = "door"
topic = "zigbee2mqtt/door"
area = "b1"
[[alarm]]
id = "door-open"
kind = "door_open"
after = "30s"
)";
  text += sinks;
  auto site = parse_site(text, "site.toml", FakeCatalogue{});
  if (!site) {
    for (const Problem& problem : site.error()) ADD_FAILURE() << problem.text();
    return {};
  }
  return std::move(*site);
}

inline MeterId meter_named(const Site& site, std::string_view id) {
  for (std::size_t i = 0; i < site.meters.size(); ++i)
    if (site.meters[i].id == id) return MeterId{i};
  return {};
}

// One poll of the electricity meter: two values in one line.
inline void add_poll(const Site& site, Batch& batch, MonotonicTime time, double watts, std::int64_t milliwatt_hours) {
  const MeterId main = meter_named(site, "main");
  batch.readings.push_back(Reading::gauge(site.point_of(main, Quantity::active_power), time, watts));
  batch.readings.push_back(Reading::counter(site.point_of(main, Quantity::energy_import), time, milliwatt_hours));
}

inline Batch poll_batch(const Site& site, TimeNow now, double watts = 1234.5,
                        std::int64_t milliwatt_hours = 5'000'999) {
  Batch batch;
  batch.utc_offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  add_poll(site, batch, now.monotonic, watts, milliwatt_hours);
  return batch;
}

}  // namespace gateway::test
