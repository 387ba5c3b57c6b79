#include "cloud-sync/store/folder_lock.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace gateway {

Expected<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const auto path = folder / "gateway.lock";
  FolderLock lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
  if (lock.file_ < 0) return failure(std::error_code{errno, std::generic_category()}, path.string());
  if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failure(std::error_code{errno, std::generic_category()}, path.string());
    std::array<char, 32> holder{};
    const auto length = ::pread(lock.file_, holder.data(), holder.size() - 1, 0);
    std::string who = "another gateway";
    if (length > 0) who += " (process " + std::string{holder.data(), static_cast<std::size_t>(length)} + ")";
    return failure(std::errc::device_or_resource_busy, who + " uses the data folder " + folder.string());
  }
  const std::string process = std::to_string(::getpid());
  // The number is only for the message above; without it the lock is as good.
  if (::ftruncate(lock.file_, 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(lock.file_, process.data(), process.size(), 0);
  }
  return lock;
}

std::optional<int> FolderLock::holder(const std::filesystem::path& folder) {
  std::ifstream file(folder / "gateway.lock");
  int process = 0;
  if (!(file >> process) || process <= 0) return std::nullopt;
  if (::kill(process, 0) != 0 && errno != EPERM) return std::nullopt;
  return process;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

void sync_file(const std::filesystem::path& path) noexcept {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

void sync_folder(const std::filesystem::path& folder) noexcept {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace gateway
