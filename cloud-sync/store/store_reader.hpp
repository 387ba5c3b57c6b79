// Reads history and journals beside the store's writer, on a connection of its own that can't write. For one thread,
// any thread; make one for each. The site must outlive it.
#pragma once

#include <atomic>
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

  // What is asked from now on ends with an error soon after this says so. It must outlive the reader.
  void end_when(const std::atomic<bool>* told) noexcept;

  // Windows of the node that start in [from, to), `limit` at most.
  [[nodiscard]] Expected<History> history(NodeId node, WindowLength window, UtcTime from, UtcTime to,
                                          std::size_t limit);
  // Newest first, unless asked otherwise.
  [[nodiscard]] Expected<std::vector<AlarmJournalEntry>> alarm_journal(const AlarmJournalQuery& query);
  [[nodiscard]] Expected<std::vector<AlarmJournalEntry>> alarm_journal(std::size_t limit);
  // Switches of mode, armings, patrols; newest first.
  [[nodiscard]] Expected<std::vector<ModeRecord>> mode_journal(std::size_t limit);
  // What the days or months that start in [from, to) are made of, oldest first; `node` not valid: of every node of the
  // site. At most an hour behind for the day and month under way.
  [[nodiscard]] Expected<std::vector<TariffRecord>> tariff_parts(NodeId node, WindowLength window, UtcTime from,
                                                                 UtcTime to);
  // Of the months that start in [from, to), of every node of the site, both kinds.
  [[nodiscard]] Expected<std::vector<DemandRecord>> demands(UtcTime from, UtcTime to);
  // Kept readings in [from, to), oldest first, `limit` at most.
  [[nodiscard]] Expected<std::vector<CounterRecord>> counter_readings(MeterId meter, UtcTime from, UtcTime to,
                                                                      std::size_t limit);
  // The newest kept reading at or before `at`; nullopt: none.
  [[nodiscard]] Expected<std::optional<CounterRecord>> counter_reading_at(MeterId meter, UtcTime at);
  // Closed days that start in [from, to) of a node with subtracted terms, oldest first; empty for any other node.
  [[nodiscard]] Expected<std::vector<Balance>> balance(NodeId node, UtcTime from, UtcTime to);
  // What happened in [from, to), oldest first.
  [[nodiscard]] Expected<std::vector<QualityJournalEntry>> quality_journal(UtcTime from, UtcTime to, std::size_t limit);

 private:
  struct Impl;
  explicit StoreReader(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
