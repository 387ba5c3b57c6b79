#include "firmware-gateway/app/core_loop.hpp"

#include <algorithm>

#include "firmware-gateway/app/meter_entry.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// More than NTP's slewing moves the clock between two steps of the core.
constexpr std::chrono::nanoseconds clock_step = 100ms;
// A night takes hours: what a kill -9 loses of it is a quarter hour at most.
constexpr std::chrono::minutes learned_interval{15};

// Room for more than a second of all that is read, should the machine let the core wait so long, and for more than a
// poll of every meter: all buses begin at once. A counter reading that finds no room costs resolution, no energy.
std::size_t mailbox_size(const Site& site) {
  double a_second = 0;
  for (const auto& meter : site.meters)
    a_second += static_cast<double>(meter.points.size()) / std::chrono::duration<double>(meter.interval).count();
  return std::max({std::size_t{4096}, site.points.size() * 5 / 4, static_cast<std::size_t>(1.25 * a_second)});
}

std::size_t first_point_of_sensors(const Site& site) {
  return static_cast<std::size_t>(
      std::ranges::find_if(site.points, [](const Point& point) { return point.sensor.valid(); }) - site.points.begin());
}

}  // namespace

CoreLoop::CoreLoop(const Site& site, std::string boot_id, CoreOutputs outputs)
    : site_(site),
      outputs_(std::move(outputs)),
      aggregator_(site, std::move(boot_id)),
      alarms_(
          site, [this](const AlarmRecord& record) { on_alarm(record); },
          [this](const ModeRecord& record) { on_mode(record); }),
      mailbox_(mailbox_size(site)),
      most_readings_(std::max<std::size_t>(20'000, 30 * site.points.size())),
      batch_(std::make_unique<Batch>()),
      first_sensor_point_(first_point_of_sensors(site)),
      sensor_values_(site.points.size() - first_sensor_point_) {
  batch_->readings.reserve(std::min(most_readings_, 2 * site.points.size() + 64));
  changed_.reserve(256);
}

void CoreLoop::doubt_clock(ClockBelief belief, const Clock& clock) {
  belief_ = belief;
  clock_ = &clock;
  const auto now = clock.now();
  const auto source = clock.source();
  if (belief_->look(now.utc, source)) {
    const std::scoped_lock lock(clock_mutex_);
    clock_status_.source = source;
    return;
  }
  dating_ = Dating::waiting;
  began_ = now.monotonic;
  provisional_ = std::make_unique<Aggregator>(site_);
  const std::scoped_lock lock(clock_mutex_);
  clock_status_.known = false;
  clock_status_.doubt = belief_->doubt();
  clock_status_.source = source;
}

Expected<void> CoreLoop::restore(const Kept& kept, TimeNow now) {
  alarms_.restore(kept.alarms, kept.modes, now);
  learned_at_ = now.monotonic;
  Expected<void> restored;
  if (!kept.learned.empty()) restored = alarms_.restore_learned(kept.learned);
  if (kept.checkpoint.empty()) return restored;
  if (auto counted = aggregator_.restore(kept.checkpoint, now); !counted) return counted;
  // What it says in UTC can be put on the monotonic clock only when both are known.
  if (dating_ == Dating::waiting) checkpoint_.assign(kept.checkpoint.begin(), kept.checkpoint.end());
  return restored;
}

// Whether the clock can be believed now, and whether it has jumped. Asks the system once a second while that matters,
// else once a minute.
void CoreLoop::watch_clock(TimeNow now) {
  const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  const auto step = offset - utc_offset_.value_or(offset);
  utc_offset_ = offset;
  const bool stepped = std::chrono::abs(step) > clock_step;
  const std::chrono::seconds pause = dating_ == Dating::known ? 60s : 1s;
  if (!stepped && looked_ && now.monotonic < *looked_ + pause) return;
  looked_ = now.monotonic;
  const auto source = clock_ != nullptr ? clock_->source() : ClockSource::own_clock;
  if (dating_ == Dating::waiting && belief_->look(now.utc, source)) begin_dating(now);
  const std::scoped_lock lock(clock_mutex_);
  clock_status_.source = source;
  clock_status_.known = dating_ != Dating::waiting;
  clock_status_.doubt = belief_ ? belief_->doubt() : ClockBelief::Doubt::none;
  clock_status_.held_readings = held_.size();
  if (!stepped) return;
  ++clock_status_.steps;
  clock_status_.last_step = step;
}

ClockStatus CoreLoop::clock_status() const {
  const std::scoped_lock lock(clock_mutex_);
  return clock_status_;
}

void CoreLoop::begin_dating(TimeNow now) {
  const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  dating_ = Dating::catching_up;
  // As if the clock had been right from the start.
  const TimeNow then{began_, UtcTime{began_.time_since_epoch() + offset}};
  if (!checkpoint_.empty()) (void)aggregator_.restore(checkpoint_, then);  // it was readable at the start
  checkpoint_ = {};
  aggregator_.advance(then, *batch_);
  advanced_ = began_;
  alarms_.date_back(offset);
  for (auto& record : batch_->alarms) date_back(record, offset);
  for (auto& record : batch_->modes) date_back(record.changed, offset);
  batch_->date_back_by = offset;
  if (outputs_.dated_back) outputs_.dated_back(offset);
}

// Takes held readings in, in their order, as many as the batch has room for; the aggregator is told the time of each
// as it would have been then.
void CoreLoop::catch_up(TimeNow now) {
  const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  while (!held_.empty() && batch_->readings.size() < most_readings_) {
    const Reading reading = held_.front();
    held_.pop_front();
    while (reading.time() >= advanced_ + 1s) {
      advanced_ = std::min(advanced_ + 30s, reading.time());
      aggregator_.advance({advanced_, UtcTime{advanced_.time_since_epoch() + offset}}, *batch_);
    }
    aggregator_.ingest(reading);
    batch_->readings.push_back(reading);
  }
  if (!held_.empty()) return;
  dating_ = Dating::known;
  looked_.reset();
  provisional_.reset();
  held_ = {};
}

void CoreLoop::advance_aggregator(TimeNow now) {
  if (dating_ == Dating::known) return aggregator_.advance(now, *batch_);
  provisional_->advance({now.monotonic, provisional_utc(now.monotonic)}, nowhere_);
  nowhere_.clear();
}

void CoreLoop::show(TimeNow now) {
  auto live = std::make_shared<LiveSnapshot>();
  if (dating_ == Dating::known) {
    aggregator_.snapshot(now, *live);
    alarms_.on_snapshot(*live, now);
  } else {
    provisional_->snapshot({now.monotonic, provisional_utc(now.monotonic)}, *live);
    live->clock_known = false;
  }
  outputs_.live(std::move(live));
}

std::chrono::nanoseconds CoreLoop::step(TimeNow now) {
  moved_.store(now.monotonic.time_since_epoch().count(), std::memory_order_relaxed);
  watch_clock(now);
  if (dating_ == Dating::waiting) now.utc = provisional_utc(now.monotonic);
  batch_->utc_offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  batch_->provisional = dating_ == Dating::waiting;
  const auto before = batch_->windows.size();
  if (dating_ == Dating::catching_up) catch_up(now);
  advance_aggregator(now);
  alarms_.on_windows(std::span{batch_->windows}.subspan(before), now);
  mailbox_.drain([&](const Reading& reading) { take(reading, now); }, mailbox_.capacity());
  run_commands(now);
  alarms_.advance(now);
  if (!changed_.empty()) {
    outputs_.sensors_changed(changed_);
    changed_.clear();
  }
  if (now.monotonic >= next_second_) {
    next_second_ = std::max(next_second_ + 1s, now.monotonic + 500ms);
    // First, so that the picture goes out with them.
    if (outputs_.alarms_looked_at) outputs_.alarms_looked_at(alarms_.pending(now), alarms_.metrics(now));
    show(now);
    if (now.monotonic - learned_at_ >= learned_interval && dating_ == Dating::known) {
      learned_at_ = now.monotonic;
      alarms_.save_learned(batch_->learned);
    }
    hand_over();
  } else if (urgent_ || dating_ == Dating::catching_up) {
    hand_over();
  }
  for (const auto& then : std::exchange(at_step_end_, {})) then();
  std::chrono::nanoseconds wait = next_second_ - now.monotonic;
  if (const auto deadline = alarms_.next_deadline())
    wait = std::min<std::chrono::nanoseconds>(wait, *deadline - now.monotonic);
  if (dating_ == Dating::catching_up) wait = std::min<std::chrono::nanoseconds>(wait, 20ms);
  return std::max<std::chrono::nanoseconds>(wait, 0ns);
}

void CoreLoop::take(const Reading& reading, TimeNow now) {
  readings_.store(readings_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  alarms_.on_reading(reading, now);
  if (dating_ != Dating::known) [[unlikely]] {
    provisional_->ingest(reading);
    held_.push_back(reading);
    if (held_.size() > most_held) {
      held_.pop_front();
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  } else {
    aggregator_.ingest(reading);
    if (batch_->readings.size() < most_readings_) {
      batch_->readings.push_back(reading);
    } else {
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (!site_.point(reading.point()).sensor.valid()) return;
  auto& told = sensor_values_[reading.point().index() - first_sensor_point_];
  const bool first = !told.point().valid();
  if (!first && told.as_counter() == reading.as_counter() && told.quality() == reading.quality()) return;
  told = reading;
  changed_.push_back(reading);
}

void CoreLoop::run_commands(TimeNow now) {
  std::vector<std::function<void(TimeNow)>> commands;
  {
    const std::scoped_lock lock(commands_mutex_);
    commands.swap(commands_);
  }
  for (const auto& command : commands) command(now);
}

void CoreLoop::post(std::function<void(TimeNow)> command) {
  {
    const std::scoped_lock lock(commands_mutex_);
    commands_.push_back(std::move(command));
  }
  doorbell_.ring();
}

void CoreLoop::command(AlarmCommand command, Answer answer) {
  post([this, command = std::move(command), answer = std::move(answer)](TimeNow now) {
    answer(alarms_.run(command, now));
  });
}

void CoreLoop::command(ModeRecord wish, ModeAnswer answer) {
  post([this, wish = std::move(wish), answer = std::move(answer)](TimeNow now) { answer(alarms_.run(wish, now)); });
}

void CoreLoop::tell(Entry entry, EntryAnswer answer) {
  post([this, entry = std::move(entry), answer = std::move(answer)](TimeNow now) {
    if (dating_ != Dating::known)
      return answer(failure(std::errc::resource_unavailable_try_again, "the gateway does not know the time yet"));
    answer(entry(now));
    advance_aggregator(now);  // puts the entry into the batch, which is committed at once: who said so has an answer
    urgent_ = true;
  });
}

CoreLoop::Entry CoreLoop::exchange_of(MeterId meter, std::int64_t old_last, std::int64_t new_first, std::string by,
                                      std::string reason) {
  return [this, meter, old_last, new_first, by = std::move(by),
          reason = std::move(reason)](TimeNow now) -> Expected<QualityRecord> {
    auto entry = aggregator_.exchange(meter, now, old_last, new_first, by, reason);
    if (!entry) return failure(std::errc::invalid_argument, entry.error().context);
    return entry;
  };
}

CoreLoop::Entry CoreLoop::correction_of(MeterId meter, UtcTime from, UtcTime to, std::int64_t amount, std::string by,
                                        std::string reason) {
  return [this, meter, from, to, amount, by = std::move(by),
          reason = std::move(reason)](TimeNow now) -> Expected<QualityRecord> {
    // By the clock that it is booked by: what lies in the future would be journalled and booked nowhere.
    if (const auto wrong = wrong_with_correction(from, to, now.utc, site_.store, *site_.time))
      return failure(std::errc::invalid_argument, *wrong);
    if (const auto wrong = wrong_with_amount(site_.meter(meter), from, to, amount))
      return failure(std::errc::invalid_argument, *wrong);
    return aggregator_.correct(meter, from, to, amount, now, by, reason);
  };
}

void CoreLoop::exchange(MeterId meter, std::int64_t old_last, std::int64_t new_first, std::string by,
                        std::string reason, EntryAnswer answer) {
  tell(exchange_of(meter, old_last, new_first, std::move(by), std::move(reason)), std::move(answer));
}

void CoreLoop::correct(MeterId meter, UtcTime from, UtcTime to, std::int64_t amount, std::string by, std::string reason,
                       EntryAnswer answer) {
  tell(correction_of(meter, from, to, amount, std::move(by), std::move(reason)), std::move(answer));
}

void CoreLoop::run(MeterId meter, const MeterRequest& request) {
  auto entry = request.kind == MeterRequest::Kind::exchange
                   ? exchange_of(meter, request.old_last, request.new_first, request.by, request.reason)
                   : correction_of(meter, request.from, request.to, request.amount, request.by, request.reason);
  tell(std::move(entry), [this, id = request.id, meter](const Expected<QualityRecord>& done) {
    batch_->answers.push_back(
        {id, done.has_value(), done ? entry_text(*done, site_.meter(meter)) : done.error().context});
    urgent_ = true;
  });
}

void CoreLoop::refuse(std::int64_t request, std::string why) {
  post([this, request, why = std::move(why)](TimeNow) {
    batch_->answers.push_back({request, false, why});
    urgent_ = true;
  });
}

void CoreLoop::after_hand_over(std::function<void()> then) {
  post([this, then = std::move(then)](TimeNow) mutable { at_step_end_.push_back(std::move(then)); });
}

void CoreLoop::observe(AlarmEngine::Fact fact) {
  post([this, fact](TimeNow now) { alarms_.observe(fact, now); });
}

void CoreLoop::on_alarm(const AlarmRecord& record) {
  batch_->alarms.push_back(record);
  // What calls for somebody, and what somebody did, is committed at once; a chattering signal rides with the next
  // second.
  if (record.announced || !record.by.empty() || !alarms_.chatters(record.alarm)) urgent_ = true;
  outputs_.alarm_changed(record);
}

void CoreLoop::on_mode(const ModeRecord& record) {
  batch_->modes.push_back(record);
  urgent_ = true;
  if (outputs_.mode_changed) outputs_.mode_changed(record);
}

void CoreLoop::hand_over() {
  if (batch_->empty()) return;
  if (outputs_.hand_over(batch_, urgent_)) urgent_ = false;
}

void CoreLoop::finish(TimeNow now) {
  step(now);
  if (dating_ == Dating::waiting) {  // nobody will ever know when they were
    dropped_.fetch_add(held_.size(), std::memory_order_relaxed);
    held_.clear();
  }
  // Without a date there is nothing that a checkpoint could add to the one that is kept already.
  if (dating_ == Dating::known) {
    aggregator_.advance(now, *batch_);  // what step() has just taken in may have come into the journal
    aggregator_.checkpoint(batch_->checkpoint);
    alarms_.save_learned(batch_->learned);
  }
  urgent_ = true;
  hand_over();
}

}  // namespace gateway
