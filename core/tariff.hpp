// What a kilowatt-hour or a cubic metre costs, and in which band it falls: by month, kind of day and time of day, in
// versions with a first day of validity. A later version never changes what an earlier day cost. Immutable; any thread.
//
// The bands are those of China's time-of-use tariffs: critical peak 尖, peak 峰, flat 平, valley 谷.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/quantity.hpp"

namespace gateway {

enum class Band : std::uint8_t { critical_peak, peak, flat, valley };
inline constexpr std::size_t band_count = 4;
[[nodiscard]] std::string_view name_of(Band band) noexcept;
[[nodiscard]] std::span<const std::string_view> band_names() noexcept;  // in the order of Band

struct TariffPeriod {
  enum class Days : std::uint8_t { all, working, off };
  Band band{};
  std::uint16_t months = 0xFFF;  // bit 0 January ... bit 11 December
  Days days = Days::all;
  std::vector<MinuteSpan> hours;  // empty: the whole day
};

struct TariffVersion {
  LocalDay valid_from = 0;
  std::string source;     // the document that says so
  std::string source_en;  // as `source` where the site gives none
  // Millionths of a yuan per kWh or m3, by band.
  std::array<std::int64_t, band_count> price{};
  std::vector<TariffPeriod> periods;  // the first that fits decides; none: flat

  [[nodiscard]] Band band_at(LocalDay day, unsigned minute_of_day, const WorkingCalendar& calendar) const noexcept;
};

class Tariff {
 public:
  Tariff() = default;
  explicit Tariff(std::vector<TariffVersion> versions);
  [[nodiscard]] bool empty() const noexcept { return versions_.empty(); }
  // The version in force on `day`; nullptr before the first.
  [[nodiscard]] const TariffVersion* version_on(LocalDay day) const noexcept;
  [[nodiscard]] const std::vector<TariffVersion>& versions() const noexcept { return versions_; }

 private:
  std::vector<TariffVersion> versions_;  // by valid_from
};

// Millionths of a yuan for `amount` thousandths of Wh or L at `price` millionths of a yuan per kWh or m3; rounded to
// nearest.
[[nodiscard]] std::int64_t cost_of(std::int64_t amount, std::int64_t price) noexcept;

}  // namespace gateway
