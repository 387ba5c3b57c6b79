// The consumption aggregator: counters to energy and volume, in windows of site time, with cost by tariff, working
// hours and maximum demand, for every meter, area, sub-item, virtual node and the compound.
//
// Promises: taking in a reading costs the same however deep the tree is and allocates nothing; for any input the sum of
// a meter's window records equals what its counter counted, and a node's equals that of its terms, in integers.
// Everything comes out as additive records (docs/decisions.md 3, 47 to 51). Core thread only. No clock of its own: the
// caller says what time it is, and calls advance() at least once a second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "collectors/aggregation/accumulator.hpp"
#include "collectors/aggregation/energy_counter.hpp"
#include "collectors/aggregation/tariff_clock.hpp"
#include "core/batch.hpp"
#include "core/live.hpp"
#include "core/site.hpp"

namespace gateway {

class CheckpointReader;

class Aggregator {
 public:
  // The site must outlive the aggregator. boot_id: of the running system (/proc/sys/kernel/random/boot_id); a
  // checkpoint of the same boot is restored on the monotonic clock, which no step of the wall clock touches.
  explicit Aggregator(const Site& site, std::string boot_id = {});

  // Hot path. `reading` belongs to this site; one with bad quality is counted and otherwise ignored.
  void ingest(const Reading& reading) noexcept;
  // The same for many: fetches the states of the next ones while it works on one.
  void ingest(std::span<const Reading> readings) noexcept;

  // Tells the time: before a run of ingest() calls, and at least once a second. Closes what is over, and puts its
  // records into `out`; when there are any, the checkpoint that goes with them too. A step of the wall clock ends the
  // open windows; nothing is lost or counted twice.
  void advance(TimeNow now, Batch& out);

  // The live picture. Samples the nodes' rates into the open minute: call once a second.
  void snapshot(TimeNow now, LiveSnapshot& out);

  // A person announces a meter exchange: the old meter's last reading and the new one's first, in thousandths.
  // Returns the entry that the journal gets; result_out_of_range, with a context for people, when a reading can't be:
  // nothing is booked then.
  Expected<QualityRecord> exchange(MeterId meter, TimeNow now, std::int64_t old_last, std::int64_t new_first,
                                   std::string by = {}, std::string comment = {});
  // A person adds `amount` thousandths (below zero: takes away) to what the meter used in [from, to), spread evenly;
  // `to` is not after now. What the meter said stays as it is; the journal says who and why: the entry
  // is returned.
  QualityRecord correct(MeterId meter, UtcTime from, UtcTime to, std::int64_t amount, TimeNow now, std::string by,
                        std::string comment);

  // Everything a restart needs, after an advance(): restore() of it goes on as if nothing had happened. Restored by
  // name, so that the site may have changed meanwhile.
  void checkpoint(std::vector<std::byte>& out) const;
  // Before the first ingest(). invalid_argument when it is no checkpoint of ours; then nothing has changed.
  Expected<void> restore(std::span<const std::byte> checkpoint, TimeNow now);

  [[nodiscard]] std::uint64_t bad_readings() const noexcept { return bad_readings_; }
  [[nodiscard]] std::uint64_t late_readings() const noexcept { return late_readings_; }
  // Bytes of state, for the benchmark.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  // What a reading touches: half a cache line of its point, one of its meter. All else is apart.
  enum class Role : std::uint8_t { none, counter, rate, online };
  struct alignas(32) PointState {
    Reading last;
    std::uint32_t meter = 0;
    Role role = Role::none;
    bool seen = false;
  };
  static_assert(sizeof(PointState) == 32);

  struct alignas(64) MeterFront {
    CounterPosition counter;
    std::int64_t amount = 0;   // counted within the current minute and not in its row yet
    RateSum rate;              // likewise
    float highest_rate = 0;    // thousandths a nanosecond; without the slack of coarse registers
    std::uint32_t gap_ms = 0;  // between readings, beyond which an amount is an estimate
    std::uint32_t samples = 0;
    bool settled = false;     // as CounterDoubts::settled()
    bool integrates = false;  // has a rate but no counter
    bool online = false;
    [[nodiscard]] std::chrono::nanoseconds gap() const noexcept { return std::chrono::milliseconds{gap_ms}; }
  };
  static_assert(sizeof(MeterFront) == 64);

  struct MeterBack {
    CounterDoubts doubts;
    CounterLimits limits;
    double integral_rest = 0;  // power-only meters: less than one thousandth
    std::int32_t cost_rest = 0;
    PointId rate_point;
    std::uint16_t duplicates = 0;  // within the hour
    std::uint16_t late = 0;
    bool integration_told = false;
  };

  // A window length whose open window every node shares. Each adds up the closed windows of the one before it.
  static constexpr std::size_t level_count = window_length_count - 1;
  struct Level {
    WindowLength length{};
    UtcTime start{};
    UtcTime end{};
    std::vector<Accumulator> nodes;  // by NodeId
  };

  struct Spread {  // an amount that belongs to minutes that are closed already; worked off piece by piece
    std::uint32_t meter = 0;
    bool estimated = false;
    bool metered = false;  // the time counts as covered
    UtcTime from{};
    UtcTime to{};
    UtcTime at{};  // everything before is done
    std::int64_t amount = 0;
  };
  struct Piece {  // of a spread
    std::int64_t amount = 0;
    std::int64_t cost = 0;
    std::int64_t covered_us = 0;
    [[nodiscard]] bool empty() const noexcept { return amount == 0 && cost == 0 && covered_us == 0; }
  };
  struct QualityEvent {
    std::uint32_t meter = 0;
    QualityKind kind{};
    UtcTime at{};
    std::int64_t before = 0;
    std::int64_t after = 0;
    std::int64_t amount = 0;
    UtcTime from{};
    UtcTime after_at{};
  };

  struct TariffPart {  // of the running day, since the band, price or hour changed
    std::int64_t amount = 0;
    std::int64_t cost = 0;
  };
  struct HighestDemand {  // of the month
    std::int64_t block = 0;
    std::int64_t sliding = 0;
    std::uint32_t block_minute = 0;  // when its 15 minutes began, minutes since 1970
    std::uint32_t sliding_minute = 0;
  };
  class Above {  // a node that a meter counts in, directly or through others
   public:
    // coefficient: -8 to 7, what the meter's amount is multiplied with there; times: up to 15, how often it comes in,
    // with either sign: its weight in the covered time.
    Above(std::size_t node, int coefficient, int times) noexcept
        : packed_(static_cast<std::uint32_t>(node) << 8 | (static_cast<std::uint32_t>(coefficient + 8) & 0xF) << 4 |
                  (static_cast<std::uint32_t>(times) & 0xF)) {}
    [[nodiscard]] std::size_t node() const noexcept { return packed_ >> 8; }
    [[nodiscard]] int coefficient() const noexcept { return static_cast<int>(packed_ >> 4 & 0xF) - 8; }
    [[nodiscard]] int times() const noexcept { return static_cast<int>(packed_ & 0xF); }

   private:
    std::uint32_t packed_;
  };
  static_assert(sizeof(Above) == 4);

  static constexpr std::int64_t demand_minutes = 15;

  [[nodiscard]] UtcTime utc(MonotonicTime time) const noexcept { return UtcTime{time.time_since_epoch() + offset_}; }
  [[nodiscard]] bool is_open(std::int64_t minute) const noexcept {
    return minute >= oldest_open_ && minute < oldest_open_ + open_minutes_;
  }
  [[nodiscard]] std::vector<MinuteSum>& row(std::int64_t minute) noexcept {
    return rows_[static_cast<std::size_t>(minute % open_minutes_)];
  }
  [[nodiscard]] const std::vector<MinuteSum>& row(std::int64_t minute) const noexcept {
    return rows_[static_cast<std::size_t>(minute % open_minutes_)];
  }
  [[nodiscard]] std::span<const Above> above(std::uint32_t meter) const noexcept {
    return std::span(above_).subspan(above_from_[meter], above_from_[meter + 1] - above_from_[meter]);
  }
  [[nodiscard]] MonotonicTime last_heard(std::size_t meter) const noexcept;
  [[nodiscard]] Level& level(WindowLength length) noexcept { return levels_[static_cast<std::size_t>(length) - 1]; }
  [[nodiscard]] const Level& level(WindowLength length) const noexcept {
    return levels_[static_cast<std::size_t>(length) - 1];
  }

  void set_up_meter(std::size_t meter);
  void set_up_tree();

  // aggregator.cpp: taking in
  struct Now {  // what does not change while a run of readings is taken in
    PointState* points;
    MeterFront* fronts;
    MonotonicTime from;  // of the current minute
    MonotonicTime to;
  };
  void take(const Now& now, const Reading& reading) noexcept;
  void take_counter(const Now& now, std::uint32_t meter, const Reading& reading) noexcept;
  void take_unusual(std::uint32_t meter, const Reading& reading) noexcept;
  void take_rate(const Now& now, PointState& point, const Reading& reading) noexcept;
  void integrate(std::uint32_t meter, const Reading& before, const Reading& reading) noexcept;
  void book(std::uint32_t meter, const Booking& booking) noexcept;
  void settle(std::uint32_t meter, const Booking& booking) noexcept;
  void book_span(const Spread& span) noexcept;
  void note_uncovered(std::uint32_t meter, UtcTime from, UtcTime to) noexcept;
  void set_current(TimeNow now) noexcept;
  void flush_current() noexcept;
  void tell_quality(Batch& out);
  void keep_counters(TimeNow now, Batch& out);

  // aggregator_windows.cpp: closing
  void open_at(UtcTime now);
  void close_minute(Batch& out);
  void close_everything(UtcTime now, Batch& out);
  void forget_month() noexcept;
  void cover_meters(std::int64_t minute) noexcept;
  void add_up_nodes(std::int64_t minute) noexcept;
  void add_to_demand(std::int64_t minute);
  void judge_sliding(std::int64_t minute) noexcept;
  void close_levels(std::size_t closing, Batch& out);
  void judge_blocks();
  void tell_sliding(Batch& out);
  void tell_ignored();
  void close_balances();
  void mend_balances(std::uint32_t meter, UtcTime day, std::int64_t amount) noexcept;
  void change_tariff(UtcTime minute, Batch& out);
  void tell_tariff(Utility utility, Batch& out);
  void work_off_spreads(Batch& out);
  void late_minute(const Spread& spread, std::int64_t minute, const Piece& piece, Batch& out);
  void late_windows(const Spread& spread, UtcTime at, const Piece& piece, Batch& out);
  void late_tariff(const Spread& spread, UtcTime at, const TariffMoment& moment, const Piece& piece, Batch& out) const;
  [[nodiscard]] Accumulator part_of(const Spread& spread, const Above& node, const Piece& piece) const noexcept;

  // aggregator_live.cpp
  void fill_rates(TimeNow now, std::vector<NodeLive>& out) const;
  void fill_amounts(TimeNow now, std::vector<NodeLive>& out);
  void fill_costs(TimeNow now, std::vector<NodeLive>& out);
  void add_open_minutes(std::int64_t from);
  void fill_demand(TimeNow now, std::vector<NodeLive>& out);
  void fill_balances(std::vector<NodeLive>& out) const;

  // aggregator_checkpoint.cpp
  template <class Stream, class Self>
  static void pass_frame(Stream& stream, Self& self);
  template <class Stream, class Front, class Back>
  static void pass_meter(Stream& stream, Front& front, Back& back);
  bool restore_into_empty(CheckpointReader& from, TimeNow now);
  void restore_node(CheckpointReader& from, std::int64_t open_minutes);

  const Site* site_;
  std::string boot_id_;
  std::vector<PointState> points_;
  std::vector<MeterFront> fronts_;            // by MeterId
  std::vector<MeterBack> backs_;              // by MeterId
  std::vector<std::vector<MinuteSum>> rows_;  // the open minutes, by minute number modulo their count; by NodeId
  std::array<Level, level_count> levels_;     // quarter, hour, day, month
  std::vector<std::int64_t> scratch_;         // by NodeId
  std::vector<TariffPart> parts_;             // by NodeId
  std::array<TariffMoment, utility_count> part_moments_;               // what the parts are of
  std::vector<TariffClock> tariffs_;                                   // by Utility
  std::array<std::vector<std::int64_t>, demand_minutes> demand_ring_;  // closed minutes, by number modulo 15; by NodeId
  std::vector<std::int64_t> demand_sums_;                              // of the ring, by NodeId
  std::vector<HighestDemand> highest_;                                 // by NodeId
  std::vector<std::uint8_t> sliding_rose_;                             // by NodeId: since the last closed quarter hour
  std::int64_t demand_filled_ = 0;                                     // minutes in a row that the ring holds
  std::vector<std::uint32_t> weights_;                                 // by NodeId: how many meters count in it
  std::vector<std::uint32_t> above_from_;                              // by MeterId: where its nodes begin in above_
  std::vector<Above> above_;
  std::vector<NodeId> balanced_;        // of kind difference
  std::vector<Balance> last_balances_;  // in the order of balanced_
  std::vector<Spread> spreads_;
  std::vector<QualityEvent> quality_;
  std::vector<QualityRecord> told_by_people_;
  std::vector<CounterRecord> first_readings_;  // since the last advance(): where a meter's figures begin
  std::chrono::nanoseconds grace_{};
  std::chrono::nanoseconds offset_{};
  std::int64_t open_minutes_ = 0;    // minutes that can be open at once: the current one, those that slow meters still
                                     // have to answer for, and the next
  std::int64_t oldest_open_ = 0;     // minutes since 1970
  UtcTime opened_from_{};            // nothing before is covered
  UtcTime counters_due_{};           // the next quarter hour at which readings are kept
  std::int64_t current_minute_ = 0;  // the one advance() was last called in: nearly every reading falls into it
  MonotonicTime current_from_{};
  MonotonicTime current_to_{};
  bool opened_ = false;
  std::uint64_t bad_readings_ = 0;
  std::uint64_t late_readings_ = 0;
};

}  // namespace gateway
