#include "core/site_mode.hpp"

#include <algorithm>

namespace gateway {
namespace {

const ModeRecord* find(const std::map<std::string, ModeRecord, std::less<>>& records, std::string_view subject) {
  const auto found = records.find(subject);
  return found == records.end() ? nullptr : &found->second;
}

void put(std::map<std::string, ModeRecord, std::less<>>& records, const ModeRecord& record) {
  if (record.value.empty()) {
    records.erase(record.subject);
  } else {
    records[record.subject] = record;
  }
}

bool has_area(const Site& site, std::string_view id) {
  return id == "compound" || std::ranges::find(site.areas, id, &Area::id) != site.areas.end();
}

}  // namespace

void SiteMode::apply(const ModeRecord& record) {
  switch (record.kind) {
    case ModeRecord::Kind::mode: {
      const auto found = std::ranges::find(site_->modes, record.value, &Mode::id);
      mode_ = found == site_->modes.end() ? nullptr : &*found;
      since_ = record;
      // A list that was worked through for one storm says nothing about the next.
      patrol_.clear();
      break;
    }
    case ModeRecord::Kind::armed:
      if (has_area(*site_, record.subject)) put(armed_, record);
      break;
    case ModeRecord::Kind::patrol:
      if (record.event > since_.event) put(patrol_, record);
      break;
  }
}

Expected<void> SiteMode::check(const ModeRecord& record) const {
  switch (record.kind) {
    case ModeRecord::Kind::mode:
      if (record.value.empty() || std::ranges::find(site_->modes, record.value, &Mode::id) != site_->modes.end())
        return {};
      return failure(std::errc::invalid_argument, "there is no mode '" + record.value + "'");
    case ModeRecord::Kind::armed:
      if (has_area(*site_, record.subject)) return {};
      return failure(std::errc::invalid_argument, "there is no area '" + record.subject + "'");
    case ModeRecord::Kind::patrol:
      if (mode_ != nullptr &&
          std::ranges::find(mode_->patrol, record.subject, &Mode::Patrol::id) != mode_->patrol.end())
        return {};
      return failure(std::errc::invalid_argument,
                     "the mode in force has no '" + record.subject + "' on its patrol list");
  }
  return {};
}

bool SiteMode::is_armed(AreaId area) const noexcept {
  if (armed_.contains("compound") || (mode_ != nullptr && mode_->arms_everything)) return true;
  for (std::size_t steps = 0; area.valid() && steps <= site_->areas.size(); ++steps, area = site_->area(area).parent) {
    if (armed_.contains(site_->area(area).id)) return true;
    if (mode_ != nullptr && std::ranges::find(mode_->armed, area) != mode_->armed.end()) return true;
  }
  return false;
}

const ModeRecord* SiteMode::armed_by_hand(std::string_view area) const noexcept { return find(armed_, area); }
const ModeRecord* SiteMode::patrolled(std::string_view place) const noexcept { return find(patrol_, place); }

void SiteMode::date_back(std::chrono::nanoseconds utc_offset) noexcept {
  gateway::date_back(since_.changed, utc_offset);
  for (auto* records : {&armed_, &patrol_})
    for (auto& [subject, record] : *records) gateway::date_back(record.changed, utc_offset);
}

std::vector<ModeRecord> SiteMode::records() const {
  std::vector<ModeRecord> all;
  if (since_.event != 0) all.push_back(since_);
  for (const auto* records : {&armed_, &patrol_})
    for (const auto& [subject, record] : *records) all.push_back(record);
  return all;
}

}  // namespace gateway
