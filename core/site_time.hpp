// The site's time zone: where windows begin and end, and what the wall clock in the plant room says.
//
// Windows are aligned to local time. A day may have 23 or 25 hours, a month 28 to 31 days; a window's end is always the next one's start.
// Immutable after find(); any thread may call.
#pragma once

#include <string_view>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/records.hpp"

namespace date {
class time_zone;
}

namespace gateway {

class SiteTime {
 public:
  // An IANA name, "Asia/Shanghai". Error: invalid_argument when the system's time zone database does not know it.
  static Expected<SiteTime> find(std::string_view name);

  // Start of the window that holds `time`.
  [[nodiscard]] UtcTime window_start(WindowLength length, UtcTime time) const;
  // End of the window that starts at `start`.
  [[nodiscard]] UtcTime window_end(WindowLength length, UtcTime start) const;
  // Local time minus UTC at `time`.
  [[nodiscard]] std::chrono::seconds offset(UtcTime time) const;

 private:
  explicit SiteTime(const date::time_zone* zone) noexcept : zone_(zone) {}
  const date::time_zone* zone_;
};

}  // namespace gateway
