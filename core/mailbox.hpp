// Bounded queue from many threads to one, without locks or allocation after construction.
//
// try_push() puts a group in, whole and side by side, or not at all (then it is counted in dropped()): the readings of
// one poll stay together. Any thread. drain() is for the one reader. Order is kept per writer. Writers never wait for
// the reader.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace gateway {

template <class T>
requires std::is_trivially_copyable_v<T>
class Mailbox {
 public:
  // Capacity is rounded up to a power of two.
  explicit Mailbox(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 2 ? 2 : capacity) - 1), slots_(std::make_unique<Slot[]>(mask_ + 1)) {}

  bool try_push(std::span<const T> group) noexcept {
    const std::uint64_t count = group.size();
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    do {
      // A stale head only makes the mailbox look fuller than it is. A stale tail may lie behind the head: signed, and
      // the exchange will fail.
      if (static_cast<std::int64_t>(tail + count - head_.load(std::memory_order_acquire)) >
          static_cast<std::int64_t>(mask_ + 1)) {
        dropped_.fetch_add(count, std::memory_order_relaxed);
        return false;
      }
    } while (!tail_.compare_exchange_weak(tail, tail + count, std::memory_order_relaxed));
    for (std::uint64_t i = 0; i < count; ++i) {
      Slot& slot = slot_at(tail + i);
      slot.value = group[static_cast<std::size_t>(i)];
      slot.filled.store(tail + i + 1, std::memory_order_release);
    }
    return true;
  }
  bool try_push(const T& one) noexcept { return try_push(std::span<const T>{&one, 1}); }

  // Hands up to `most` values to `take`, oldest first; returns how many.
  template <class Take>
  std::size_t drain(Take&& take, std::size_t most = SIZE_MAX) {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    std::size_t taken = 0;
    for (; taken < most; ++taken) {
      Slot& slot = slot_at(head);
      if (slot.filled.load(std::memory_order_acquire) != head + 1) break;
      const T value = slot.value;
      head_.store(++head, std::memory_order_release);
      take(value);
    }
    return taken;
  }

  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
  struct Slot {
    std::atomic<std::uint64_t> filled{0};  // 1 + the position it was last filled for
    T value{};
  };
  Slot& slot_at(std::uint64_t position) noexcept { return slots_[static_cast<std::size_t>(position) & mask_]; }

  std::size_t mask_;
  std::unique_ptr<Slot[]> slots_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
  alignas(64) std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace gateway
