// The way to one [[notify]]'s people: how a notice is put, signed and carried. Blocks; for the notifier's thread.
#pragma once

#include <atomic>
#include <set>
#include <string>

#include "cloud-sync/notify/courier.hpp"
#include "cloud-sync/notify/message.hpp"

namespace gateway {

class Way {
 public:
  // Everything must outlive it. Not for kind mqtt.
  Way(const Notify& notify, const Site& site, const DescribeAlarm& describe, const std::atomic<bool>& stopping);

  [[nodiscard]] Reply send(const Notice& notice, UtcTime now);
  [[nodiscard]] Reply send_test(UtcTime now);
  // The least time between two messages: robots take twenty a minute.
  [[nodiscard]] std::chrono::nanoseconds pace() const noexcept;

 private:
  [[nodiscard]] Reply deliver(const Message& message, const std::string& webhook_body, UtcTime now);
  [[nodiscard]] Reply carry(const Message& message, const std::string& webhook_body, UtcTime now);
  [[nodiscard]] Reply to_webhook(const Message& message, const std::string& body, UtcTime now);
  [[nodiscard]] Reply to_robot(const Message& message, UtcTime now);
  [[nodiscard]] Reply to_mailbox(const Message& message, UtcTime now);

  [[nodiscard]] Reply to_recipients(Mail mail, const std::string& id);

  const Notify& notify_;
  MessageWriter writer_;
  Courier courier_;
  // Of the last mail: who has got it, so that nobody gets it twice when another one's turn failed.
  std::string reached_by_;
  std::set<std::string> reached_;
};

// What a robot's answer means: HTTP says 200 whatever happened, the truth is in "errcode". Pure.
[[nodiscard]] Reply robot_answer(Notify::Kind kind, Reply http);

}  // namespace gateway
