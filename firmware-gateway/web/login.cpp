#include "firmware-gateway/web/login.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/random.h>
#include <unistd.h>

namespace gateway {
namespace {

// Failures older than this no longer count: a person who mistypes once a day is not a guesser.
constexpr std::chrono::hours forgotten_after{1};
constexpr std::size_t token_bytes = 32;

template <class Map, class Time>
void drop_oldest(Map& map, std::size_t most, Time time) {
  if (map.size() < most) return;
  map.erase(std::ranges::min_element(map, {}, [&](const auto& entry) { return time(entry.second); }));
}

}  // namespace

const User* Login::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(users_, name, &User::name);
  return found == users_.end() ? nullptr : &*found;
}

std::optional<std::chrono::seconds> Login::locked_for(std::string_view name, std::string_view address,
                                                      MonotonicTime now) const {
  MonotonicTime until{};
  if (const auto found = names_.find(name); found != names_.end()) until = found->second.locked_until;
  if (const auto found = addresses_.find(address); found != addresses_.end())
    until = std::max(until, found->second.locked_until);
  if (until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(until - now);
}

bool Login::count_failure(Suspects& suspects, std::string_view key, int allowed, MonotonicTime now) {
  auto found = suspects.find(key);
  if (found == suspects.end()) {
    drop_oldest(suspects, most_suspects, [](const Suspect& suspect) { return suspect.last; });
    found = suspects.emplace(std::string{key}, Suspect{}).first;
  }
  auto& suspect = found->second;
  if (suspect.failures > 0 && now - suspect.last > forgotten_after) suspect.failures = 0;
  ++suspect.failures;
  suspect.last = now;
  if (suspect.failures < allowed) return false;
  const int doublings = std::min(suspect.failures - allowed, 10);
  suspect.locked_until = now + std::min<std::chrono::seconds>(first_lock * (1 << doublings), longest_lock);
  return true;
}

bool Login::failed(std::string_view name, std::string_view address, MonotonicTime now) {
  const bool name_locked = count_failure(names_, name, name_failures, now);
  const bool address_locked = count_failure(addresses_, address, address_failures, now);
  return name_locked || address_locked;
}

Expected<std::string> Login::begin_session(const User& user, MonotonicTime now) {
  std::array<unsigned char, token_bytes> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0)
    return failure(std::error_code{errno, std::generic_category()}, "random session token");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string token;
  for (const auto byte : bytes) (token += hex[byte >> 4]) += hex[byte & 15];
  names_.erase(user.name);  // the address keeps its count: one right password does not excuse guessing at others
  drop_oldest(sessions_, most_sessions, [](const Session& session) { return session.used; });
  sessions_[token] = {{user.name, user.role}, now, now};
  return token;
}

std::optional<SessionUser> Login::session(std::string_view token, MonotonicTime now) {
  const auto found = sessions_.find(token);
  if (found == sessions_.end()) return std::nullopt;
  auto& session = found->second;
  if (now - session.used > idle_limit || now - session.began > longest_session) {
    sessions_.erase(found);
    return std::nullopt;
  }
  session.used = now;
  return session.user;
}

void Login::end_session(std::string_view token) {
  if (const auto found = sessions_.find(token); found != sessions_.end()) sessions_.erase(found);
}

std::string_view cookie_value(std::string_view header, std::string_view name) noexcept {
  while (!header.empty()) {
    const auto end = header.find(';');
    auto pair = header.substr(0, end);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    if (end == std::string_view::npos) break;
    header.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace gateway
