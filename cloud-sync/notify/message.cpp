#include "cloud-sync/notify/message.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cloud-sync/notify/signature.hpp"
#include "core/percent_encoding.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using Kind = Notice::Kind;

constexpr std::size_t most_lines = 20;            // of a summary
constexpr std::size_t longest_text_bytes = 2048;  // enterprise WeChat's limit for a text

std::string_view priority_word(Priority priority, bool english) {
  static constexpr std::array<std::string_view, 4> chinese{"低", "中", "高", "紧急"};
  static constexpr std::array<std::string_view, 4> words{"LOW", "MEDIUM", "HIGH", "CRITICAL"};
  return (english ? words : chinese)[static_cast<std::size_t>(priority)];
}

std::string duration_words(std::chrono::nanoseconds duration, bool english) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(duration).count();
  if (minutes >= 1) return fmt::format(fmt::runtime(english ? "{} min" : "{} 分钟"), minutes);
  return fmt::format(fmt::runtime(english ? "{} s" : "{} 秒"),
                     std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

// At a character's end, so that no receiver sees half of one.
std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  constexpr std::string_view mark = "…";
  auto end = most - mark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + std::string(mark);
}

json::array array_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

// RFC 2047: encoded words of 75 characters at most, cut between characters.
std::string encoded_header(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min<std::size_t>(text.size(), 42);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(text.substr(0, end)) + "?=";
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string MessageWriter::local_time(UtcTime time) const {
  const auto offset = site_.time ? site_.time->offset(time) : std::chrono::seconds{0};
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::gmtime(std::chrono::system_clock::time_point{
                         std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()) + offset}));
}

std::string MessageWriter::place(AlarmId alarm) const {
  std::string out;
  for (auto area = site_.source_of(alarm).where; area.valid(); area = site_.area(area).parent) {
    const auto& name = site_.area(area).name;
    out = (notify_.english ? name.english : name.local) + (out.empty() ? "" : " / " + out);
  }
  return out;
}

std::string MessageWriter::line(const Notice::Item& item) const {
  const bool english = notify_.english;
  const auto& record = item.event.record;
  const auto priority = site_.rule_of(record.alarm).priority;
  auto said = describe_(record, english);
  switch (item.kind) {
    case Kind::escalated:
      said += fmt::format(fmt::runtime(english ? " - nobody acknowledged within {}" : "(升级:{}内无人确认)"),
                          duration_words(notify_.after, english));
      break;
    case Kind::reminded:
      said += english ? " - still not acknowledged" : "(仍未确认)";
      break;
    case Kind::acknowledged:
      said += fmt::format(fmt::runtime(english ? " - acknowledged by {}" : "(已由 {} 确认)"), record.by);
      break;
    case Kind::returned:
      said += english ? " - back to normal" : "(已恢复正常)";
      break;
    default:
      break;
  }
  if (item.quieted > 0)
    said += fmt::format(fmt::runtime(english ? " - {} times meanwhile" : "(期间重复 {} 次)"), item.quieted);
  return fmt::format(fmt::runtime(english ? "[{}] {}" : "【{}】{}"), priority_word(priority, english), said);
}

std::string MessageWriter::summary_subject(const Notice& notice) const {
  std::map<Priority, std::size_t, std::greater<>> raised;
  std::size_t over = 0;
  for (const auto& item : notice.items) {
    if (item.kind == Kind::returned || item.kind == Kind::acknowledged)
      ++over;
    else
      ++raised[site_.rule_of(item.event.record.alarm).priority];
  }
  std::size_t alarms = 0;
  std::string parts;
  for (const auto& [priority, count] : raised) {
    alarms += count;
    if (!parts.empty()) parts += notify_.english ? ", " : "、";
    parts += fmt::format(fmt::runtime(notify_.english ? "{1} {0}" : "{0} {1} 条"),
                         priority_word(priority, notify_.english), count);
  }
  std::string out = fmt::format(fmt::runtime(notify_.english ? "{} alarms" : "共 {} 条告警"), alarms);
  if (!parts.empty()) out += (notify_.english ? " (" : "(") + parts + ")";
  if (over > 0)
    out += fmt::format(fmt::runtime(notify_.english ? ", {} acknowledged or over" : ",{} 条已确认或恢复"), over);
  return out;
}

Message MessageWriter::message(const Notice& notice) const {
  const bool english = notify_.english;
  const auto& site_name = english ? site_.name.english : site_.name.local;
  Message out{notice.id(site_.id), {}, {}};
  if (notice.kind == Kind::summary) {
    out.subject = summary_subject(notice);
    out.text = site_name + (english ? ": " : ":") + out.subject + "\n";
    // The worst first, and of them the oldest.
    auto items = notice.items;
    std::ranges::stable_sort(items, std::greater<>{},
                             [&](const Notice::Item& item) { return site_.rule_of(item.event.record.alarm).priority; });
    for (std::size_t i = 0; i < std::min(items.size(), most_lines); ++i) out.text += line(items[i]) + "\n";
    if (items.size() > most_lines)
      out.text +=
          fmt::format(fmt::runtime(english ? "... and {} more\n" : "……另有 {} 条\n"), items.size() - most_lines);
  } else {
    const auto& item = notice.items.front();
    out.subject = line(item);
    out.text = out.subject + "\n" + site_name;
    if (const auto where = place(item.event.record.alarm); !where.empty()) out.text += " / " + where;
    out.text += "\n" + local_time(item.event.record.changed) + "\n";
  }
  out.text += fmt::format(fmt::runtime(english ? "id {}" : "编号 {}"), out.id);
  return out;
}

Message MessageWriter::test_message(UtcTime now) const {
  const auto& site_name = notify_.english ? site_.name.english : site_.name.local;
  Message out;
  out.id = site_.id + "-test-" + std::to_string(to_ms(now));
  out.subject =
      notify_.english ? "[TEST] message from the gateway of " + site_name : "【测试】" + site_name + " 网关测试消息";
  out.text = out.subject + "\n" + local_time(now) + "\n" + (notify_.english ? "id " : "编号 ") + out.id;
  return out;
}

std::string MessageWriter::webhook_json(const Notice& notice, const Message& message) const {
  json::array alarms;
  for (const auto& item : notice.items) {
    const auto& record = item.event.record;
    const auto& rule = site_.rule_of(record.alarm);
    const auto area = site_.source_of(record.alarm).where;
    const auto& name = site_.source_of(record.alarm).name;
    json::object alarm{{"event", item.event.number},
                       {"kind", name_of(item.kind)},
                       {"rule", rule.id},
                       {"rule_kind", name_of(rule.kind)},
                       {"source", item.event.source},
                       {"source_name", name.local},
                       {"source_name_en", name.english},
                       {"priority", name_of(rule.priority)},
                       {"state", static_cast<int>(record.state)},
                       {"state_name", name_of(record.state)},
                       {"raised_ms", to_ms(record.raised)},
                       {"changed_ms", to_ms(record.changed)},
                       {"value", record.value},
                       {"by", record.by},
                       {"comment", record.comment},
                       {"repeats", item.quieted},
                       {"message", describe_(record, false)},
                       {"message_en", describe_(record, true)}};
    alarm["area"] = area.valid() ? json::value(site_.area(area).id) : json::value(nullptr);
    alarms.push_back(std::move(alarm));
  }
  return json::serialize(json::object{{"id", message.id},
                                      {"site", site_.id},
                                      {"kind", name_of(notice.kind)},
                                      {"subject", message.subject},
                                      {"text", message.text},
                                      {"alarms", std::move(alarms)}});
}

std::string MessageWriter::webhook_test_json(const Message& message) const {
  return json::serialize(json::object{{"id", message.id},
                                      {"site", site_.id},
                                      {"kind", "test"},
                                      {"subject", message.subject},
                                      {"text", message.text},
                                      {"alarms", json::array{}}});
}

std::string wecom_json(const Message& message, const std::vector<std::string>& mention) {
  json::object text{{"content", cut(message.text, longest_text_bytes)}};
  std::vector<std::string> people = mention;
  for (auto& each : people)
    if (each == "all") each = "@all";
  if (!people.empty()) text["mentioned_mobile_list"] = array_of(people);
  return json::serialize(json::object{{"msgtype", "text"}, {"text", std::move(text)}});
}

std::string dingtalk_json(const Message& message, const std::vector<std::string>& mention) {
  const bool everybody = std::ranges::find(mention, std::string("all")) != mention.end();
  std::vector<std::string> people;
  std::ranges::remove_copy(mention, std::back_inserter(people), std::string("all"));
  json::object at{{"isAtAll", everybody}};
  if (!people.empty()) at["atMobiles"] = array_of(people);
  return json::serialize(json::object{{"msgtype", "text"},
                                      {"text", json::object{{"content", cut(message.text, longest_text_bytes)}}},
                                      {"at", std::move(at)}});
}

std::string dingtalk_signature(std::string_view secret, std::int64_t now_ms) {
  const auto timestamp = std::to_string(now_ms);
  return "&timestamp=" + timestamp +
         "&sign=" + percent_encoded(base64(hmac_sha256(secret, timestamp + "\n" + std::string(secret))));
}

std::string mail_text(const Message& message, std::string_view from, const std::vector<std::string>& to, UtcTime now) {
  const auto domain = from.substr(std::min(from.find('@') + 1, from.size()));
  std::string out = "From: <" + std::string(from) + ">\r\nTo: ";
  for (std::size_t i = 0; i < to.size(); ++i) out += (i == 0 ? "<" : ",\r\n <") + to[i] + ">";
  out += "\r\nSubject: " + encoded_header(message.subject);
  out += fmt::format("\r\nDate: {:%a, %d %b %Y %H:%M:%S} +0000",
                     fmt::gmtime(std::chrono::system_clock::time_point{
                         std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())}));
  out += "\r\nMessage-ID: <" + message.id + "@" + std::string(domain) + ">";
  out +=
      "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n";
  const auto body = base64(message.text + "\n");
  for (std::size_t at = 0; at < body.size(); at += 76) out += body.substr(at, 76) + "\r\n";
  return out;
}

}  // namespace gateway
