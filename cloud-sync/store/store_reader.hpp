// Reads history and journals beside the store's writer, on a connection of its own that can't write. For one thread,
// any thread; make one for each. The site must outlive it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/alarm_query.hpp"
#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

struct History {
  std::vector<WindowRecord> windows;  // oldest first
  bool truncated = false;             // there are more
};

struct AlarmJournalEntry {
  std::string rule;
  std::string source;
  std::string area;  // "": none
  Priority priority{};
  AlarmRecord record;  // alarm is not valid when the site no longer has it
};

struct QualityJournalEntry {
  std::string meter;
  QualityRecord record;  // meter is not valid when the site no longer has it
};

class StoreReader {
 public:
  // `file`: Store::file(); the store must have been opened once.
  static Expected<StoreReader> open(const std::filesystem::path& file, const Site& site);
  StoreReader(StoreReader&&) noexcept;
  StoreReader& operator=(StoreReader&&) noexcept;
  ~StoreReader();

  // Windows of the node that start in [from, to), `limit` at most.
  [[nodiscard]] Expected<History> history(NodeId node, WindowLength window, UtcTime from, UtcTime to,
                                          std::size_t limit);
  // Newest first, unless asked otherwise.
  [[nodiscard]] Expected<std::vector<AlarmJournalEntry>> alarm_journal(const AlarmJournalQuery& query);
  [[nodiscard]] Expected<std::vector<AlarmJournalEntry>> alarm_journal(std::size_t limit);
  // Switches of mode, armings, patrols; newest first.
  [[nodiscard]] Expected<std::vector<ModeRecord>> mode_journal(std::size_t limit);
  // What happened in [from, to), oldest first.
  [[nodiscard]] Expected<std::vector<QualityJournalEntry>> quality_journal(UtcTime from, UtcTime to, std::size_t limit);

 private:
  struct Impl;
  explicit StoreReader(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
