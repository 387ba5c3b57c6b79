// How long to wait after a failure: exponential with full jitter (each wait is anywhere between 0 and the bound, so
// that a fleet that lost its store at the same moment does not come back at the same moment). Pure; for one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace gateway {

class Backoff {
 public:
  struct Bounds {
    std::chrono::milliseconds first{1'000};
    std::chrono::milliseconds longest{120'000};
    std::chrono::milliseconds longest_asked{3'600'000};  // what a Retry-After may ask for
  };

  explicit Backoff(std::uint64_t seed) noexcept : Backoff(seed, Bounds{}) {}
  Backoff(std::uint64_t seed, Bounds bounds) noexcept : bounds_(bounds), state_(seed) {}

  // `asked`: what the server asked for; it is the least, and a quarter of it at most is added.
  [[nodiscard]] std::chrono::milliseconds next(std::optional<std::chrono::seconds> asked = {}) noexcept {
    const auto bound =
        std::min<std::chrono::milliseconds>(bounds_.longest, bounds_.first * (1LL << std::min(failures_, 20)));
    ++failures_;
    if (!asked) return std::max(bounds_.first / 10, jitter(bound));
    const auto least = *asked > bounds_.longest_asked ? bounds_.longest_asked : std::chrono::milliseconds{*asked};
    return least + jitter(std::max(least / 4, bounds_.first));
  }
  void reset() noexcept { failures_ = 0; }
  [[nodiscard]] int failures() const noexcept { return failures_; }

 private:
  std::chrono::milliseconds jitter(std::chrono::milliseconds bound) noexcept {
    // splitmix64 (public domain, Vigna)
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    return std::chrono::milliseconds{static_cast<std::int64_t>(z % static_cast<std::uint64_t>(bound.count() + 1))};
  }

  Bounds bounds_;
  std::uint64_t state_;
  int failures_ = 0;
};

}  // namespace gateway
