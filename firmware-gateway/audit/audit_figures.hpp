// The figures that are derived from what was counted: standard coal, carbon, shares, per m2 and per head, demand, base
// load, and a meter's reading chain. Pure functions on plain values; docs/audit.md has every formula with its source.
// Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/factors.hpp"
#include "core/records.hpp"
#include "core/site_time.hpp"

namespace gateway {

struct DayAmount {
  LocalDay day = 0;
  std::int64_t amount = 0;  // thousandths of Wh or L
};

// Millionths of a kilogram, each day by the factor in force on it, rounded once for each factor. nullopt: a day with
// consumption has none.
struct Converted {
  std::optional<std::int64_t> millionths_kg;
  std::vector<const Factor*> used;
};
[[nodiscard]] Converted convert(const FactorTable& factors, FactorKind kind, Utility utility,
                                std::span<const DayAmount> days);

// part / whole; nullopt when there is no whole to be a part of.
[[nodiscard]] std::optional<double> share_of(std::int64_t part, std::int64_t whole) noexcept;

// kWh or m3 (from thousandths of Wh or L), or kg (from millionths), per m2 or head; nullopt when the size is not known.
[[nodiscard]] std::optional<double> per(std::int64_t millionths, double size) noexcept;

struct Peak {
  double demand = 0;  // W or L/h, mean of 15 minutes
  UtcTime at{};       // when they began
};
// The highest of quarter-hour windows; the earliest of equal ones.
[[nodiscard]] std::optional<Peak> highest_quarter(std::span<const WindowRecord> quarters) noexcept;

// W or L/h: of every night the lowest hour that begins from 00:00 to 04:00 local time, of the nights the median (the
// lower middle one). Hours that were metered for less than half are left out. nullopt: no such hour.
[[nodiscard]] std::optional<double> night_base(std::span<const WindowRecord> hours, const SiteTime& time);

// What a meter counted from one reading to a later one, as a person adds it up: the differences between events and what
// was booked at each. `events`: of this meter, in the order of time, those after `first` and up to `last` only.
[[nodiscard]] std::int64_t counted(std::int64_t first, std::span<const QualityRecord> events,
                                   std::int64_t last) noexcept;
// Whether the event breaks the chain of readings: the ones before and after can't be subtracted.
[[nodiscard]] bool breaks_chain(QualityKind kind) noexcept;

}  // namespace gateway
