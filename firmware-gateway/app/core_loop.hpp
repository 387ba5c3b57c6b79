// What the core thread does, one step at a time: takes readings in, lets the aggregator and the alarm engine work, and
// hands out what comes of it.
//
// step() is called by the core thread alone; command(), observe(), exchange(), correct(), after_hand_over() and ring()
// by any thread. It never waits for the store or the network: a batch that the store can't take yet goes on filling, up
// to a bound, beyond which readings are counted as dropped.
//
// While the wall clock is not believed (core/clock_belief.hpp) alarms and the live picture go on with provisional
// stamps, and readings wait. Once it is, they are taken in as if it had always been right: same windows, same sums.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "collectors/aggregation/aggregator.hpp"
#include "collectors/alarms/alarm_engine.hpp"
#include "core/doorbell.hpp"
#include "core/live.hpp"
#include "core/mailbox.hpp"
#include "core/status.hpp"

namespace gateway {

// Where the core's results go. Called on the core thread; none of them may block.
struct CoreOutputs {
  // Takes the batch and puts an empty one in its place; false when the store is behind, and the batch stays. urgent:
  // commit at once.
  std::function<bool(std::unique_ptr<Batch>&, bool urgent)> hand_over;
  std::function<void(std::shared_ptr<const LiveSnapshot>)> live;
  std::function<void(std::vector<Reading>)> sensors_changed;
  std::function<void(const AlarmRecord&)> alarm_changed;
  std::function<void(const ModeRecord&)> mode_changed;
  // Once a second.
  std::function<void(std::vector<PendingAlarm>, const AlarmMetrics&)> alarms_looked_at;
  // The wall clock is believed from now on: what was told with provisional stamps is dated back by this. May be empty.
  std::function<void(std::chrono::nanoseconds utc_offset)> dated_back = {};
};

class CoreLoop {
 public:
  CoreLoop(const Site& site, std::string boot_id, CoreOutputs outputs);

  // Readings that are held while the clock is not believed, at most; then the oldest goes, counted as dropped. 14 MB:
  // 25 minutes of 200 meters with 10 values every 5 s.
  static constexpr std::size_t most_held = 600'000;

  // Before restore(). Without it the clock is believed. The clock must outlive the core.
  void doubt_clock(ClockBelief belief, const Clock& clock);

  // Before the first step. A checkpoint that can't be read is told in the result; the core then starts afresh.
  struct Kept {
    std::span<const std::byte> checkpoint;
    std::span<const std::byte> learned;
    std::span<const AlarmRecord> alarms;
    std::span<const ModeRecord> modes;
  };
  Expected<void> restore(const Kept& kept, TimeNow now);

  // Just before the threads start: from here on the core counts as moving.
  void begin(TimeNow now) noexcept {
    moved_.store(now.monotonic.time_since_epoch().count(), std::memory_order_relaxed);
  }
  // Returns how long nothing needs to be done unless the doorbell rings.
  std::chrono::nanoseconds step(TimeNow now);
  // The last step of a clean stop: everything that is known goes into the last batch, with a checkpoint.
  void finish(TimeNow now);
  // Whether the store has still to take something.
  [[nodiscard]] bool has_unhanded() const noexcept { return !batch_->empty() || dating_ == Dating::catching_up; }

  using Answer = std::function<void(Expected<AlarmRecord>)>;
  void command(AlarmCommand command, Answer answer);
  using ModeAnswer = std::function<void(Expected<ModeRecord>)>;
  void command(ModeRecord wish, ModeAnswer answer);
  // A person tells of a meter: the old one's last reading and the new one's first, or an amount to add to what it used
  // in [from, to). `answer` is called on the core thread with the entry that the data-quality journal gets. Error
  // resource_unavailable_try_again: the time is not known yet, and with it not what the entry would be about;
  // invalid_argument: the old meter can't have ended at that reading (the context is for people).
  using EntryAnswer = std::function<void(Expected<QualityRecord>)>;
  void exchange(MeterId meter, std::int64_t old_last, std::int64_t new_first, std::string by, std::string reason,
                EntryAnswer answer);
  void correct(MeterId meter, UtcTime from, UtcTime to, std::int64_t amount, std::string by, std::string reason,
               EntryAnswer answer);
  // Likewise what a command asks for through the store: the answer goes into the batch that has the entry, so that both
  // are kept or neither.
  void run(MeterId meter, const MeterRequest& request);
  void refuse(std::int64_t request, std::string why);
  // Calls back on the core thread once the store has what was told before this call: answers, alarm and mode changes.
  // Not what a chattering signal does, which goes to the store with the next second; and a store that is behind may not
  // have it yet.
  void after_hand_over(std::function<void()> then);
  // What somebody knows about a part that sends no readings; as AlarmEngine::observe.
  void observe(AlarmEngine::Fact fact);

  [[nodiscard]] Mailbox<Reading>& mailbox() noexcept { return mailbox_; }
  [[nodiscard]] Doorbell& doorbell() noexcept { return doorbell_; }
  // Readings that came while the store could take no more. Any thread.
  [[nodiscard]] std::uint64_t dropped_readings() const noexcept {
    return dropped_.load(std::memory_order_relaxed) + mailbox_.dropped();
  }
  [[nodiscard]] std::uint64_t readings() const noexcept { return readings_.load(std::memory_order_relaxed); }
  [[nodiscard]] ClockStatus clock_status() const;  // any thread
  // When step() last ran. Any thread.
  [[nodiscard]] MonotonicTime last_moved() const noexcept {
    return MonotonicTime{std::chrono::nanoseconds{moved_.load(std::memory_order_relaxed)}};
  }

 private:
  enum class Dating : std::uint8_t { waiting, catching_up, known };

  void take(const Reading& reading, TimeNow now);
  void watch_clock(TimeNow now);
  void begin_dating(TimeNow now);
  void catch_up(TimeNow now);
  void advance_aggregator(TimeNow now);
  void show(TimeNow now);
  void run_commands(TimeNow now);
  void on_alarm(const AlarmRecord& record);
  void on_mode(const ModeRecord& record);
  void post(std::function<void(TimeNow)> command);
  using Entry = std::function<Expected<QualityRecord>(TimeNow)>;
  [[nodiscard]] Entry exchange_of(MeterId meter, std::int64_t old_last, std::int64_t new_first, std::string by,
                                  std::string reason);
  [[nodiscard]] Entry correction_of(MeterId meter, UtcTime from, UtcTime to, std::int64_t amount, std::string by,
                                    std::string reason);
  void tell(Entry entry, EntryAnswer answer);
  void hand_over();

  const Site& site_;
  CoreOutputs outputs_;
  Aggregator aggregator_;
  AlarmEngine alarms_;
  Mailbox<Reading> mailbox_;
  Doorbell doorbell_;
  std::size_t most_readings_;  // a batch
  std::unique_ptr<Batch> batch_;
  std::vector<Reading> changed_;  // sensor points since the last step
  std::size_t first_sensor_point_;
  std::vector<Reading> sensor_values_;  // by PointId, from the first of a sensor: what was last told
  MonotonicTime next_second_{};
  MonotonicTime learned_at_{};  // when what the alarm rules learned was handed over last
  bool urgent_ = false;

  Dating dating_ = Dating::known;
  std::optional<ClockBelief> belief_;
  const Clock* clock_ = nullptr;
  std::deque<Reading> held_;                 // while dating_ is not known
  std::unique_ptr<Aggregator> provisional_;  // then: makes the live picture; its windows go nowhere
  Batch nowhere_;
  std::vector<std::byte> checkpoint_;  // to go on from once the clock is known
  MonotonicTime began_{};
  MonotonicTime advanced_{};  // catching up: the aggregator was told the time up to here
  std::optional<MonotonicTime> looked_;
  std::optional<std::chrono::nanoseconds> utc_offset_;  // of the last step
  mutable std::mutex clock_mutex_;
  ClockStatus clock_status_;

  std::mutex commands_mutex_;
  std::vector<std::function<void(TimeNow)>> commands_;
  std::vector<std::function<void()>> at_step_end_;  // of the core thread

  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> readings_{0};
  std::atomic<std::int64_t> moved_{0};
};

}  // namespace gateway
