#include "cloud-sync/notify/journal_follower.hpp"

#include <algorithm>

#include <pthread.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_at_a_time = 500;
constexpr std::chrono::nanoseconds disk_patience = 10s;  // with what it reads
constexpr std::chrono::nanoseconds longest_sleep = 5s;   // a wall clock that is set moves what is due

}  // namespace

JournalFollower::JournalFollower(std::string id, const Clock& clock, JournalAccess journal, NotifierPosition position)
    : clock_(clock), journal_(std::move(journal)), taken_(position.event), saved_(std::move(position)) {
  status_.id = std::move(id);
  status_.event = taken_;
}

void JournalFollower::start() {
  if (thread_.joinable()) return;
  moves_within(disk_patience);
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "notify");
}

void JournalFollower::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  on_stop();
}

void JournalFollower::wake() {
  {
    const std::scoped_lock lock(mutex_);
    awake_ = true;
  }
  wake_.notify_all();
}

NotifierStatus JournalFollower::status() const {
  const std::scoped_lock lock(status_mutex_);
  return status_;
}

std::chrono::nanoseconds JournalFollower::step() {
  std::chrono::nanoseconds wait = longest_sleep;
  while (!stopping_ && !is_full()) {
    moves_within(disk_patience);
    auto events = journal_.read(taken_, most_at_a_time);
    if (!events) {
      change_status([&](NotifierStatus& status) { status.last_error = "journal: " + events.error().message(); });
      break;
    }
    for (const auto& event : *events) {
      take(event, clock_.utc());
      taken_ = event.number;
    }
    if (events->size() < most_at_a_time) break;
  }
  moves_within(disk_patience);
  wait = std::min(wait, work(clock_.utc()));
  if (!is_settled()) return wait;
  NotifierPosition position{taken_, memory()};
  if (position.event != saved_.event || position.memory != saved_.memory) {
    journal_.save(position);
    saved_ = std::move(position);
  }
  change_status([&](NotifierStatus& status) { status.event = taken_; });
  return wait;
}

void JournalFollower::run() {
  while (!stopping_) {
    const auto wait = std::max<std::chrono::nanoseconds>(step(), 10ms);
    moves_within(wait);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, wait, [&] { return awake_ || stopping_; });
    awake_ = false;
  }
}

}  // namespace gateway
