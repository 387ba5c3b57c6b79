#include <array>
#include <set>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

constexpr std::array<std::string_view, 2> utilities{"electricity", "water"};

FactorTable read_switches(TomlTable& root) {
  auto table = root.table("factors");
  if (!table) return FactorTable{};
  std::vector<std::string_view> grids;
  for (const auto& region : grid_regions()) grids.push_back(region.id);
  FactorTable factors{grids[table->choice("grid", grids).value_or(0)]};
  factors.water_in_standard_coal = table->boolean("water_in_standard_coal").value_or(false);
  table->finish();
  return factors;
}

}  // namespace

void read_factors(TomlTable& root, SiteDraft& draft) {
  auto factors = read_switches(root);
  std::vector<Factor> own;
  std::set<std::tuple<FactorKind, Utility, LocalDay>> told;
  for (auto& table : root.tables("factor")) {
    Factor factor;
    const auto kind = table.required_choice("kind", factor_kind_names());
    const auto utility = table.required_choice("utility", utilities);
    factor.kind = static_cast<FactorKind>(kind.value_or(0));
    factor.utility = static_cast<Utility>(utility.value_or(0));
    if (!table.has("value"))
      table.problem("", "'value' is missing", "add value = ..., in kg per kWh, for water per m3");
    factor.value = read_millionths(table, "value").value_or(0);
    const auto from = table.required_day("valid_from");
    factor.valid_from = from.value_or(0);
    factor.source = table.required_string("source");
    factor.source_en = table.string("source_en").value_or("");
    factor.mark = table.string("mark").value_or("");
    if (kind && utility && from && !told.emplace(factor.kind, factor.utility, factor.valid_from).second)
      table.problem(
          "valid_from",
          fmt::format("there is another {} of {} from this day on", name_of(factor.kind), utilities[*utility]),
          "rows of one kind and utility differ in valid_from");
    table.finish();
    own.push_back(std::move(factor));
  }
  factors.add_own(std::move(own));
  draft.site.factors = std::move(factors);
}

}  // namespace gateway::site_reading
