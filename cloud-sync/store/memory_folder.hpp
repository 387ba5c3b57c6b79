// Where a gateway keeps its store while the disk of its data folder takes nothing: a folder in memory, of its own, that
// outlives the process and not the power. Any thread.
#pragma once

#include <filesystem>
#include <system_error>

#include "core/error.hpp"

namespace gateway {

// Whether an error of Store::open() is the disk's, so that it may pass: full, read-only, failing.
[[nodiscard]] bool is_refusing_disk(const std::error_code& code) noexcept;

// The folder for this data folder, whether it is there or not.
[[nodiscard]] std::filesystem::path memory_folder_of(const std::filesystem::path& data_folder);
// Makes it, for this user alone. Errors: operation_not_permitted when somebody else has made it; what the system says.
Expected<void> make_memory_folder(const std::filesystem::path& folder);
// Whether the disk takes things again: writes, syncs and removes a file.
[[nodiscard]] bool takes_writes(const std::filesystem::path& data_folder) noexcept;

}  // namespace gateway
