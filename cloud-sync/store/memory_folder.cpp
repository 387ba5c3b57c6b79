#include "cloud-sync/store/memory_folder.hpp"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "cloud-sync/store/database.hpp"

namespace gateway {

namespace fs = std::filesystem;

bool is_refusing_disk(const std::error_code& code) noexcept {
  if (is_disk_trouble(code)) return true;
  for (const auto condition : {std::errc::read_only_file_system, std::errc::no_space_on_device, std::errc::io_error})
    if (code == condition) return true;
  return code.value() == EDQUOT && code.category() == std::generic_category();
}

fs::path memory_folder_of(const fs::path& data_folder) {
  std::error_code error;
  auto absolute = fs::weakly_canonical(data_folder, error).string();
  if (error) absolute = data_folder.string();
  const auto number = crc32(0, reinterpret_cast<const Bytef*>(absolute.data()), static_cast<uInt>(absolute.size()));
  const fs::path memory = "/dev/shm";
  return (fs::is_directory(memory, error) ? memory : fs::temp_directory_path(error)) /
         ("compound-gateway-" + std::to_string(::geteuid()) + "-" + std::to_string(number));
}

Expected<void> make_memory_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return failure(std::error_code{errno, std::generic_category()}, folder.string());
  struct stat about {};
  if (::lstat(folder.c_str(), &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != ::geteuid() ||
      (about.st_mode & 077) != 0)
    return failure(std::errc::operation_not_permitted, folder.string() + " is somebody else's");
  return {};
}

bool takes_writes(const fs::path& data_folder) noexcept {
  try {
    const auto probe = data_folder / ".probe";
    const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const std::array<char, 65536> block{};
    bool good = true;
    for (int i = 0; i < 16 && good; ++i)
      good = ::write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size());
    good = good && ::fsync(file) == 0;
    ::close(file);
    ::unlink(probe.c_str());
    return good;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace gateway
