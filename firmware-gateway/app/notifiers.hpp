// Everyone who is to be told of alarms: one notifier a [[notify]], each on its own thread with its own place in the
// journal. start(), stop() for the main thread; the rest for any.
#pragma once

#include <memory>
#include <vector>

#include "cloud-sync/notify/alarm_event.hpp"
#include "cloud-sync/store/store_thread.hpp"
#include "core/site.hpp"
#include "core/status.hpp"

namespace gateway {

class JournalFollower;

class Notifiers {
 public:
  // positions: Store::load_notifier() of each, in the order of Site::notifiers. states: how the alarms stood when the
  // store was opened. site, clock and store must outlive this.
  Notifiers(const Site& site, const Clock& clock, StoreThread& store, DescribeAlarm describe,
            std::vector<NotifierPosition> positions, const std::vector<AlarmRecord>& states);
  ~Notifiers();

  void start();
  void stop();
  void wake();  // the journal has something new
  [[nodiscard]] std::vector<NotifierStatus> status() const;

 private:
  DescribeAlarm describe_;
  std::vector<std::unique_ptr<JournalFollower>> followers_;
};

}  // namespace gateway
