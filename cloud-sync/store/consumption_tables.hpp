// The store's tables of consumption: windows, their parts by tariff, highest demands, counter readings. Inside
// Store::commit's transaction; what it leads to goes to the line encoder. Throws DatabaseError. For one thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "cloud-sync/influx/line_encoder.hpp"
#include "cloud-sync/store/database.hpp"
#include "core/batch.hpp"
#include "core/site.hpp"

namespace gateway {

class ConsumptionTables {
 public:
  // Both must outlive it.
  ConsumptionTables(Database& database, const Site& site);

  // Gives every node of the site its number. In a transaction, before anything else.
  void settle();
  void put(const Batch& batch, LineEncoder& encoder);
  // Windows of one and of 15 minutes that began before, and counter readings before `quarters` but each day's last, by
  // which a report shows a month's edges. Oldest first, so many that a commit does not take long. True: there may be
  // more.
  bool forget(UtcTime minutes, UtcTime quarters);

 private:
  void put_windows(const std::vector<WindowRecord>& windows, LineEncoder& encoder);
  void put_window(WindowRecord& window, LineEncoder& encoder);
  void judge_late_minutes(LineEncoder& encoder);
  void judge_sliding(NodeId node, std::int64_t first, std::int64_t last, LineEncoder& encoder);
  void judge_block(const WindowRecord& quarter, bool seen_before, LineEncoder& encoder);
  void put_tariffs(const std::vector<TariffRecord>& parts, LineEncoder& encoder);
  [[nodiscard]] LineEncoder::Parts parts_of(const TariffRecord& window);
  void put_demand(const DemandRecord& demand, LineEncoder& encoder);
  void put_counter(const CounterRecord& counter);
  [[nodiscard]] std::int64_t number(NodeId node) const { return numbers_[node.index()]; }

  Database& database_;
  const Site& site_;
  std::vector<std::int64_t> numbers_;  // in the database, by NodeId
  std::vector<WindowRecord> merged_;   // scratch
  std::vector<TariffRecord> parts_;    // scratch
  // Of this batch: minutes of nodes whose 15 minutes the core has judged already. Minutes since 1970.
  std::vector<std::pair<NodeId, std::int64_t>> late_;
  bool thin_counters(UtcTime before);

  std::int64_t newest_minute_ = 0;        // of all batches
  std::optional<UtcTime> thinned_up_to_;  // a day of site time

  Statement merge_window_, merge_tariff_, keep_counter_, forget_windows_, thin_counters_;
  Statement find_parts_, find_demand_, replace_demand_, highest_block_, find_minute_;
};

}  // namespace gateway
