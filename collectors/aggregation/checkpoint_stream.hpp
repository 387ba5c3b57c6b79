// The bytes of a checkpoint: one function object that writes and one that reads, called with the same members in the
// same order. Integers are of variable length, because most are small; doubles little-endian; times in UTC. The same
// bytes are read on 32- and 64-bit ARM. Inside collectors/aggregation.
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "collectors/aggregation/accumulator.hpp"
#include "core/clock.hpp"

namespace gateway {

static_assert(std::endian::native == std::endian::little, "doubles are written as they lie in memory");

class CheckpointWriter {
 public:
  // offset: UTC minus the monotonic clock.
  CheckpointWriter(std::vector<std::byte>& out, std::chrono::nanoseconds offset) : out_(out), offset_(offset) {
    out_.clear();
  }
  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  void put_number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::byte>(value | 0x80));
    out_.push_back(static_cast<std::byte>(value));
  }
  template <class T>
  requires std::is_integral_v<T>
  void put(T value) {
    if constexpr (std::is_signed_v<T>) {  // small magnitudes are short, whatever the sign
      const std::int64_t wide = value;
      put_number(static_cast<std::uint64_t>(wide) << 1 ^ static_cast<std::uint64_t>(wide >> 63));
    } else {
      put_number(value);
    }
  }
  template <class T>
  requires std::is_enum_v<T>
  void put(T value) { put_number(static_cast<std::uint64_t>(value)); }
  void put(double value) { put_bytes(&value, sizeof value); }
  void put(std::chrono::nanoseconds time) { put(std::int64_t{time.count()}); }
  void put(UtcTime time) { put(time.time_since_epoch()); }
  void put(MonotonicTime time) { put(time.time_since_epoch() + offset_); }
  void put(const std::string& text) {
    put_number(text.size());
    put_bytes(text.data(), text.size());
  }
  void put(const RateSum& rate) {
    put(rate.sum);
    put(rate.min);
    put(rate.max);
  }
  void put_bytes(const void* from, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(from);
    out_.insert(out_.end(), bytes, bytes + size);
  }

  std::vector<std::byte>& out_;
  std::chrono::nanoseconds offset_;
};

class CheckpointReader {
 public:
  explicit CheckpointReader(std::span<const std::byte> in) : in_(in) {}

  // How monotonic times are to be understood: UTC minus the monotonic clock, and now.
  void use_clock(std::chrono::nanoseconds offset, MonotonicTime now) noexcept {
    offset_ = offset;
    now_ = now;
  }
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  // Of things of at least one byte each: more than the rest can hold is damage, not a reason to go on.
  std::uint64_t count() {
    std::uint64_t value = 0;
    get(value);
    if (value > in_.size()) broken_ = true;
    return broken_ ? 0 : value;
  }
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] bool whole() const noexcept { return !broken_ && in_.empty(); }

 private:
  std::uint64_t get_number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (in_.empty() || shift > 63) {
        broken_ = true;
        return 0;
      }
      const auto byte = std::to_integer<std::uint64_t>(in_.front());
      in_ = in_.subspan(1);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
  template <class T>
  requires std::is_integral_v<T>
  void get(T& value) {
    const auto coded = get_number();
    if constexpr (std::is_same_v<T, bool>) {
      value = coded != 0;
    } else if constexpr (std::is_signed_v<T>) {
      value = static_cast<T>(static_cast<std::int64_t>(coded >> 1) ^ -static_cast<std::int64_t>(coded & 1));
    } else {
      value = static_cast<T>(coded);
    }
  }
  template <class T>
  requires std::is_enum_v<T>
  void get(T& value) { value = static_cast<T>(get_number()); }
  void get(double& value) { get_bytes(&value, sizeof value); }
  void get(std::chrono::nanoseconds& time) {
    std::int64_t count = 0;
    get(count);
    time = std::chrono::nanoseconds{count};
  }
  void get(UtcTime& time) {
    std::chrono::nanoseconds since{};
    get(since);
    time = UtcTime{since};
  }
  void get(MonotonicTime& time) {
    std::chrono::nanoseconds since{};
    get(since);
    time = MonotonicTime{since - offset_};
    // After a reboot with a wall clock that lags: how long ago it was is not known; not "just now", or what came since
    // would look like a jump.
    if (time >= now_) time = now_ - std::chrono::hours{1};
  }
  void get(std::string& text) {
    const auto size = get_number();
    if (size > in_.size()) {
      broken_ = true;
      return;
    }
    text.resize(static_cast<std::size_t>(size));
    get_bytes(text.data(), text.size());
  }
  void get(RateSum& rate) {
    get(rate.sum);
    get(rate.min);
    get(rate.max);
  }
  void get_bytes(void* to, std::size_t size) {
    if (in_.size() < size) {
      broken_ = true;
      return;
    }
    std::memcpy(to, in_.data(), size);
    in_ = in_.subspan(size);
  }

  std::span<const std::byte> in_;
  std::chrono::nanoseconds offset_{};
  MonotonicTime now_{};
  bool broken_ = false;
};

}  // namespace gateway
