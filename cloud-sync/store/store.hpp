// What is kept on the box: the outbox of every sink, consumption windows, alarm states and journal, the core's
// checkpoint, in one SQLite database (WAL, synchronous FULL). When commit() returns without an error, the batch is on
// the disk; a cut at any moment before leaves the state before it, whole.
//
// For every sink, at any time and over restarts: kept = delivered + queued + dead-lettered + dropped, in lines and
// values. For one thread (StoreThread); history and journal are read beside it by StoreReader. The site must outlive
// it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cloud-sync/store/delivery.hpp"
#include "cloud-sync/store/disk_room.hpp"
#include "cloud-sync/store/notifier_position.hpp"
#include "core/batch.hpp"
#include "core/error.hpp"
#include "core/site.hpp"
#include "core/status.hpp"

namespace gateway {

struct StoreOptions {
  int gzip_level = 4;
  const char* vfs = nullptr;  // SQLite's file system; tests give one that fails
  int page_size = 4096;       // of a new database
  int wal_pages = 2000;       // the WAL is carried over into the database when it is as long
  // A database up to this size is checked whole at start; of a larger one, only what is read of it.
  std::uint64_t checked_at_start = 64 << 20;
  std::uint64_t most_bytes = 0;                  // of the outbox, when less than the site allows; 0: what the site says
  std::uint64_t most_alarm_changes = 1'000'000;  // in the journal; beyond them the oldest go
  std::string boot_id{};   // of the running system; provisional stamps of another boot can't be dated any more
  DiskRoom::Look space{};  // of the file system; empty: the system's word
};

class Store {
 public:
  // Creates the folder and the database where there is none. A damaged one is no error: what reads of it is carried
  // over into a fresh one, and status() says what happened. Errors: device_or_resource_busy when another gateway uses
  // the folder, not_supported for a database of a later version, what the system or SQLite says.
  static Expected<Store> open(const std::filesystem::path& folder, const Site& site, TimeNow now,
                              const StoreOptions& options = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Keeps the batch and everything acknowledged so far, in one transaction. On an error nothing of it is kept, and the
  // same batch may be given again. Damage that turns up is repaired on the way.
  Expected<void> commit(const Batch& batch, TimeNow now);

  [[nodiscard]] ClockMemory clock_memory() const noexcept;
  // Empty: none, or a damaged one (status() says so). Errors: as SQLite says.
  [[nodiscard]] Expected<std::vector<std::byte>> load_checkpoint();
  // What the alarm rules have learned; likewise.
  [[nodiscard]] Expected<std::vector<std::byte>> load_learned();
  // The newest record of every alarm that this site still has.
  [[nodiscard]] Expected<std::vector<AlarmRecord>> load_alarms();
  // The newest record of the mode, of every armed area and ticked off place; the mode first.
  [[nodiscard]] Expected<std::vector<ModeRecord>> load_modes();

  // `sink`: place in Site::sinks. rows empty: nothing there.
  [[nodiscard]] Expected<Delivery> next(std::size_t sink, const Pick& pick);
  // The sink is done with these rows. Durable with the next commit. Rows it was done with before are not counted again.
  void acknowledge(std::size_t sink, const Delivery& delivery, std::vector<DeadLetter> dead = {});
  // Takes over what a store in another folder has kept and not sent: outbox rows without consumption windows (this
  // store books that time itself), journals, alarm states. In one transaction. Rows keep their age.
  Expected<std::uint64_t> adopt(const std::filesystem::path& folder, TimeNow now);
  // What a person wants done with dead letters, or with what waits; in a transaction of its own. Returns what was done,
  // in a sentence. Errors: invalid_argument for a sink or a letter that is not there; what SQLite says.
  Expected<std::string> change(const OutboxChange& change, TimeNow now);
  // Does what other processes have asked for by ask_outbox_change() (outbox_report.hpp), each in one transaction with
  // its answer. Cheap when there is nothing.
  void work_off_requests(TimeNow now);
  // What ask_meter_request() (meter_requests.hpp) has left and work_off_requests() has found; each once. Its answer
  // comes with a batch; what never got one is there again after the next start.
  [[nodiscard]] std::vector<MeterRequest> take_meter_requests() noexcept;
  // Acknowledgements that wait for the next commit.
  [[nodiscard]] bool has_unsaved() const noexcept;

  // Where a [[notify]] was. One that is new here begins behind what the journal holds: nobody is told of the past.
  [[nodiscard]] Expected<NotifierPosition> load_notifier(const std::string& id);
  // Durable with the next commit.
  void save_notifier(const std::string& id, NotifierPosition position);

  // Whether the database was too large to be checked at start: find_damage() (repair.hpp) is to be run beside it.
  [[nodiscard]] bool is_unchecked() const noexcept;
  // Called while damage is repaired, which can take a minute a gigabyte, so that whoever watches sees it move.
  void on_progress(std::function<void()> progress) noexcept;
  // Carries over what reads, because of damage that somebody has found in the file.
  Expected<void> mend(std::string reason, TimeNow now);

  [[nodiscard]] SinkFigures figures(std::size_t sink) const;
  [[nodiscard]] StoreStatus status() const;
  [[nodiscard]] const std::filesystem::path& file() const noexcept;

 private:
  struct Impl;
  Expected<std::vector<std::byte>> load_state(int number, const char* what);
  template <class Work>
  auto mending(TimeNow now, Work work) -> decltype(work());
  explicit Store(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
