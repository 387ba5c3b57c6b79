// What a kilowatt-hour or a cubic metre stands for in kilograms of standard coal (kgce, 标准煤) and of CO2: a table
// with first day of validity and source for every row, so that a figure can name what it was made with. Immutable; any
// thread.
//
// Rows are built in; a site's own rows replace the built-in ones of their kind and utility from the day on which the
// first of them is valid. Sources were read second-hand, none of the documents itself: every built-in row carries its
// doubt in `mark`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/quantity.hpp"

namespace gateway {

enum class FactorKind : std::uint8_t { standard_coal, carbon };
[[nodiscard]] std::span<const std::string_view> factor_kind_names() noexcept;  // in the order of FactorKind
[[nodiscard]] std::string_view name_of(FactorKind kind) noexcept;

struct Factor {
  FactorKind kind{};
  Utility utility{};
  std::int64_t value = 0;   // millionths of a kilogram per kWh or m3
  LocalDay valid_from = 0;  // 0: as long as anyone can remember
  std::string source;
  std::string mark;  // "S2": second-hand, "?": sources disagree; "": the site vouches for it
  bool built_in = false;
  std::string source_en;  // "": as `source`
};

// Whose grid: the average of its electricity's CO2.
struct GridRegion {
  std::string_view id;  // "national", "national-excl-traded", "east-china", "fujian"
  std::string_view name;
  std::string_view name_en;
};
[[nodiscard]] std::span<const GridRegion> grid_regions() noexcept;

class FactorTable {
 public:
  // The built-in rows with those of one grid region.
  FactorTable() : FactorTable("national") {}
  explicit FactorTable(std::string_view grid);
  // Rows of the site, in any order.
  void add_own(std::vector<Factor> rows);

  // The row in force on `day`; nullptr when there is none.
  [[nodiscard]] const Factor* on(FactorKind kind, Utility utility, LocalDay day) const noexcept;
  [[nodiscard]] const std::vector<Factor>& rows() const noexcept { return rows_; }
  [[nodiscard]] const std::string& grid() const noexcept { return grid_; }

  // Whether water counts into standard coal. Codes disagree (one has 0.2571 kgce/t, audits of public institutions in
  // Shandong don't convert it), so it does not unless the site says so.
  bool water_in_standard_coal = false;

 private:
  std::string grid_;
  std::vector<Factor> rows_;  // by kind, utility, valid_from
};

}  // namespace gateway
