// What people tell of meters, in words and numbers as they write them: readings and amounts in kWh or m3, times of the
// wall clock in the plant room. Pure; any thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/records.hpp"
#include "core/site.hpp"

namespace gateway {

// "12345.6" as 12,345,600,000 thousandths; six decimals at most, 1e9 at most. Nothing when it is no such number.
[[nodiscard]] std::optional<std::int64_t> parse_thousandths(std::string_view text) noexcept;
// 12,345,600,000 as "12345.6".
[[nodiscard]] std::string thousandths_text(std::int64_t thousandths);

// What the two above count, and what a meter's display shows: "kWh" or "m³".
[[nodiscard]] std::string_view unit_of(const Meter& meter) noexcept;

// "2026-09-01 08:00" in site time. The error says what is wrong, and is to follow the option's name.
[[nodiscard]] std::expected<UtcTime, std::string> parse_local_time(std::string_view text, const SiteTime& time);

// Why [from, to) can't be corrected; nothing: it can.
[[nodiscard]] std::optional<std::string> wrong_with_correction(UtcTime from, UtcTime to, UtcTime now,
                                                               const StoreLimits& store, const SiteTime& time);

// Why a correction can't be of so much (thousandths of Wh or L, either sign): more than the meter can measure in that
// time. A slip of the pen must not become a thousand kilowatt-hours.
[[nodiscard]] std::optional<std::string> wrong_with_amount(const Meter& meter, UtcTime from, UtcTime to,
                                                           std::int64_t amount);

// What was booked, in a sentence.
[[nodiscard]] std::string entry_text(const QualityRecord& entry, const Meter& meter);

}  // namespace gateway
