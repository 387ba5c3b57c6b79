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

// Newest first.
[[nodiscard]] Expected<std::vector<LetterReport>> dead_letters(const std::filesystem::path& folder,
                                                               std::string_view sink, std::size_t limit);

// Asks the gateway that runs on the folder for a change, and waits for its answer; without one the change is made at
// the next start, and the answer says so. Works beside a running gateway because only that one writes the books.
[[nodiscard]] Expected<std::string> ask_outbox_change(const std::filesystem::path& folder, const OutboxChange& change,
                                                      std::chrono::milliseconds patience = std::chrono::seconds{10});

// Errors: no_such_file_or_directory when there is no database; what SQLite says.
[[nodiscard]] Expected<std::vector<SinkReport>> outbox_report(const std::filesystem::path& folder);

}  // namespace gateway
