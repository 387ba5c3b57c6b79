#include "core/site_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/node_tree.hpp"
#include "core/site/site_draft.hpp"

namespace gateway {
namespace {

std::expected<Site, Problems> read(TomlDocument document, const std::filesystem::path& original,
                                   const MeterCatalogue& catalogue) {
  using namespace site_reading;
  SiteDraft draft{catalogue};
  draft.folder = std::filesystem::absolute(original).parent_path();
  if (auto root = document.root()) {
    for (const auto read_section :
         {read_site_table, read_calendar, read_tariffs, read_factors, read_sub_items, read_areas, read_buses,
          read_meters, read_virtual_nodes, read_broker, read_sensors, read_sinks, read_web, read_store, read_rules,
          read_notifiers, number_alarms, read_modes})
      read_section(*root, draft);
    root->finish();
  }
  auto& problems = document.problems();
  if (!problems.empty()) {
    std::ranges::stable_sort(problems, [](const Problem& a, const Problem& b) {
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    return std::unexpected(std::move(problems));
  }
  build_nodes(draft.site);
  for (const auto& [index, meter] : counted_twice(draft.site)) {
    const auto& node = draft.site.virtual_nodes[index];
    problems.push_back({document.file(), node.place.line, node.place.column,
                        fmt::format("node '{}' counts meter '{}' more than once", node.id, draft.site.meter(meter).id),
                        "name the area or the meter, not both"});
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return std::move(draft.site);
}

}  // namespace

std::optional<MeterModelOutline> MeterCatalogue::outline_with(std::string_view model, TomlTable& overrides) const {
  overrides.problem("", "this catalogue's models can't be changed by a site");
  return outline(model);
}

std::optional<std::filesystem::path> models_folder_of(const std::filesystem::path& site_file) {
  return models_folder_of(site_file, site_file);
}

std::optional<std::filesystem::path> models_folder_of(const std::filesystem::path& copy,
                                                      const std::filesystem::path& original) {
  auto document = TomlDocument::read(copy);
  auto root = document.root();
  if (!root) return std::nullopt;
  auto table = root->table("site");
  if (!table) return std::nullopt;
  const auto folder = table->string("models_folder");
  if (!folder) return std::nullopt;
  return std::filesystem::absolute(original).parent_path() / *folder;
}

std::expected<Site, Problems> read_site(const std::filesystem::path& path, const MeterCatalogue& catalogue) {
  return read(TomlDocument::read(path), path, catalogue);
}

std::expected<Site, Problems> read_site(const std::filesystem::path& copy, const std::filesystem::path& original,
                                        const MeterCatalogue& catalogue) {
  return read(TomlDocument::read(copy), original, catalogue);
}

std::expected<Site, Problems> parse_site(std::string_view text, std::string file_name,
                                         const MeterCatalogue& catalogue) {
  auto document = TomlDocument::parse(text, std::move(file_name));
  const std::filesystem::path file = document.file();
  return read(std::move(document), file, catalogue);
}

}  // namespace gateway
