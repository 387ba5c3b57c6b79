#include "core/site_reader.hpp"

#include <algorithm>

#include "core/node_tree.hpp"
#include "core/site/site_draft.hpp"

namespace gateway {
namespace {

std::expected<Site, Problems> read(TomlDocument document, const MeterCatalogue& catalogue) {
  using namespace site_reading;
  SiteDraft draft{catalogue};
  if (auto root = document.root()) {
    for (const auto read_section : {read_site_table, read_sub_items, read_areas, read_buses, read_meters, read_broker,
                                    read_sensors, read_rules, read_sinks, read_web, read_store})
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
  return std::move(draft.site);
}

}  // namespace

std::expected<Site, Problems> read_site(const std::filesystem::path& path, const MeterCatalogue& catalogue) {
  return read(TomlDocument::read(path), catalogue);
}

std::expected<Site, Problems> parse_site(std::string_view text, std::string file_name,
                                         const MeterCatalogue& catalogue) {
  return read(TomlDocument::parse(text, std::move(file_name)), catalogue);
}

}  // namespace gateway
