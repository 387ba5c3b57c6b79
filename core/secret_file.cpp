#include "core/secret_file.hpp"

#include <array>
#include <cerrno>
#include <fstream>

namespace gateway {

SecretFile::Version SecretFile::version() const {
  std::error_code error;
  Version version;
  version.time = std::filesystem::last_write_time(path_, error);
  if (error) return {};
  version.size = std::filesystem::file_size(path_, error);
  return version;
}

bool SecretFile::changed() const { return given() && version() != seen_; }

Expected<std::string> SecretFile::read() {
  seen_ = version();
  errno = 0;
  std::ifstream in(path_, std::ios::binary);
  if (!in) return failure(std::error_code{errno != 0 ? errno : ENOENT, std::generic_category()}, path_.string());
  std::array<char, std::size_t{16} * 1024> content{};
  in.read(content.data(), content.size());
  std::string secret(content.data(), static_cast<std::size_t>(in.gcount()));
  while (!secret.empty() && static_cast<unsigned char>(secret.back()) <= ' ') secret.pop_back();
  if (secret.empty() || secret.find_first_of("\r\n") != std::string::npos)
    return failure(std::errc::invalid_argument, path_.string() + " should hold the secret, in one line");
  return secret;
}

}  // namespace gateway
