#include <set>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"
#include "core/sub_item.hpp"

namespace gateway::site_reading {

void read_site_table(TomlTable& root, SiteDraft& draft) {
  auto table = root.table("site");
  if (!table) {
    if (!root.has("site"))
      root.problem("", "there is no [site]",
                   "begin with [site], id = \"...\", name = \"...\", timezone = \"Asia/Shanghai\"");
    return;
  }
  draft.site.id = table->required_id("id");
  draft.site.name = read_name(*table, draft.site.id);
  static constexpr std::array<std::string_view, 3> clock_policies{"auto", "trust", "synchronised"};
  draft.site.clock = static_cast<ClockPolicy>(table->choice("clock", clock_policies).value_or(0));
  draft.site.time_zone = table->string("timezone").value_or("Asia/Shanghai");
  if (auto time = SiteTime::find(draft.site.time_zone)) {
    draft.site.time = *time;
  } else {
    table->problem("timezone", fmt::format("'{}' is not a time zone", draft.site.time_zone),
                   "use an IANA name, as \"Asia/Shanghai\"");
  }
  draft.site.floor_area_m2 = positive(*table, "floor_area_m2");
  draft.site.heads = static_cast<std::uint32_t>(table->integer("heads", 0, 10'000'000).value_or(0));
  draft.site.operators = static_cast<std::uint32_t>(table->integer("operators", 1, 1'000).value_or(1));
  draft.site.demand_limit = read_demand_limit(*table);
  (void)table->string("models_folder");  // models_folder_of() uses it: the catalogue has to know them before
  table->finish();
}

void read_sub_items(TomlTable& root, SiteDraft& draft) {
  for (const auto& entry : standard_sub_items())
    draft.dictionary[std::string(entry.code)] = {
        std::string(entry.code), {std::string(entry.name), std::string(entry.name_en)}, std::string(entry.mark)};
  draft.site.dictionary = {std::string(standard_dictionary_version), std::string(standard_dictionary_source),
                           std::string(standard_dictionary_source_en)};
  if (auto table = root.table("dictionary")) {
    draft.site.dictionary.version = table->required_string("version");
    draft.site.dictionary.source = table->required_string("source");
    draft.site.dictionary.source_en = table->string("source_en").value_or(draft.site.dictionary.source);
    table->finish();
  }
  std::set<std::string> own;
  for (auto& table : root.tables("subitem")) {
    const auto code = table.required_string("code");
    if (!code.empty() && !is_sub_item_code(code))
      table.problem("code", fmt::format("'{}' is not a sub-item code", code), "it has five characters, as \"01A10\"");
    else if (!code.empty() && !own.insert(code).second)
      table.problem("code", fmt::format("sub-item '{}' is named twice", code), "name it once");
    draft.dictionary[code] = {code, read_name(table, code), {}};
    table.finish();
  }
}

void read_areas(TomlTable& root, SiteDraft& draft) {
  auto tables = root.tables("area");
  std::vector<std::string> parents;
  for (auto& table : tables) {
    Area area;
    area.id = table.required_id("id");
    area.name = read_name(table, area.id);
    draft.claim(table, area.id, "an area");
    draft.areas.add(area.id, AreaId{draft.site.areas.size()});
    parents.push_back(table.string("parent").value_or(""));
    area.floor_area_m2 = positive(table, "floor_area_m2");
    area.heads = static_cast<std::uint32_t>(table.integer("heads", 0, 10'000'000).value_or(0));
    area.demand_limit = read_demand_limit(table);
    table.finish();
    draft.site.areas.push_back(std::move(area));
  }
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (!parents[i].empty()) draft.site.areas[i].parent = draft.areas.resolve(tables[i], "parent", parents[i]);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (const auto circle = circle_from(
            i, [&](std::size_t at) { return draft.site.areas[at].parent; },
            [&](std::size_t at) { return draft.site.areas[at].id; });
        !circle.empty())
      tables[i].problem("parent", fmt::format("areas in a circle: {}", circle),
                        "an area can't lie in itself; take one 'parent' out");
  }
}

}  // namespace gateway::site_reading
