// What meters taught by refusing to give a block of registers at once, kept over a restart in a small text file that a
// person may read and edit. A meter that site.toml gives another model is asked anew. Main thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/site.hpp"
#include "drivers/modbus/poll_plan.hpp"

namespace gateway {

struct MeterCuts {
  MeterId meter;
  std::vector<LearntLimits::Cut> cuts;
};

struct LearntCuts {
  std::vector<MeterCuts> meters;
  std::size_t unreadable = 0;  // lines that were left out; what they said is learnt anew
};

[[nodiscard]] std::filesystem::path learnt_cuts_file(const std::filesystem::path& data_folder);
// Only what still concerns the site. No such file: nothing was learnt yet.
[[nodiscard]] LearntCuts read_learnt_cuts(const std::filesystem::path& file, const Site& site);
// Errors of replace_file().
[[nodiscard]] Expected<void> write_learnt_cuts(const std::filesystem::path& file, const Site& site,
                                               const std::vector<MeterCuts>& meters);

}  // namespace gateway
