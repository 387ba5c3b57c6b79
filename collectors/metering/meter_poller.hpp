// Asks one meter for a set of its registers and turns the answers into readings. A meter that does not answer gives no
// value, only bad quality; one that refuses a block teaches the poller where to cut it. For the bus's thread alone; no
// allocation once a plan stands.
#pragma once

#include <expected>
#include <vector>

#include "collectors/metering/response_time.hpp"
#include "core/reading.hpp"
#include "core/site.hpp"
#include "drivers/modbus/modbus_link.hpp"
#include "drivers/modbus/poll_plan.hpp"

namespace gateway {

class MeterPoller {
 public:
  // Of one poll, for the status.
  struct Account {
    std::uint64_t requests = 0;
    std::uint64_t unusable = 0;         // values that are no numbers, or that no such meter can show
    std::vector<LinkFailure> failures;  // every one, also those that a second try mended
  };

  // The meter needs its map; the site must outlive the poller. registers: by place in the map.
  MeterPoller(const Site& site, MeterId meter, std::vector<std::size_t> registers);

  // Reads every block. The readings are valid until the next call, end with `online` = 1, and share one time: when the
  // first answer was there. A value that can't be used is there with bad quality, and so is one that the meter had and
  // now says it does not have; of one that it never had there is nothing. Where nothing that is measured on the mains
  // has moved for half an hour, it is uncertain. The failure is the one that ended the poll; then values() has every
  // point with bad quality.
  std::expected<std::span<const Reading>, LinkFailure> poll(RegisterReader& line, const Clock& clock,
                                                            ResponseTime& response, bool probe);
  // What to say when a poll failed: every point bad, `online` = 0.
  [[nodiscard]] std::span<const Reading> offline(MonotonicTime time);

  [[nodiscard]] const Account& account() const noexcept { return account_; }
  [[nodiscard]] std::span<const PollBlock> plan() const noexcept { return plan_; }
  // Where the meter's refusals made the poller cut. remember(): what was learnt of this meter earlier; a cut that is at
  // no register of the model says nothing.
  [[nodiscard]] std::span<const LearntLimits::Cut> cuts() const noexcept { return learnt_.cuts; }
  void remember(std::span<const LearntLimits::Cut> cuts);
  // Registers that the meter said it does not have.
  [[nodiscard]] std::size_t absent() const noexcept { return absent_.size(); }

 private:
  std::expected<void, LinkFailure> read(RegisterReader& line, const PollBlock& block, ResponseTime& response,
                                        std::chrono::nanoseconds timeout);
  bool learn(std::size_t place, const LinkFailure& failure, MonotonicTime now);
  void make_plan();
  void doubt_frozen_values(MonotonicTime time);
  void decode(const PollBlock& block, MonotonicTime time);
  void decode(std::size_t index, std::span<const std::uint16_t> from, MonotonicTime time);

  const MeterModel& model_;
  std::uint8_t unit_;
  WireCost cost_;
  std::vector<std::size_t> wanted_;  // in the model
  LearntLimits learnt_;
  std::vector<std::size_t> absent_;
  MonotonicTime absent_since_{};
  std::vector<PollBlock> plan_;
  std::vector<std::uint16_t> registers_;  // of one block
  std::vector<PointId> points_;           // by register of the model
  std::vector<double> ratio_;             // by register of the model
  std::vector<bool> had_;                 // by register of the model: it has held a value
  std::vector<Reading> readings_;
  PointId online_;
  Account account_;
  bool replan_ = false;
  // Whether everything that is measured stands still: a hash of it.
  bool on_mains_ = false;
  bool any_measured_ = false;
  std::uint64_t measured_ = 0;
  std::uint64_t last_measured_ = 0;
  MonotonicTime same_since_{};
};

}  // namespace gateway
