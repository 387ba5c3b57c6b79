// A notice in the words and the form of whoever gets it. Pure; any thread.
//
// Formats: enterprise WeChat group robot (developer.work.weixin.qq.com, "群机器人"), DingTalk custom robot
// (open.dingtalk.com, "自定义机器人", signed with timestamp and secret), mail by RFC 5322 and 2047. The webhook's JSON
// is ours: docs/notify.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cloud-sync/notify/notify_plan.hpp"

namespace gateway {

struct Message {
  std::string id;       // the same when it is sent again
  std::string subject;  // one line
  std::string text;     // several
};

class MessageWriter {
 public:
  // All must outlive the writer.
  MessageWriter(const Notify& notify, const Site& site, const DescribeAlarm& describe)
      : notify_(notify), site_(site), describe_(describe) {}

  [[nodiscard]] Message message(const Notice& notice) const;
  [[nodiscard]] Message test_message(UtcTime now) const;

  // The whole notice for programs.
  [[nodiscard]] std::string webhook_json(const Notice& notice, const Message& message) const;
  [[nodiscard]] std::string webhook_test_json(const Message& message) const;

  // "2026-11-23 16:00:00", in the site's time zone.
  [[nodiscard]] std::string local_time(UtcTime time) const;

 private:
  [[nodiscard]] std::string line(const Notice::Item& item) const;
  [[nodiscard]] std::string summary_subject(const Notice& notice) const;
  [[nodiscard]] std::string place(AlarmId alarm) const;

  const Notify& notify_;
  const Site& site_;
  const DescribeAlarm& describe_;
};

[[nodiscard]] std::string wecom_json(const Message& message, const std::vector<std::string>& mention);
[[nodiscard]] std::string dingtalk_json(const Message& message, const std::vector<std::string>& mention);
// "&timestamp=...&sign=...": base64 of HMAC-SHA256 of "<ms>\n<secret>", keyed with the secret.
[[nodiscard]] std::string dingtalk_signature(std::string_view secret, std::int64_t now_ms);
// Header lines and body, CRLF line ends.
[[nodiscard]] std::string mail_text(const Message& message, std::string_view from, const std::vector<std::string>& to,
                                    UtcTime now);

}  // namespace gateway
