#include "cloud-sync/store/store.hpp"

#include <algorithm>
#include <map>

#include <sqlite3.h>
#include <zlib.h>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/influx/line_encoder.hpp"
#include "cloud-sync/store/adoption.hpp"
#include "cloud-sync/store/alarm_tables.hpp"
#include "cloud-sync/store/clock_table.hpp"
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
constexpr std::chrono::nanoseconds retention_goes_on = 5s;  // there was more than one commit takes
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
PRAGMA cache_size = -1000;
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
  // Of a new one; an old one keeps its own.
  database.run(("PRAGMA page_size = " + std::to_string(options.page_size)).c_str());
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
  ClockTable clock;
  bool unchecked = false;
  std::uint64_t repairs = 0;
  std::string last_repair;
  std::string last_error;
  MonotonicTime next_retention{};
  std::chrono::nanoseconds utc_offset{};
  MonotonicTime clock_trusted_from;
  TimeNow last_commit;
  DiskRoom room;
  std::uint64_t failed_commits = 0;
  std::function<void()> progress;
  std::int64_t seen_version = -1;  // PRAGMA data_version when requests were last looked for

  std::vector<MeterRequest> asked;  // of meters, and not taken yet
  std::int64_t last_asked = 0;

  std::map<std::string, NotifierPosition> notifiers;  // that wait for the next commit

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
        clock(database, the_site, encoder, options.boot_id),
        unchecked(opened.unchecked),
        utc_offset(now.utc.time_since_epoch() - now.monotonic.time_since_epoch()),
        clock_trusted_from(now.monotonic + clock_settles),
        last_commit(now),
        room(file.parent_path(),
             the_options.most_bytes > 0 ? std::min(the_options.most_bytes, the_site.store.max_bytes)
                                        : the_site.store.max_bytes,
             the_options.space) {
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
    clock.recall();
    transaction.commit();
  }

  void put_journals(const Batch& batch) {
    alarms.put(batch.alarms, batch.modes);
    for (const QualityRecord& record : batch.quality)
      journal_quality.run(site.meter(record.meter).id, static_cast<int>(record.kind), ns(record.at), record.before,
                          record.after, record.amount, ns(record.from), record.by, record.comment);
  }

  void put_answers(const Batch& batch) {
    if (batch.answers.empty()) return;
    auto put = database.prepare("UPDATE meter_request SET done = ?2, answer = ?3 WHERE id = ?1");
    for (const auto& answer : batch.answers) put.run(answer.request, answer.done ? 1 : 0, answer.text);
    database.prepare("DELETE FROM meter_request WHERE answer IS NOT NULL AND id <= ?1").run(last_asked - 100);
  }

  void put_notifiers() {
    if (notifiers.empty()) return;
    auto put = database.prepare("INSERT OR REPLACE INTO notifier(id, event, memory) VALUES(?1, ?2, ?3)");
    for (const auto& [id, position] : notifiers) put.run(id, position.event, position.memory);
  }

  void keep_within_limits(TimeNow now) {
    const auto offset = now.utc.time_since_epoch() - now.monotonic.time_since_epoch();
    if (std::chrono::abs(offset - utc_offset) > clock_step) {
      clock_trusted_from = now.monotonic + clock_settles;
      next_retention = {};
    }
    utc_offset = offset;
    const bool trusted = clock.known() && now.monotonic >= clock_trusted_from;
    outbox.enforce(room.most_queued_bytes(), trusted ? std::optional{now.utc - site.store.max_age} : std::nullopt);
    outbox.forget_delivered();
    if (!trusted || now.monotonic < next_retention) return;
    const bool more_minutes = consumption.forget(now.utc - site.store.keep_minutes, now.utc - site.store.keep_quarters);
    const bool more = alarms.forget(now.utc - site.store.keep_alarms, options.most_alarm_changes) || more_minutes;
    next_retention = now.monotonic + (more ? retention_goes_on : retention_interval);
  }

  void commit(const Batch& batch, TimeNow now) {
    Transaction transaction(database);
    outbox.begin();
    encoder.clear();
    clock.encode(batch);
    consumption.put(batch, encoder);
    for (const EncodedBody& body : encoder.bodies())
      outbox.append(gzip.compress(encoder.text(body)), now.utc, body.lines, body.values, body.rewritten);
    put_journals(batch);
    put_answers(batch);
    if (!batch.checkpoint.empty())
      put_checkpoint.run(to_ms(now.utc), std::span{batch.checkpoint}, checksum(batch.checkpoint), core_checkpoint);
    if (!batch.learned.empty())
      put_checkpoint.run(to_ms(now.utc), std::span{batch.learned}, checksum(batch.learned), learned_checkpoint);
    keep_within_limits(now);
    clock.save(batch);
    outbox.save(now.utc);
    put_notifiers();
    transaction.commit();
    outbox.saved();
    notifiers.clear();
    last_commit = now;
    room.look(now.monotonic, outbox.queued_bytes(), [this] {
      return static_cast<std::uint64_t>(database.number("PRAGMA freelist_count")) *
             static_cast<std::uint64_t>(database.number("PRAGMA page_size"));
    });
  }

  // When what is queued now came: a clock that is not believed must not make it look too old.
  [[nodiscard]] UtcTime arrival(TimeNow now) const noexcept {
    return clock.known() ? now.utc : std::max(now.utc, clock.memory().last_stored);
  }

  // `then` is of the same transaction: what is told of a change is kept with it.
  template <class Then>
  Expected<std::string> change(const OutboxChange& wanted, TimeNow now, Then then) {
    Transaction transaction(database);
    auto done = make(wanted, now);
    then(done);
    transaction.commit();
    if (done) outbox.saved();
    return done;
  }

  // In a transaction. A refusal leaves everything as it was.
  Expected<std::string> make(const OutboxChange& wanted, TimeNow now) {
    using Action = OutboxChange::Action;
    const bool known = std::ranges::find(site.sinks, wanted.sink, &Sink::id) != site.sinks.end();
    if (wanted.action == Action::drop_waiting && !known)
      return failure(std::errc::invalid_argument, "there is no sink '" + wanted.sink + "'");
    outbox.begin();
    Outbox::Changed done;
    switch (wanted.action) {
      case Action::requeue_letters:
        done = outbox.requeue_letters(wanted.sink, wanted.letter, arrival(now),
                                      [this](std::string_view text) { return gzip.compress(text); });
        break;
      case Action::drop_letters:
        done = outbox.drop_letters(wanted.sink, wanted.letter);
        break;
      case Action::drop_waiting:
        done = outbox.drop_waiting(wanted.sink);
        outbox.forget_delivered();
        break;
    }
    if (wanted.letter && done.letters == 0)
      return failure(std::errc::invalid_argument, "there is no dead letter " + std::to_string(*wanted.letter));
    outbox.save(now.utc);
    const std::string lines = std::to_string(done.lines) + (done.lines == 1 ? " line" : " lines");
    if (wanted.action == Action::drop_waiting) return lines + " that waited for " + wanted.sink + " dropped";
    return std::to_string(done.letters) + (done.letters == 1 ? " dead letter" : " dead letters") + " of " + lines +
           (wanted.action == Action::requeue_letters ? " queued again" : " dropped");
  }

  void work_off_requests(TimeNow now) {
    const auto version = database.number("PRAGMA data_version");  // changes when another connection has written
    if (version == seen_version) return;
    struct Request {
      std::int64_t id;
      OutboxChange change;
    };
    std::vector<Request> requests;
    Statement rows =
        database.prepare("SELECT id, action, sink, letter FROM outbox_request WHERE answer IS NULL ORDER BY id");
    while (rows.step()) {
      Request request{.id = rows.integer(0), .change = {.action = {}, .sink = std::string{rows.text(2)}, .letter = {}}};
      if (!rows.null(3)) request.change.letter = rows.integer(3);
      for (const auto action : {OutboxChange::Action::requeue_letters, OutboxChange::Action::drop_letters,
                                OutboxChange::Action::drop_waiting})
        if (name_of(action) == rows.text(1)) request.change.action = action;
      requests.push_back(std::move(request));
    }
    Statement answer = database.prepare("UPDATE outbox_request SET answer = ?2 WHERE id = ?1");
    for (const Request& request : requests)
      (void)change(request.change, now, [&](const Expected<std::string>& done) {
        answer.run(request.id, done ? *done : "refused: " + done.error().context);
      });
    // Answers are read within seconds; old ones are of no use.
    if (!requests.empty()) database.prepare("DELETE FROM outbox_request WHERE id <= ?1").run(requests.front().id - 100);
    look_for_meter_requests();
    seen_version = version;
  }

  void look_for_meter_requests() {
    if (!database.prepare("SELECT 1 FROM meter_request WHERE answer IS NULL AND id > ?1").with(last_asked).step())
      return;
    // In one statement, so that a command that has lost its patience can withdraw what nobody has taken.
    Statement rows = database.prepare(
        "UPDATE meter_request SET taken = 1 WHERE answer IS NULL AND id > ?1 "
        "RETURNING id, kind, meter, old_last, new_first, from_ms, to_ms, amount, by, reason");
    rows.with(last_asked);
    while (rows.step()) {
      const bool exchange = rows.text(1) == name_of(MeterRequest::Kind::exchange);
      asked.push_back({.id = rows.integer(0),
                       .kind = exchange ? MeterRequest::Kind::exchange : MeterRequest::Kind::correct,
                       .meter = std::string{rows.text(2)},
                       .old_last = rows.integer(3),
                       .new_first = rows.integer(4),
                       .amount = rows.integer(7),
                       .from = utc_from_ms(rows.integer(5)),
                       .to = utc_from_ms(rows.integer(6)),
                       .by = std::string{rows.text(8)},
                       .reason = std::string{rows.text(9)}});
    }
    std::ranges::sort(asked, {}, &MeterRequest::id);
    last_asked = asked.empty() ? last_asked : asked.back().id;
  }

  // Whatever state the file is in. Throws DatabaseError when the disk does not let it.
  static Expected<std::unique_ptr<Impl>> open(const std::filesystem::path& file, const Site& site, TimeNow now,
                                              const StoreOptions& options, const std::shared_ptr<FolderLock>& lock) {
    std::optional<Repair> repaired;
    bool read_again = false;
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
        // A bus or a card that stumbles for a moment is no damage.
        if ((failed.error().code.value() & 0xFF) == SQLITE_IOERR && !std::exchange(read_again, true)) {
          --attempt;
          continue;
        }
        // What can't even be carried over makes way for an empty one: the gateway runs.
        if (attempt == 2) set_aside(file);
        repaired = repair(file, site, now.utc, failed.what(), {.progress = {}, .space = options.space});
      }
    }
  }
};

Store::Store(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Expected<Store> Store::open(const std::filesystem::path& folder, const Site& site, TimeNow now,
                            const StoreOptions& options) {
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

// Work that meets damage is done once more, because a bus or a card that stumbles for a moment is no damage; then again
// on what could be carried over.
template <class Work>
auto Store::mending(TimeNow now, Work work) -> decltype(work()) {
  for (int attempt = 1;; ++attempt) {
    try {
      return work();
    } catch (const DatabaseError& failed) {
      impl_->last_error = failed.what();
      const bool mendable = is_damage(failed.error().code) && impl_->options.vfs == nullptr;
      if (!mendable || attempt == 3) return std::unexpected(failed.error());
      if (attempt == 1) continue;
      if (auto mended = mend(failed.what(), now); !mended) return std::unexpected(mended.error());
    }
  }
}

Expected<void> Store::mend(std::string reason, TimeNow now) {
  try {
    // Closing the old connection later must not touch files that have its name then.
    impl_->database.leave_as_found();
    const Repair done = repair(impl_->file, impl_->site, now.utc, std::move(reason),
                               {.progress = impl_->progress, .space = impl_->options.space});
    auto fresh = Impl::open(impl_->file, impl_->site, now, impl_->options, impl_->lock);
    if (!fresh) return std::unexpected(fresh.error());
    (*fresh)->repairs += impl_->repairs + 1;
    (*fresh)->notifiers = impl_->notifiers;
    (*fresh)->failed_commits = impl_->failed_commits;
    (*fresh)->progress = impl_->progress;
    (*fresh)->last_repair = done.text();
    impl_ = std::move(*fresh);
    return {};
  } catch (const DatabaseError& failed) {
    impl_->last_error = failed.what();
    return std::unexpected(failed.error());
  }
}

Expected<std::string> Store::change(const OutboxChange& change, TimeNow now) {
  return mending(now, [&] { return impl_->change(change, now, [](const Expected<std::string>&) {}); });
}

Expected<std::uint64_t> Store::adopt(const std::filesystem::path& folder, TimeNow now) {
  try {
    return gateway::adopt(impl_->database, impl_->outbox, impl_->gzip, folder / "gateway.db", now.utc);
  } catch (const DatabaseError& failed) {
    return std::unexpected(failed.error());
  }
}

void Store::work_off_requests(TimeNow now) {
  try {
    impl_->work_off_requests(now);
  } catch (const DatabaseError& failed) {  // asked again with the next look
    impl_->last_error = failed.what();
  }
}

std::vector<MeterRequest> Store::take_meter_requests() noexcept { return std::exchange(impl_->asked, {}); }

ClockMemory Store::clock_memory() const noexcept { return impl_->clock.memory(); }

bool Store::is_unchecked() const noexcept { return impl_->unchecked; }
void Store::on_progress(std::function<void()> progress) noexcept { impl_->progress = std::move(progress); }

Expected<void> Store::commit(const Batch& batch, TimeNow now) {
  auto kept = mending(now, [&]() -> Expected<void> {
    impl_->commit(batch, now);
    impl_->last_error.clear();
    return {};
  });
  if (!kept) ++impl_->failed_commits;
  return kept;
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
bool Store::has_unsaved() const noexcept { return impl_->outbox.has_unsaved() || !impl_->notifiers.empty(); }

Expected<NotifierPosition> Store::load_notifier(const std::string& id) {
  try {
    Statement row = impl_->database.prepare("SELECT event, memory FROM notifier WHERE id = ?1");
    if (row.with(id).step()) return NotifierPosition{row.integer(0), std::string{row.text(1)}};
    NotifierPosition position{impl_->database.number("SELECT max(id) FROM alarm_journal"), {}};
    impl_->notifiers[id] = position;
    return position;
  } catch (const DatabaseError& e) {
    return std::unexpected(e.error());
  }
}

void Store::save_notifier(const std::string& id, NotifierPosition position) {
  impl_->notifiers[id] = std::move(position);
}

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
  status.overwritten_lines = impl_->encoder.overwritten();
  status.queued_bytes = impl_->outbox.queued_bytes();
  for (std::size_t i = 0; i < impl_->site.sinks.size(); ++i) {
    const SinkFigures sink = figures(i);
    status.queued_lines = std::max(status.queued_lines, sink.queued_lines);
    if (sink.oldest_queued && (!status.oldest_queued || *sink.oldest_queued < *status.oldest_queued))
      status.oldest_queued = sink.oldest_queued;
  }
  status.most_queued_bytes = impl_->room.most_queued_bytes();
  status.full_in = impl_->room.full_in();
  if (status.full_in && status.oldest_queued) {
    const auto by_age = impl_->site.store.max_age - (impl_->last_commit.utc - *status.oldest_queued);
    status.full_in = std::min(*status.full_in,
                              std::chrono::floor<std::chrono::seconds>(std::max<std::chrono::nanoseconds>(by_age, 0s)));
  }
  status.free_bytes = impl_->room.free_bytes();
  status.failed_commits = impl_->failed_commits;
  status.repairs = impl_->repairs;
  status.last_repair = impl_->last_repair;
  status.last_error = impl_->last_error;
  return status;
}

const std::filesystem::path& Store::file() const noexcept { return impl_->file; }

}  // namespace gateway
