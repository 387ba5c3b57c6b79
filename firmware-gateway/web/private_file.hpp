// Small files that only their owner may read: users, keys.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/error.hpp"

namespace gateway {

// Written beside the old file, made durable, then put in its place; mode 0600. Written by root it belongs to the owner
// of its folder, so that the service can read what an administrator made.
Expected<void> replace_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace gateway
