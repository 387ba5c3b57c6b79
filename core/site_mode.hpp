// How the site is run at the moment: the mode in force, the areas that are armed, what the patrol has ticked off. Made
// of mode records alone, so that every thread can keep its own copy by applying what the core says.
//
// A plain value; for one thread. Knows no clock.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

class SiteMode {
 public:
  // The site must outlive it.
  explicit SiteMode(const Site& site) : site_(&site) {}

  // What the site does not know (any more) is ignored.
  void apply(const ModeRecord& record);
  // invalid_argument: the site has no such mode, area or place on the list of the mode in force.
  [[nodiscard]] Expected<void> check(const ModeRecord& record) const;

  // Records with provisional stamps get their dates.
  void date_back(std::chrono::nanoseconds utc_offset) noexcept;

  // nullptr: the usual one.
  [[nodiscard]] const Mode* mode() const noexcept { return mode_; }
  // Who switched to it and when; null when nobody ever did.
  [[nodiscard]] const ModeRecord* since() const noexcept { return since_.event != 0 ? &since_ : nullptr; }
  // An area is armed with every area above it. Not valid: something that lies in no area; armed with the compound.
  [[nodiscard]] bool is_armed(AreaId area) const noexcept;
  // By hand, apart from what the mode arms; null: not.
  [[nodiscard]] const ModeRecord* armed_by_hand(std::string_view area) const noexcept;
  // Ticked off since the mode came into force; null: not yet.
  [[nodiscard]] const ModeRecord* patrolled(std::string_view place) const noexcept;
  // The newest record of each subject.
  [[nodiscard]] std::vector<ModeRecord> records() const;

 private:
  const Site* site_;
  const Mode* mode_ = nullptr;
  ModeRecord since_;
  std::map<std::string, ModeRecord, std::less<>> armed_;   // by area id, or "compound"
  std::map<std::string, ModeRecord, std::less<>> patrol_;  // by place
};

}  // namespace gateway
