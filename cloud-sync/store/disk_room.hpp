// How much may wait in the outbox: what the site allows, and no more than the disk has left, so that the file system
// keeps some room for logs, the WAL and everybody else. For one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "cloud-sync/store/fill_forecast.hpp"
#include "core/clock.hpp"

namespace gateway {

class DiskRoom {
 public:
  // What a folder's file system has; tests give one that is nearly full. nullopt: it does not say.
  using Look = std::function<std::optional<std::filesystem::space_info>(const std::filesystem::path&)>;
  static std::optional<std::filesystem::space_info> of_system(const std::filesystem::path& folder) {
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    return error ? std::nullopt : std::optional{space};
  }

  // Of the file system, left to others: so much, or a twentieth of a small one.
  static constexpr std::uint64_t most_reserved_bytes = 128 << 20;
  // An outage of days is kept at one minute an interval also on a disk that others have filled.
  static constexpr std::uint64_t least_queued_bytes = 16 << 20;
  static constexpr std::chrono::minutes between{1};

  // `allowed`: by the site, bytes.
  DiskRoom(std::filesystem::path folder, std::uint64_t allowed, Look look)
      : folder_(std::move(folder)),
        allowed_(allowed),
        most_queued_(allowed),
        look_(look ? std::move(look) : of_system) {}

  // After each commit. `unused_inside()`: bytes of the database file that hold nothing; asked once a minute.
  template <class UnusedInside>
  void look(MonotonicTime now, std::uint64_t queued, UnusedInside unused_inside) {
    if (now >= next_look_) {
      next_look_ = now + between;
      const auto space = look_(folder_);
      free_ = space ? std::optional{space->available} : std::nullopt;
      most_queued_ = allowed_;
      if (space) {
        const auto reserved = std::min<std::uint64_t>(most_reserved_bytes, space->capacity / 20);
        const auto room = space->available > reserved ? space->available - reserved : 0;
        most_queued_ = std::min(allowed_, std::max(queued + unused_inside() + room, least_queued_bytes));
      }
    }
    forecast_.look(now, queued, most_queued_ > queued ? most_queued_ - queued : 0);
  }
  [[nodiscard]] std::uint64_t most_queued_bytes() const noexcept { return most_queued_; }
  // Of the file system; 0: not known.
  [[nodiscard]] std::uint64_t free_bytes() const noexcept { return free_.value_or(0); }
  // How long what comes can be kept, at the rate at which it piles up.
  [[nodiscard]] std::optional<std::chrono::seconds> full_in() const noexcept { return forecast_.full_in(); }

 private:
  std::filesystem::path folder_;
  std::uint64_t allowed_;
  std::uint64_t most_queued_;
  Look look_;
  std::optional<std::uint64_t> free_;
  MonotonicTime next_look_{};
  FillForecast forecast_;
};

}  // namespace gateway
