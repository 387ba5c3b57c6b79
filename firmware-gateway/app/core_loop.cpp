#include "firmware-gateway/app/core_loop.hpp"

#include <algorithm>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A night takes hours: what a kill -9 loses of it is a quarter hour at most.
constexpr std::chrono::minutes learned_interval{15};

// Room for two seconds of all that is read, should the machine let the core wait so long, and for two polls of every
// meter: all buses begin at once.
std::size_t mailbox_size(const Site& site) {
  double a_second = 0;
  for (const auto& meter : site.meters)
    a_second += static_cast<double>(meter.points.size()) / std::chrono::duration<double>(meter.interval).count();
  return std::max({std::size_t{4096}, 2 * site.points.size(), static_cast<std::size_t>(2 * a_second)});
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
      sensor_values_(site.points.size()) {
  batch_->readings.reserve(std::min(most_readings_, 2 * site.points.size() + 64));
  changed_.reserve(256);
}

Expected<void> CoreLoop::restore(const Kept& kept, TimeNow now) {
  alarms_.restore(kept.alarms, kept.modes, now);
  learned_at_ = now.monotonic;
  Expected<void> restored;
  if (!kept.learned.empty()) restored = alarms_.restore_learned(kept.learned);
  if (kept.checkpoint.empty()) return restored;
  if (auto counted = aggregator_.restore(kept.checkpoint, now); !counted) return counted;
  return restored;
}

std::chrono::nanoseconds CoreLoop::step(TimeNow now) {
  moved_.store(now.monotonic.time_since_epoch().count(), std::memory_order_relaxed);
  batch_->utc_offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
  const auto before = batch_->windows.size();
  aggregator_.advance(now, *batch_);
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
    auto live = std::make_shared<LiveSnapshot>();
    aggregator_.snapshot(now, *live);
    alarms_.on_snapshot(*live, now);
    outputs_.live(std::move(live));
    if (outputs_.alarms_looked_at) outputs_.alarms_looked_at(alarms_.pending(now), alarms_.metrics(now));
    if (now.monotonic - learned_at_ >= learned_interval) {
      learned_at_ = now.monotonic;
      alarms_.save_learned(batch_->learned);
    }
    hand_over();
  } else if (urgent_) {
    hand_over();
  }
  std::chrono::nanoseconds wait = next_second_ - now.monotonic;
  if (const auto deadline = alarms_.next_deadline())
    wait = std::min<std::chrono::nanoseconds>(wait, *deadline - now.monotonic);
  return std::max<std::chrono::nanoseconds>(wait, 0ns);
}

void CoreLoop::take(const Reading& reading, TimeNow now) {
  readings_.store(readings_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  aggregator_.ingest(reading);
  alarms_.on_reading(reading, now);
  if (batch_->readings.size() < most_readings_) {
    batch_->readings.push_back(reading);
  } else {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  if (!site_.point(reading.point()).sensor.valid()) return;
  auto& told = sensor_values_[reading.point().index()];
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
  aggregator_.checkpoint(batch_->checkpoint);
  alarms_.save_learned(batch_->learned);
  urgent_ = true;
  hand_over();
}

}  // namespace gateway
