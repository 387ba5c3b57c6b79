// Follows the alarm journal from a place of its own, on a thread of its own: the ground that every notifier stands on.
//
// What is kept in the journal is told: after the commit, in order, at least once. The place is saved with what the
// notifier has to remember, so a restart goes on where it was; what was sent just before a crash is sent again under
// the same id. One that fails holds up nobody else. start(), stop() for the owner's thread; wake(), status() for any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "cloud-sync/notify/alarm_event.hpp"
#include "cloud-sync/store/notifier_position.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/status.hpp"

namespace gateway {

// Where entries come from and places go to. Called on the notifier's thread.
struct JournalAccess {
  // Entries beyond that number, oldest first, so many at most.
  std::function<Expected<std::vector<AlarmEvent>>(std::int64_t after, std::size_t most)> read;
  std::function<void(const NotifierPosition&)> save;
};

class JournalFollower {
 public:
  JournalFollower(std::string id, const Clock& clock, JournalAccess journal, NotifierPosition position);
  virtual ~JournalFollower() = default;
  JournalFollower(const JournalFollower&) = delete;
  JournalFollower& operator=(const JournalFollower&) = delete;

  void start();
  void stop();  // within a second or so, whatever the far end does
  // There is something new in the journal.
  void wake();
  [[nodiscard]] NotifierStatus status() const;

  // One round; returns when the next one is due if nobody wakes it. Tests call it instead of start().
  [[nodiscard]] std::chrono::nanoseconds step();

 protected:
  // A journal entry, in order.
  virtual void take(const AlarmEvent& event, UtcTime now) = 0;
  // Does what is to be done now; returns when it wants to be asked again.
  virtual std::chrono::nanoseconds work(UtcTime now) = 0;
  // Everything taken so far needs nothing but memory() to go on after a restart.
  [[nodiscard]] virtual bool is_settled() const = 0;
  [[nodiscard]] virtual std::string memory() const = 0;
  // So much waits to be sent that the journal, which keeps it anyway, has to wait with the rest.
  [[nodiscard]] virtual bool is_full() const { return false; }
  virtual void on_stop() {}

  template <class Change>
  void change_status(Change change) {
    const std::scoped_lock lock(status_mutex_);
    change(status_);
  }
  // Before whatever takes long by rights: a message's time limit, a sleep.
  void moves_within(std::chrono::nanoseconds length) {
    change_status([due = clock_.monotonic() + length](NotifierStatus& status) { status.due = due; });
  }
  [[nodiscard]] const std::atomic<bool>& stopping() const noexcept { return stopping_; }
  const Clock& clock_;

 private:
  void run();

  JournalAccess journal_;
  std::int64_t taken_;  // the last entry that take() has seen
  NotifierPosition saved_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex status_mutex_;
  NotifierStatus status_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = false;
  std::thread thread_;
};

}  // namespace gateway
