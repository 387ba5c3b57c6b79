// One gateway a data folder. The lock is the kernel's (flock): it ends with the process, however that ends.
#pragma once

#include <filesystem>
#include <optional>

#include "core/error.hpp"

namespace gateway {

class FolderLock {
 public:
  // Error: device_or_resource_busy, naming the process that holds it; or what the system says.
  static Expected<FolderLock> take(const std::filesystem::path& folder);
  // The process that holds it, as far as can be told without taking it.
  static std::optional<int> holder(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~FolderLock();

 private:
  explicit FolderLock(int file) noexcept : file_(file) {}
  int file_;
};

// Makes what was written to the file survive a power cut.
void sync_file(const std::filesystem::path& file) noexcept;
// Makes names that were created in the folder survive a power cut.
void sync_folder(const std::filesystem::path& folder) noexcept;

}  // namespace gateway
