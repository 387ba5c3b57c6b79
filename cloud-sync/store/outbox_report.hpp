// What a data folder holds for each sink, read beside a running gateway or without one, on a connection that can't
// write. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cloud-sync/store/delivery.hpp"
#include "core/error.hpp"

namespace gateway {

struct SinkReport {
  std::string sink;
  SinkFigures figures;
};

// Errors: no_such_file_or_directory when there is no database; what SQLite says.
[[nodiscard]] Expected<std::vector<SinkReport>> outbox_report(const std::filesystem::path& folder);

}  // namespace gateway
