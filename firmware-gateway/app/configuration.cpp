#include "firmware-gateway/app/configuration.hpp"

#include <fstream>

#include <fmt/format.h>

#include "core/replace_file.hpp"
#include "core/site_reader.hpp"
#include "firmware-gateway/app/exit_status.hpp"

namespace gateway {
namespace {

Problems add_own_models(ModelLibrary& models, const std::filesystem::path& site_file,
                        const std::filesystem::path& original) {
  const auto folder = models_folder_of(site_file, original);
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
  if (auto problems = add_own_models(models, site_file, site_file); !problems.empty())
    return std::unexpected(std::move(problems));
  return models;
}

std::expected<Configuration, Problems> read_configuration(const std::filesystem::path& site_file) {
  return read_configuration(site_file, site_file);
}

std::expected<Configuration, Problems> read_configuration(const std::filesystem::path& copy,
                                                          const std::filesystem::path& original) {
  auto models = ModelLibrary::embedded();
  auto problems = add_own_models(models, copy, original);
  auto site = read_site(copy, original, models);
  if (!site) problems.insert(problems.end(), site.error().begin(), site.error().end());
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return Configuration{std::move(*site), std::move(models)};
}

std::filesystem::path last_good_file(const std::filesystem::path& data_folder) {
  return data_folder / "site.last-good.toml";
}

Expected<void> keep_as_last_good(const std::string& text, const std::filesystem::path& data_folder) {
  const auto file = last_good_file(data_folder);
  if (read_text(file) == text) return {};
  return replace_file(file, text);
}

std::optional<std::string> read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace gateway
