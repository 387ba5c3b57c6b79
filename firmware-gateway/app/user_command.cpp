#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/web/users.hpp"

namespace gateway {
namespace {

constexpr const char* takes_effect =
    "A gateway that is running takes this in when it reads its configuration anew: systemctl reload compound-gateway, "
    "or "
    "kill -HUP. Everybody then logs in again.\n";

// Keeps what is typed off the screen for as long as it lives.
class NoEcho {
 public:
  NoEcho() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::optional<std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<std::string> ask(const char* question) {
  fmt::print(stderr, "{}: ", question);
  std::fflush(stderr);
  const NoEcho quiet;
  auto line = read_line();
  fmt::print(stderr, "\n");
  return line;
}

std::optional<std::string> ask_password() {
  if (::isatty(STDIN_FILENO) == 0) {
    auto line = read_line();
    if (!line) fmt::print(stderr, "no password: its first line is read from standard input\n");
    return line;
  }
  auto password = ask("Password (at least 10 letters, digits or signs)");
  if (!password) return std::nullopt;
  if (ask("The same again") != password) {
    fmt::print(stderr, "the two passwords differ; nothing was changed\n");
    return std::nullopt;
  }
  return password;
}

bool folder_is_there(const std::string& data) {
  std::error_code error;
  if (std::filesystem::is_directory(data, error)) return true;
  fmt::print(stderr, "there is no folder {}; --data is the one that `gateway run` uses\n", data);
  return false;
}

int tell(const Error& error) {
  fmt::print(stderr, "{}\n", error.message());
  return error.code == std::errc::invalid_argument ? exit_bad_arguments : exit_failed;
}

}  // namespace

int user_add(const UserArguments& arguments) {
  if (!folder_is_there(arguments.data)) return exit_bad_arguments;
  const auto role = role_named(arguments.role);
  if (!role) return exit_bad_arguments;
  const auto password = ask_password();
  if (!password) return exit_bad_arguments;
  if (auto added = add_user(users_file(arguments.data), arguments.name, *role, *password); !added)
    return tell(added.error());
  fmt::print("{} may log in as {}.\n{}", arguments.name, name_of(*role), takes_effect);
  return 0;
}

int user_list(const UserArguments& arguments) {
  if (!folder_is_there(arguments.data)) return exit_bad_arguments;
  const auto users = read_users(users_file(arguments.data));
  if (!users) return tell(users.error());
  if (users->empty())
    fmt::print(
        "There are no users: nobody has to log in, and the dashboard is served on the loopback interface only.\n");
  for (const auto& user : *users) fmt::print("{:<10} {}\n", name_of(user.role), user.name);
  return 0;
}

int user_remove(const UserArguments& arguments) {
  if (!folder_is_there(arguments.data)) return exit_bad_arguments;
  const auto removed = remove_user(users_file(arguments.data), arguments.name);
  if (!removed) return tell(removed.error());
  if (!*removed) {
    fmt::print(stderr, "there is no user {}; `gateway user list` shows them\n", arguments.name);
    return exit_failed;
  }
  fmt::print("{} may no longer log in.\n{}", arguments.name, takes_effect);
  return 0;
}

}  // namespace gateway
