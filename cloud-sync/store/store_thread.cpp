#include "cloud-sync/store/store_thread.hpp"

#include <utility>

#include <pthread.h>

#include "cloud-sync/store/repair.hpp"

namespace gateway {
namespace {

constexpr std::chrono::milliseconds longest_sleep{1000};  // so that last_moved says that the thread is alive

}  // namespace

StoreThread::StoreThread(Store store, std::size_t sinks, const Clock& clock, StoreThreadOptions options)
    : store_(std::move(store)),
      clock_(clock),
      options_(std::move(options)),
      file_(store_.file()),
      listeners_(sinks),
      figures_(sinks) {
  for (std::size_t i = 0; i < options_.batches; ++i) free_.push_back(std::make_unique<Batch>());
  store_.on_progress([this] {
    const std::scoped_lock lock(status_mutex_);
    status_.last_moved = clock_.monotonic();
  });
  publish();
  const bool unchecked = store_.is_unchecked();
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "store");
  if (unchecked) {
    checker_ = std::thread([this] { look_for_damage(); });
    ::pthread_setname_np(checker_.native_handle(), "store check");
  }
}

void StoreThread::look_for_damage() {
  auto damage = find_damage(file_, end_check_);
  if (!damage.empty()) damage = find_damage(file_, end_check_);  // what is really damaged is so the second time too
  if (damage.empty() || end_check_.load()) return;
  post([this, damage = std::move(damage)](Store* store) {
    if (store == nullptr) return;
    if (const auto mended = store->mend(damage, clock_.now()); !mended && options_.commit_failed)
      options_.commit_failed(mended.error());
  });
}

StoreThread::~StoreThread() { stop(); }

void StoreThread::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  end_check_ = true;
  if (checker_.joinable()) checker_.join();
  if (thread_.joinable()) thread_.join();
}

bool StoreThread::submit(std::unique_ptr<Batch>& batch, bool urgent) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    if (free_.empty()) {
      if (held_readings_ + batch->readings.size() > options_.most_held_readings) return false;
      free_.push_back(std::make_unique<Batch>());
    }
    held_readings_ += batch->readings.size();
    queue_.push_back(std::exchange(batch, std::move(free_.back())));
    free_.pop_back();
    ++submitted_;
    urgent_ |= urgent;
  }
  wake_.notify_one();
  return true;
}

void StoreThread::post(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_) {
      tasks_.push_back(std::move(task));
      task = nullptr;
    }
  }
  if (task) {
    task(nullptr);
  } else {
    wake_.notify_one();
  }
}

void StoreThread::next(std::size_t sink, Pick pick, Next answer) {
  post([sink, pick = std::move(pick), answer = std::move(answer)](Store* store) {
    answer(store != nullptr ? store->next(sink, pick) : failure(std::errc::operation_canceled, "store"));
  });
}

void StoreThread::acknowledge(std::size_t sink, Delivery delivery, std::vector<DeadLetter> dead) {
  delivery.body = {};
  post([sink, delivery = std::move(delivery), dead = std::move(dead)](Store* store) mutable {
    if (store != nullptr) store->acknowledge(sink, delivery, std::move(dead));
  });
}

void StoreThread::save_notifier(std::string id, NotifierPosition position) {
  post([id = std::move(id), position = std::move(position)](Store* store) mutable {
    if (store != nullptr) store->save_notifier(id, std::move(position));
  });
}

void StoreThread::change(OutboxChange change, std::function<void(Expected<std::string>)> answer) {
  post([this, change = std::move(change), answer = std::move(answer)](Store* store) {
    answer(store != nullptr ? store->change(change, clock_.now()) : failure(std::errc::operation_canceled, "store"));
  });
}

void StoreThread::after_commit(std::function<void()> then) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_ && !refused_ && committed_ != submitted_) {
      waiting_.push_back({submitted_, std::move(then)});
      return;
    }
  }
  then();
}

// Those whose batch is kept; when the disk refuses, all.
void StoreThread::answer_waiting(bool kept) {
  std::vector<std::function<void()>> answered;
  {
    const std::scoped_lock lock(mutex_);
    refused_ = !kept;
    while (!waiting_.empty() && (refused_ || waiting_.front().submitted <= committed_)) {
      answered.push_back(std::move(waiting_.front().then));
      waiting_.pop_front();
    }
  }
  for (const auto& then : answered) then();
}

void StoreThread::listen(std::size_t sink, std::function<void()> kept) {
  const std::scoped_lock lock(listeners_mutex_);
  listeners_[sink] = std::move(kept);
}

bool StoreThread::commit(const Batch& batch) {
  const auto result = store_.commit(batch, clock_.now());
  if (!result) {
    if (options_.commit_failed) options_.commit_failed(result.error());
    return false;
  }
  if (options_.alarm_kept)
    for (const AlarmRecord& record : batch.alarms) options_.alarm_kept(record);
  return true;
}

void StoreThread::run() {
  using Steady = std::chrono::steady_clock;
  const Batch only_acknowledgements;
  Steady::time_point last_commit = Steady::now();
  Steady::time_point retry_at{};
  std::vector<Task> tasks;
  for (bool last_round = false; !last_round;) {
    Batch* batch = nullptr;
    bool urgent = false;
    {
      std::unique_lock lock(mutex_);
      const auto ready = [&] { return stopping_ || !tasks_.empty() || (!queue_.empty() && Steady::now() >= retry_at); };
      const auto until = !queue_.empty() ? std::min(retry_at, Steady::now() + longest_sleep)
                                         : Steady::now() + std::min(longest_sleep, options_.save_within);
      wake_.wait_until(lock, until, ready);
      last_round = stopping_ && queue_.size() <= 1;
      if (!queue_.empty() && (stopping_ || Steady::now() >= retry_at)) batch = queue_.front().get();
      urgent = std::exchange(urgent_, false);
      tasks.swap(tasks_);
    }
    if (!urgent)
      for (Task& task : tasks) task(&store_);
    bool kept = false;
    if (batch != nullptr) {
      kept = commit(*batch);
      on_disk_ = kept;
      if (kept) {
        const auto readings = batch->readings.size();
        batch->clear();
        const std::scoped_lock lock(mutex_);
        held_readings_ -= readings;
        // What a long wait has made is given back.
        if (free_.size() < options_.batches) free_.push_back(std::move(queue_.front()));
        queue_.pop_front();
        ++committed_;
      } else {
        retry_at = Steady::now() + options_.retry;
        const std::scoped_lock lock(mutex_);
        last_round = stopping_;  // what can't be kept now can't be waited for
      }
      answer_waiting(kept);
    } else if (store_.has_unsaved() && (last_round || Steady::now() >= last_commit + options_.save_within)) {
      commit(only_acknowledgements);
      last_commit = Steady::now();
    }
    if (kept) last_commit = Steady::now();
    if (urgent)
      for (Task& task : tasks) task(&store_);
    tasks.clear();
    store_.work_off_requests(clock_.now());
    if (options_.meter_request)
      for (auto& request : store_.take_meter_requests()) options_.meter_request(std::move(request));
    publish();
    if (kept) {
      const std::scoped_lock lock(listeners_mutex_);
      for (const auto& listener : listeners_)
        if (listener) listener();
    }
  }
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) task(&store_);
  answer_waiting(false);
  if (store_.has_unsaved()) commit(only_acknowledgements);
  publish();
}

void StoreThread::publish() {
  StoreStatus status = store_.status();
  status.last_moved = clock_.monotonic();
  status.on_disk = on_disk_ && options_.in_memory.empty();
  if (!options_.in_memory.empty()) status.last_error = options_.in_memory;
  if (!on_disk_) {
    const std::scoped_lock lock(mutex_);
    status.held_batches = queue_.size();
  }
  std::vector<SinkFigures> figures;
  figures.reserve(figures_.size());
  for (std::size_t i = 0; i < figures_.size(); ++i) figures.push_back(store_.figures(i));
  const std::scoped_lock lock(status_mutex_);
  status.rounds = status_.rounds + 1;
  status_ = std::move(status);
  figures_ = std::move(figures);
}

StoreStatus StoreThread::status() const {
  const std::scoped_lock lock(status_mutex_);
  return status_;
}

SinkFigures StoreThread::figures(std::size_t sink) const {
  const std::scoped_lock lock(status_mutex_);
  return figures_[sink];
}

}  // namespace gateway
