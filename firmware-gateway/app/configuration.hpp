// site.toml as every command reads it: with the meter models that come with the program and those of the site's own
// folder.
#pragma once

#include <expected>
#include <filesystem>

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

}  // namespace gateway
