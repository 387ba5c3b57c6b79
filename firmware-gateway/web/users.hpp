// Who may log in: a file of lines `name:role:argon2id hash`, readable by its owner only.
//
// Written by `gateway user add`, read by the web server. A password is held as its Argon2id hash (RFC 9106) and nowhere
// else. hash_password() and password_matches() take some 50 ms and 12 MiB on purpose: not for the network thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace gateway {

// Each may do what those before it may. viewer: see; operator: acknowledge; admin: what changes the gateway itself.
enum class Role : std::uint8_t { viewer, operator_, admin };
[[nodiscard]] std::string_view name_of(Role role) noexcept;
[[nodiscard]] std::optional<Role> role_named(std::string_view name) noexcept;

struct User {
  std::string name;
  Role role{};
  std::string hash;
};

// 12 MiB and 3 passes: one of the equally strong settings of OWASP's Password Storage Cheat Sheet, chosen for little
// memory.
struct PasswordCost {
  std::uint32_t passes = 3;
  std::uint32_t kib = 12 * 1024;
};

inline constexpr std::size_t longest_password = 1000;  // bytes

[[nodiscard]] Expected<std::string> hash_password(std::string_view password, PasswordCost cost = {});
[[nodiscard]] bool password_matches(const std::string& hash, std::string_view password) noexcept;

// Where a gateway with this data folder keeps its users.
[[nodiscard]] std::filesystem::path users_file(const std::filesystem::path& data_folder);

// No file: no users. Error: it can't be read (illegal_byte_sequence: a line is not as it should be; the context names
// it).
[[nodiscard]] Expected<std::vector<User>> read_users(const std::filesystem::path& file);

// Adds the user, or gives an existing one this role and password. The file is replaced whole, so a reader sees the old
// or the new; written by root it belongs to whom its folder belongs, so that the service can read it. Error:
// invalid_argument for a name (1 to 64 bytes, no colon, no control characters) or a password (10 letters to 1,000
// bytes) that won't do, or what the file system says.
Expected<void> add_user(const std::filesystem::path& file, std::string_view name, Role role, std::string_view password,
                        PasswordCost cost = {});

// False: there was no such user, the file is as it was. Errors as for add_user().
Expected<bool> remove_user(const std::filesystem::path& file, std::string_view name);

}  // namespace gateway
