#include "core/plain_secrets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/confidential.hpp"
#include "core/site.hpp"

namespace gateway {
namespace {

// The scheme with TLS of an address without; "": it has TLS.
std::string_view secure_scheme(std::string_view url) noexcept {
  return url.starts_with("http://") ? "https://" : url.starts_with("mqtt://") ? "mqtts://" : "";
}

void look(std::vector<std::string>& lines, std::string_view who, std::string_view url, std::string_view secret) {
  const auto secure = secure_scheme(url);
  if (secret.empty() || secure.empty() || is_loopback(url)) return;
  lines.push_back(fmt::format("{}: {} goes to {} in plain text, for everybody on the way to read; {} would be right",
                              who, secret, host_of_address(url), secure));
}

std::string_view secret_of(const Notify& notify) noexcept {
  if (notify.kind == Notify::Kind::mqtt) return notify.password_file.empty() ? "" : "its password";
  if (!notify.token_file.empty()) return "its token";
  return notify.url.contains('?') ? "what its address has behind the '?'" : "";
}

}  // namespace

bool is_loopback(std::string_view url) noexcept {
  auto host = host_of_address(url);
  if (const auto scheme = host.find("://"); scheme != std::string_view::npos) host.remove_prefix(scheme + 3);
  host = host.starts_with('[') ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':'));
  const bool dotted = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "::1" || (dotted && host.starts_with("127."));
}

std::vector<std::string> plain_secrets(const Site& site) {
  std::vector<std::string> lines;
  if (site.broker) look(lines, "[broker]", site.broker->url, site.broker->password_file.empty() ? "" : "its password");
  for (const auto& sink : site.sinks)
    look(lines, "sink " + sink.id, sink.url,
         !sink.token_file.empty()      ? "its token"
         : !sink.password_file.empty() ? "its password"
                                       : "");
  if (!site.web.tls() && !is_loopback(site.web.host.contains(':') ? "[" + site.web.host + "]" : site.web.host))
    lines.push_back(
        "[web]: passwords of the dashboard go over the network in plain text, for everybody on the way to read; "
        "tls = \"self-signed\" would be right");
  for (const auto& notify : site.notifiers) look(lines, "notify " + notify.id, notify.url, secret_of(notify));
  return lines;
}

}  // namespace gateway
