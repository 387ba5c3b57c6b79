// Asks one meter for everything it measures and turns the answer into readings. What came back is all or nothing: one
// failed block and the poll has failed. For the bus's thread alone; no allocation after construction.
#pragma once

#include <expected>
#include <vector>

#include "core/reading.hpp"
#include "core/site.hpp"
#include "drivers/modbus/modbus_link.hpp"
#include "drivers/modbus/poll_plan.hpp"

namespace gateway {

class MeterPoller {
 public:
  // The meter needs its map; the site must outlive the poller.
  MeterPoller(const Site& site, MeterId meter);

  // Reads every block. The readings are valid until the next call, end with `online` = 1, and share one time: when the
  // answer was there.
  std::expected<std::span<const Reading>, LinkFailure> poll(RegisterReader& line, const Clock& clock,
                                                            std::chrono::nanoseconds timeout);
  // What to say when a poll failed: `online` = 0.
  [[nodiscard]] Reading offline(MonotonicTime time) const noexcept { return Reading::flag(online_, time, false); }

  // Values that the meter does not have or that are not numbers, of the last poll.
  [[nodiscard]] std::size_t unusable() const noexcept { return unusable_; }
  [[nodiscard]] std::span<const PollBlock> plan() const noexcept { return plan_; }

 private:
  void decode(const PollBlock& block, MonotonicTime time);

  const MeterModel& model_;
  std::uint8_t unit_;
  std::vector<PollBlock> plan_;
  std::vector<std::uint16_t> registers_;  // of one block
  std::vector<PointId> points_;           // by register of the model
  std::vector<double> ratio_;             // by register of the model
  std::vector<Reading> readings_;
  PointId online_;
  std::size_t unusable_ = 0;
};

}  // namespace gateway
