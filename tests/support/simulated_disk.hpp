// A disk that fails as a test wants, as a file system of SQLite's (sqlite3_vfs): power cuts that lose, reorder, tear or
// zero what was not synced, errors on any call, and an fsync that fails once and then forgets. In memory; for one
// thread, one connection at a time to a file.
//
// Pages reach the medium in sectors of 512 bytes and in no order, unless a sync stands between them. After a sync that
// failed, what it should have written counts as clean, as Linux has it: a later sync does not write it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace gateway::test {

class SimulatedDisk {
 public:
  enum class Call : std::uint8_t { read, write, truncate, sync, open, remove };
  // What is asked of the disk next; an SQLite code other than 0 is its answer.
  using Fault = std::function<int(Call, const std::string& file)>;
  // What becomes of sectors that were not synced.
  enum class Unsynced : std::uint8_t { lost, kept, some, zeros };

  SimulatedDisk();
  ~SimulatedDisk();
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  [[nodiscard]] const char* vfs() const noexcept { return name_.c_str(); }

  Fault fault;
  // The power goes with the n-th write, truncation, sync or removal from now; 1 is the next.
  void cut_at(std::uint64_t call) noexcept { cut_at_ = changes_ + call; }
  void never_cut() noexcept { cut_at_ = 0; }
  [[nodiscard]] bool is_on() const noexcept { return on_; }
  // Off now, whatever is open.
  void cut() noexcept { on_ = false; }
  // On again, with what a power cut has left. All connections must be closed.
  void restore_power(Unsynced unsynced, std::uint64_t seed);

  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }
  [[nodiscard]] std::uint64_t syncs() const noexcept { return syncs_; }
  [[nodiscard]] std::uint64_t bytes_written() const noexcept { return bytes_written_; }

 private:
  friend struct SimulatedDiskCalls;
  struct Write {
    std::size_t offset = 0;
    std::vector<unsigned char> bytes;  // empty: cut off at offset
  };
  struct File {
    std::string name;
    std::vector<unsigned char> content;  // as programs see it
    std::vector<unsigned char> durable;
    std::vector<Write> unsynced;
    bool named = false;  // its name is on the medium
    std::vector<std::unique_ptr<unsigned char[]>> shared;
  };
  struct Registration;

  int allow(Call call, const File& file);
  static void apply(std::vector<unsigned char>& to, const Write& write);

  std::string name_;
  std::unique_ptr<Registration> registration_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::map<std::string, std::shared_ptr<File>> removed_;  // not yet known to the medium
  bool on_ = true;
  std::uint64_t changes_ = 0;
  std::uint64_t cut_at_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace gateway::test
