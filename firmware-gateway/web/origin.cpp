#include "firmware-gateway/web/origin.hpp"

#include <algorithm>

namespace gateway {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_name_char(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '.' || c == '-' || c == '_';
}

struct HostPort {
  std::string_view name;  // IPv6 with its brackets
  std::string_view port;
  bool well_formed = false;
};

HostPort split(std::string_view host) noexcept {
  HostPort parts;
  std::string_view rest;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return parts;
    parts.name = host.substr(0, end + 1);
    rest = host.substr(end + 1);
    if (!std::ranges::all_of(host.substr(1, end - 1), [](char c) {
          return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f') || c == ':' || c == '.';
        }))
      return parts;
  } else {
    const auto colon = host.find(':');
    parts.name = host.substr(0, colon);
    if (colon != std::string_view::npos) rest = host.substr(colon);
    if (parts.name.empty() || !std::ranges::all_of(parts.name, is_name_char)) return parts;
  }
  if (!rest.empty()) {
    parts.port = rest.substr(1);
    if (rest.front() != ':' || parts.port.empty() || parts.port.size() > 5 ||
        !std::ranges::all_of(parts.port, is_digit))
      return parts;
  }
  parts.well_formed = true;
  return parts;
}

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool is_well_formed_host(std::string_view host) noexcept { return split(host).well_formed; }

bool is_loopback_host(std::string_view host) noexcept {
  const auto parts = split(host);
  if (!parts.well_formed) return false;
  if (parts.name == "[::1]" || equal_without_case(parts.name, "localhost")) return true;
  return parts.name.starts_with("127.") &&
         std::ranges::all_of(parts.name, [](char c) { return is_digit(c) || c == '.'; });
}

bool is_own_host(std::string_view host, std::span<const std::string> names) noexcept {
  const auto parts = split(host);
  if (!parts.well_formed) return false;
  if (is_loopback_host(host) || parts.name.starts_with('[')) return true;
  if (std::ranges::all_of(parts.name, [](char c) { return is_digit(c) || c == '.'; })) return true;  // IPv4
  const auto name = parts.name.ends_with('.') ? parts.name.substr(0, parts.name.size() - 1) : parts.name;
  return std::ranges::any_of(names, [&](std::string_view each) { return equal_without_case(each, name); });
}

bool is_same_origin(std::string_view origin, std::string_view host) noexcept {
  if (origin.empty()) return true;
  std::string_view default_port;
  if (origin.starts_with("http://")) {
    origin.remove_prefix(7);
    default_port = "80";
  } else if (origin.starts_with("https://")) {
    origin.remove_prefix(8);
    default_port = "443";
  } else {
    return false;  // "null" too: a sandboxed frame, a file
  }
  const auto a = split(origin);
  const auto b = split(host);
  const auto port = [&](const HostPort& parts) { return parts.port.empty() ? default_port : parts.port; };
  return a.well_formed && b.well_formed && equal_without_case(a.name, b.name) && port(a) == port(b);
}

}  // namespace gateway
