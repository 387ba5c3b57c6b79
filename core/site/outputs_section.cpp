#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/bus_url.hpp"
#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;
using Unit = TomlTable::Unit;

constexpr std::array<Unit, 4> byte_units{{{"MB", 1e6}, {"GB", 1e9}, {"kB", 1e3}, {"B", 1}}};

}  // namespace

namespace {

bool is_host_name(std::string_view name) noexcept {
  constexpr std::string_view marks = "-._";
  return !name.empty() && name.size() <= 253 && name.front() != '.' && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

void read_web_tls(TomlTable& table, const SiteDraft& draft, Web& web) {
  static constexpr std::array<std::string_view, 2> kinds{"none", "self-signed"};
  web.certificate = draft.file_of(table, "certificate");
  web.key = draft.file_of(table, "key");
  web.self_signed = table.choice("tls", kinds).value_or(0) == 1;
  if (web.certificate.empty() != web.key.empty())
    table.problem(web.key.empty() ? "certificate" : "key", "'certificate' and 'key' belong together",
                  "name both files, or write tls = \"self-signed\"");
  if (web.self_signed && !web.certificate.empty())
    table.problem("tls", "there is a certificate, so none is made",
                  "leave out tls = \"self-signed\", or certificate and key");
}

}  // namespace

void read_web(TomlTable& root, SiteDraft& draft) {
  auto table = root.table("web");
  if (!table) return;
  if (const auto listen = table->string("listen")) {
    const auto address = parse_bus_url("tcp://" + *listen);  // host:port, with IPv6 in brackets
    // "8080" alone would be the address 0.0.31.144
    const bool port_alone = listen->find_first_not_of("0123456789") == std::string::npos;
    if (address && !port_alone) {
      draft.site.web.host = address->host;
      draft.site.web.port = listen->ends_with(':' + std::to_string(address->port)) ? address->port : 8080;
    } else {
      table->problem("listen", fmt::format("'{}' is not an address to listen on", *listen),
                     "write host:port, as \"127.0.0.1:8080\" or \"[::1]:8080\"");
    }
  }
  read_web_tls(*table, draft, draft.site.web);
  draft.site.web.names = table->strings("names");
  for (const auto& name : draft.site.web.names)
    if (!is_host_name(name))
      table->problem("names", fmt::format("'{}' is not the name of a machine", name),
                     "write it as browsers do, without port or http://, as \"gateway.example.org\"");
  table->finish();
}

void read_store(TomlTable& root, SiteDraft& draft) {
  draft.site.store = {4'000'000'000, 60 * 24h, 400 * 24h, 3 * 366 * 24h, 3 * 365 * 24h};
  auto table = root.table("store");
  if (!table) return;
  draft.site.store.max_bytes = static_cast<std::uint64_t>(
      table->quantity("max_bytes", byte_units).value_or(static_cast<double>(draft.site.store.max_bytes)));
  if (draft.site.store.max_bytes < 10'000'000)
    table->problem("max_bytes", "'max_bytes' is less than 10 MB",
                   "that is a few hours of outage at most; 4 GB is the default");
  draft.site.store.max_age = table->duration("max_age").value_or(draft.site.store.max_age);
  draft.site.store.keep_minutes = table->duration("keep_minutes").value_or(draft.site.store.keep_minutes);
  draft.site.store.keep_quarters = table->duration("keep_quarters").value_or(draft.site.store.keep_quarters);
  if (draft.site.store.keep_quarters < 62 * 24h)
    table->problem("keep_quarters", "'keep_quarters' is less than 62 days",
                   "the demand of last month could not be checked any more; three years (\"1098d\") is the default");
  draft.site.store.keep_alarms = table->duration("keep_alarms").value_or(draft.site.store.keep_alarms);
  if (draft.site.store.keep_alarms < 7 * 24h)
    table->problem("keep_alarms", "'keep_alarms' is less than 7 days",
                   "nobody could look into an incident any more; three years (\"1095d\") is the default");
  table->finish();
}

}  // namespace gateway::site_reading
