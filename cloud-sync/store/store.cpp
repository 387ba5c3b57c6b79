#include "cloud-sync/store/store.hpp"

#include <algorithm>

#include <sqlite3.h>
#include <zlib.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/influx/line_encoder.hpp"
#include "cloud-sync/store/alarm_tables.hpp"
#include "cloud-sync/store/consumption_tables.hpp"
#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/folder_lock.hpp"
#include "cloud-sync/store/outbox.hpp"
#include "cloud-sync/store/repair.hpp"
#include "cloud-sync/store/schema.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds retention_interval = 10min;
// A clock that has just been set, or just stepped, is no reason to throw data away.
constexpr std::chrono::nanoseconds clock_settles = 1h;
constexpr std::chrono::nanoseconds clock_step = 10s;

// Rows of `checkpoint`.
constexpr int core_checkpoint = 1;
constexpr int learned_checkpoint = 2;

constexpr const char* settings = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA journal_size_limit = 16777216;
PRAGMA cache_size = -2000;
PRAGMA temp_store = MEMORY;
)sql";

std::int64_t ns(UtcTime time) { return time.time_since_epoch().count(); }

std::int64_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::int64_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

// Besides what SQLite says itself: a table that is not there is damage too, in a database of a version we know.
bool is_broken(const DatabaseError& failed) {
  return is_damage(failed.error().code) ||
         (failed.error().code.category() == sqlite_category() && failed.error().code.value() == SQLITE_ERROR);
}

struct Opened {
  Database database;
  bool unchecked = false;
};

Expected<Opened> open_database(const std::filesystem::path& file, const StoreOptions& options) {
  Opened opened{Database::open(file, Database::Mode::create, options.vfs)};
  Database& database = opened.database;
  database.run("PRAGMA page_size = 4096");  // of a new one; an old one keeps its own
  database.run(settings);
  database.run(("PRAGMA wal_autocheckpoint = " + std::to_string(options.wal_pages)).c_str());
  if (auto ready = prepare_schema(database); !ready) return std::unexpected(ready.error());
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  opened.unchecked = !error && size > options.checked_at_start;
  if (!opened.unchecked)
    if (const auto damage = find_damage(database); !damage.empty())
      throw DatabaseError({{SQLITE_CORRUPT, sqlite_category()}, damage});
  return opened;
}

}  // namespace

struct Store::Impl {
  const Site& site;
  std::filesystem::path file;
  std::shared_ptr<FolderLock> lock;
  StoreOptions options;
  Database database;
  Outbox outbox;
  LineEncoder encoder;
  GzipCompressor gzip;
  AlarmTables alarms;
  ConsumptionTables consumption;
  bool unchecked = false;
  std::uint64_t repairs = 0;
  std::string last_repair;
  std::string last_error;
  MonotonicTime next_retention{};
  std::chrono::nanoseconds utc_offset{};
  MonotonicTime clock_trusted_from;
  TimeNow last_commit;

  Statement journal_quality, put_checkpoint, get_checkpoint;

  Impl(const Site& the_site, std::filesystem::path path, std::shared_ptr<FolderLock> folder_lock, Opened opened,
       TimeNow now, const StoreOptions& the_options)
      : site(the_site),
        file(std::move(path)),
        lock(std::move(folder_lock)),
        options(the_options),
        database(std::move(opened.database)),
        outbox(database, the_site),
        encoder(the_site),
        gzip(options.gzip_level),
        alarms(database, the_site),
        consumption(database, the_site),
        unchecked(opened.unchecked),
        utc_offset(now.utc.time_since_epoch() - now.monotonic.time_since_epoch()),
        clock_trusted_from(now.monotonic + clock_settles),
        last_commit(now) {
    journal_quality = database.prepare(
        "INSERT INTO quality_journal(meter, kind, at_ns, before, after, amount, from_ns, by, comment) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    put_checkpoint =
        database.prepare("INSERT OR REPLACE INTO checkpoint(id, saved_ms, state, crc) VALUES(?4, ?1, ?2, ?3)");
    get_checkpoint = database.prepare("SELECT state, crc FROM checkpoint WHERE id = ?1");
  }

  void settle() {
    Transaction transaction(database);
    outbox.settle_sinks();
    consumption.settle();
    transaction.commit();
  }

  void put_journals(const Batch& batch) {
    alarms.put(batch.alarms, batch.modes);
    for (const QualityRecord& record : batch.quality)
      journal_quality.run(site.meter(record.meter).id, static_cast<int>(record.kind), ns(record.at), record.before,
                          record.after, record.amount, ns(record.from), record.by, record.comment);
  }

  void keep_within_limits(TimeNow now) {
    const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
    if (std::chrono::abs(offset - utc_offset) > clock_step) {
      clock_trusted_from = now.monotonic + clock_settles;
      next_retention = {};
    }
    utc_offset = offset;
    const bool trusted = now.monotonic >= clock_trusted_from;
    outbox.enforce(site.store.max_bytes, trusted ? std::optional{now.utc - site.store.max_age} : std::nullopt);
    outbox.forget_delivered();
    if (!trusted || now.monotonic < next_retention) return;
    consumption.forget_minutes(now.utc - site.store.keep_minutes);
    next_retention = now.monotonic + retention_interval;
  }

  void commit(const Batch& batch, TimeNow now) {
    Transaction transaction(database);
    outbox.begin();
    encoder.clear();
    encoder.add(batch);
    consumption.put(batch, encoder);
    for (const EncodedBody& body : encoder.bodies())
      outbox.append(gzip.compress(encoder.text(body)), now.utc, body.lines, body.values, body.rewritten);
    put_journals(batch);
    if (!batch.checkpoint.empty())
      put_checkpoint.run(to_ms(now.utc), std::span{batch.checkpoint}, checksum(batch.checkpoint), core_checkpoint);
    if (!batch.learned.empty())
      put_checkpoint.run(to_ms(now.utc), std::span{batch.learned}, checksum(batch.learned), learned_checkpoint);
    keep_within_limits(now);
    outbox.save(now.utc);
    transaction.commit();
    outbox.saved();
    last_commit = now;
  }

  // Whatever state the file is in. Throws DatabaseError when the disk does not let it.
  static Expected<std::unique_ptr<Impl>> open(const std::filesystem::path& file, const Site& site, TimeNow now,
                                              const StoreOptions& options, std::shared_ptr<FolderLock> lock) {
    std::optional<Repair> repaired;
    for (int attempt = 1;; ++attempt) {
      try {
        auto opened = open_database(file, options);
        if (!opened) return std::unexpected(opened.error());
        auto impl = std::make_unique<Impl>(site, file, lock, std::move(*opened), now, options);
        impl->settle();
        if (repaired) {
          impl->repairs = 1;
          impl->last_repair = repaired->text();
        }
        return impl;
      } catch (const DatabaseError& failed) {
        if (!is_broken(failed) || options.vfs != nullptr || attempt == 3) throw;
        // What can't even be carried over makes way for an empty one: the gateway runs.
        if (attempt == 2) set_aside(file);
        repaired = repair(file, site, now.utc, failed.what());
      }
    }
  }
};

Store::Store(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Expected<Store> Store::open(const std::filesystem::path& folder, const Site& site, TimeNow now, StoreOptions options) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failure(error, folder.string());
  const bool used_before = std::filesystem::exists(folder / "gateway.lock", error);
  auto lock = FolderLock::take(folder);
  if (!lock) return std::unexpected(lock.error());
  const auto file = folder / "gateway.db";
  auto held = std::make_shared<FolderLock>(std::move(*lock));
  try {
    if (options.vfs == nullptr) finish_repair(file);
    const bool missing = std::filesystem::file_size(file, error) == 0 || error;
    // A WAL without its database belongs to nothing that is here.
    if (missing && options.vfs == nullptr) set_aside(file);
    auto impl = Impl::open(file, site, now, options, held);
    sync_folder(folder);
    if (!impl) return std::unexpected(impl.error());
    if (missing && used_before && (*impl)->repairs == 0 && options.vfs == nullptr) {
      (*impl)->repairs = 1;
      (*impl)->last_repair = "the database of this data folder was missing or empty: it begins anew";
    }
    return Store{std::move(*impl)};
  } catch (const DatabaseError& e) {
    return failure(e.error().code, file.string() + ": " + e.error().context);
  }
}

// Work that meets damage is done again on what could be carried over.
template <class Work>
auto Store::mending(TimeNow now, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const DatabaseError& failed) {
    impl_->last_error = failed.what();
    if (!is_damage(failed.error().code) || impl_->options.vfs != nullptr) return std::unexpected(failed.error());
    if (auto mended = mend(failed.what(), now); !mended) return std::unexpected(mended.error());
  }
  try {
    return work();
  } catch (const DatabaseError& failed) {
    impl_->last_error = failed.what();
    return std::unexpected(failed.error());
  }
}

Expected<void> Store::mend(std::string reason, TimeNow now) {
  try {
    // Closing the old connection later must not touch files that have its name then.
    impl_->database.leave_as_found();
    const Repair done = repair(impl_->file, impl_->site, now.utc, std::move(reason));
    auto fresh = Impl::open(impl_->file, impl_->site, now, impl_->options, impl_->lock);
    if (!fresh) return std::unexpected(fresh.error());
    (*fresh)->repairs += impl_->repairs + 1;
    (*fresh)->last_repair = done.text();
    impl_ = std::move(*fresh);
    return {};
  } catch (const DatabaseError& failed) {
    impl_->last_error = failed.what();
    return std::unexpected(failed.error());
  }
}

bool Store::is_unchecked() const noexcept { return impl_->unchecked; }

Expected<void> Store::commit(const Batch& batch, TimeNow now) {
  return mending(now, [&]() -> Expected<void> {
    impl_->commit(batch, now);
    impl_->last_error.clear();
    return {};
  });
}

Expected<std::vector<std::byte>> Store::load_state(int number, const char* what) {
  try {
    std::vector<std::byte> state;
    Statement& row = impl_->get_checkpoint;
    row.with(number);
    bool whole = true;
    if (row.step()) {
      state.assign(row.blob(0).begin(), row.blob(0).end());
      whole = row.null(1) || row.integer(1) == checksum(state);
    }
    row.reset();
    if (!whole) {
      state.clear();
      ++impl_->repairs;
      impl_->last_repair = std::string{what} + " was damaged: it begins anew";
    }
    return state;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<std::byte>> Store::load_checkpoint() {
  return load_state(core_checkpoint, "the core's checkpoint");
}
Expected<std::vector<std::byte>> Store::load_learned() {
  return load_state(learned_checkpoint, "what the alarm rules had learned");
}

Expected<std::vector<AlarmRecord>> Store::load_alarms() {
  try {
    return impl_->alarms.alarms(impl_->database);
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<std::vector<ModeRecord>> Store::load_modes() {
  try {
    return AlarmTables::modes(impl_->database);
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

Expected<Delivery> Store::next(std::size_t sink, const Pick& pick) {
  return mending(impl_->last_commit, [&]() -> Expected<Delivery> { return impl_->outbox.next(sink, pick); });
}

void Store::acknowledge(std::size_t sink, const Delivery& delivery, std::vector<DeadLetter> dead) {
  impl_->outbox.acknowledge(sink, delivery, std::move(dead));
}
bool Store::has_unsaved() const noexcept { return impl_->outbox.has_unsaved(); }

SinkFigures Store::figures(std::size_t sink) const {
  try {
    return impl_->outbox.figures(sink);
  } catch (const DatabaseError&) {  // only the age of the oldest is asked of the database
    return {};
  }
}

StoreStatus Store::status() const {
  StoreStatus status;
  status.path = impl_->file.string();
  for (const char* ending : {"", "-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(status.path + ending, error);
    if (!error) status.bytes += size;
  }
  status.commits = impl_->outbox.commits();
  status.kept_lines = impl_->outbox.kept_lines();
  status.kept_values = impl_->outbox.kept_values();
  status.dropped_lines = impl_->outbox.dropped_lines();
  status.repairs = impl_->repairs;
  status.last_repair = impl_->last_repair;
  status.last_error = impl_->last_error;
  return status;
}

const std::filesystem::path& Store::file() const noexcept { return impl_->file; }

}  // namespace gateway
