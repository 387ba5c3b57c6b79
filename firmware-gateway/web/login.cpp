#include "firmware-gateway/web/login.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/random.h>
#include <unistd.h>

#include "firmware-gateway/web/peer_address.hpp"

namespace gateway {
namespace {

// Failures older than this no longer count: a person who mistypes once a day is not a guesser.
constexpr std::chrono::hours forgotten_after{1};
constexpr std::size_t token_bytes = 32;

std::string pair_of(const std::string& name, const std::string& address) { return name + '\n' + address; }

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

std::optional<std::chrono::seconds> Login::locked_for(const std::string& name, const std::string& address,
                                                      MonotonicTime now) const {
  const auto from = counted_address(address);
  MonotonicTime until{};
  const auto look = [&](const Suspects& suspects, const std::string& key) {
    if (const auto found = suspects.find(key); found != suspects.end())
      until = std::max(until, found->second.locked_until);
  };
  look(names_, pair_of(name, from));
  look(addresses_, from);
  if (!is_known(name, from)) {
    look(users_tried_, name);
    look(others_tried_, name);
  }
  if (until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(until - now);
}

bool Login::is_known(const std::string& name, const std::string& address) const {
  const auto found = known_.find(name);
  return found != known_.end() && std::ranges::find(found->second, address) != found->second.end();
}

// Who is locked keeps its entry while there are others: or it would be enough to come from many addresses.
Login::Suspect& Login::suspect(Suspects& suspects, const std::string& key, MonotonicTime now) {
  if (const auto found = suspects.find(key); found != suspects.end()) return found->second;
  drop_oldest(suspects, most_suspects, [now](const Suspect& suspect) {
    return std::pair{std::max(suspect.locked_until, now), suspect.last};
  });
  return suspects[key];
}

bool Login::count(Suspect& suspect, int allowed, MonotonicTime now) {
  if (suspect.failures > 0 && now - suspect.last > forgotten_after) suspect.failures = 0;
  ++suspect.failures;
  suspect.last = now;
  if (suspect.failures < allowed) return false;
  const int doublings = std::min(suspect.failures - allowed, 10);
  suspect.locked_until = now + std::min<std::chrono::seconds>(first_lock * (1 << doublings), longest_lock);
  return true;
}

bool Login::count_anywhere(Suspect& suspect, MonotonicTime now) {
  const auto forgotten = (now - suspect.last) / std::chrono::nanoseconds{name_failure_forgotten};
  suspect.failures -= static_cast<int>(std::min<std::int64_t>(forgotten, suspect.failures));
  return count(suspect, name_failures_anywhere, now);
}

bool Login::failed(const std::string& name, const std::string& address, MonotonicTime now) {
  const auto from = counted_address(address);
  auto& here = suspect(names_, pair_of(name, from), now);
  bool locked = count(here, name_failures, now);
  if (here.failures <= name_failures) locked = count_anywhere(suspect(of_names(name), name, now), now) || locked;
  return count(suspect(addresses_, from, now), address_failures, now) || locked;
}

Expected<std::string> Login::begin_session(const User& user, const std::string& address, MonotonicTime now) {
  std::array<unsigned char, token_bytes> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0)
    return failure(std::error_code{errno, std::generic_category()}, "random session token");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string token;
  for (const auto byte : bytes) (token += hex[byte >> 4]) += hex[byte & 15];
  // The address keeps its count: one right password does not excuse guessing at others.
  const auto from = counted_address(address);
  names_.erase(pair_of(user.name, from));
  auto& known = known_[user.name];
  std::erase(known, from);
  known.push_back(from);
  if (known.size() > most_known_addresses) known.pop_front();
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
