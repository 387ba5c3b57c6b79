#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/confidential.hpp"
#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;
using Unit = TomlTable::Unit;

constexpr std::array<Unit, 4> message_units{{{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}};
constexpr std::array<Unit, 3> rate_units{{{"MB/s", 1e6}, {"kB/s", 1e3}, {"B/s", 1}}};
constexpr std::array<std::string_view, 9> sink_kinds{
    "influx1", "influx2", "influx3", "victoriametrics", "questdb", "greptimedb", "tdengine", "line_protocol", "mqtt"};

// Which keys a kind takes. What it does not take is an unknown key like any other.
enum class Database : std::uint8_t { none, wanted, optional };
struct KindKeys {
  Database database;
  bool login;  // user, password_file
  bool token;  // token_file
};
constexpr std::array<KindKeys, 9> kind_keys{{
    {Database::wanted, true, false},    // influx1
    {Database::none, false, true},      // influx2
    {Database::wanted, false, true},    // influx3
    {Database::optional, true, true},   // victoriametrics: through vmauth or a proxy
    {Database::none, true, true},       // questdb
    {Database::optional, true, false},  // greptimedb
    {Database::wanted, true, true},     // tdengine
    {Database::none, true, true},       // line_protocol
    {Database::none, true, false},      // mqtt
}};

// What is wrong with the address behind the scheme; "" when nothing is.
std::string address_problem(std::string_view url, bool query_allowed) {
  std::string_view rest = url.substr(url.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (url.contains('#') || (!query_allowed && url.contains('?')))
    return "write the address without '?' or '#'; what the write API needs is added by itself (kind = "
           "\"line_protocol\" "
           "takes a whole address)";
  const auto bracket = authority.rfind(']');
  const std::string_view after = bracket == std::string_view::npos ? authority : authority.substr(bracket + 1);
  const auto colon = after.find(':');
  const std::string_view port = colon == std::string_view::npos ? "1" : after.substr(colon + 1);
  if (authority.empty() || authority.starts_with(':') || authority.starts_with('[') != (bracket != std::string::npos))
    return "the host is missing, as in http://10.0.0.5:8086";
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos)
    return fmt::format("'{}' is no port", port);
  return {};
}

void read_url(TomlTable& table, Sink& sink) {
  sink.url = table.required_string("url");
  if (sink.url.empty()) return;
  const bool mqtt = sink.kind == Sink::Kind::mqtt;
  const bool right = mqtt ? sink.url.starts_with("mqtt://") || sink.url.starts_with("mqtts://")
                          : sink.url.starts_with("http://") || sink.url.starts_with("https://");
  if (tell_login(table, sink.url) || tell_stray_bytes(table, sink.url)) return;
  if (!right) {
    table.problem("url", fmt::format("'{}' is not an {} address", host_of_address(sink.url), mqtt ? "MQTT" : "HTTP"),
                  mqtt ? "write mqtt://host:1883 or mqtts://host:8883" : "write http://host:8086 or https://host:8086");
    return;
  }
  if (auto wrong = address_problem(sink.url, sink.kind == Sink::Kind::line_protocol); !wrong.empty()) {
    table.problem("url", fmt::format("'{}' is no address to write to", without_query(sink.url)), std::move(wrong));
  } else if (sink.kind == Sink::Kind::line_protocol && !sink.url.contains("precision=")) {
    table.problem("url", fmt::format("'{}' does not say that timestamps are milliseconds", without_query(sink.url)),
                  "most engines take them for nanoseconds unless told: add ?precision=ms, or what the engine calls it");
  }
}

void read_credentials(TomlTable& table, const SiteDraft& draft, Sink& sink) {
  const KindKeys& keys = kind_keys[static_cast<std::size_t>(sink.kind)];
  if (keys.login) {
    sink.user = table.string("user").value_or("");
    sink.password_file = draft.file_of(table, "password_file");
    if (sink.user.empty() && !sink.password_file.empty())
      table.problem("password_file", "there is a password and no user", "add user = \"...\"");
    if (!sink.user.empty() && sink.password_file.empty() && sink.kind != Sink::Kind::mqtt)
      table.problem("user", "there is a user and no password", "add password_file = \"...\", a file with the password");
  }
  if (keys.token) sink.token_file = draft.file_of(table, "token_file");
  if (!sink.token_file.empty() && !sink.user.empty())
    table.problem("token_file", "a sink logs in with a user or with a token, not with both", "take one of them out");
  if (sink.kind == Sink::Kind::line_protocol) sink.token_scheme = table.string("token_scheme").value_or("Bearer");
  if (sink.token_scheme.find_first_of("\r\n ") != std::string::npos || sink.token_scheme.empty())
    table.problem("token_scheme", "'token_scheme' is one word", "it stands before the token, as Bearer or Token");
}

// "AB:CD:..." or plain hex, 32 bytes.
std::string fingerprint(TomlTable& table) {
  std::string text = table.string("certificate_sha256").value_or("");
  if (text.empty()) return {};
  std::string hex;
  for (const char c : text)
    if (c != ':') hex += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  if (hex.size() != 64 || hex.find_first_not_of("0123456789abcdef") != std::string::npos)
    table.problem(
        "certificate_sha256", "'certificate_sha256' is not a SHA-256 fingerprint",
        "it has 64 hexadecimal digits, as `openssl x509 -in server.pem -noout -fingerprint -sha256` prints it");
  return hex;
}

void read_tls(TomlTable& table, const SiteDraft& draft, Sink& sink) {
  sink.ca_file = draft.file_of(table, "ca_file");
  // Paho checks chains only.
  if (sink.kind != Sink::Kind::mqtt) sink.certificate_sha256 = fingerprint(table);
  const bool tls = sink.url.starts_with("https://") || sink.url.starts_with("mqtts://");
  for (const char* key : {"ca_file", "certificate_sha256"})
    if (!tls && table.has(key) && !sink.url.empty())
      table.problem(key, fmt::format("'{}' has no meaning without TLS", key),
                    sink.kind == Sink::Kind::mqtt ? "write mqtts://" : "write https://");
  if (table.has("ca_file") && table.has("certificate_sha256"))
    table.problem("certificate_sha256", "'certificate_sha256' trusts one certificate whoever signed it",
                  "take out it or ca_file");
}

void read_mqtt(TomlTable& table, const SiteDraft& draft, Sink& sink) {
  sink.topic = table.string("topic").value_or("compound-gateway/" + draft.site.id + "/points");
  if (sink.topic.empty() || sink.topic.find_first_of("+#") != std::string::npos || sink.topic.size() > 1000)
    table.problem("topic", fmt::format("'{}' is not a topic to publish to", sink.topic),
                  "a topic has no '+' or '#' in it, as \"compound-gateway/cangshan/points\"");
  sink.client_id = table.string("client_id").value_or("gateway-" + draft.site.id + "-" + sink.id);
  sink.most_message_bytes = static_cast<std::size_t>(table.quantity("max_message", message_units).value_or(64'000));
  if (sink.most_message_bytes < 1'000 || sink.most_message_bytes > 256'000'000)
    table.problem("max_message", "'max_message' is from 1 kB to 256 MB",
                  "what the broker takes; 64 kB is the default, cloud brokers take 128 kB or 256 kB");
}

Sink read_sink(TomlTable& table, const SiteDraft& draft) {
  Sink sink;
  sink.id = table.required_id("id");
  const auto kind = table.required_choice("kind", sink_kinds);
  sink.kind = static_cast<Sink::Kind>(kind.value_or(0));
  read_url(table, sink);
  switch (kind_keys[static_cast<std::size_t>(sink.kind)].database) {
    case Database::none:
      break;
    case Database::wanted:
      sink.database = table.required_string("database");
      break;
    case Database::optional:
      sink.database = table.string("database").value_or(sink.kind == Sink::Kind::greptimedb ? "public" : "");
      break;
  }
  if (sink.kind == Sink::Kind::influx2) {
    sink.organisation = table.string("organisation").value_or("");
    sink.bucket = table.required_string("bucket");
  }
  read_credentials(table, draft, sink);
  read_tls(table, draft, sink);
  if (sink.kind == Sink::Kind::mqtt) {
    read_mqtt(table, draft, sink);
  } else {
    sink.gzip = table.boolean("gzip").value_or(sink.kind != Sink::Kind::questdb);  // QuestDB refuses compressed bodies
  }
  sink.backlog_bytes_per_s = static_cast<std::uint64_t>(table.quantity("backlog_rate", rate_units).value_or(4'000'000));
  if (sink.backlog_bytes_per_s < 1'000)
    table.problem("backlog_rate", "'backlog_rate' is less than 1 kB/s",
                  "a backlog would never get shorter; 4 MB/s is the default");
  sink.timeout = table.duration("timeout").value_or(10s);
  if (kind) {
    table.finish();
  } else {
    table.finish_without_unknown_keys();  // which are known is not known
  }
  return sink;
}

}  // namespace

void read_sinks(TomlTable& root, SiteDraft& draft) {
  std::set<std::string> ids;
  for (auto& table : root.tables("sink")) {
    Sink sink = read_sink(table, draft);
    if (!sink.id.empty() && !ids.insert(sink.id).second)
      table.problem("id", fmt::format("id '{}' is taken by a sink above", sink.id), "ids must differ");
    draft.site.sinks.push_back(std::move(sink));
  }
}

}  // namespace gateway::site_reading
