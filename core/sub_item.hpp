// The classification of energy use in public buildings: five characters, as 01A10. Characters 1-2 are the energy (01
// electricity, 02 water), 3 the sub-item, 4 the first-level and 5 the second-level item; 0 is "not used at this level".
// Source: two independent systems after the 2009 MOHURD guide agree on the top levels; below the letter codes differ by
// province, so a site can name its own (`[[subitem]]`).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway {

struct SubItemEntry {
  std::string_view code;
  std::string_view name;
  std::string_view name_en;
  std::string_view mark = {};  // "?": sources disagree; "extension": in one system only
};

// The classification that the built-in codes are of.
inline constexpr std::string_view standard_dictionary_version = "built-in 2026-11";
inline constexpr std::string_view standard_dictionary_source =
    "国家机关办公建筑和大型公共建筑能耗监测系统分项能耗数据采集技术导则（住建部 2009），据两套独立系统的编码表";
inline constexpr std::string_view standard_dictionary_source_en =
    "national guide on sub-item metering of public buildings (MOHURD 2009), by two independent systems' code tables";

[[nodiscard]] std::span<const SubItemEntry> standard_sub_items() noexcept;
// Five characters: two digits, a letter or 0, two of [0-9A-F].
[[nodiscard]] bool is_sub_item_code(std::string_view code) noexcept;
// "01A10" -> "01A00" -> "01000" -> "".
[[nodiscard]] std::string parent_sub_item(std::string_view code);

}  // namespace gateway
