#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/confidential.hpp"
#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 5> notify_kinds{"mqtt", "webhook", "wecom", "dingtalk", "email"};
constexpr std::array<std::string_view, 2> languages{"zh", "en"};
constexpr std::array<std::string_view, 4> built_in_rules{"bus-fault", "broker-fault", "gateway-fault", "alarm-flood"};

void check_url(TomlTable& table, const Notify& notify) {
  struct Schemes {
    std::string_view plain, secure, example;
  };
  static constexpr Schemes http{"http://", "https://", "https://host/path"};
  static constexpr Schemes smtp{"smtp://", "smtps://",
                                "smtp://mail.example:587 (STARTTLS) or smtps://mail.example:465"};
  static constexpr Schemes mqtt{"mqtt://", "mqtts://", "mqtt://host:1883"};
  // Some webhooks know no other way than a token in the query; this address is shown nowhere.
  if (tell_login(table, without_query(notify.url)) || tell_stray_bytes(table, notify.url)) return;
  const auto& schemes = notify.kind == Notify::Kind::email ? smtp : notify.kind == Notify::Kind::mqtt ? mqtt : http;
  if (!notify.url.empty() && !notify.url.starts_with(schemes.plain) && !notify.url.starts_with(schemes.secure))
    table.problem("url", fmt::format("'{}' is no address for {}", host_of_address(notify.url), name_of(notify.kind)),
                  fmt::format("write {}", schemes.example));
}

// A robot is nobody without it.
std::filesystem::path secret_of(TomlTable& table, const SiteDraft& draft) {
  auto file = draft.file_of(table, "token_file");
  if (file.empty())
    table.problem("token_file", "'token_file' is missing", "the robot's key is kept in a file of its own, one line");
  return file;
}

void read_email(TomlTable& table, Notify& notify, const SiteDraft& draft) {
  notify.url = table.required_string("url");
  notify.user = table.string("user").value_or("");
  notify.password_file = draft.file_of(table, "password_file");
  notify.from = table.required_string("from");
  notify.to = table.strings("to");
  if (notify.to.empty()) table.problem("to", "nobody to send to", "to = [\"duty@example.org\"]");
  const auto check_address = [&](std::string_view key, const std::string& address) {
    const auto at = address.find('@');
    if (address.empty() || (at != std::string::npos && at > 0 && at + 1 < address.size() &&
                            address.find_first_of(" <>\r\n\t,;\"") == std::string::npos))
      return;
    table.problem(key, fmt::format("'{}' is not a mail address", address), "write it plain, as \"duty@example.org\"");
  };
  check_address("from", notify.from);
  for (const auto& address : notify.to) check_address("to", address);
  if (!notify.user.empty() && notify.password_file.empty())
    table.problem("user", "'user' without 'password_file'", "the password is kept in a file of its own");
}

void read_mqtt(TomlTable& table, Notify& notify, const SiteDraft& draft) {
  const auto& broker = draft.site.broker;
  notify.url = table.string("url").value_or("");
  if (notify.url.empty() && !broker)
    table.problem("url", "neither 'url' nor a [broker]", "add url = \"mqtt://host:1883\"");
  const bool same = notify.url.empty() && broker;
  notify.user = table.string("user").value_or(same ? broker->user : "");
  notify.password_file = draft.file_of(table, "password_file");
  if (notify.password_file.empty() && same) notify.password_file = broker->password_file;
  if (same) {
    notify.url = broker->url;
    notify.ca_file = broker->ca_file;
  }
  notify.base_topic = table.string("base_topic").value_or("gateway/" + draft.site.id);
  notify.discovery_prefix = table.string("discovery_prefix").value_or("homeassistant");
  if (notify.base_topic.empty() || notify.base_topic.find_first_of("+#") != std::string::npos)
    table.problem("base_topic", "'base_topic' must be a topic", "without wildcards, as \"gateway/cangshan\"");
}

void read_way(TomlTable& table, Notify& notify, const SiteDraft& draft) {
  switch (notify.kind) {
    case Notify::Kind::mqtt:
      return read_mqtt(table, notify, draft);
    case Notify::Kind::email:
      return read_email(table, notify, draft);
    case Notify::Kind::webhook:
      notify.url = table.required_string("url");
      notify.token_file = draft.file_of(table, "token_file");
      notify.secret_file = draft.file_of(table, "secret_file");
      return;
    case Notify::Kind::wecom:
      notify.token_file = secret_of(table, draft);
      notify.url = table.string("url").value_or("https://qyapi.weixin.qq.com/cgi-bin/webhook/send");
      notify.mention = table.strings("mention");
      return;
    case Notify::Kind::dingtalk:
      notify.token_file = secret_of(table, draft);
      notify.secret_file = draft.file_of(table, "secret_file");
      notify.url = table.string("url").value_or("https://oapi.dingtalk.com/robot/send");
      notify.mention = table.strings("mention");
      return;
  }
}

void read_filter(TomlTable& table, Notify& notify, const SiteDraft& draft) {
  notify.least = static_cast<Priority>(table.choice("priority", priority_names).value_or(0));
  for (const auto& name : table.strings("areas"))
    if (const auto area = draft.areas.resolve(table, "areas", name); area.valid()) notify.areas.push_back(area);
  for (auto& name : table.strings("rules")) {
    if (std::ranges::none_of(draft.site.rules, [&](const AlarmRule& rule) { return rule.id == name; }) &&
        std::ranges::find(built_in_rules, name) == built_in_rules.end()) {
      std::vector<std::string_view> known(built_in_rules.begin(), built_in_rules.end());
      for (const auto& rule : draft.site.rules) known.push_back(rule.id);
      table.problem("rules", fmt::format("there is no alarm '{}'", name), remedy_for("alarm", name, known));
    }
    notify.rules.push_back(std::move(name));
  }
}

}  // namespace

void read_notifiers(TomlTable& root, SiteDraft& draft) {
  std::set<std::string> ids;
  for (auto& table : root.tables("notify")) {
    Notify notify;
    notify.id = table.required_id("id");
    if (!notify.id.empty() && !ids.insert(notify.id).second)
      table.problem("id", fmt::format("id '{}' is taken by a notify above", notify.id), "ids must differ");
    const auto kind = table.required_choice("kind", notify_kinds);
    notify.kind = static_cast<Notify::Kind>(kind.value_or(0));
    notify.ca_file = draft.file_of(table, "ca_file");
    if (kind) read_way(table, notify, draft);
    check_url(table, notify);
    read_filter(table, notify, draft);
    notify.english = table.choice("language", languages).value_or(0) == 1;
    notify.timeout = table.duration("timeout").value_or(10s);
    if (notify.kind != Notify::Kind::mqtt) {  // there it is a state that is kept, not a message
      notify.returned = table.boolean("returned").value_or(true);
      notify.acknowledged = table.boolean("acknowledged").value_or(false);
      notify.after = table.duration("after").value_or(0ns);
      notify.repeat_after = table.duration("repeat_after").value_or(0ns);
      if (notify.repeat_after > 0ns && notify.repeat_after < 1min)
        table.problem("repeat_after", "'repeat_after' is less than a minute", "people stop reading; 30min is usual");
      notify.quiet = table.duration("quiet").value_or(10min);
      notify.most_at_once = static_cast<std::size_t>(table.integer("most_at_once", 1, 100).value_or(5));
    }
    if (kind) table.finish();
    draft.site.notifiers.push_back(std::move(notify));
  }
}

}  // namespace gateway::site_reading
