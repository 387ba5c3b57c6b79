#include "firmware-gateway/app/configuration.hpp"

#include <fmt/format.h>

#include "core/site_reader.hpp"
#include "firmware-gateway/app/exit_status.hpp"

namespace gateway {
namespace {

Problems add_own_models(ModelLibrary& models, const std::filesystem::path& site_file) {
  const auto folder = models_folder_of(site_file);
  return folder ? models.add_folder(*folder) : Problems{};
}

}  // namespace

int refuse(const Problems& problems) {
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", problem.text());
  fmt::print(stderr, "{} {} in the configuration\n", problems.size(), problems.size() == 1 ? "mistake" : "mistakes");
  return exit_bad_configuration;
}

std::expected<ModelLibrary, Problems> read_models(const std::filesystem::path& site_file) {
  auto models = ModelLibrary::embedded();
  if (auto problems = add_own_models(models, site_file); !problems.empty()) return std::unexpected(std::move(problems));
  return models;
}

std::expected<Configuration, Problems> read_configuration(const std::filesystem::path& site_file) {
  auto models = ModelLibrary::embedded();
  auto problems = add_own_models(models, site_file);
  auto site = read_site(site_file, models);
  if (!site) problems.insert(problems.end(), site.error().begin(), site.error().end());
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return Configuration{std::move(*site), std::move(models)};
}

}  // namespace gateway
