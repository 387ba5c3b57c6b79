// What an alarm says to people, in Chinese or English: what, the value, and the limit it was compared with. Any thread.
#pragma once

#include <string>

#include "core/site.hpp"

namespace gateway {

// "一号楼东门 已开启超过 60 秒" / "Building 1 east door has been open for more than 60 s". Of an alarm that has
// returned: what it had been about.
[[nodiscard]] std::string alarm_message(const Site& site, const AlarmRecord& record, bool english);

}  // namespace gateway
