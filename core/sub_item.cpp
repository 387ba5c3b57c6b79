#include "core/sub_item.hpp"

#include <algorithm>
#include <array>

namespace gateway {

std::span<const SubItemEntry> standard_sub_items() noexcept {
  static constexpr std::array<SubItemEntry, 28> entries{{
      {"01000", "电", "Electricity"},
      {"01A00", "照明插座", "Lighting and sockets"},
      {"01A10", "室内照明与插座", "Indoor lighting and sockets"},
      {"01A20", "走廊与应急照明", "Corridor and emergency lighting"},
      {"01A30", "室外景观照明", "Outdoor and landscape lighting"},
      {"01A40", "办公设备插座", "Office equipment sockets", "extension"},
      {"01B00", "空调", "Air conditioning"},
      {"01B10", "冷热站", "Chiller and heating plant"},
      {"01B20", "空调末端", "Air conditioning terminals"},
      {"01B30", "分散空调", "Split air conditioners", "extension"},
      {"01C00", "动力", "Power"},
      {"01C10", "电梯", "Lifts"},
      {"01C20", "水泵", "Water pumps"},
      {"01C30", "通风机", "Ventilation"},
      {"01C40", "电开水器", "Water boilers", "extension"},
      {"01D00", "特殊用电", "Special"},
      {"01D10", "信息中心", "Data centre"},
      {"01D20", "洗衣房", "Laundry", "?"},
      {"01D30", "厨房餐厅", "Kitchen and canteen"},
      {"01D40", "游泳池", "Swimming pool"},
      {"01D50", "健身房", "Gym"},
      {"01D60", "其他", "Other"},
      {"02000", "水", "Water"},
      {"03A00", "天然气", "Natural gas"},
      {"03B00", "焦炉煤气", "Coke-oven gas"},
      {"03C00", "其他燃气", "Other gas"},
      {"04000", "集中供热", "District heating"},
      {"05000", "集中供冷", "District cooling"},
  }};
  return entries;
}

bool is_sub_item_code(std::string_view code) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto hex = [&](char c) { return digit(c) || (c >= 'A' && c <= 'F'); };
  return code.size() == 5 && digit(code[0]) && digit(code[1]) &&
         (code[2] == '0' || (code[2] >= 'A' && code[2] <= 'Z')) && hex(code[3]) && hex(code[4]);
}

std::string parent_sub_item(std::string_view code) {
  std::string parent{code};
  for (std::size_t i = 5; i-- > 2;) {
    if (parent[i] == '0') continue;
    parent[i] = '0';
    return parent;
  }
  return {};
}

}  // namespace gateway
