#include "core/site/site_draft.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace gateway::site_reading {

std::string remedy_for(std::string_view what, const std::string& name, const std::vector<std::string_view>& known) {
  if (known.empty()) return fmt::format("add a [[{}]] with that id", what);
  const auto near = nearest(name, known);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  return fmt::format("add a [[{}]] with that id, or use one of: {}", what, fmt::join(known, ", "));
}

namespace {

bool holds_login(std::string_view url) {
  const auto scheme = url.find("://");
  const auto rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  if (rest.substr(0, rest.find_first_of("/?#")).contains('@')) return true;
  const auto question = rest.find('?');
  std::string query = question == std::string_view::npos ? std::string{} : std::string{rest.substr(question)};
  for (char& c : query) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  // api_key, apiKey, api-key, x-api-key; accessToken, access_token
  std::erase_if(query, [](char c) { return c == '_' || c == '-'; });
  static constexpr std::array<std::string_view, 10> names{"p",   "pw",   "pwd",       "pass", "auth",
                                                          "key", "sign", "signature", "sig",  "jwt"};
  static constexpr std::array<std::string_view, 8> parts{"password", "passwd",    "secret",        "token",
                                                         "apikey",   "accesskey", "authorization", "credential"};
  for (auto at = query.find_first_of("?&;"); at != std::string::npos; at = query.find_first_of("&;", at + 1)) {
    const auto name = std::string_view{query}.substr(at + 1, query.find_first_of("=&;", at + 1) - at - 1);
    if (std::ranges::find(names, name) != names.end() ||
        std::ranges::any_of(parts, [&](std::string_view part) { return name.contains(part); }))
      return true;
  }
  return false;
}

}  // namespace

bool tell_login(TomlTable& table, std::string_view url) {
  if (!holds_login(url)) return false;
  table.problem("url", "there is a user, a password or a token in the address",
                "addresses are shown on pages and told in the log: take it out, and write user and password_file, or "
                "token_file");
  return true;
}

bool tell_stray_bytes(TomlTable& table, std::string_view url) {
  if (std::ranges::none_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }))
    return false;
  table.problem("url", "there is a space, a line break or another control character in the address",
                "an address has none; inside of one a space is %20");
  return true;
}

void SiteDraft::claim(TomlTable& table, const std::string& id, std::string_view what) {
  if (id.empty()) return;
  if (id == "compound") {
    table.problem("id", "'compound' is the name of the whole site", "choose another id");
    return;
  }
  const auto [place, fresh] = claimed.emplace(id, what);
  if (!fresh)
    table.problem("id", fmt::format("id '{}' is taken by {} above", id, place->second),
                  "ids of areas, meters and sensors must all differ");
}

AreaId SiteDraft::area_of(TomlTable& table) const {
  const auto name = table.string("area");
  return name ? areas.resolve(table, "area", *name) : AreaId{};
}

std::filesystem::path SiteDraft::file_of(TomlTable& table, std::string_view key) const {
  std::filesystem::path given = table.string(key).value_or("");
  if (given.empty() || given.is_absolute()) return given;
  if (given.has_parent_path()) return folder / given;
  // The folder and what is in it are fixed for the life of the process (systemd.exec(5), CREDENTIALS). A credential
  // that systemd took from a folder has the unit's name for it in front: LoadCredential=site:/etc/... makes site_NAME.
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  std::error_code unreadable;
  if (credentials != nullptr && *credentials != '\0')
    for (const std::string& name : {given.string(), "site_" + given.string()})
      if (auto file = std::filesystem::path{credentials} / name; std::filesystem::exists(file, unreadable)) return file;
  // Where the service has its credentials from, for a command that a person runs.
  auto kept = folder / "credentials" / given;
  auto beside = folder / given;
  if (std::filesystem::exists(kept, unreadable)) return kept;
  // Who may not look in there is told that. Where there is no secret, what is told names the place that it belongs to,
  // which root alone can read.
  const bool belongs = unreadable == std::errc::permission_denied || key != "ca_file";
  return belongs && !std::filesystem::exists(beside, unreadable) ? kept : beside;
}

void SiteDraft::add_point(std::vector<PointId>& of_device, Point point) {
  of_device.push_back(PointId{site.points.size()});
  site.points.push_back(point);
}

Name read_name(TomlTable& table, std::string_view otherwise) {
  Name name;
  name.local = table.string("name").value_or(std::string(otherwise));
  name.english = table.string("name_en").value_or(name.local);
  return name;
}

double read_demand_limit(TomlTable& table) {
  static constexpr std::array<TomlTable::Unit, 3> units{{{"kW", 1e3}, {"W", 1}, {"MW", 1e6}}};
  const auto limit = table.quantity("demand_limit", units);
  if (limit && *limit <= 0)
    table.problem("demand_limit", "'demand_limit' is nothing", "leave it out when there is no limit");
  return limit.value_or(0);
}

std::uint16_t read_months(TomlTable& table, std::string_view key) {
  if (!table.has(key)) return 0xFFF;
  std::uint16_t months = 0;
  for (const auto month : table.integers(key, 1, 12)) months |= static_cast<std::uint16_t>(1u << (month - 1));
  return months;
}

std::optional<std::int64_t> read_millionths(TomlTable& table, std::string_view key) {
  const auto value = table.number(key);
  if (!value) return std::nullopt;
  const auto millionths = *value * 1e6;
  if (*value < 0 || *value > 1e6) {
    table.problem(key, fmt::format("'{}' is {}", key, *value), "it must be from 0 to 1,000,000");
  } else if (std::abs(millionths - std::round(millionths)) > 1e-3) {
    table.problem(key, fmt::format("'{}' is {}", key, *value), "six decimals at most");
  } else {
    return std::llround(millionths);
  }
  return std::nullopt;
}

double positive(TomlTable& table, std::string_view key, double otherwise) {
  const auto value = table.number(key);
  if (!value) return otherwise;
  if (*value <= 0) table.problem(key, fmt::format("'{}' is {}", key, *value), "it must be more than 0");
  return *value;
}

}  // namespace gateway::site_reading
