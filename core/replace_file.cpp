#include "core/replace_file.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gateway {
namespace {

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

}  // namespace

Expected<void> replace_file(const std::filesystem::path& file, std::string_view text) {
  const std::string beside = file.string() + ".new";
  // What lies there may be a link that the folder's owner made for root to follow: never opened, always made anew.
  ::unlink(beside.c_str());
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return failure(last_error(), "write " + beside);
  bool good = true;
  struct stat folder {};
  if (good && ::geteuid() == 0 && ::stat(file.has_parent_path() ? file.parent_path().c_str() : ".", &folder) == 0)
    good = ::fchown(fd, folder.st_uid, folder.st_gid) == 0;
  while (good && !text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    good = written > 0;
    if (good) text.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && ::fsync(fd) == 0;
  const auto error = last_error();
  ::close(fd);
  if (!good) return failure(error, "write " + beside);
  if (::rename(beside.c_str(), file.c_str()) != 0) return failure(last_error(), "replace " + file.string());
  return {};
}

}  // namespace gateway
