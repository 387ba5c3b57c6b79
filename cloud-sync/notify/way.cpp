#include "cloud-sync/notify/way.hpp"

#include <optional>
#include <utility>

#include <boost/json.hpp>

#include "cloud-sync/notify/signature.hpp"
#include "core/confidential.hpp"
#include "core/percent_encoding.hpp"
#include "core/secret_file.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Outcome = Reply::Outcome;

// Read anew for every message: a changed secret needs no restart.
Expected<std::string> secret_from(const std::filesystem::path& file) { return SecretFile(file).read(); }
Reply no_secret(const Error& error) { return {Outcome::refused_us, error.message(), {}, 0, {}}; }

std::string with_query(const std::string& url, const std::string& query) {
  return url + (url.find('?') == std::string::npos ? "?" : "&") + query;
}

// What only the far end should know: its words are shown to everybody who may look at a page.
Confidential confidential_of(const Notify& notify) {
  Confidential out;
  out.add_address(notify.url);
  for (const auto* file : {&notify.token_file, &notify.secret_file, &notify.password_file}) {
    if (file->empty()) continue;
    if (const auto secret = secret_from(*file)) out.add_secret(*secret);
  }
  return out;
}

constexpr const char* as_json = "Content-Type: application/json; charset=utf-8";

}  // namespace

Reply robot_answer(Notify::Kind kind, Reply http) {
  if (http.outcome != Outcome::taken) return http;
  boost::system::error_code error;
  const auto parsed = boost::json::parse(http.body, error);
  const auto* object = error ? nullptr : parsed.if_object();
  const auto* code = object == nullptr ? nullptr : object->if_contains("errcode");
  if (code == nullptr || !code->is_int64()) {
    http.outcome = Outcome::refused_us;
    http.said = "not a robot's answer: " + http.said;
    return http;
  }
  const auto number = code->get_int64();
  if (number == 0) return http;
  const bool dingtalk = kind == Notify::Kind::dingtalk;
  // Enterprise WeChat: 45009 too often, 45002 too long, 40058 a wrong parameter. DingTalk: 130101 too often, 400xxx a
  // wrong parameter. -1: their own trouble. All else (key, token, signature, keyword, address) is for a person.
  const bool busy = number == -1 || number == (dingtalk ? 130101 : 45009);
  const bool message = dingtalk ? number >= 400000 && number < 500000 : number == 45002 || number == 40058;
  http.outcome = busy ? Outcome::try_again : message ? Outcome::refused_message : Outcome::refused_us;
  if (busy) http.retry_after = 60s;
  return http;
}

Way::Way(const Notify& notify, const Site& site, const DescribeAlarm& describe, const std::atomic<bool>& stopping)
    : notify_(notify), writer_(notify, site, describe), courier_(notify.ca_file, notify.timeout, stopping) {}

std::chrono::nanoseconds Way::pace() const noexcept {
  const bool robot = notify_.kind == Notify::Kind::wecom || notify_.kind == Notify::Kind::dingtalk;
  return robot ? 3s : notify_.kind == Notify::Kind::email ? 2s : 0s;
}

Reply Way::send(const Notice& notice, UtcTime now) {
  const auto message = writer_.message(notice);
  return deliver(message, notify_.kind == Notify::Kind::webhook ? writer_.webhook_json(notice, message) : "", now);
}

Reply Way::send_test(UtcTime now) {
  const auto message = writer_.test_message(now);
  return deliver(message, writer_.webhook_test_json(message), now);
}

Reply Way::deliver(const Message& message, const std::string& webhook_body, UtcTime now) {
  auto reply = carry(message, webhook_body, now);
  reply.said = confidential_of(notify_).taken_out_of(reply.said);
  return reply;
}

Reply Way::carry(const Message& message, const std::string& webhook_body, UtcTime now) {
  switch (notify_.kind) {
    case Notify::Kind::webhook:
      return to_webhook(message, webhook_body, now);
    case Notify::Kind::email:
      return to_mailbox(message, now);
    default:
      return to_robot(message, now);
  }
}

Reply Way::to_webhook(const Message& message, const std::string& body, UtcTime now) {
  HttpPost request{notify_.url, {as_json, "X-Gateway-Event: " + message.id}, body};
  if (!notify_.token_file.empty()) {
    const auto token = secret_from(notify_.token_file);
    if (!token) return no_secret(token.error());
    request.headers.push_back("Authorization: Bearer " + *token);
  }
  if (!notify_.secret_file.empty()) {
    const auto secret = secret_from(notify_.secret_file);
    if (!secret) return no_secret(secret.error());
    // The time is signed too, so that a message that somebody has recorded is not worth anything later.
    const auto timestamp = std::to_string(to_ms(now) / 1000);
    request.headers.push_back("X-Gateway-Timestamp: " + timestamp);
    request.headers.push_back("X-Gateway-Signature: sha256=" + hex(hmac_sha256(*secret, timestamp + "." + body)));
  }
  return courier_.post(request);
}

Reply Way::to_robot(const Message& message, UtcTime now) {
  const auto token = secret_from(notify_.token_file);
  if (!token) return no_secret(token.error());
  const bool dingtalk = notify_.kind == Notify::Kind::dingtalk;
  auto url = with_query(notify_.url, (dingtalk ? "access_token=" : "key=") + percent_encoded(*token));
  if (dingtalk && !notify_.secret_file.empty()) {
    const auto secret = secret_from(notify_.secret_file);
    if (!secret) return no_secret(secret.error());
    url += dingtalk_signature(*secret, to_ms(now));
  }
  const auto body = dingtalk ? dingtalk_json(message, notify_.mention) : wecom_json(message, notify_.mention);
  return robot_answer(notify_.kind, courier_.post({url, {as_json}, body}));
}

Reply Way::to_mailbox(const Message& message, UtcTime now) {
  Mail mail{notify_.url, notify_.user, {}, notify_.from, notify_.to, mail_text(message, notify_.from, notify_.to, now)};
  if (!notify_.user.empty()) {
    const auto password = secret_from(notify_.password_file);
    if (!password) return no_secret(password.error());
    mail.password = *password;
  }
  return to_recipients(std::move(mail), message.id);
}

// To each by itself: one whose mailbox is full, or who has left, must not keep the others from an alarm.
Reply Way::to_recipients(Mail mail, const std::string& id) {
  if (std::exchange(reached_by_, id) != id) reached_.clear();
  Reply last;
  std::optional<Reply> refusal;  // if nobody is reached, it is tried again as long as there is hope for one of them
  std::string left_out;
  for (const auto& recipient : notify_.to) {
    if (reached_.contains(recipient)) continue;
    mail.to = {recipient};
    last = courier_.send(mail);
    if (last.outcome == Outcome::taken) {
      reached_.insert(recipient);
      continue;
    }
    if (!last.of_recipient) return last;  // nobody else would get it either
    left_out += (left_out.empty() ? "" : "; ") + recipient + ": " + last.said;
    if (!refusal || refusal->outcome != Outcome::try_again) refusal = last;
  }
  if (!refusal) return last;
  if (reached_.empty()) {
    refusal->said = std::move(left_out);
    return *refusal;
  }
  Reply out;
  out.outcome = Outcome::taken;
  out.said = "taken for others, not for " + left_out;
  out.left_out = std::move(left_out);
  return out;
}

}  // namespace gateway
