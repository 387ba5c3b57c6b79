#include "cloud-sync/store/wear.hpp"

namespace gateway {
namespace {

// One commit a second, measured (tests/bench/store_bench.cpp): pages of WAL and database beside the row, and what a
// byte of the row costs, carried over into the database included.
constexpr double bytes_a_commit = 12'000;
constexpr double written_per_row_byte = 2.4;
constexpr double row_bytes_per_reading = 6;  // gzip'd line protocol, names included
constexpr double bytes_a_window = 260;       // a minute of a node: its row and its line

double per_second(std::chrono::nanoseconds interval) {
  const double seconds = std::chrono::duration<double>(interval).count();
  return seconds > 0 ? 1 / seconds : 0;
}

}  // namespace

Wear estimated_wear(const Site& site) {
  Wear wear;
  for (const auto& meter : site.meters)
    for (const auto point : meter.points) {
      const auto quantity = site.point(point).quantity;
      if (quantity == Quantity::online) continue;
      const bool counter = traits(quantity).kind == ValueKind::counter;
      wear.readings_per_s += per_second(counter ? meter.counter_interval : meter.interval);
    }
  const double row = wear.readings_per_s * row_bytes_per_reading;
  wear.bytes_a_day = 86'400 * (bytes_a_commit + written_per_row_byte * row) +
                     24.0 * 60 * static_cast<double>(site.nodes.size()) * bytes_a_window;
  return wear;
}

}  // namespace gateway
