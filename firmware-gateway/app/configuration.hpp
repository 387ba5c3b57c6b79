// site.toml as every command reads it: with the meter models that come with the program and those of the site's own
// folder.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "core/site.hpp"
#include "drivers/modbus/meter_model.hpp"

namespace gateway {

struct Configuration {
  Site site;
  ModelLibrary models;
};

// The models alone: embedded ones, and those of the folder that the site names, if it names one.
[[nodiscard]] std::expected<ModelLibrary, Problems> read_models(const std::filesystem::path& site_file);

// Either both, or all problems: those of the site's model files first.
[[nodiscard]] std::expected<Configuration, Problems> read_configuration(const std::filesystem::path& site_file);
// From a copy of the site's file; what it names relatively is looked for where the original is.
[[nodiscard]] std::expected<Configuration, Problems> read_configuration(const std::filesystem::path& copy,
                                                                        const std::filesystem::path& original);

// The last site.toml that a gateway ran with is kept in its data folder, for a start at which site.toml itself is
// empty, half-written or wrong (docs/decisions.md 66).
[[nodiscard]] std::filesystem::path last_good_file(const std::filesystem::path& data_folder);
Expected<void> keep_as_last_good(const std::string& text, const std::filesystem::path& data_folder);

// The whole file; nullopt when it can't be read.
[[nodiscard]] std::optional<std::string> read_text(const std::filesystem::path& file);

}  // namespace gateway
