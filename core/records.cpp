#include "core/records.hpp"

#include <array>

namespace gateway {
namespace {
template <std::size_t N, class E>
std::string_view pick(const std::array<std::string_view, N>& names, E value) noexcept {
  return names[static_cast<std::size_t>(value)];
}
}  // namespace

std::string_view name_of(WindowLength length) noexcept {
  static constexpr std::array<std::string_view, window_length_count> names{"1m", "15m", "1h", "1d", "1mo"};
  return pick(names, length);
}

std::string_view name_of(DemandKind kind) noexcept { return kind == DemandKind::block ? "block" : "sliding"; }

std::string_view name_of(QualityKind kind) noexcept {
  static constexpr std::array<std::string_view, quality_kind_count> names{
      "gap",      "wrap",         "reset",     "exchange", "announced_exchange", "glitch",    "jump",
      "returned", "stepped_back", "duplicate", "late",     "integrated",         "correction"};
  return pick(names, kind);
}

std::string_view name_of(AlarmState state) noexcept {
  static constexpr std::array<std::string_view, alarm_state_count> names{
      "normal",         "unacknowledged", "acknowledged",           "returned_unacknowledged", "shelved",
      "out_of_service", "suppressed",     "latched_unacknowledged", "latched_acknowledged"};
  return pick(names, state);
}

std::string_view name_of(AlarmChange change) noexcept {
  static constexpr std::array<std::string_view, alarm_change_count> names{"raised",
                                                                          "acknowledged",
                                                                          "returned",
                                                                          "reset",
                                                                          "reminded",
                                                                          "shelved",
                                                                          "unshelved",
                                                                          "shelving_ended",
                                                                          "suppressed",
                                                                          "unsuppressed",
                                                                          "taken_out_of_service",
                                                                          "returned_to_service",
                                                                          "updated"};
  return pick(names, change);
}

std::string_view name_of(AlarmFinding finding) noexcept {
  static constexpr std::array<std::string_view, alarm_finding_count> names{
      "none", "night_flow", "small_leak", "never_zero", "burst", "demand_now", "demand_ahead", "offline", "silent"};
  return pick(names, finding);
}

std::string_view name_of(ModeRecord::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 3> names{"mode", "armed", "patrol"};
  return pick(names, kind);
}

std::string_view name_of(Priority priority) noexcept {
  static constexpr std::array<std::string_view, 4> names{"low", "medium", "high", "critical"};
  return pick(names, priority);
}

}  // namespace gateway
