// A file that was put into the program at build time (cmake/EmbedFiles.cmake).
#pragma once

#include <span>
#include <string_view>

namespace gateway {

struct EmbeddedFile {
  std::string_view name;  // relative path, as "assets/index.js"
  const char* begin;
  const char* end;
  [[nodiscard]] std::string_view content() const noexcept { return {begin, static_cast<std::size_t>(end - begin)}; }
};

}  // namespace gateway
