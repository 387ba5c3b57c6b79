#include "tests/support/simulated_disk.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <sqlite3.h>

namespace gateway::test {
namespace {

constexpr std::size_t sector = 512;

std::string next_name() {
  static std::atomic<int> count{0};
  return "simulated-disk-" + std::to_string(++count);
}

}  // namespace

struct SimulatedDisk::Registration {
  sqlite3_vfs vfs{};
};

// SQLite allocates szOsFile bytes for this and knows only the beginning of it.
struct SimulatedDiskCalls {
  struct Handle {
    sqlite3_file base;
    SimulatedDisk* disk;
    std::shared_ptr<SimulatedDisk::File> file;
    bool remove_on_close;
  };
  using Call = SimulatedDisk::Call;

  static Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

  static int close(sqlite3_file* file) {
    Handle& h = handle(file);
    if (h.remove_on_close) h.disk->files_.erase(h.file->name);
    h.file.~shared_ptr();
    return SQLITE_OK;
  }
  static int read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
    Handle& h = handle(file);
    if (const int code = h.disk->allow(Call::read, *h.file)) return code;
    const auto& content = h.file->content;
    const auto from = std::min(static_cast<std::size_t>(offset), content.size());
    const auto length = std::min(static_cast<std::size_t>(amount), content.size() - from);
    if (length > 0) std::memcpy(into, content.data() + from, length);
    if (length == static_cast<std::size_t>(amount)) return SQLITE_OK;
    std::memset(static_cast<char*>(into) + length, 0, static_cast<std::size_t>(amount) - length);
    return SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
    Handle& h = handle(file);
    const auto* bytes = static_cast<const unsigned char*>(from);
    SimulatedDisk::Write write{static_cast<std::size_t>(offset), {bytes, bytes + amount}};
    const bool was_on = h.disk->on_;
    const int code = h.disk->allow(Call::write, *h.file);
    // The write during which the power goes may reach the medium, in part.
    if (code == SQLITE_OK || (was_on && !h.disk->on_)) {
      SimulatedDisk::apply(h.file->content, write);
      h.file->unsynced.push_back(std::move(write));
      h.disk->bytes_written_ += static_cast<std::uint64_t>(amount);
    }
    return code;
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle& h = handle(file);
    if (const int code = h.disk->allow(Call::truncate, *h.file)) return code;
    h.file->content.resize(static_cast<std::size_t>(size));
    h.file->unsynced.push_back({static_cast<std::size_t>(size), {}});
    return SQLITE_OK;
  }
  static int sync(sqlite3_file* file, int) {
    Handle& h = handle(file);
    const int code = h.disk->allow(Call::sync, *h.file);
    if (!h.disk->on_) return code;
    ++h.disk->syncs_;
    if (code == SQLITE_OK) {
      for (const auto& write : h.file->unsynced) SimulatedDisk::apply(h.file->durable, write);
      h.file->named = true;
      h.disk->removed_.clear();
    }
    h.file->unsynced.clear();
    return code;
  }
  static int size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(handle(file).file->content.size());
    return SQLITE_OK;
  }
  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int check_lock(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return static_cast<int>(sector); }
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int shared_map(sqlite3_file* file, int region, int size, int extend, void volatile** into) {
    auto& shared = handle(file).file->shared;
    *into = nullptr;
    if (static_cast<std::size_t>(region) >= shared.size()) {
      if (!extend) return SQLITE_OK;
      while (shared.size() <= static_cast<std::size_t>(region))
        shared.push_back(std::make_unique<unsigned char[]>(static_cast<std::size_t>(size)));
    }
    *into = shared[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
  }
  static int shared_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void shared_barrier(sqlite3_file*) {}
  static int shared_unmap(sqlite3_file* file, int remove) {
    if (remove) handle(file).file->shared.clear();
    return SQLITE_OK;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* into, int flags, int* out_flags) {
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = close,
        .xRead = read,
        .xWrite = write,
        .xTruncate = truncate,
        .xSync = sync,
        .xFileSize = size,
        .xLock = lock,
        .xUnlock = lock,
        .xCheckReservedLock = check_lock,
        .xFileControl = control,
        .xSectorSize = sector_size,
        .xDeviceCharacteristics = characteristics,
        .xShmMap = shared_map,
        .xShmLock = shared_lock,
        .xShmBarrier = shared_barrier,
        .xShmUnmap = shared_unmap,
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    auto& disk = *static_cast<SimulatedDisk*>(vfs->pAppData);
    into->pMethods = nullptr;
    static int temporaries = 0;
    const std::string path = name != nullptr ? name : "temporary-" + std::to_string(++temporaries);
    auto found = disk.files_.find(path);
    if (found == disk.files_.end() && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    auto file = found != disk.files_.end() ? found->second : std::make_shared<SimulatedDisk::File>();
    file->name = path;
    if (const int code = disk.allow(Call::open, *file)) return code;
    disk.files_[path] = file;
    auto* handle = new (into) Handle{{&methods}, &disk, std::move(file), (flags & SQLITE_OPEN_DELETEONCLOSE) != 0};
    (void)handle;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    auto& disk = *static_cast<SimulatedDisk*>(vfs->pAppData);
    const auto found = disk.files_.find(name);
    if (found == disk.files_.end()) return SQLITE_IOERR_DELETE_NOENT;
    if (const int code = disk.allow(Call::remove, *found->second)) return code;
    disk.removed_[name] = found->second;
    disk.files_.erase(found);
    return SQLITE_OK;
  }
  static int access(sqlite3_vfs* vfs, const char* name, int, int* result) {
    auto& disk = *static_cast<SimulatedDisk*>(vfs->pAppData);
    const auto found = disk.files_.find(name);
    *result = found != disk.files_.end() && !found->second->content.empty() ? 1 : 0;
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs*, const char* name, int size, char* into) {
    sqlite3_snprintf(size, into, "%s", name);
    return SQLITE_OK;
  }
  static int randomness(sqlite3_vfs*, int size, char* into) {
    std::memset(into, 0, static_cast<std::size_t>(size));
    static std::atomic<std::uint32_t> count{1};  // salts of the WAL have to differ
    const std::uint32_t value = count += 0x9E3779B9U;
    std::memcpy(into, &value, std::min(static_cast<std::size_t>(size), sizeof value));
    return size;
  }
  static int sleep(sqlite3_vfs*, int) { return 0; }
  static int time(sqlite3_vfs*, double* julian_day) {
    *julian_day = 2461000.5;
    return SQLITE_OK;
  }
  static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

SimulatedDisk::SimulatedDisk() : name_(next_name()), registration_(std::make_unique<Registration>()) {
  auto& vfs = registration_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = static_cast<int>(sizeof(SimulatedDiskCalls::Handle));
  vfs.mxPathname = 1024;
  vfs.zName = name_.c_str();
  vfs.pAppData = this;
  vfs.xOpen = SimulatedDiskCalls::open;
  vfs.xDelete = SimulatedDiskCalls::remove;
  vfs.xAccess = SimulatedDiskCalls::access;
  vfs.xFullPathname = SimulatedDiskCalls::full_path;
  vfs.xRandomness = SimulatedDiskCalls::randomness;
  vfs.xSleep = SimulatedDiskCalls::sleep;
  vfs.xCurrentTime = SimulatedDiskCalls::time;
  vfs.xGetLastError = SimulatedDiskCalls::last_error;
  sqlite3_vfs_register(&vfs, 0);
}

SimulatedDisk::~SimulatedDisk() { sqlite3_vfs_unregister(&registration_->vfs); }

int SimulatedDisk::allow(Call call, const File& file) {
  if (!on_) return SQLITE_IOERR;
  if (call != Call::read && call != Call::open && ++changes_ == cut_at_) {
    on_ = false;
    return SQLITE_IOERR;
  }
  return fault ? fault(call, file.name) : SQLITE_OK;
}

void SimulatedDisk::apply(std::vector<unsigned char>& to, const Write& write) {
  if (write.bytes.empty()) {
    to.resize(std::min(to.size(), write.offset));
    return;
  }
  to.resize(std::max(to.size(), write.offset + write.bytes.size()));
  std::ranges::copy(write.bytes, to.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

void SimulatedDisk::restore_power(Unsynced unsynced, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto coin = [&] { return (random() & 1U) != 0; };
  // A removal that the medium has not seen: the file may be there again.
  for (auto& [name, file] : removed_)
    if (!files_.contains(name) && (unsynced == Unsynced::lost || (unsynced != Unsynced::kept && coin())))
      files_[name] = file;
  removed_.clear();
  std::erase_if(files_, [&](const auto& entry) {
    return !entry.second->named && (unsynced == Unsynced::lost || (unsynced != Unsynced::kept && coin()));
  });
  for (auto& [name, file] : files_) {
    for (const Write& write : file->unsynced) {
      if (unsynced == Unsynced::lost) continue;
      if (write.bytes.empty() || unsynced == Unsynced::kept) {
        if (unsynced == Unsynced::kept || coin()) apply(file->durable, write);
        continue;
      }
      for (std::size_t at = 0; at < write.bytes.size(); at += sector) {
        const auto end = std::min(at + sector, write.bytes.size());
        if (!coin()) continue;
        Write part{write.offset + at,
                   {write.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    write.bytes.begin() + static_cast<std::ptrdiff_t>(end)}};
        // The file has its new length, the sector was never written.
        if (unsynced == Unsynced::zeros && part.offset >= file->durable.size() && coin())
          std::ranges::fill(part.bytes, static_cast<unsigned char>(0));
        apply(file->durable, part);
      }
    }
    file->unsynced.clear();
    file->content = file->durable;
    file->named = true;
    file->shared.clear();
  }
  on_ = true;
  cut_at_ = 0;
}

}  // namespace gateway::test
