// The consumption aggregator: counters to energy and volume, in windows of site time, for every meter, area, sub-item
// and the compound.
//
// Promises: taking in a reading costs the same however deep the tree is and allocates nothing; for any input the sum of
// a meter's window records equals what its counter counted, and a node's equals that of its meters, in integers.
// Windows come out as additive records (docs/decisions.md 3). Core thread only. No clock of its own: the caller says
// what time it is, and calls advance() at least once a second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "collectors/aggregation/accumulator.hpp"
#include "collectors/aggregation/energy_counter.hpp"
#include "core/batch.hpp"
#include "core/live.hpp"
#include "core/site.hpp"

namespace gateway {

class Aggregator {
 public:
  // The site must outlive the aggregator. boot_id: of the running system (/proc/sys/kernel/random/boot_id); a
  // checkpoint of the same boot is restored on the monotonic clock, which no step of the wall clock touches.
  explicit Aggregator(const Site& site, std::string boot_id = {});

  // Hot path. `reading` belongs to this site; one with bad quality is counted and otherwise ignored.
  void ingest(const Reading& reading) noexcept;
  // The same for many: fetches the states of the next ones while it works on one.
  void ingest(std::span<const Reading> readings) noexcept;

  // Tells the time: before a run of ingest() calls, and at least once a second. Closes what is over, and puts window
  // and quality records into `out`; when there are any, the checkpoint that goes with them too. A step of the wall
  // clock ends the open windows; nothing is lost or counted twice.
  void advance(TimeNow now, Batch& out);

  // The live picture. Samples the nodes' rates into the open minute: call once a second.
  void snapshot(TimeNow now, LiveSnapshot& out);

  // A person announces a meter exchange: the old meter's last reading and the new one's first, in thousandths.
  void exchange(MeterId meter, TimeNow now, std::int64_t old_last, std::int64_t new_first);

  // Everything a restart needs: restore() of it goes on as if nothing had happened. Restored by name, so that the site
  // may have changed meanwhile.
  void checkpoint(std::vector<std::byte>& out) const;
  // Before the first ingest(). invalid_argument when it is no checkpoint of ours; then nothing has changed.
  Expected<void> restore(std::span<const std::byte> checkpoint, TimeNow now);

  [[nodiscard]] std::uint64_t bad_readings() const noexcept { return bad_readings_; }
  [[nodiscard]] std::uint64_t late_readings() const noexcept { return late_readings_; }
  // Bytes of state, for the benchmark.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  // Minutes that can be open at once: the current one and those that slow meters still have to answer for.
  static constexpr std::int64_t open_minutes = 4;

  enum class Role : std::uint8_t { none, counter, rate, online };
  struct alignas(32) PointState {  // half a cache line
    Reading last;
    std::uint32_t meter = 0;
    Role role = Role::none;
    bool seen = false;
  };
  static_assert(sizeof(PointState) == 32);
  struct alignas(64) MeterState {
    EnergyCounter counter;
    CounterLimits limits;
    MonotonicTime rate_time{};
    double rate = 0;
    std::array<Accumulator, open_minutes> minutes;  // by minute number modulo open_minutes
    std::chrono::nanoseconds gap{};                 // between readings, beyond which an amount is an estimate
    double integral_rest = 0;                       // power-only meters: less than one thousandth
    bool integrates = false;                        // has a rate but no counter
    bool rate_seen = false;
    bool online = false;
  };
  // A window length whose open window every node shares.
  struct Level {
    WindowLength length{};
    UtcTime start{};
    UtcTime end{};
    std::vector<Accumulator> nodes;  // by NodeId
  };
  struct Spread {  // an amount that belongs to minutes that are closed already; worked off piece by piece
    std::uint32_t meter = 0;
    UtcTime from{};
    UtcTime to{};
    UtcTime at{};  // everything before is done
    std::int64_t amount = 0;
    bool estimated = false;
  };

  [[nodiscard]] UtcTime utc(MonotonicTime time) const noexcept { return UtcTime{time.time_since_epoch() + offset_}; }
  [[nodiscard]] bool is_open(std::int64_t minute) const noexcept {
    return minute >= oldest_open_ && minute < oldest_open_ + open_minutes;
  }
  void set_current(TimeNow now) noexcept;
  static std::size_t slot(std::int64_t minute) noexcept {
    return static_cast<std::size_t>(minute & (open_minutes - 1));
  }

  void take_counter(std::uint32_t meter, const Reading& reading) noexcept;
  void take_rate(std::uint32_t meter, const Reading& reading) noexcept;
  void book(std::uint32_t meter, const Booking& booking) noexcept;
  void book_span(std::uint32_t meter, UtcTime from, UtcTime to, std::int64_t amount, bool estimate) noexcept;

  void close_minute(Batch& out);
  void close_level(Level& level, Batch& out);
  void open_at(UtcTime now);
  void close_everything(Batch& out);
  void work_off_spreads(Batch& out);
  void late(const Spread& spread, UtcTime at, std::int64_t amount, Batch& out);
  void late_minute(const Spread& spread, UtcTime at, std::int64_t amount, Batch& out) const;
  void fill_rates(TimeNow now, std::vector<NodeLive>& out) const;
  void fill_today(TimeNow now, std::vector<NodeLive>& out);

  const Site& site_;
  std::string boot_id_;
  std::vector<PointState> points_;
  std::vector<MeterState> meters_;
  std::array<Level, window_length_count - 1> levels_;  // quarter, hour, day
  std::vector<std::array<Accumulator, open_minutes>>
      node_minutes_;                        // rate samples of nodes that are no meters, by NodeId - meters
  std::vector<Accumulator> closing_;        // by NodeId: scratch of close_minute
  std::vector<std::int64_t> open_amounts_;  // by NodeId: scratch of snapshot
  std::vector<std::vector<NodeId>> above_;  // by MeterId: every node that the meter counts in, its own first
  std::vector<Spread> spreads_;
  std::vector<QualityRecord> quality_;
  std::chrono::nanoseconds grace_{};
  std::chrono::nanoseconds offset_{};
  std::int64_t oldest_open_ = 0;  // minutes since 1970
  MonotonicTime current_from_{};  // the minute that advance() was last called in, and its slot: nearly every reading
                                  // falls into it
  MonotonicTime current_to_{};
  std::size_t current_slot_ = 0;
  bool opened_ = false;
  std::uint64_t bad_readings_ = 0;
  std::uint64_t late_readings_ = 0;
};

}  // namespace gateway
