#include "firmware-gateway/web/users.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

#include <argon2.h>
#include <sys/random.h>

#include "core/replace_file.hpp"

namespace gateway {
namespace {

constexpr std::array<std::string_view, 3> role_names{"viewer", "operator", "admin"};
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;
constexpr std::size_t shortest_password = 10;  // letters

std::size_t letters_in(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

bool is_user_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 && std::ranges::none_of(name, [](char c) {
    return c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

std::optional<User> parse_line(std::string_view line) {
  const auto first = line.find(':');
  const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  User user;
  user.name = line.substr(0, first);
  const auto role = role_named(line.substr(first + 1, second - first - 1));
  user.hash = line.substr(second + 1);
  if (!is_user_name(user.name) || !role || !user.hash.starts_with("$argon2id$")) return std::nullopt;
  user.role = *role;
  return user;
}

Expected<void> write_users(const std::filesystem::path& file, const std::vector<User>& users) {
  std::string text = "# name:role:Argon2id hash. Written by `gateway user add`.\n";
  for (const auto& user : users)
    text.append(user.name).append(":").append(name_of(user.role)).append(":").append(user.hash).append("\n");
  return replace_file(file, text);
}

}  // namespace

std::string_view name_of(Role role) noexcept { return role_names[static_cast<std::size_t>(role)]; }

std::optional<Role> role_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(role_names, name);
  if (found == role_names.end()) return std::nullopt;
  return static_cast<Role>(found - role_names.begin());
}

Expected<std::string> hash_password(std::string_view password, PasswordCost cost) {
  std::array<unsigned char, salt_bytes> salt{};
  if (::getentropy(salt.data(), salt.size()) != 0) return failure(last_error(), "random salt");
  std::string encoded(argon2_encodedlen(cost.passes, cost.kib, 1, salt_bytes, hash_bytes, Argon2_id), '\0');
  const int result = argon2id_hash_encoded(cost.passes, cost.kib, 1, password.data(), password.size(), salt.data(),
                                           salt.size(), hash_bytes, encoded.data(), encoded.size());
  if (result != ARGON2_OK) return failure(std::errc::not_enough_memory, argon2_error_message(result));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool password_matches(const std::string& hash, std::string_view password) noexcept {
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

std::filesystem::path users_file(const std::filesystem::path& data_folder) { return data_folder / "users"; }

Expected<std::vector<User>> read_users(const std::filesystem::path& file) {
  std::vector<User> users;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (error) return failure(error, "read " + file.string());
    return users;
  }
  std::ifstream in{file};
  if (!in) return failure(last_error(), "read " + file.string());
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    auto user = parse_line(line);
    if (!user)
      return failure(std::errc::illegal_byte_sequence,
                     file.string() + ':' + std::to_string(number) + ": not name:role:hash");
    users.push_back(std::move(*user));
  }
  return users;
}

Expected<void> add_user(const std::filesystem::path& file, std::string_view name, Role role, std::string_view password,
                        PasswordCost cost) {
  if (!is_user_name(name))
    return failure(std::errc::invalid_argument, "a user name has 1 to 64 bytes, no colon and no control characters");
  if (letters_in(password) < shortest_password)
    return failure(std::errc::invalid_argument, "the password is too short: at least 10 letters, digits or signs");
  if (password.size() > longest_password)
    return failure(std::errc::invalid_argument, "the password is too long: 1,000 letters at most, fewer in Chinese");
  auto users = read_users(file);
  if (!users) return std::unexpected(users.error());
  auto hash = hash_password(password, cost);
  if (!hash) return std::unexpected(hash.error());
  auto place = std::ranges::find(*users, name, &User::name);
  if (place == users->end()) place = users->insert(users->end(), User{std::string{name}, role, {}});
  place->role = role;
  place->hash = std::move(*hash);
  return write_users(file, *users);
}

Expected<bool> remove_user(const std::filesystem::path& file, std::string_view name) {
  auto users = read_users(file);
  if (!users) return std::unexpected(users.error());
  if (std::erase_if(*users, [&](const User& user) { return user.name == name; }) == 0) return false;
  if (auto written = write_users(file, *users); !written) return std::unexpected(written.error());
  return true;
}

}  // namespace gateway
