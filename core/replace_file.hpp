// Writes a small file whole or not at all: beside the old one, made durable, then put in its place. Readable by its
// owner only; written by root, it belongs to the owner of its folder. Any thread, one at a time for one file.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/error.hpp"

namespace gateway {

// Errors are the system's: no space, no permission, no such folder. The old file then stands as it was.
[[nodiscard]] Expected<void> replace_file(const std::filesystem::path& file, std::string_view text);

}  // namespace gateway
