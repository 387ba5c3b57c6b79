// Tells people: what the plan says is due goes the way that site.toml names, is tried again with growing pauses when it
// does not get through, and is given up only when the far end refuses that message as such.
#pragma once

#include <memory>

#include "cloud-sync/influx/backoff.hpp"
#include "cloud-sync/notify/journal_follower.hpp"
#include "cloud-sync/notify/notify_plan.hpp"
#include "cloud-sync/notify/way.hpp"

namespace gateway {

class Notifier final : public JournalFollower {
 public:
  using Send = std::function<Reply(const Notice&, UtcTime now)>;
  // notify, site and clock must outlive it. `pace`: the least time between two messages.
  Notifier(const Notify& notify, const Site& site, const Clock& clock, JournalAccess journal,
           const NotifierPosition& position, Send send, std::chrono::nanoseconds pace = {});
  // Carries by itself, as site.toml says. describe must outlive it.
  Notifier(const Notify& notify, const Site& site, const Clock& clock, JournalAccess journal,
           const NotifierPosition& position, const DescribeAlarm& describe);
  ~Notifier() override;

 private:
  void take(const AlarmEvent& event, UtcTime now) override;
  std::chrono::nanoseconds work(UtcTime now) override;
  [[nodiscard]] bool is_settled() const override;
  [[nodiscard]] std::string memory() const override { return plan_.memory(); }
  void taken(const Notice& notice, const Reply& answer, UtcTime now);
  void failed(const Notice& notice, const Reply& answer, UtcTime now);

  const Site& site_;
  NotifyPlan plan_;
  Send send_;
  std::unique_ptr<Way> way_;
  std::chrono::nanoseconds pace_;
  std::chrono::nanoseconds patience_;  // with one message
  Backoff backoff_;
  MonotonicTime not_before_{};
  std::string failing_;  // the message that was not taken
  int refusals_ = 0;     // of it
};

}  // namespace gateway
