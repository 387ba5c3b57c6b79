// Who is logged in, and who has guessed too often. Pure logic on a clock that is handed in; for the network thread.
//
// Sessions live in memory: a restart asks everybody to log in again. Five wrong passwords in a row lock a name for the
// address that they came from, twenty wrong ones an address, for a time that doubles with each further failure. Guesses
// at one name from many addresses lock it for all of them, but not for one from which it has logged in before: nobody
// keeps somebody out who is known there. Addresses are counted as in peer_address.hpp. All tables are bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "firmware-gateway/web/users.hpp"

namespace gateway {

struct SessionUser {
  std::string name;
  Role role{};
};

class Login {
 public:
  static constexpr int name_failures = 5;  // of one address
  // Of all addresses together, of each its first five; one is forgotten in five minutes. So it takes five addresses.
  static constexpr int name_failures_anywhere = 25;
  static constexpr std::chrono::minutes name_failure_forgotten{5};
  static constexpr int address_failures = 20;
  static constexpr std::chrono::seconds first_lock{30};
  static constexpr std::chrono::seconds longest_lock{15 * 60};
  static constexpr std::chrono::hours idle_limit{12};
  static constexpr std::chrono::hours longest_session{7 * 24};
  static constexpr std::size_t most_sessions = 500;
  static constexpr std::size_t most_suspects = 1000;
  static constexpr std::size_t most_known_addresses = 16;  // of one user

  // Without users nobody needs to log in, and nobody can.
  explicit Login(std::vector<User> users) : users_(std::move(users)) {}

  [[nodiscard]] bool required() const noexcept { return !users_.empty(); }
  [[nodiscard]] std::string any_hash() const { return users_.empty() ? std::string{} : users_.front().hash; }
  [[nodiscard]] const User* find(std::string_view name) const noexcept;

  // How long this name, from this address, is not listened to; nullopt: it may try.
  [[nodiscard]] std::optional<std::chrono::seconds> locked_for(const std::string& name, const std::string& address,
                                                               MonotonicTime now) const;
  // Returns true when this failure was the one that locked.
  bool failed(const std::string& name, const std::string& address, MonotonicTime now);
  // The password was right: a new session's token, 64 hex digits from the system's random source.
  [[nodiscard]] Expected<std::string> begin_session(const User& user, const std::string& address, MonotonicTime now);

  // Using a session keeps it alive.
  std::optional<SessionUser> session(std::string_view token, MonotonicTime now);
  void end_session(std::string_view token);
  [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.size(); }

 private:
  struct Session {
    SessionUser user;
    MonotonicTime began;
    MonotonicTime used;
  };
  struct Suspect {
    int failures = 0;
    MonotonicTime last{};
    MonotonicTime locked_until{};
  };
  using Suspects = std::map<std::string, Suspect, std::less<>>;
  static Suspect& suspect(Suspects& suspects, const std::string& key, MonotonicTime now);
  static bool count(Suspect& suspect, int allowed, MonotonicTime now);
  static bool count_anywhere(Suspect& suspect, MonotonicTime now);
  [[nodiscard]] bool is_known(const std::string& name, const std::string& address) const;
  // What nobody is called is counted apart, so that guesses at names push no user's count out.
  Suspects& of_names(const std::string& name) { return find(name) != nullptr ? users_tried_ : others_tried_; }

  std::vector<User> users_;
  std::map<std::string, Session, std::less<>> sessions_;
  Suspects names_;        // by name and address
  Suspects users_tried_;  // by name, from wherever; as many as there are users
  Suspects others_tried_;
  Suspects addresses_;
  std::map<std::string, std::deque<std::string>> known_;  // by name: the addresses it logged in from, newest last
};

// The value of one cookie of a Cookie header; empty when there is none.
[[nodiscard]] std::string_view cookie_value(std::string_view header, std::string_view name) noexcept;

}  // namespace gateway
