#include "core/factors.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace gateway {
namespace {

struct GridRow {
  std::string_view grid;
  int year;  // whose data it is; in force until the next year's is published
  std::int64_t value;
};

// Published by the Ministry of Ecology and Environment with the National Bureau of Statistics; the 2023 set in January
// 2026. Second-hand. Fujian's of 2023 was not found.
constexpr std::array grid_rows{
    GridRow{"national", 2021, 556'800},
    GridRow{"national", 2022, 536'600},
    GridRow{"national", 2023, 530'600},
    GridRow{"national-excl-traded", 2022, 585'600},
    GridRow{"national-excl-traded", 2023, 609'600},
    GridRow{"east-china", 2022, 561'700},
    GridRow{"east-china", 2023, 550'000},
    GridRow{"fujian", 2022, 409'200},
};

void sort_rows(std::vector<Factor>& rows) {
  std::ranges::sort(rows, {}, [](const Factor& row) { return std::tuple(row.kind, row.utility, row.valid_from); });
}

}  // namespace

std::span<const std::string_view> factor_kind_names() noexcept {
  static constexpr std::array<std::string_view, 2> names{"standard_coal", "carbon"};
  return names;
}

std::string_view name_of(FactorKind kind) noexcept { return factor_kind_names()[static_cast<std::size_t>(kind)]; }

std::span<const GridRegion> grid_regions() noexcept {
  static constexpr std::array<GridRegion, 4> regions{{
      {"national", "全国", "national average"},
      {"national-excl-traded", "全国（不含市场化交易的非化石能源电量）",
       "national average without market-traded non-fossil electricity"},
      {"east-china", "华东", "East China"},
      {"fujian", "福建", "Fujian"},
  }};
  return regions;
}

FactorTable::FactorTable(std::string_view grid) : grid_(grid) {
  using enum FactorKind;
  rows_.push_back({standard_coal, Utility::electricity, 122'900, 0, "GB/T 2589-2020，当量值 0.1229 kgce/kWh", "S2",
                   true, "GB/T 2589-2020, calorific value 0.1229 kgce/kWh"});
  rows_.push_back({standard_coal, Utility::water, 257'100, 0, "有的规范取 0.2571 kgce/t，有的审计不折算用水", "?", true,
                   "one code: 0.2571 kgce/t; other audits do not convert water"});
  const auto region = std::ranges::find(grid_regions(), grid, &GridRegion::id);
  for (const auto& row : grid_rows) {
    if (row.grid != grid) continue;
    rows_.push_back({carbon, Utility::electricity, row.value, local_day(row.year, 1, 1),
                     std::string(region->name) + "电力平均二氧化碳排放因子，" + std::to_string(row.year) +
                         " 年数据，生态环境部、国家统计局",
                     "S2", true,
                     "grid average CO2 factor of " + std::string(region->name_en) + ", " + std::to_string(row.year) +
                         " data, MEE and NBS"});
  }
  sort_rows(rows_);
}

void FactorTable::add_own(std::vector<Factor> rows) {
  std::map<std::pair<FactorKind, Utility>, LocalDay> first;
  for (const auto& row : rows) {
    const auto [place, fresh] = first.try_emplace({row.kind, row.utility}, row.valid_from);
    if (!fresh) place->second = std::min(place->second, row.valid_from);
  }
  std::erase_if(rows_, [&](const Factor& row) {
    const auto own = first.find({row.kind, row.utility});
    return own != first.end() && row.valid_from >= own->second;
  });
  std::ranges::move(rows, std::back_inserter(rows_));
  sort_rows(rows_);
}

const Factor* FactorTable::on(FactorKind kind, Utility utility, LocalDay day) const noexcept {
  const Factor* found = nullptr;
  for (const auto& row : rows_)
    if (row.kind == kind && row.utility == utility && row.valid_from <= day) found = &row;
  return found;
}

}  // namespace gateway
