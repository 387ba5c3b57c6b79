#include "firmware-gateway/audit/audit_figures.hpp"

#include <algorithm>
#include <map>

#include "core/tariff.hpp"
#include "firmware-gateway/audit/audit_period.hpp"

namespace gateway {

using namespace std::chrono_literals;

Converted convert(const FactorTable& factors, FactorKind kind, Utility utility, std::span<const DayAmount> days) {
  Converted out;
  std::vector<std::int64_t> amounts;  // beside `used`
  bool unknown = false;
  for (const auto& [day, amount] : days) {
    const auto* factor = factors.on(kind, utility, day);
    if (factor == nullptr) {
      unknown = unknown || amount != 0;
      continue;
    }
    const auto found = std::ranges::find(out.used, factor);
    if (found == out.used.end()) {
      out.used.push_back(factor);
      amounts.push_back(amount);
    } else {
      amounts[static_cast<std::size_t>(found - out.used.begin())] += amount;
    }
  }
  if (unknown || out.used.empty()) return out;
  out.millionths_kg = 0;
  for (std::size_t i = 0; i < amounts.size(); ++i) *out.millionths_kg += cost_of(amounts[i], out.used[i]->value);
  return out;
}

std::optional<double> share_of(std::int64_t part, std::int64_t whole) noexcept {
  if (whole <= 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::optional<double> per(std::int64_t millionths, double size) noexcept {
  if (size <= 0) return std::nullopt;
  return static_cast<double>(millionths) / 1e6 / size;
}

std::optional<Peak> highest_quarter(std::span<const WindowRecord> quarters) noexcept {
  const auto highest = std::ranges::max_element(quarters, {}, &WindowRecord::amount);
  if (highest == quarters.end()) return std::nullopt;
  return Peak{demand_of(highest->amount), highest->start};
}

std::optional<double> night_base(std::span<const WindowRecord> hours, const SiteTime& time) {
  std::map<LocalDay, std::int64_t> lowest;
  for (const auto& hour : hours) {
    const auto day = local_day_of(hour.start, time);
    if (hour.start - start_of(day, time) > 4h || hour.covered < 30min) continue;
    const auto [place, fresh] = lowest.try_emplace(day, hour.amount);
    if (!fresh) place->second = std::min(place->second, hour.amount);
  }
  if (lowest.empty()) return std::nullopt;
  std::vector<std::int64_t> nights;
  for (const auto& [day, amount] : lowest) nights.push_back(amount);
  const auto middle = nights.begin() + static_cast<std::ptrdiff_t>((nights.size() - 1) / 2);
  std::ranges::nth_element(nights, middle);
  return static_cast<double>(*middle) / 1000;
}

bool breaks_chain(QualityKind kind) noexcept {
  switch (kind) {
    case QualityKind::wrap:
    case QualityKind::reset:
    case QualityKind::exchange:
    case QualityKind::announced_exchange:
    case QualityKind::jump:
    case QualityKind::returned:
      return true;
    default:
      return false;
  }
}

std::int64_t counted(std::int64_t first, std::span<const QualityRecord> events, std::int64_t last) noexcept {
  std::int64_t sum = 0, at = first;
  for (const auto& event : events) {
    if (!breaks_chain(event.kind)) continue;
    sum += event.before - at;
    // Of an announced exchange, `before` is the old meter's last reading: its amount is the difference just added.
    if (event.kind != QualityKind::announced_exchange) sum += event.amount;
    at = event.after;
  }
  return sum + last - at;
}

}  // namespace gateway
